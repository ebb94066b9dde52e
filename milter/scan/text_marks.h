// TextMarks: where runs, words and numbers stand in a text, a bit for each byte.
//
// The first look of the exact-match index at every byte: 64 of them at once where the processor
// compares sixteen in one step (SSE2), one after the other elsewhere. A run stands between blanks;
// a word holds letters, digits, - _ + @ and single dots between these; a number holds digits, and
// single separators between them (IsDigitSeparator).
//
// Internal to scan, for RecordFinder. Memory is that of one window. Threads: one at a time.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/segment.h"

namespace warifu::scan {

// Bits of 64 bytes, the first one lowest.
struct ByteMarks {
  std::uint64_t blank = 0;  // controls, too
  std::uint64_t wide = 0;   // beyond ASCII
  std::uint64_t word = 0;   // without dots
  std::uint64_t dot = 0, digit = 0;
  std::uint64_t separator = 0;  // between digits; 0 where none of the bytes is a digit

  bool operator==(const ByteMarks&) const = default;
};

ByteMarks MarksOf(const char* bytes);       // of 64
ByteMarks MarksOfPlain(const char* bytes);  // the same, on any processor

class TextMarks {
 public:
  // Bytes that end runs beside blanks: `dead` has those that no key holds; it outlives this.
  // Numbers of fewer than `digits` bytes are passed over, but for one that reaches the window's
  // end; 0 asks for none.
  TextMarks(const std::array<bool, 256>& dead, std::size_t digits);

  // The window begins at `begin` and ends behind a byte that ends runs, or with the text.
  Span Window(std::string_view text, std::size_t begin) const;
  void Read(std::string_view text, Span window);
  // Where the run ends that holds `at`, dead marks of ASCII left in it.
  std::size_t RunEnd(std::string_view text, std::size_t at) const;

  // Begin and end of each run, in turn; where numbers begin. All from the window's begin.
  std::span<const std::uint32_t> runs() const { return {runs_.data(), run_count_}; }
  std::span<const std::uint32_t> numbers() const { return numbers_; }

  // Marks of 64 bytes from there on: what is no word, and what lies beyond ASCII.
  std::uint64_t NoWord(std::size_t at) const { return ~At(words_, at); }
  std::uint64_t Wide(std::size_t at) const { return wide_ends_ ? 0 : At(wide_, at); }
  // Where the word ends that begins at `at`; `at` itself where none does.
  std::size_t WordEnd(std::size_t at) const {
    std::size_t block = at / 64;
    std::uint64_t others = ~words_[block] & (~std::uint64_t{0} << (at % 64));
    while (others == 0) others = ~words_[++block];
    return block * 64 + static_cast<std::size_t>(std::countr_zero(others));
  }

 private:
  static std::uint64_t At(const std::vector<std::uint64_t>& bits, std::size_t at) {
    const std::size_t shift = at % 64;
    // In two steps: a shift by 64 is none.
    return bits[at / 64] >> shift | bits[at / 64 + 1] << 1 << (63 - shift);
  }
  static ByteMarks BlockAt(std::string_view text, Span window, std::size_t block);
  void Take(const char* bytes, std::size_t block, const ByteMarks& before, const ByteMarks& marks,
            const ByteMarks& next);
  void FindNumbers(std::size_t size);

  const std::array<bool, 256>& dead_;
  bool Ends(char c) const;

  bool wide_ends_;  // all bytes beyond ASCII are dead
  bool marks_end_;  // a mark of ASCII is dead
  std::size_t digits_;
  std::vector<std::uint64_t> words_, wide_, number_bits_;
  std::vector<std::uint32_t> runs_, numbers_;
  std::size_t run_count_ = 0;
  bool in_run_ = false;
};

}  // namespace warifu::scan
