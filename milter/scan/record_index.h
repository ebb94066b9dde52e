// RecordIndex: the rows of a member table as keyed fingerprints, ready to be looked up.
//
// Open() maps a file that `warifu records index` wrote and checks all of it: magic, version, sizes,
// both checksums under the key, and that the file is trusted (CheckTrusted). After that nothing of
// it is checked again: it is const and shared. A file that is replaced by rename leaves this
// mapping as it was.
//
// Refuses, each with its own text: a cut or changed file, a newer version, another key, a file that
// others can read, one that belongs to somebody else.
// SECURITY: holds no cell, only fingerprints, lengths and the handles of rows; but with the key,
// values of columns that have few can be tried against it. Threads: const after opening.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "scan/index_image.h"
#include "scan/index_schema.h"

namespace warifu::scan {

class RecordIndex {
 public:
  static Result<std::shared_ptr<const RecordIndex>> Open(const std::string& path, SipKey key);
  // The bytes of such a file.
  static Result<std::shared_ptr<const RecordIndex>> FromBytes(std::string bytes, SipKey key);

  ~RecordIndex();
  RecordIndex(const RecordIndex&) = delete;
  RecordIndex& operator=(const RecordIndex&) = delete;

  const IndexSchema& schema() const { return schema_; }
  const IndexHead& head() const { return *head_; }
  std::uint64_t rows() const { return head_->rows; }
  std::span<const ColumnHead> columns() const { return {columns_, head_->columns}; }
  ColumnType type(std::size_t column) const { return types_[column]; }

  // The cell of a row in one of columns(); 0 for none.
  std::uint64_t Cell(std::uint32_t row, std::size_t column) const {
    const std::size_t named = head_->named_column;
    if (column + 1 == named) return NamedCell(row);
    const std::size_t width = head_->columns - (named != 0 ? 1 : 0);
    return cells_[row * width + column - (named != 0 && column >= named ? 1 : 0)];
  }
  std::string_view Handle(std::uint32_t row, std::string* buffer) const;
  // The account column's cell; the handle where the schema names none.
  std::string_view Account(std::uint32_t row, std::string* buffer) const;

  std::uint64_t FilterHash(std::string_view normal) const { return filter_hash_.Of(normal); }
  void Prefetch(std::uint64_t hash) const {
    __builtin_prefetch(filter_ + FilterBlock(hash, head_->filter_blocks) * 8);
  }
  // False: no key column holds the value. True: probably.
  bool MayHold(std::uint64_t hash) const {
    const std::uint64_t* block = filter_ + FilterBlock(hash, head_->filter_blocks) * 8;
    for (unsigned i = 0; i < 4; ++i) {
      const unsigned bit = FilterBit(hash, i);
      if ((block[bit / 64] >> (bit % 64) & 1) == 0) return false;
    }
    return true;
  }
  std::uint64_t Word(std::size_t column, std::string_view normal) const {
    return CellWord(hashes_[column].Of(normal), normal.size());
  }
  // Calls `found(row)` for each row whose cell of that key column is the one of `word`.
  template <typename Found>
  void Lookup(std::size_t column, std::uint64_t word, const Found& found) const;

 private:
  RecordIndex() = default;
  Result<void> Take(SipKey key, const std::string& name);
  Result<void> CheckSections(const std::string& name) const;
  Result<void> TakeSchema(const std::string& name);
  std::string_view Name(std::uint32_t row, bool account, std::string* buffer) const;
  std::uint64_t NamedCell(std::uint32_t row) const;

  std::string bytes_;
  const char* base_ = nullptr;
  std::size_t size_ = 0;
  bool mapped_ = false;

  const IndexHead* head_ = nullptr;
  const ColumnHead* columns_ = nullptr;
  const std::uint64_t* cells_ = nullptr;
  const std::uint32_t* slots_ = nullptr;
  const std::uint64_t* filter_ = nullptr;
  IndexSchema schema_;
  std::vector<ColumnType> types_;
  std::vector<SipHash> hashes_;
  SipHash filter_hash_{SipKey{}};
};

template <typename Found>
void RecordIndex::Lookup(std::size_t column, std::uint64_t word, const Found& found) const {
  const ColumnHead& c = columns_[column];
  if (c.slots == 0) return;
  const std::uint32_t* slots = slots_ + c.slots_begin;
  const std::uint32_t row_mask = (1u << head_->row_bits) - 1;
  const std::uint32_t tag = static_cast<std::uint32_t>(word >> 8) & ~row_mask;
  std::uint64_t at = MulHigh(word & ~std::uint64_t{0xff}, c.slots);
  // A table is never full; the bound guards against one that is.
  for (std::uint64_t tried = 0; tried < c.slots; ++tried) {
    const std::uint32_t slot = slots[at];
    if (slot == 0) return;
    const std::uint32_t row = (slot & row_mask) - 1;
    if ((slot & ~row_mask) == tag && row < head_->rows && SameCell(Cell(row, column), word)) {
      found(row);
    }
    if (++at == c.slots) at = 0;
  }
}

}  // namespace warifu::scan
