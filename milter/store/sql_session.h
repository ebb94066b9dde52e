// SOCI's session with the statements that were prepared on it. Only the two engines and sql.cc
// include this: SOCI's headers are heavy.
//
// Threads: as a connection.
#pragma once

#include <soci/soci.h>

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/sql.h"

namespace warifu::store {

class Connection::Session {
 public:
  Session(const soci::backend_factory& factory, const std::string& words);

  ~Session();

  soci::session& sql() { return sql_; }
  // Runs to the end of the answer: a half-read one would keep SQLite's snapshot open.
  std::int64_t Run(const Query& query, Values values, const RowFunction* row);

 private:
  class Statement;
  Statement& Prepared(const Query& query, Values values);

  soci::session sql_;
  // By the statement's text, which is a literal and lives for ever.
  std::unordered_map<std::string_view, std::unique_ptr<Statement>> statements_;
};

}  // namespace warifu::store
