// IndexImage: how an exact-match index lies in its file, and in memory.
//
//   head       fixed, with a checksum of its own and one over all that follows
//   schema     the TOML text it was built by
//   columns    one ColumnHead for each column that is not ignored
//   cells      rows × columns words: 56 bits of the fingerprint, a flag, 7 bits of length; 0: none.
//              Not of a column whose text the names hold: its words are made of that
//   slots      for each key column an open-addressed table of row numbers, found by fingerprint,
//   with
//              some bits of it beside each, so that a probe that misses reads one line of memory
//   filter     a Bloom filter in blocks of one cache line over the values of all key columns
//   handles    what reports name rows by (and the accounts, where another column has them)
//
// All numbers are little endian; sections begin at multiples of 64. Both checksums are SipHash
// under the index's key, so a wrong key, a cut file and a changed byte all show. Internal to scan.
// Threads: plain values.
#pragma once

#include <bit>
#include <cstdint>
#include <string_view>

#include "scan/siphash.h"

namespace warifu::scan {

static_assert(std::endian::native == std::endian::little, "the index is mapped as it lies");

inline constexpr char kIndexMagic[8] = {'W', 'A', 'R', 'I', 'F', 'U', 'I', 'X'};
inline constexpr std::uint32_t kIndexVersion = 2;
inline constexpr std::uint64_t kMaxRows = (std::uint64_t{1} << 26) - 2;
inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kNamesStride = 16;  // rows to one offset

struct Section {
  std::uint64_t begin = 0, size = 0;
};

struct ColumnHead {
  std::uint64_t present = 0, distinct = 0, most = 0;  // cells, values, the most frequent one's
  std::uint64_t wrong = 0, too_long = 0, common = 0;  // not of the type; left out; not looked up
  std::uint64_t slots_begin = 0, slots = 0;           // in words of the section
  std::uint64_t lengths[2] = {};                      // of the values that are looked up
  std::uint64_t bytes[4] = {};                        // that occur in them
  std::uint32_t column = 0;                           // in the schema
  std::uint32_t key = 0;                              // 1: looked up; 0: corroborates
};

struct IndexHead {
  char magic[8];
  std::uint32_t version = kIndexVersion, columns = 0;
  std::uint64_t file_bytes = 0, index_id = 0, rows = 0, row_bits = 0;
  std::uint64_t filter_blocks = 0, handle_numbers = 0;  // 1: handles are 32-bit numbers
  std::uint64_t named_column = 0;  // n: the names hold the text of column n - 1; 0: of none
  std::int64_t built = 0;          // seconds since 1970
  std::uint64_t key_check = 0;
  Section schema, column_heads, cells, slots, filter, names, name_offsets, numbers;
  std::uint64_t body_check = 0, head_check = 0;  // the head's own last
};

// Words that begin the hashed text, so that no two kinds of hash ever agree.
enum class HashUse : std::uint64_t { kCell = 1, kFilter, kKeyCheck, kBody, kHead };

inline SipHash HashFor(SipKey key, HashUse use, std::uint64_t index_id, std::uint64_t column = 0) {
  SipHash hash(key);
  hash.Take(index_id);
  hash.Take(static_cast<std::uint64_t>(use) << 32 | column);
  return hash;
}

inline constexpr std::uint64_t kWeakCell = 0x80;  // a value that many rows share, or one character
inline constexpr std::uint64_t kCellLength = 0x7f;

// The word of a cell: never 0, since a length is never 0.
inline std::uint64_t CellWord(std::uint64_t hash, std::size_t length) {
  return (hash & ~std::uint64_t{0xff}) | length;
}
inline bool SameCell(std::uint64_t a, std::uint64_t b) {
  return ((a ^ b) & ~kWeakCell) == 0;
}

inline std::uint64_t MulHigh(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(a) * b) >> 64);
}

inline std::uint64_t FilterBlock(std::uint64_t hash, std::uint64_t blocks) {
  return MulHigh(hash, blocks);
}
// Bit `i` of four, in a block of 512.
inline unsigned FilterBit(std::uint64_t hash, unsigned i) {
  return static_cast<unsigned>((hash * 0x9e3779b97f4a7c15u) >> (9 * i + 4)) & 511u;
}

}  // namespace warifu::scan
