// MemberTable: the table that `warifu records` reads: a file, or the rows of a query.
//
// --url, --query and --password-file take the place of the operand TABLE. A password stands in its
// file alone, never among the arguments, where other users see it.
// Threads: one at a time.
#pragma once

#include <memory>

#include "cli/command.h"
#include "scan/table_reader.h"

namespace warifu::cli {

struct MemberTable {
  scan::IndexSchema schema;  // the rows' columns
  std::unique_ptr<scan::RowSource> rows;
};

// `all_columns`: those that the schema does not name are read as ignored ones.
Result<std::unique_ptr<MemberTable>> OpenMemberTable(const Arguments& arguments,
                                                     scan::IndexSchema schema, bool all_columns);

}  // namespace warifu::cli
