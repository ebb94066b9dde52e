// RecordFinder: rows of a table that stand in a text.
//
// The text is cut into candidates: runs between blanks, and what stands in them between delimiters,
// labels and brackets, alone and joined, so that a password with symbols comes whole; numbers also
// with the separators between their digits. A candidate whose bytes and length fit a key column is
// hashed once and asked of the filter; what passes is looked up. For each row that this finds, its
// other cells are searched at every boundary of the same line, since their lengths are known, so
// that kana and symbols need no delimiters; where too few are there, in the lines around.
//
// A match needs a key and `least` cells in all, none over another; a cell whose value many rows
// share counts half.
//
// SECURITY: text is hostile. A byte costs a few hashes at most, a key that is met a search of at
// most kReach bytes on each side. Threads: const after making; Find is reentrant.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/segment.h"
#include "scan/record_index.h"

namespace warifu::scan {

inline constexpr std::size_t kReach = 2048;  // bytes of a line, or of lines around

struct IndexMatch {
  std::uint32_t row = 0;
  Span span;                  // from the first of its cells to the last
  Span secret;                // the password where it is one of them, else all of `span`
  std::uint32_t columns = 0;  // bits, of RecordIndex::columns()
};

struct FindStats {
  std::uint64_t candidates = 0, passed = 0;  // asked of the filter; passed it
  std::uint64_t keys[kMaxIndexed] = {};      // met as a value of that column
};

struct FindOptions {
  std::optional<std::uint32_t> own_row;  // it is no match, and what it shares with others is none
  const std::function<bool()>* out_of_time = nullptr;
  FindStats* stats = nullptr;
  bool around = true;  // search the lines around, too
};

class RecordFinder {
 public:
  // `index` outlives the finder.
  explicit RecordFinder(const RecordIndex& index);

  // `text` is normalised (base/normalise.h). Adds matches in order; each row at most once. False
  // when the time ran out.
  bool Find(std::string_view text, const FindOptions& options, std::vector<IndexMatch>* out) const;

  // The same over many short texts, whose memory and known words are kept from one to the next.
  class Many {
   public:
    // `finder` outlives it.
    explicit Many(const RecordFinder& finder);
    ~Many();
    bool Find(std::string_view text, const FindOptions& options, std::vector<IndexMatch>* out);

   private:
    class State;
    const std::unique_ptr<State> state_;
  };

  // Which key columns a byte or a length fits, by the bit of the column among key columns.
  struct Tables {
    std::vector<std::size_t> keys;    // key columns, digits left out; bit → column
    std::vector<std::size_t> digits;  // key columns of digits
    std::uint8_t fits[256] = {};      // by byte
    std::uint8_t lengths[128] = {};   // by length
    std::uint64_t length_bits = 0;    // those below 64 that any of them has
    std::array<bool, 256> dead{};     // bytes that no key holds; beyond ASCII all or none
    bool digit_lengths[128] = {};
    std::uint8_t folded = 0;    // bits of the columns whose case is folded
    bool beyond_ascii = false;  // a key may hold other bytes
    std::size_t longest = 0, longest_digits = 0, shortest_digits = 128;
  };

  const Tables& tables() const { return tables_; }

 private:
  const RecordIndex& index_;
  Tables tables_;
};

}  // namespace warifu::scan
