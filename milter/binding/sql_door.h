// SQL door: one connection to an operator's database, by SOCI; everything SQL of the room goes
// through it.
//
// Reads only: sessions are set so that the server itself refuses to write. Rows come back as text.
// Errors: kInvalid (the query, the database or the login are wrong), kTemporary (the rest).
// Internal to binding. Threads: a session belongs to one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "binding/query_text.h"
#include "binding/sources.h"

namespace warifu::binding {

using SqlRow = std::vector<std::optional<std::string>>;              // nullopt: NULL
using SqlValues = std::vector<std::pair<std::string, std::string>>;  // name, value

// Of a URL: kInvalid when no known database, or a password stands in it.
Result<void> CheckSqlUrl(const std::string& url);
// "PostgreSQL"; for people.
std::string SqlKind(const std::string& url);
// First line of a file; "" for no file. kInvalid, kNotFound: cannot be read.
Result<std::string> ReadPassword(const std::string& path);

// With a fraction or without.
std::optional<WallTime> SecondsSince1970(const std::string& text);

class SqlSession {
 public:
  virtual ~SqlSession() = default;
  // All rows, `columns` wide; kInvalid when there are more than `most`, or of another width.
  virtual Result<std::vector<SqlRow>> Query(const QueryText& query, const SqlValues& values,
                                            std::size_t columns, std::size_t most) = 0;
  // Begins to read the rows of a large answer; Next() gives up to `most`, and none at the end.
  // `columns` 0: of any width, and names() has the columns' as soon as a row was read.
  virtual Result<void> Begin(const QueryText& query, std::size_t columns) = 0;
  virtual Result<std::vector<SqlRow>> Next(std::size_t most) = 0;
  virtual const std::vector<std::string>& names() const = 0;
};

Result<std::unique_ptr<SqlSession>> OpenSqlSession(const SqlOptions& options,
                                                   std::chrono::milliseconds timeout);

}  // namespace warifu::binding
