#include "binding/lease.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/address.h"
#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

using SessionPool = LanePool<SqlSession>;

constexpr std::size_t kMostRows = 1'000;
constexpr std::pair<const char*, int> kPrefixes[] = {
    {"net64", 64}, {"net60", 60}, {"net56", 56}, {"net48", 48}};

bool IsIpv4(const NetworkBits& bits) {
  return Masked(bits, 96) == Masked(NetworkBits{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96);
}

std::string Text(const NetworkBits& bits) {
  char text[INET6_ADDRSTRLEN] = {};
  if (IsIpv4(bits)) {
    inet_ntop(AF_INET, &bits[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, bits.data(), text, sizeof text);
  }
  return text;
}

SqlValues ValuesOf(const NetworkBits& bits) {
  SqlValues values = {{"ip", Text(bits)}};
  for (const auto& [name, length] : kPrefixes) {
    values.emplace_back(
        name, IsIpv4(bits) ? "" : Text(Masked(bits, length)) + "/" + std::to_string(length));
  }
  return values;
}

class SqlLeases final : public Leases {
 public:
  SqlLeases(const LeaseOptions& options, QueryText query)
      : options_(options),
        query_(std::make_shared<const QueryText>(std::move(query))),
        pool_({.lanes = options.server.connections, .spare = 2 * options.server.connections},
              [sql = options.sql, timeout = options.server.timeout] {
                return OpenSqlSession(sql, timeout);
              }) {}

  LeaseAnswer AccountOf(std::string_view client_address, WallTime now) const override {
    const std::optional<NetworkBits> bits = ParseClient(client_address);
    if (!bits || FindNetwork(options_.carrier_nat, client_address) != nullptr) return {};
    const Result<std::vector<SqlRow>> rows = Ask(ValuesOf(*bits));
    if (!rows) {
      const bool lasting =
          rows.error().kind == ErrorKind::kInvalid || rows.error().kind == ErrorKind::kNotFound;
      return {.status = lasting ? Leased::kMisconfigured : Leased::kUnknown,
              .detail = rows.error().ToString()};
    }
    std::vector<LeaseRow> leases;
    for (const SqlRow& row : *rows) {
      if (!row[0] || row[0]->empty()) continue;
      const std::optional<WallTime> updated = row[1] ? SecondsSince1970(*row[1]) : std::nullopt;
      if (!updated) {
        return {.status = Leased::kMisconfigured,
                .detail = "the second column of the lease query is no time in seconds since 1970"};
      }
      leases.push_back({CanonicalAccount(*row[0]), *updated});
    }
    return JudgeLeases(leases, now, options_.stale_after);
  }

  Result<void> Probe() const override {
    const Result<std::vector<SqlRow>> rows = Ask(ValuesOf(*ParseClient("192.0.2.1")));
    if (!rows) return std::unexpected(rows.error());
    return {};
  }

  LaneCounts lanes() const override { return pool_.counts(); }

 private:
  Result<std::vector<SqlRow>> Ask(SqlValues values) const {
    return pool_.Run(
        [query = query_, values = std::move(values)](SqlSession& session) {
          return session.Query(*query, values, 2, kMostRows);
        },
        options_.server.timeout, Retry::kOnce);
  }

  const LeaseOptions options_;
  const std::shared_ptr<const QueryText> query_;
  mutable SessionPool pool_;
};

Result<std::unique_ptr<const Leases>> OpenSqlLeases(const LeaseOptions& options) {
  if (Result<void> url = CheckSqlUrl(options.sql.url); !url) return std::unexpected(url.error());
  if (auto password = ReadPassword(options.sql.password_file); !password) {
    return std::unexpected(password.error());
  }
  Result<QueryText> query =
      QueryText::ParseSql(options.query, {"ip", "net64", "net60", "net56", "net48"});
  if (!query) return std::unexpected(query.error());
  if (query->names().empty()) {
    return Fail(ErrorKind::kInvalid, "the lease query names no :ip");
  }
  return std::make_unique<SqlLeases>(options, *std::move(query));
}

}  // namespace

LeaseAnswer JudgeLeases(const std::vector<LeaseRow>& rows, WallTime now,
                        std::chrono::seconds stale_after) {
  const LeaseRow* fresh = nullptr;
  for (const LeaseRow& row : rows) {
    if (now - row.updated >= stale_after) continue;
    if (fresh != nullptr && fresh->account != row.account) {
      return {.status = Leased::kTwo,
              .detail =
                  "the client's address is leased to " + fresh->account + " and to " + row.account};
    }
    fresh = &row;
  }
  if (fresh == nullptr) return {};
  return {.status = Leased::kOne, .account = fresh->account};
}

std::expected<std::unique_ptr<const Leases>, Errors> OpenLeases(const LeaseOptions& options) {
  if (!options.table.empty()) return OpenLeaseTable(options);
  if (options.sql.url.empty()) return nullptr;
  Result<std::unique_ptr<const Leases>> opened = OpenSqlLeases(options);
  if (!opened) return std::unexpected(Errors{opened.error()});
  return *std::move(opened);
}

}  // namespace warifu::binding
