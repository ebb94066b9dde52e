// LineSigns: how often the bytes that can make a row of a table stand in each line of a text.
//
// The first look at every byte of a text for its rows: 64 bytes at once where the processor
// compares sixteen in one step, at several bytes a cycle. Lines that hold too few signs are never
// cut into cells.
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
  bool opens = false;                    // holds { or [
  bool quote_open = false;               // an odd number of double quotes
};

class LineSigns {
 public:
  LineSigns() = default;
  // At most kMost different bytes count; further ones make every line count.
  explicit LineSigns(const std::string& signs);

  bool counts_all() const { return any_; }

  // Calls on_line(LineFacts) for each line.
  template <typename OnLine>
  void ForEach(std::string_view text, const OnLine& on_line) const {
    LineFacts line;
    std::array<std::size_t, kPlaces> places;
    const auto add = [&](std::size_t base, std::uint64_t bits) {
      for (; bits != 0; bits &= bits - 1, ++line.signs) {
        if (line.signs < kPlaces) {
          places[line.signs] = base + static_cast<std::size_t>(__builtin_ctzll(bits));
        }
      }
    };
    for (std::size_t base = 0; base < text.size(); base += kBlock) {
      Masks masks = Read(text, base);
      for (; masks.feeds != 0; masks.feeds &= masks.feeds - 1) {
        const int bit = __builtin_ctzll(masks.feeds);
        const std::uint64_t before = (std::uint64_t{1} << bit) - 1;
        line.end = base + static_cast<std::size_t>(bit);
        add(base, masks.signs & before);
        line.opens = line.opens || (masks.opens & before) != 0;
        line.quote_open = line.quote_open != IsOdd(masks.quotes & before);
        line.at = {places.data(), std::min(line.signs, kPlaces)};
        on_line(line);
        masks.signs &= ~before;
        masks.opens &= ~before;
        masks.quotes &= ~before;
        line = {.begin = line.end + 1};
      }
      add(base, masks.signs);
      line.opens = line.opens || masks.opens != 0;
      line.quote_open = line.quote_open != IsOdd(masks.quotes);
    }
    line.end = text.size();
    line.at = {places.data(), std::min(line.signs, kPlaces)};
    if (line.begin < line.end) on_line(line);
  }

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kMost = 8;
  static constexpr std::size_t kPlaces = 64;
  static constexpr std::size_t kLane = 16;

  struct Masks {
    std::uint64_t feeds = 0, signs = 0, opens = 0, quotes = 0;
  };
  // Few bits are set as a rule, and not every processor of the baseline counts them by itself.
  static std::size_t CountBits(std::uint64_t bits) {
    std::size_t count = 0;
    for (; bits != 0; bits &= bits - 1) ++count;
    return count;
  }
  static bool IsOdd(std::uint64_t bits) { return CountBits(bits) % 2 != 0; }
  // Of the 64 bytes at `base`; zero behind the text's end.
  Masks Read(std::string_view text, std::size_t base) const;
  Masks ReadBlock(const char* block) const;

  std::array<char, kMost> signs_{};
  alignas(kLane) std::array<char, kMost * kLane> wide_{};  // each of them sixteen times
  std::size_t count_ = 0;
  bool any_ = false;
};

}  // namespace warifu::scan
