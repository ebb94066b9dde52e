// A directory in a database, asked by the operator's own query.
#include <algorithm>
#include <iterator>
#include <utility>

#include "binding/keyed_directory.h"
#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

using SessionPool = LanePool<SqlSession>;

constexpr std::size_t kMostOwners = 1'000;
constexpr std::size_t kListed = 1'000;  // rows that one job of a listing reads

SessionPool::Opener OpenerOf(const SqlOptions& options, std::chrono::milliseconds timeout) {
  return [options, timeout] { return OpenSqlSession(options, timeout); };
}

void AddOwners(const std::vector<SqlRow>& rows, std::string* owners) {
  for (const SqlRow& row : rows) {
    if (row[0]) owners->append(*row[0]).append(1, ',');
  }
}

// Passed over where the query wants a half that the key has not, as Postfix does.
bool Fits(const QueryText& query, const TableKey& key) {
  return !(key.local.empty() && query.Uses("local")) &&
         !(key.domain.empty() && query.Uses("domain"));
}

class SqlSource final : public KeySource {
 public:
  SqlSource(SqlOptions sql, QueryText query, std::optional<QueryText> list, ServerOptions server)
      : sql_(std::move(sql)),
        query_(std::make_shared<const QueryText>(std::move(query))),
        list_(std::move(list)),
        server_(server),
        pool_({.lanes = server.connections, .spare = 2 * server.connections},
              OpenerOf(sql_, server.timeout)) {}

  Result<std::optional<KeyHit>> First(std::vector<TableKey> keys) const override {
    return pool_.Run(
        [query = query_,
         keys = std::move(keys)](SqlSession& session) -> Result<std::optional<KeyHit>> {
          for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!Fits(*query, keys[i])) continue;
            const SqlValues values = {
                {"address", keys[i].text}, {"local", keys[i].local}, {"domain", keys[i].domain}};
            const auto rows = session.Query(*query, values, 1, kMostOwners);
            if (!rows) return std::unexpected(rows.error());
            std::string owners;
            AddOwners(*rows, &owners);
            KeyHit hit{i, SplitOwners(owners)};
            if (!hit.owners.empty()) return hit;
          }
          return std::nullopt;
        },
        server_.timeout, Retry::kOnce);
  }

  Spelling spelling() const override { return Spelling::kCanonical; }
  std::string Describe() const override {
    return SqlKind(sql_.url) + ", up to " + std::to_string(server_.connections) + " connections";
  }

  Result<void> Probe() const override {
    const Address nobody{"warifu-probe", "invalid"};
    const auto asked = First(KeysOf(nobody, false, Spelling::kCanonical));
    if (!asked) return std::unexpected(asked.error());
    return {};
  }

  LaneCounts lanes() const override { return pool_.counts(); }

  Result<store::DirectoryRows> Rows(std::shared_ptr<RowReader> reader) const override {
    if (!list_) return Fail(ErrorKind::kInvalid, "directory.list_query is not set");
    auto pool = std::make_shared<SessionPool>(LaneOptions{.lanes = 1, .spare = 0},
                                              OpenerOf(sql_, server_.list_timeout));
    return [pool, list = *list_, reader, timeout = server_.list_timeout, begun = false,
            ended = false, address = std::string(),
            owners = std::vector<std::string>()](store::DirectoryRow* row) mutable -> Result<bool> {
      // Rows of one address that follow each other are one, as they are to a lookup.
      const auto pass_on = [&] {
        if (owners.empty()) return;
        std::ranges::sort(owners);
        owners.erase(std::ranges::unique(owners).begin(), owners.end());
        reader->Add(address, std::exchange(owners, {}));
      };
      while (!reader->Next(row)) {
        if (ended) return false;
        const auto rows = pool->Run(
            [list, begun](SqlSession& session) -> Result<std::vector<SqlRow>> {
              if (!begun) {
                if (Result<void> started = session.Begin(list, 2); !started) {
                  return std::unexpected(started.error());
                }
              }
              return session.Next(kListed);
            },
            timeout);
        if (!rows) return std::unexpected(rows.error());
        begun = true;
        ended = rows->empty();
        for (const SqlRow& cells : *rows) {
          if (!cells[0] || !cells[1]) continue;
          if (*cells[0] != address) pass_on();
          address = *cells[0];
          std::ranges::move(SplitOwners(*cells[1]), std::back_inserter(owners));
        }
        if (ended) pass_on();
      }
      return true;
    };
  }

 private:
  const SqlOptions sql_;
  const std::shared_ptr<const QueryText> query_;
  const std::optional<QueryText> list_;
  const ServerOptions server_;
  mutable SessionPool pool_;
};

}  // namespace

Result<std::unique_ptr<const Directory>> OpenSqlDirectory(
    const SqlOptions& sql, const std::string& query, const std::string& list_query,
    const ServerOptions& server, const std::vector<std::string>& local_domains) {
  if (Result<void> url = CheckSqlUrl(sql.url); !url) return std::unexpected(url.error());
  if (auto password = ReadPassword(sql.password_file); !password) {
    return std::unexpected(password.error());
  }
  Result<QueryText> asked = QueryText::ParseSql(query, {"address", "local", "domain"});
  if (!asked) return std::unexpected(asked.error());
  if (!asked->Uses("address") && !asked->Uses("local")) {
    return Fail(ErrorKind::kInvalid, "the query names neither :address nor :local");
  }
  std::optional<QueryText> list;
  if (!list_query.empty()) {
    Result<QueryText> parsed = QueryText::ParseSql(list_query, {});
    if (!parsed) {
      return Fail(ErrorKind::kInvalid, "list_query: a listing takes no placeholder");
    }
    list = *std::move(parsed);
  }
  return MakeKeyed(std::make_unique<SqlSource>(sql, *std::move(asked), std::move(list), server),
                   local_domains);
}

}  // namespace warifu::binding
