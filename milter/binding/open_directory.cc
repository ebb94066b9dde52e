#include <utility>

#include "binding/sources.h"

namespace warifu::binding {
namespace {

using Opened = std::expected<std::unique_ptr<const Directory>, Errors>;

Opened Sole(Result<std::unique_ptr<const Directory>> directory) {
  if (!directory) return std::unexpected(Errors{directory.error()});
  return *std::move(directory);
}

}  // namespace

Opened OpenDirectory(const DirectoryOptions& options,
                     const std::vector<std::string>& local_domains) {
  using Type = DirectoryOptions::Type;
  if (options.none()) return nullptr;
  switch (options.type) {
    case Type::kNone:
      return nullptr;
    case Type::kTable:
      return OpenTextTable(options.path, local_domains);
    case Type::kLmdb:
      return OpenPostfixTable(PostfixTableType::kLmdb, options.path, options.server.timeout,
                              local_domains);
    case Type::kCdb:
      return OpenPostfixTable(PostfixTableType::kCdb, options.path, options.server.timeout,
                              local_domains);
    case Type::kSql:
      return Sole(OpenSqlDirectory(options.sql, options.query, options.list_query, options.server,
                                   local_domains));
    case Type::kLdap:
      return Sole(OpenLdapDirectory(options.ldap, options.server, local_domains));
  }
  return nullptr;
}

}  // namespace warifu::binding
