// IndexCells: the cells of some rows as an index keeps them: hashed, and counted by column.
//
// Internal to scan, for IndexBuilder, which puts what came of all batches together in the order of
// the table. Threads: CellHasher is const after making, Hash() reentrant.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "scan/index_image.h"
#include "scan/index_schema.h"
#include "scan/row_batch.h"

namespace warifu::scan {

// How many cells of a column of digits have which length.
using DigitLengths = std::array<std::uint64_t, 20>;

struct HashedRows {
  RowBatch rows;
  std::vector<std::uint64_t> words;   // rows × indexed columns
  std::vector<std::uint64_t> probes;  // rows × key columns: for the filter; 0: no cell
  // Of each indexed column: present, wrong, too_long, lengths and bytes of these rows.
  std::vector<ColumnHead> counts;
  std::vector<DigitLengths> digits;  // of each key column
};

// Adds up what `more` counts to `counts`, both of one column.
void AddCounts(const ColumnHead& more, ColumnHead* counts);

class CellHasher {
 public:
  // `schema` outlives the hasher.
  CellHasher(const IndexSchema& schema, SipKey key, std::uint64_t index_id);

  HashedRows Hash(RowBatch rows) const;
  // The word of a cell of an indexed column; 0 for one that is left out.
  std::uint64_t WordOf(std::size_t column, std::string_view cell) const;

 private:
  struct Column {
    std::size_t in_schema = 0;
    ColumnType type = ColumnType::kFree;
    bool key = false;
    SipHash hash;
  };

  std::uint64_t HashKey(std::string_view normal, ColumnType type, ColumnHead* counts,
                        DigitLengths* digits) const;

  std::vector<Column> columns_;
  std::size_t keys_ = 0;
  const SipHash filter_hash_;
};

}  // namespace warifu::scan
