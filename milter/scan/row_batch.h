// RowBatch: some rows of a table, taken out of their source, so that other threads can work on
// them.
//
// ForEachBatch() reads a source to its end on the calling thread, has each batch worked on by one
// of `threads` threads, and hands what came of it to `take` in the order of the table. Memory is
// that of a few batches a thread, each of at most kBatchRows rows and kBatchBytes bytes (or one
// row).
//
// Internal to scan. Threads: `work` is called from many at once, `take` from one at a time, `seen`
// from the caller's.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ordered_pool.h"
#include "scan/table_reader.h"

namespace warifu::scan {

inline constexpr std::size_t kBatchRows = 1024, kBatchBytes = std::size_t{256} << 10;

class RowBatch {
 public:
  RowBatch() = default;
  explicit RowBatch(std::uint64_t first) : first_(first) {}

  void Add(std::span<const std::string_view> cells, std::uint64_t line);
  // Holds until the batch is moved.
  std::span<const std::string_view> Row(std::size_t row);
  std::uint64_t Line(std::size_t row) const { return lines_[row]; }

  std::uint64_t first() const { return first_; }  // number of its first row in the table
  std::size_t rows() const { return lines_.size(); }
  std::size_t bytes() const { return text_.size(); }
  bool full() const { return rows() >= kBatchRows || bytes() >= kBatchBytes; }

 private:
  std::uint64_t first_ = 0;
  std::string text_;               // of all cells
  std::vector<std::size_t> ends_;  // of each
  std::vector<std::uint64_t> lines_;
  std::vector<std::string_view> row_;
};

// The number of rows, or the first error of the source or of `seen`, which is told the number of
// rows read after each batch.
template <typename Out>
Result<std::uint64_t> ForEachBatch(RowSource& source, unsigned threads,
                                   const std::function<Out(RowBatch)>& work,
                                   const std::function<void(Out)>& take,
                                   const std::function<Result<void>(std::uint64_t)>& seen) {
  OrderedPool<RowBatch, Out> pool({threads, threads * 4 * kBatchBytes, threads * std::size_t{4}},
                                  work, take);
  std::span<const std::string_view> cells;
  std::uint64_t rows = 0;
  for (bool more = true; more;) {
    RowBatch batch(rows);
    while (more && !batch.full()) {
      const Result<bool> next = source.Next(&cells);
      if (!next) return std::unexpected(next.error());
      more = *next;
      if (more) batch.Add(cells, source.line());
    }
    rows += batch.rows();
    const std::size_t bytes = batch.bytes();
    if (batch.rows() > 0 && !pool.Submit(std::move(batch), bytes)) break;
    if (const Result<void> good = seen(rows); !good) return std::unexpected(good.error());
  }
  pool.Finish();
  return rows;
}

}  // namespace warifu::scan
