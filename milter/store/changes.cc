#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr std::string_view kColumns =
    "nttttt"
    "nnnn";
// By address alone: a sign or an empty text keeps SQLite from the indices of state and accounts,
// which a migration of many thousand addresses would make it walk for each of them.
constexpr Query kValid{
    "SELECT id, address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state, settled FROM changes "
    "WHERE address = :address AND +state = 0 AND +valid_until >= :now ORDER BY id",
    kColumns};
constexpr Query kOfAddress{
    "SELECT id, address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state, settled FROM changes "
    "WHERE address = :address AND +state = :state ORDER BY +id DESC LIMIT :count",
    kColumns};
constexpr Query kOfState{
    "SELECT id, address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state, settled FROM changes WHERE state = :state ORDER BY id DESC LIMIT :count",
    kColumns};
constexpr Query kOver{
    "SELECT id, address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state, settled FROM changes "
    "WHERE state = 0 AND valid_until < :now ORDER BY id",
    kColumns};
constexpr Query kOne{
    "SELECT id, address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state, settled FROM changes WHERE id = :id",
    kColumns};
// Announced before: still open or used, or given up without a later end being asked for.
constexpr Query kKnown{
    "SELECT count(*) FROM changes WHERE address = :address AND from_account || '' = :from_account "
    "AND to_account || '' = :to_account AND reference = :reference "
    "AND (state IN (0, 1) OR valid_until >= :valid_until)",
    "n"};
constexpr Query kInsert{
    "INSERT INTO changes (address, from_account, to_account, reference, announced_by, announced, "
    "valid_until, state) VALUES (:address, :from_account, :to_account, :reference, :by, "
    ":announced, :valid_until, 0)"};
constexpr Query kSettle{
    "UPDATE changes SET state = :state, settled = :at WHERE id = :id AND state = 0"};

Change ReadChange(const Row& row) {
  return {.id = row.Number(0),
          .address = row.Name(1),
          .from = row.Text(2),
          .to = row.Text(3),
          .reference = row.Text(4),
          .by = row.Text(5),
          .announced = row.Time(6),
          .valid_until = row.Time(7),
          .state = row.Kind(8, ChangeState::kWithdrawn),
          .settled = row.MaybeTime(9)};
}

std::vector<Change> Read(Connection& connection, const Query& query, Values values) {
  std::vector<Change> changes;
  connection.Each(query, values, [&](const Row& row) { changes.push_back(ReadChange(row)); });
  return changes;
}

// Those that the change names.
Accounts Named(const Change& change) {
  Accounts named;
  if (!change.from.empty()) named.push_back(change.from);
  if (!change.to.empty()) named.push_back(change.to);
  return Sorted(std::move(named));
}

void Require(const Change& change) {
  std::string wrong;
  if (change.address.empty()) wrong = "no address";
  if (change.from == change.to) wrong = "from and to are the same account";
  if (change.valid_until <= change.announced) wrong = "it would end before it begins";
  if (!wrong.empty()) {
    throw Failure(ErrorKind::kInvalid, "change of " + change.address + ": " + wrong);
  }
}

}  // namespace

std::vector<Change> ChangesOf(Connection& connection, std::string_view address, WallTime now) {
  return Read(connection, kValid, {address, now});
}

std::vector<Change> ReadChanges(Connection& connection, std::string_view address, ChangeState state,
                                std::size_t limit) {
  if (address.empty()) return Read(connection, kOfState, {state, limit});
  return Read(connection, kOfAddress, {address, state, limit});
}

std::uint64_t Announce(Connection& connection, const std::vector<Change>& changes, const Act& act) {
  std::uint64_t added = 0;
  for (const Change& change : changes) {
    Require(change);
    const std::string reference = CleanText(change.reference);
    if (connection.Number(
            kKnown, {change.address, change.from, change.to, reference, change.valid_until}) > 0) {
      continue;
    }
    connection.Run(kInsert, {change.address, change.from, change.to, reference,
                             CleanText(change.by), change.announced, change.valid_until});
    Act named = act;
    if (named.reference.empty()) named.reference = reference;
    Record(connection, {event::kAnnounce, change.address, Named(change), change.from, change.to},
           named);
    ++added;
  }
  return added;
}

bool UseChange(Connection& connection, std::int64_t change, WallTime at) {
  return connection.Run(kSettle, {ChangeState::kUsed, at, change}) == 1;
}

std::vector<Change> ExpireChanges(Connection& connection, WallTime now) {
  std::vector<Change> changes = Read(connection, kOver, {now});
  for (Change& change : changes) {
    connection.Run(kSettle, {ChangeState::kExpired, now, change.id});
    change.state = ChangeState::kExpired;
    change.settled = now;
    Record(connection, {event::kExpire, change.address, Named(change), change.from, change.to},
           {.who = "warifu", .at = now, .reference = change.reference, .why = "never used"});
  }
  return changes;
}

bool WithdrawChange(Connection& connection, std::int64_t id, const Act& act) {
  const std::vector<Change> changes = Read(connection, kOne, {id});
  if (connection.Run(kSettle, {ChangeState::kWithdrawn, act.at, id}) == 0) return false;
  for (const Change& change : changes) {
    Record(connection, {event::kWithdraw, change.address, Named(change), change.from, change.to},
           act);
  }
  return true;
}

}  // namespace warifu::store
