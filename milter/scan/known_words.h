// KnownWords: pieces of one text that no row holds, so that a word is hashed once and not each time
// it occurs.
//
// A table of a power of two of words, each in its place by a quick hash; a later one takes the
// place of an earlier one. Remembers pieces of up to 15 bytes, and never mistakes one for another.
//
// SECURITY: whoever writes a mail can make its words share a place; each is then hashed each time.
// Internal to scan, for RecordFinder. Threads: one at a time.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace warifu::scan {

class KnownWords {
  // Masks of the first bytes of eight.
  static constexpr std::uint64_t kFirst[] = {0,
                                             0xff,
                                             0xffff,
                                             0xffffff,
                                             0xffffffff,
                                             0xffffffffff,
                                             0xffffffffffff,
                                             0xffffffffffffff,
                                             0xffffffffffffffff};

 public:
  static constexpr std::size_t kLongest = 15;

  // The bytes, and their number behind them.
  struct Word {
    std::uint64_t low = 0, high = 0;
    bool operator==(const Word&) const = default;
  };

  // For a text of so many bytes.
  explicit KnownWords(std::size_t bytes)
      : words_(std::clamp<std::size_t>(std::bit_ceil(bytes / 16 + 1), 16, 2048)),
        shift_(64 - std::countr_zero(words_.size())) {}

  // `size` is at most kLongest.
  static Word Read(std::string_view text, std::size_t begin, std::size_t size) {
    Word word;
    if (begin + sizeof word <= text.size()) {
      std::memcpy(&word, text.data() + begin, sizeof word);
      // Without a branch: lengths of words cannot be foretold.
      word.low &= kFirst[std::min<std::size_t>(size, 8)];
      word.high &= kFirst[std::max<std::size_t>(size, 8) - 8];
    } else {
      std::memcpy(&word, text.data() + begin, size);
    }
    word.high |= std::uint64_t{size} << 56;
    return word;
  }
  bool Has(const Word& word) const { return words_[PlaceOf(word)] == word; }
  void Add(const Word& word) { words_[PlaceOf(word)] = word; }

 private:
  std::size_t PlaceOf(const Word& word) const {
    const std::uint64_t mixed =
        (word.low ^ std::rotl(word.high, 29) * 0x9e3779b97f4a7c15u) * 0xd1b54a32d192ed03u;
    return static_cast<std::size_t>(mixed >> shift_);
  }

  std::vector<Word> words_;
  int shift_;
};

}  // namespace warifu::scan
