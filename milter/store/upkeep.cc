#include "store/history.h"
#include "store/operations.h"
#include "store/schema.h"

namespace warifu::store {
namespace {

// In the order of Health.
constexpr Query kCounts[] = {
    {"SELECT count(DISTINCT address) FROM proofs", "n"},
    {"SELECT count(DISTINCT account) FROM proofs", "n"},
    {"SELECT count(*) FROM marks WHERE dispute IS NOT NULL", "n"},
    {"SELECT count(*) FROM changes WHERE state = 0", "n"},
    {"SELECT count(*) FROM locks", "n"},
    {"SELECT count(*) FROM incidents WHERE state = 'open'", "n"},
    {"SELECT count(*) FROM history", "n"},
};

// Rows that no operation of ours writes, and what to say of them.
struct Oddity {
  Query query;
  std::string_view text;
};
constexpr Oddity kOddities[] = {
    {{"SELECT count(*) FROM marks WHERE dispute < 0 OR dispute > 3", "n"},
     "disputes of an unknown kind"},
    {{"SELECT count(*) FROM marks m WHERE m.released IS NOT NULL AND NOT EXISTS "
      "(SELECT 1 FROM proofs p WHERE p.address = m.address)",
      "n"},
     "released addresses without an owner"},
    {{"SELECT count(*) FROM changes WHERE state < 0 OR state > 3 OR (state = 0) <> "
      "(settled IS NULL)",
      "n"},
     "changes of an unknown state"},
    {{"SELECT count(*) FROM locks WHERE scope < 0 OR scope > 2", "n"}, "locks of an unknown scope"},
    {{"SELECT count(*) FROM flow_steps s WHERE NOT EXISTS "
      "(SELECT 1 FROM flows f WHERE f.token = s.token)",
      "n"},
     "notices without a flow"},
    {{"SELECT count(*) FROM history_accounts a WHERE NOT EXISTS "
      "(SELECT 1 FROM history h WHERE h.id = a.id)",
      "n"},
     "names of history rows that are gone"},
};

constexpr Query kPruneHistory{
    "DELETE FROM history WHERE id IN "
    "(SELECT id FROM history WHERE happened < :before ORDER BY happened LIMIT :most)"};
constexpr Query kPruneIncidents{
    "DELETE FROM incidents WHERE reference IN (SELECT reference FROM incidents "
    "WHERE happened < :before AND state <> 'open' LIMIT :most)"};
constexpr Query kPruneChanges{
    "DELETE FROM changes WHERE id IN "
    "(SELECT id FROM changes WHERE state <> 0 AND valid_until < :before AND settled < :settled "
    "LIMIT :most)"};
constexpr Query kPruneFlows{
    "DELETE FROM flows WHERE token IN "
    "(SELECT token FROM flows WHERE expires < :now LIMIT :most)"};
constexpr Query kPruneFanIn{
    "DELETE FROM fan_in WHERE (mailbox, account, notice) IN "
    "(SELECT mailbox, account, notice FROM fan_in WHERE happened < :before LIMIT :most)"};
constexpr Query kPruneAlarms{"DELETE FROM alarms WHERE happened < :before"};

std::uint64_t Delete(Connection& connection, const Query& query, Values values) {
  return static_cast<std::uint64_t>(connection.Run(query, values));
}

}  // namespace

Store::Health CheckHealth(Connection& connection) {
  Store::Health health{.kind = {}, .schema = SchemaVersion(connection), .problems = {}};
  std::uint64_t* const counts[] = {&health.addresses,    &health.accounts, &health.disputes,
                                   &health.open_changes, &health.locks,    &health.open_incidents,
                                   &health.history};
  for (std::size_t i = 0; i < std::size(counts); ++i) {
    *counts[i] = static_cast<std::uint64_t>(connection.Number(kCounts[i]));
  }
  for (const Oddity& oddity : kOddities) {
    if (const auto rows = connection.Number(oddity.query); rows > 0) {
      health.problems.push_back(std::to_string(rows) + ' ' + std::string(oddity.text));
    }
  }
  return health;
}

Store::Waiting CountWaiting(Connection& connection) {
  static constexpr Query kHeld{
      "SELECT count(*) FROM incidents WHERE state = 'open' AND action = 'hold'", "n"};
  const auto count = [&](const Query& query) {
    return static_cast<std::uint64_t>(connection.Number(query));
  };
  return {.disputes = count(kCounts[2]),
          .open_changes = count(kCounts[3]),
          .locks = count(kCounts[4]),
          .open_incidents = count(kCounts[5]),
          .held = count(kHeld)};
}

Store::Pruned PrunePortion(Connection& connection, WallTime before, WallTime now,
                           std::size_t most) {
  Delete(connection, kPruneAlarms, {before});
  return {.history = Delete(connection, kPruneHistory, {before, most}),
          .incidents = Delete(connection, kPruneIncidents, {before, most}),
          .changes = Delete(connection, kPruneChanges, {before, before, most}),
          .flows = Delete(connection, kPruneFlows, {now, most}),
          .fan_in = Delete(connection, kPruneFanIn, {before, most})};
}

void RecordPrune(Connection& connection, const Store::Pruned& pruned, const Act& act) {
  Record(
      connection,
      {event::kPrune,
       "",
       {},
       "",
       std::to_string(pruned.history) + " of history, " + std::to_string(pruned.incidents) +
           " incidents, " + std::to_string(pruned.changes) + " changes, " +
           std::to_string(pruned.flows) + " flows, " + std::to_string(pruned.fan_in) + " counters"},
      act);
}

}  // namespace warifu::store
