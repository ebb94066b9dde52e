// LineSigns: which lines of a text can be rows of tables or lists, or head them.
//
// The first look at every byte of a text for its rows. Bytes become bits, 64 at once, and what a
// line holds is told by adding: a sum carries from a bit to the end of its line. So no line is
// looked at by itself unless it has the signs of a row, or the line before asks for it. What is
// told is never too little: lines that are left out are no rows and no headings.
//
// Threads: const after building.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "scan/line_needs.h"

namespace warifu::scan {

struct LineFacts {
  std::size_t begin = 0, end = 0;        // without the line feed
  std::size_t signs = 0;                 // those of LineNeeds
  std::span<const std::size_t> at = {};  // where the first of them stand
  bool opens = false;                    // holds { or [
  bool quote_open = false;               // holds an odd number of double quotes
  bool names = false;                    // a cell may be the name of a secret's column
  bool list = false;                     // may begin a list
  bool row = false;                      // may hold a row of a table, or begin one, or head some
};

class LineSigns {
 public:
  LineSigns() = default;
  explicit LineSigns(const LineNeeds& needs);

  // Calls on_line(LineFacts) for each line that may matter, and for those behind which it returned
  // true.
  template <typename OnLine>
  void ForEach(std::string_view text, const OnLine& on_line) const {
    std::array<Block, kWindow> blocks;
    std::array<std::size_t, kPlaces> places;
    Sums sums;
    bool asked = false;
    std::size_t begin = 0;  // behind the last line feed before the block
    for (std::size_t base = 0; base <= text.size(); base += kWindow * kBlock) {
      const std::size_t count = std::min(kWindow, (text.size() - base) / kBlock + 1);
      Sift(text, base, std::span(blocks.data(), count), &sums);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t at = base + i * kBlock;
        const Block& block = blocks[i];
        for (Bits left = ~Bits{0}, ends;
             (ends = (asked ? block.feeds : block.lines) & left) != 0;) {
          const Bits end = ends & (~ends + 1);
          left = ~(end | (end - 1));
          const Bits before = block.feeds & (end - 1);
          const std::size_t from = before == 0 ? begin : BehindLast(at, before);
          const std::size_t to = at + static_cast<std::size_t>(std::countr_zero(end));
          if (from >= text.size()) break;
          const LineFacts line = FactsOf(text, from, to, places);
          if (asked || line.list || line.row) asked = on_line(line);
        }
        if (block.feeds != 0) begin = BehindLast(at, block.feeds);
      }
    }
  }

 private:
  using Bits = std::uint64_t;  // of 64 bytes, the first one lowest
  static constexpr std::size_t kBlock = 64, kWindow = 256;
  static constexpr std::size_t kPlaces = 64;

  struct Marks {
    Bits feeds = 0, blanks = 0, signs = 0, colons = 0, slashes = 0, digits = 0;
    Bits letters = 0;  // and other bytes from @ to DEL
    Bits wide = 0;     // beyond ASCII
    Bits apostrophes = 0, parens = 0;
    Bits rare = 0;  // @ { [ "
  };
  // What the 64 bytes before were.
  struct Before {
    Bits feeds = Bits{1} << 63, blanks = 0, words = 0, colons = 0, slashes = 0, ends = 0;
  };
  // What follows from both.
  struct Signs {
    Bits delims = 0;   // what stands between cells
    Bits divided = 0;  // at or behind such, a URL's first colon left out
    Bits parted = 0;   // behind a blank between two words
    Bits needs = 0;    // what lists want whose cells hold blanks
    Bits quoted = 0;   // where a cell in apostrophes may begin
    Bits dn = 0;       // a colon that is a line's third byte
    Bits last = 0;     // behind what a row goes on behind
  };
  // Whether the line that goes on has them, by 0 and 1.
  struct Sums {
    Before before;
    Bits first = 0;  // of the 64 bytes before: a line's first blank
    Bits blanks = 0, prose = 0, divided = 0, parted = 0, needs = 0, digits = 0, parens = 0,
         rare = 0, heads = 0;
    std::array<Bits, 3> signs = {};
  };
  struct Block {
    Bits feeds, lines;  // ends of lines; of those that may matter
  };

  static std::size_t BehindLast(std::size_t at, Bits feeds) {
    return at + static_cast<std::size_t>(64 - std::countl_zero(feeds));
  }

  LineFacts FactsOf(std::string_view text, std::size_t begin, std::size_t end,
                    std::span<std::size_t> places) const;
  bool MayEndName(std::string_view text, std::size_t end) const;
  Bits HeadsOf(std::string_view text, std::size_t at, Bits ends) const;
  bool IsSpaced(std::string_view line, std::size_t gaps) const;
  bool EndsName(std::string_view text, std::size_t end) const;
  void AddName(std::string_view name);
  void Sift(std::string_view text, std::size_t base, std::span<Block> out, Sums* sums) const;
  void Sift32(std::string_view text, std::size_t base, std::span<Block> out, Sums* sums) const;
  void Sift64(std::string_view text, std::size_t base, std::span<Block> out, Sums* sums) const;
  Block Add(std::string_view text, std::size_t at, const Marks& marks, Sums* sums) const;
  Signs Derive(const Marks& marks, Before* before) const;
  Marks Read(std::string_view text, std::size_t at) const;
  Marks MarksOf(const char* bytes) const;
  Marks MarksBy32(const char* bytes) const;
  Marks MarksBy64(const char* bytes) const;
  Marks ReadBy32(const char* bytes) const;

  LineNeeds needs_;
  std::array<std::uint16_t, 256> kinds_{};  // of bytes: see line_signs.cc
  std::array<std::uint8_t, 64> signs_{};  // by a byte's lower half: upper ones of signs; four times
  std::array<std::uint8_t, 256> folds_{};  // a byte as it is compared at a name's end
  std::bitset<65536> tails_;               // by the last three bytes of names
  std::bitset<65536> ends_;                // by the last two of a cell, whether to ask these
  std::size_t digits_ = SIZE_MAX;          // of a number that lists want
  int dense_ = 65;     // so many digits of a block are perhaps of a number that is long enough
  bool runs_ = false;  // 16 letters and digits are perhaps of a run that is
  Bits any_needs_ = 0, solid_ = 0, free_ = 0, dates_ = 0;  // all bits or none
  int width_ = 1;  // bytes that the processor compares at once: 1, 32 or 64
};

}  // namespace warifu::scan
