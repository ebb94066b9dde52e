#include <algorithm>

#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kForgetAlarms{"DELETE FROM alarms WHERE scope = :scope AND happened < :since"};
constexpr Query kAddAlarm{
    "INSERT INTO alarms (scope, account, happened) VALUES (:scope, :account, :happened) "
    "ON CONFLICT (scope, account) DO NOTHING"};
constexpr Query kMoveAlarm{
    "UPDATE alarms SET happened = :happened WHERE scope = :scope AND account = :account "
    "AND happened < :before"};
constexpr Query kDropAlarms{"DELETE FROM alarms WHERE scope = :scope"};
constexpr Query kAlarms{
    "SELECT count(*) FROM (SELECT 1 FROM alarms WHERE scope = :scope AND happened >= :since "
    "LIMIT :most) AS counted",
    "n"};

constexpr Query kAll{
    "SELECT scope, opened, ends, reason, reference, opened_by FROM breakers ORDER BY scope",
    "tnnttt"};
constexpr Query kDrop{"DELETE FROM breakers WHERE scope = :scope"};
constexpr Query kInsert{
    "INSERT INTO breakers (scope, opened, ends, reason, reference, opened_by) "
    "VALUES (:scope, :opened, :ends, :reason, :reference, :by)"};

}  // namespace

AlarmCount AddAlarm(Connection& connection, std::string_view scope, std::string_view account,
                    WallTime at, WallTime since, std::uint64_t most) {
  if (scope.empty() || account.empty()) {
    throw Failure(ErrorKind::kInvalid, "an alarm without a scope or an account");
  }
  connection.Run(kForgetAlarms, {scope, since});
  AlarmCount count;
  count.added = connection.Run(kAddAlarm, {scope, account, at}) == 1;
  if (!count.added) connection.Run(kMoveAlarm, {at, scope, account, at});
  count.accounts = static_cast<std::uint64_t>(connection.Number(kAlarms, {scope, since, most}));
  return count;
}

std::vector<Breaker> ReadBreakers(Connection& connection) {
  std::vector<Breaker> breakers;
  connection.Each(kAll, {}, [&](const Row& row) {
    breakers.push_back({.scope = row.Name(0),
                        .opened = row.Time(1),
                        .until = row.MaybeTime(2),
                        .reason = row.Text(3),
                        .reference = row.Text(4),
                        .by = row.Text(5)});
  });
  return breakers;
}

bool OpenBreaker(Connection& connection, const Breaker& breaker, const Act& act) {
  if (breaker.scope.empty()) throw Failure(ErrorKind::kInvalid, "a breaker without a scope");
  const std::vector<Breaker> all = ReadBreakers(connection);
  const auto old = std::ranges::find(all, breaker.scope, &Breaker::scope);
  if (old != all.end() && (!old->until || *old->until > act.at)) return false;
  connection.Run(kDrop, {breaker.scope});
  connection.Run(kInsert, {breaker.scope, breaker.opened, breaker.until, CleanText(breaker.reason),
                           CleanText(breaker.reference), CleanText(breaker.by)});
  Record(connection,
         {event::kTrip, "", {}, "closed", breaker.scope + " open: " + CleanText(breaker.reason)},
         act);
  return true;
}

bool CloseBreaker(Connection& connection, std::string_view scope, const Act& act) {
  if (connection.Run(kDrop, {scope}) == 0) return false;
  // Or the next single alarm would open it again.
  connection.Run(kDropAlarms, {scope});
  Record(connection, {event::kReset, "", {}, std::string(scope) + " open", "closed"}, act);
  return true;
}

}  // namespace warifu::store
