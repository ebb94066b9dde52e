// SortedRows: a whole directory, sorted by address, in bounded memory.
//
// Takes rows in any order. Beyond the given memory, sorted runs go to an unlinked temporary file
// each and are merged while they are read. Rows of one address come back as one.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace warifu::store {

class SortedRows {
 public:
  static constexpr std::size_t kMemory = std::size_t{64} << 20;

  explicit SortedRows(std::size_t memory = kMemory);
  ~SortedRows();
  SortedRows(const SortedRows&) = delete;
  SortedRows& operator=(const SortedRows&) = delete;

  // kInvalid: no address or no account. kTemporary, kSystem: the temporary file.
  Result<void> Add(const DirectoryRow& row);
  Result<void> Finish();
  // Begins again from the first row. Throws Failure as Next() does.
  void Rewind();
  // False at the end. `*doubled`: the address stood there more than once, with different owners;
  // `accounts` then holds all of them. Throws Failure where a temporary file cannot be read.
  bool Next(DirectoryRow* row, bool* doubled);
  std::uint64_t size() const { return size_; }

  struct Record {
    std::string_view address;
    std::string_view accounts;  // each ended by NUL, sorted
  };
  // Gives records in order.
  class Run {
   public:
    virtual ~Run() = default;
    virtual void Rewind() = 0;
    virtual bool Next() = 0;
    Record record;
  };

 private:
  struct Item {
    std::uint64_t prefix;  // first eight bytes of the address: decides most comparisons
    std::size_t offset;
  };
  class MemoryRun;
  class FileRun;

  void Sort();
  Result<void> Spill();
  Run* Least();

  const std::size_t memory_;
  std::uint64_t size_ = 0;
  std::string arena_;
  std::vector<Item> items_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::vector<Run*> heap_;  // those that are not at their end; the least record in front
};

}  // namespace warifu::store
