// LineSigns: what stands in each line of a text that can make it a row of a table.
//
// The first look at every byte of a text for its rows: 64 bytes at once where the processor
// compares sixteen or 32 in one step, at many bytes a cycle. Lines without the signs of a row are
// turned away by these facts alone and never cut into cells.
//
// Threads: const after building.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace warifu::scan {

struct LineFacts {
  std::size_t begin = 0, end = 0;        // without the line feed
  std::size_t signs = 0;                 // delimiters
  std::span<const std::size_t> at = {};  // where the first of them stand
  std::size_t blank = 0;                 // the first one; at or behind the end: there is none
  bool opens = false;                    // holds { or [
  bool paren = false, colon = false, address = false;  // holds ( : @
  bool quote = false, quote_open = false;              // holds double quotes; an odd number of them
};

class LineSigns {
 public:
  LineSigns() = default;
  explicit LineSigns(const std::string& signs);

  // Calls on_line(LineFacts) for each line.
  template <typename OnLine>
  void ForEach(std::string_view text, const OnLine& on_line) const {
    Collector line(*this, text);
    std::array<Masks, kBatch> batch;
    for (std::size_t base = 0; base < text.size();) {
      const std::size_t left = std::min(text.size() - base, kBatch * kBlock);
      const std::span<Masks> read(batch.data(), (left + kBlock - 1) / kBlock);
      Read(text.substr(base, left), read);
      for (const Masks& masks : read) {
        ReadLines(base, masks, &line, on_line);
        base += kBlock;
      }
    }
    if (line.begin() < text.size()) on_line(line.Finish(text.size()));
  }

  // Of 64 bytes.
  struct Masks {
    std::uint64_t feeds = 0, blanks = 0;
    std::uint64_t marks = 0;  // all of the bytes that count, perhaps others
  };

 private:
  static constexpr std::size_t kBlock = 64, kBatch = 64;
  static constexpr std::size_t kMost = 12;
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  // What a byte is.
  static constexpr std::uint8_t kSign = 1, kQuote = 2, kOpen = 4, kParen = 8, kColon = 16,
                                kAddress = 32;

  // Gathers the facts of one line, block by block.
  class Collector {
   public:
    Collector(const LineSigns& signs, std::string_view text) : kinds_(signs.kinds_), text_(text) {
      Begin(0);
    }
    std::size_t begin() const { return facts_.begin; }
    void Begin(std::size_t begin) {
      facts_.begin = begin;
      facts_.blank = kNone;
      facts_.signs = quotes_ = 0;
      all_ = 0;
    }
    // `blanks`: in the block, not before the line.
    void FindBlank(std::size_t base, std::uint64_t blanks) {
      if (facts_.blank != kNone || blanks == 0) return;
      facts_.blank = base + static_cast<std::size_t>(__builtin_ctzll(blanks));
    }
    // `marks`: the line's in the block.
    void Add(std::size_t base, std::uint64_t marks) {
      for (; marks != 0; marks &= marks - 1) {
        const std::size_t at = base + static_cast<std::size_t>(__builtin_ctzll(marks));
        const std::uint8_t kind = kinds_[static_cast<unsigned char>(text_[at])];
        all_ |= kind;
        if ((kind & kQuote) != 0) ++quotes_;
        if ((kind & kSign) == 0) continue;
        if (facts_.signs < kPlaces) places_[facts_.signs] = at;
        ++facts_.signs;
      }
    }
    const LineFacts& Finish(std::size_t end) {
      facts_.end = end;
      facts_.at = {places_.data(), std::min(facts_.signs, kPlaces)};
      facts_.opens = (all_ & kOpen) != 0;
      facts_.paren = (all_ & kParen) != 0;
      facts_.colon = (all_ & kColon) != 0;
      facts_.address = (all_ & kAddress) != 0;
      facts_.quote = quotes_ != 0;
      facts_.quote_open = quotes_ % 2 != 0;
      return facts_;
    }

   private:
    const std::array<std::uint8_t, 256>& kinds_;
    const std::string_view text_;
    LineFacts facts_;
    std::size_t quotes_ = 0;
    std::uint8_t all_ = 0;
    std::array<std::size_t, kPlaces> places_;
  };

  template <typename OnLine>
  static void ReadLines(std::size_t base, const Masks& masks, Collector* line,
                        const OnLine& on_line) {
    line->FindBlank(base, masks.blanks);
    std::uint64_t left = ~std::uint64_t{0};  // bytes behind the last line feed
    for (std::uint64_t feeds = masks.feeds; feeds != 0; feeds &= feeds - 1) {
      const int bit = __builtin_ctzll(feeds);
      const std::uint64_t before = (std::uint64_t{1} << bit) - 1;
      line->Add(base, masks.marks & left & before);
      left = ~before;
      on_line(line->Finish(base + static_cast<std::size_t>(bit)));
      line->Begin(base + static_cast<std::size_t>(bit) + 1);
      line->FindBlank(base, masks.blanks & left);
    }
    line->Add(base, masks.marks & left);
  }

  // One for each block of the text, the last of which may be short.
  void Read(std::string_view text, std::span<Masks> out) const;
  void ReadBlocks(const char* block, std::span<Masks> out) const;
  void ReadWide(const char* block, std::span<Masks> out) const;

  std::array<std::uint8_t, 256> kinds_{};
  std::array<std::uint8_t, 16> low_{};  // by a byte's lower half: the upper ones that count with it
  std::array<char, kMost> marks_{};
  std::size_t count_ = 0;
  bool all_ = false;     // more than kMost different ones
  bool beyond_ = false;  // one beyond ASCII
  bool wide_ = false;    // the processor compares 32 bytes at once
};

}  // namespace warifu::scan
