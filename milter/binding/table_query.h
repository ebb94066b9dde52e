// TableQuery: the rows of an operator's own query, one after the other, whatever their number.
//
// For tables that are read as a whole (warifu records). Rows come in the order in which the
// database gives them, a few hundred at a time; MySQL's client keeps the whole answer. Reads only:
// the session is set so that the server itself refuses to write, and waits for no statement's end.
//
// Refuses: a URL with a password in it, placeholders, a query without rows, blobs.
// Threads: one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "binding/sources.h"

namespace warifu::binding {

class TableQuery {
 public:
  virtual ~TableQuery() = default;
  virtual const std::vector<std::string>& names() const = 0;
  // False at the end. A cell is nullopt where it is NULL; dates are ISO's.
  virtual Result<bool> Next(std::vector<std::optional<std::string>>* row) = 0;
};

// Connects and reads the first rows, since these name the columns.
Result<std::unique_ptr<TableQuery>> OpenTableQuery(const SqlOptions& options,
                                                   const std::string& query);

}  // namespace warifu::binding
