// IndexBuilder: a member table as an exact-match index.
//
// One pass over the rows; memory is that of the index about twice over, and does not grow with what
// is not indexed. Values that many rows share still corroborate, but are not looked up; a key
// column whose numbers fill more than a quarter of their space, or most of whose cells are shared,
// is demoted whole. What was demoted is in the report.
//
// Refuses: a table without rows or with too many, one whose key columns are all demoted.
// Threads: one at a time; works on `threads` of its own beside the caller's, which reads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "scan/record_index.h"
#include "scan/table_reader.h"

namespace warifu::scan {

struct ColumnReport {
  std::string name;
  ColumnRole role = ColumnRole::kIgnore;
  ColumnType type = ColumnType::kFree;
  ColumnHead counts;
  double density = 0;     // digits: share of the numbers of its commonest length that occur
  double most_share = 0;  // of the most frequent value among the cells
  std::string demoted;    // why a key only corroborates; "" where it does not
};

struct BuiltIndex {
  std::string bytes;
  std::uint64_t rows = 0;
  std::vector<ColumnReport> columns;  // those that are not ignored
};

using BuildProgress = std::function<void(std::uint64_t done, std::uint64_t total)>;

Result<BuiltIndex> BuildIndex(const IndexSchema& schema, SipKey key, RowSource& rows, WallTime now,
                              const BuildProgress& progress, unsigned threads = 1);

// Whether a file can be made at `path`, or is there and can be replaced: nothing is written.
Result<void> CheckIndexTarget(const std::string& path);

// Beside `path` first, then renamed over it, with mode 0640 and that group (-1: the process's).
Result<void> WriteIndex(const std::string& path, std::string_view bytes, long group);

}  // namespace warifu::scan
