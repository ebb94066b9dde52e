#include "binding/change_source.h"

#include <utility>

#include "base/redact.h"
#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

using SessionPool = LanePool<SqlSession>;

constexpr std::size_t kColumns = 6;
constexpr std::size_t kMostReference = 200;  // bytes, as of `warifu bind announce`
constexpr std::size_t kMostAccount = 320;

class SqlChanges final : public ChangeSource {
 public:
  SqlChanges(const ChangeOptions& options, QueryText query)
      : kind_(SqlKind(options.sql.url)),
        timeout_(options.timeout),
        query_(std::make_shared<const QueryText>(std::move(query))),
        pool_({.lanes = 1, .spare = 2}, [sql = options.sql, timeout = options.timeout] {
          return OpenSqlSession(sql, timeout);
        }) {}

  Result<std::vector<ChangeRow>> Read(WallTime since) const override {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(since.time_since_epoch()).count();
    return pool_.Run(
        [query = query_, values = SqlValues{{"since", std::to_string(seconds)}}](
            SqlSession& session) { return session.Query(*query, values, kColumns, kMostChanges); },
        timeout_, Retry::kOnce);
  }

  std::string Describe() const override { return kind_; }
  LaneCounts lanes() const override { return pool_.counts(); }

 private:
  const std::string kind_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<const QueryText> query_;
  mutable SessionPool pool_;
};

std::string Cell(const ChangeRow& row, std::size_t column) {
  return row[column].value_or("");
}

// Reads one row; the first thing that is wrong ends it.
class RowReader {
 public:
  RowReader(const ChangeRow& row, const Options& options) : row_(row), options_(options) {}

  Result<store::Change> Read(WallTime now) {
    store::Change change;
    const Result<Address> address = ParseAddrSpec(Cell(row_, 0), options_.address);
    if (!address) return Wrong("no address: " + address.error().text);
    if (address->domain.empty()) return Wrong("no address: it has no domain");
    change.address = address->ToString();
    for (const auto& [column, account] : {std::pair{1, &change.from}, std::pair{2, &change.to}}) {
      const std::string name = Cell(row_, static_cast<std::size_t>(column));
      *account = AccountOf(name, options_.realm);
      if (account->empty() && !name.empty()) return Wrong("an account has no name");
      if (Printable(*account, kMostAccount) != *account) return Wrong("an account is none");
    }
    if (change.from == change.to) {
      return Wrong(change.from.empty() ? "names no account" : "goes from and to one account");
    }
    change.reference = Cell(row_, 3);
    if (change.reference.empty()) return Wrong("has no reference, which tells it from others");
    if (Printable(change.reference, kMostReference) != change.reference) {
      return Wrong("the reference is longer than 200 bytes or holds control characters");
    }
    const std::optional<WallTime> from = row_[4] ? SecondsSince1970(*row_[4]) : WallTime();
    const std::optional<WallTime> until = row_[5] ? SecondsSince1970(*row_[5]) : std::nullopt;
    if (!from || !until) {
      return Wrong(std::string(from ? "valid until" : "valid from") +
                   " is no time in seconds since 1970");
    }
    if (*until <= *from) return Wrong("ends before it begins");
    change.announced = std::max(now, *from);
    change.valid_until = *until;
    return change;
  }

 private:
  std::unexpected<Error> Wrong(const std::string& why) const {
    const std::string reference = Printable(Cell(row_, 3), 60);
    return Fail(ErrorKind::kInvalid, "change " +
                                         (reference.empty() ? "without a reference" : reference) +
                                         " of '" + Printable(Cell(row_, 0), 100) + "': " + why);
  }

  const ChangeRow& row_;
  const Options& options_;
};

}  // namespace

Result<std::unique_ptr<const ChangeSource>> OpenChangeSource(const ChangeOptions& options) {
  if (options.sql.url.empty()) return nullptr;
  if (Result<void> url = CheckSqlUrl(options.sql.url); !url) return std::unexpected(url.error());
  if (auto password = ReadPassword(options.sql.password_file); !password) {
    return std::unexpected(password.error());
  }
  Result<QueryText> query = QueryText::ParseSql(options.query, {"since"});
  if (!query) return std::unexpected(query.error());
  return std::make_unique<SqlChanges>(options, *std::move(query));
}

ChangeReading ReadChange(const ChangeRow& row, const Options& options, WallTime now) {
  Result<store::Change> change = RowReader(row, options).Read(now);
  if (!change) return {ChangeReading::Kind::kWrong, {}, std::move(change.error().text)};
  const auto kind = change->valid_until <= now ? ChangeReading::Kind::kOver
                    : change->announced > now  ? ChangeReading::Kind::kAhead
                                               : ChangeReading::Kind::kValid;
  return {kind, *std::move(change), ""};
}

}  // namespace warifu::binding
