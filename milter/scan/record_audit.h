// RecordAudit: rows of a member table in whose cells another member's record stands.
//
// The fault of a migration: the settings row of somebody else lands in a member's signature, and
// leaves with his mail. The table is read twice: first it becomes an index in memory under a random
// key, then each cell that could hold a record is searched for the rows of others by it; a date in
// a column of dates could not. What a row shares with another (one name, one password) counts for
// neither, so a member's own data in his own fields is no damage.
//
// Memory is that of the index and grows with the rows, not with their text.
// Threads: one at a time; works on `threads` of its own beside the caller's, which reads.
// `progress` and `found` are called from any of them, one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "scan/index_builder.h"

namespace warifu::scan {

struct DamagedCell {
  std::string row;                  // handle of the damaged row
  std::uint64_t line = 0;           // where it begins in the table
  std::string column;               // the schema's name
  std::vector<std::string> owners;  // handles of those whose records stand in it, in order
  std::string account;              // of the row
};

struct AuditResult {
  std::uint64_t rows = 0, damaged_rows = 0, damaged_cells = 0;
  std::uint64_t records = 0;  // found in foreign cells
  std::uint64_t owners = 0;   // different ones
  std::vector<ColumnReport> columns;
};

// `found` is called for each damaged cell, in the order of the table.
Result<AuditResult> AuditTable(const IndexSchema& schema, RowSource& rows, WallTime now,
                               const BuildProgress& progress,
                               const std::function<void(const DamagedCell&)>& found,
                               unsigned threads = 1);

}  // namespace warifu::scan
