#include "binding/sql_errors.h"

#include <soci/mysql/soci-mysql.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "store/postgresql_refusal.h"

namespace warifu::binding {
namespace {

// Classes of PostgreSQL's SQLSTATE.
constexpr std::string_view kLastingStates[] = {"0A",     // not supported
                                               "22",     // a value that does not fit
                                               "25006",  // the query wants to write
                                               "28",     // login
                                               "3D",     // database
                                               "3F",     // schema
                                               "42"};    // syntax, names, rights
constexpr std::string_view kPassingStates[] = {"08", "25", "40", "53", "55", "57", "58"};

// MySQL's and MariaDB's numbers of errors that last; a server's first, then the client library's.
constexpr unsigned kLastingNumbers[] = {
    1044, 1045, 1049, 1130, 1142, 1143, 1227, 1251, 1370, 1698, 1820, 1862, 3118, 4151,  // login
    1129,              // a host that failed too often, until somebody says `flush hosts`
    1046, 1146, 1347,  // database and table
    1052, 1054, 1055, 1109, 1111, 1140, 1222, 1241, 1247,  // columns
    1064, 1065, 1149, 1235, 1295,                          // syntax
    1305, 1582, 1583, 1584, 1630,                          // functions
    1115, 1253, 1267, 1270, 1271, 1273,                    // charsets
    1242, 1290, 1792, 1836,                                // what the query wants to do
    2019, 2049, 2054, 2059, 2061};

std::string StateOf(const soci::soci_error& error) {
  const auto* failed = dynamic_cast<const soci::postgresql_soci_error*>(&error);
  return failed == nullptr ? "" : failed->sqlstate();
}

std::optional<ErrorKind> KindOfState(std::string_view state) {
  const auto begins = [state](std::string_view prefix) { return state.starts_with(prefix); };
  if (std::ranges::any_of(kLastingStates, begins)) return ErrorKind::kInvalid;
  if (std::ranges::any_of(kPassingStates, begins)) return ErrorKind::kTemporary;
  return std::nullopt;
}

bool IsLasting(std::string_view text) {
  constexpr std::string_view kTexts[] = {
      // PostgreSQL's library, and servers that give no state
      "does not exist", "syntax error", "permission denied", "authentication failed",
      "no password supplied", "invalid connection option", "must appear in the GROUP BY",
      "could not determine data type", "cannot cast", "operator is not unique",
      "no pg_hba.conf entry", "read-only transaction", "invalid input syntax",
      // SQLite
      "no such table", "no such column", "no such function", "unable to open database",
      "not a database", "readonly database", "wrong number of arguments", "incomplete input",
      "unrecognized token", "ambiguous column",
      // SOCI
      "unknown data type", "Unknown data type", "has no columns", "Malformed connection string"};
  return std::ranges::any_of(kTexts,
                             [text](std::string_view known) { return text.contains(known); });
}

}  // namespace

ErrorKind KindOfSqlError(const soci::soci_error& error) {
  if (const auto* failed = dynamic_cast<const soci::mysql_soci_error*>(&error)) {
    const bool lasting =
        std::ranges::find(kLastingNumbers, failed->err_num_) != std::end(kLastingNumbers);
    return lasting ? ErrorKind::kInvalid : ErrorKind::kTemporary;
  }
  if (const auto kind = KindOfState(StateOf(error))) return *kind;
  return IsLasting(error.get_error_message()) ? ErrorKind::kInvalid : ErrorKind::kTemporary;
}

ErrorKind KindOfRefusal(const soci::soci_error& error, const std::string& words,
                        std::chrono::milliseconds timeout) {
  const std::string state = store::StateOfRefusal(words, timeout);
  if (state.empty()) return KindOfSqlError(error);
  return store::IsLastingRefusal(state) ? ErrorKind::kInvalid : ErrorKind::kTemporary;
}

}  // namespace warifu::binding
