#include "binding/sql_errors.h"

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
      // MySQL; the third in every language
      "Access denied", "Unknown database", "(using password: ", "doesn't exist", "Unknown column",
      "error in your SQL syntax", "Malformed connection string", "READ ONLY transaction",
      "command denied",
      // SQLite
      "no such table", "no such column", "no such function", "unable to open database",
      "not a database", "readonly database", "wrong number of arguments", "incomplete input",
      "unrecognized token", "ambiguous column",
      // SOCI
      "unknown data type", "Unknown data type", "has no columns"};
  return std::ranges::any_of(kTexts,
                             [text](std::string_view known) { return text.contains(known); });
}

}  // namespace

ErrorKind KindOfSqlError(const soci::soci_error& error) {
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
