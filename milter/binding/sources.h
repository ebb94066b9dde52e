// Sources: directories that servers hold, asked by the operator's own query or filter.
//
// Each lookup runs on a lane (base/lane_pool.h) and returns by `timeout`, also when the server
// accepts and never answers: "try later" then, and at once while it is known to hang. Connections
// that a restarted server left behind are tried once more. Queries and filters are checked when the
// directory is opened; the server is first asked by Probe() or a lookup, so one that is down stops
// nobody's start.
//
// SECURITY: what comes from mail reaches a server as a bound value (SQL), a hexadecimal literal
// (MySQL, whose door pastes) or escaped by RFC 4515 (LDAP), never as text of the query. Passwords
// come from files, are read anew for each connection, and stand in no message.
// Threads: const, safe to share.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "binding/directory.h"

namespace warifu::binding {

struct SqlOptions {
  // "sqlite:/path", "postgresql:host=… dbname=… user=…", "mysql:host=… dbname=… user=…", in the
  // words of libpq and of SOCI; without a password.
  std::string url;
  std::string password_file;  // its first line; "" for none
};

struct LdapOptions {
  std::string url;            // "ldap://host", "ldaps://host"; several with blanks between
  bool starttls = false;      // on ldap://, before anything is said
  std::string ca_file;        // whom to trust; "" for the system's
  std::string bind_dn;        // "" binds anonymously
  std::string password_file;  // its first line
  std::string base;
  std::string filter;             // with :address, :local, :domain
  std::string list_filter;        // "" where the directory cannot be listed
  std::string account_attribute;  // "uid": whose values own the address
  std::string address_attribute;  // "mail": what a listing shows
};

struct ServerOptions {
  std::chrono::milliseconds timeout{2'000};
  std::chrono::milliseconds list_timeout{60'000};  // for each 1,000 rows of a listing
  std::size_t connections = 4;
};

// `query`: one column, the accounts; each row and each comma adds one. It is asked for each key of
// an address in Postfix's order, :address being the key and :local and :domain its halves; where it
// names a half that the key has not, that key is passed over. `list_query`: address, account; ""
// for none. kInvalid: what is wrong with them.
Result<std::unique_ptr<const Directory>> OpenSqlDirectory(
    const SqlOptions& sql, const std::string& query, const std::string& list_query,
    const ServerOptions& server, const std::vector<std::string>& local_domains);

Result<std::unique_ptr<const Directory>> OpenLdapDirectory(
    const LdapOptions& ldap, const ServerOptions& server,
    const std::vector<std::string>& local_domains);

// The directory of warifu.conf, of whatever kind.
struct DirectoryOptions {
  enum class Type : std::uint8_t { kNone, kTable, kLmdb, kCdb, kSql, kLdap };
  Type type = Type::kNone;
  std::string path;  // of a table
  SqlOptions sql;
  std::string query, list_query;
  LdapOptions ldap;
  ServerOptions server;

  bool none() const { return type == Type::kNone || (type == Type::kTable && path.empty()); }
};

// Null where there is none. Errors as of the function of its kind; of a text table with their
// lines.
std::expected<std::unique_ptr<const Directory>, Errors> OpenDirectory(
    const DirectoryOptions& options, const std::vector<std::string>& local_domains);

}  // namespace warifu::binding
