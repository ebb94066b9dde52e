#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kGrants{
    "SELECT account, target, reference, granted_by, since, ends FROM grants "
    "WHERE account = :account ORDER BY target",
    "ttttnn"};
constexpr Query kDropGrant{"DELETE FROM grants WHERE account = :account AND target = :target"};
constexpr Query kAddGrant{
    "INSERT INTO grants (account, target, reference, granted_by, since, ends) "
    "VALUES (:account, :target, :reference, :by, :since, :ends)"};

constexpr Query kLocks{
    "SELECT account, scope, reason, reference, locked_by, since, ends FROM locks "
    "WHERE account = :account ORDER BY scope",
    "tntttnn"};
constexpr Query kDropLock{"DELETE FROM locks WHERE account = :account AND scope = :scope"};
constexpr Query kDropLocks{"DELETE FROM locks WHERE account = :account"};
constexpr Query kAddLock{
    "INSERT INTO locks (account, scope, reason, reference, locked_by, since, ends) "
    "VALUES (:account, :scope, :reason, :reference, :by, :since, :ends)"};

Grant ReadGrant(const Row& row) {
  return {.account = row.Name(0),
          .target = row.Name(1),
          .reference = row.Text(2),
          .by = row.Text(3),
          .since = row.Time(4),
          .until = row.MaybeTime(5)};
}

std::string Describe(const Lock& lock) {
  static constexpr std::string_view kScopes[] = {"send", "receive", "send and receive"};
  return std::string(kScopes[static_cast<std::size_t>(lock.scope)]) + ": " + lock.reason;
}

}  // namespace

std::vector<Grant> ReadGrants(Connection& connection, std::string_view account) {
  std::vector<Grant> grants;
  connection.Each(kGrants, {account}, [&](const Row& row) { grants.push_back(ReadGrant(row)); });
  return grants;
}

void AddGrant(Connection& connection, const Grant& grant, const Act& act) {
  if (grant.account.empty() || grant.target.empty()) {
    throw Failure(ErrorKind::kInvalid, "a grant needs an account and a target");
  }
  const bool there = connection.Run(kDropGrant, {grant.account, grant.target}) > 0;
  connection.Run(kAddGrant, {grant.account, grant.target, CleanText(grant.reference),
                             CleanText(grant.by), grant.since, grant.until});
  Record(connection, {event::kGrant, "", {grant.account}, there ? grant.target : "", grant.target},
         act);
}

bool RemoveGrant(Connection& connection, std::string_view account, std::string_view target,
                 const Act& act) {
  if (connection.Run(kDropGrant, {account, target}) == 0) return false;
  Record(connection, {event::kRevoke, "", {std::string(account)}, std::string(target), ""}, act);
  return true;
}

Lock ReadLock(const Row& row) {
  return {.account = row.Name(0),
          .scope = row.Kind(1, LockScope::kBoth),
          .reason = row.Text(2),
          .reference = row.Text(3),
          .by = row.Text(4),
          .since = row.Time(5),
          .until = row.MaybeTime(6)};
}

std::vector<Lock> ReadLocks(Connection& connection, std::string_view account) {
  std::vector<Lock> locks;
  connection.Each(kLocks, {account}, [&](const Row& row) { locks.push_back(ReadLock(row)); });
  return locks;
}

std::uint64_t AddLocks(Connection& connection, const std::vector<Lock>& locks, const Act& act) {
  std::uint64_t added = 0;
  for (const Lock& lock : locks) {
    if (lock.account.empty()) throw Failure(ErrorKind::kInvalid, "a lock without an account");
    std::string before;
    bool in_force = false;
    for (const Lock& old : ReadLocks(connection, lock.account)) {
      if (old.scope != lock.scope) continue;
      before = Describe(old);
      in_force = !old.until || *old.until > act.at;
    }
    Lock clean = lock;
    clean.reason = CleanText(lock.reason);
    connection.Run(kDropLock, {lock.account, lock.scope});
    connection.Run(kAddLock, {lock.account, lock.scope, clean.reason, CleanText(lock.reference),
                              CleanText(lock.by), lock.since, lock.until});
    Record(connection, {event::kLock, "", {lock.account}, before, Describe(clean)}, act);
    if (!in_force) ++added;
  }
  return added;
}

std::uint64_t RemoveLocks(Connection& connection, const Accounts& accounts, const Act& act) {
  std::uint64_t removed = 0;
  for (const std::string& account : accounts) {
    std::string before;
    for (const Lock& old : ReadLocks(connection, account)) {
      if (!before.empty()) before += "; ";
      before += Describe(old);
    }
    if (connection.Run(kDropLocks, {account}) == 0) continue;
    Record(connection, {event::kUnlock, "", {account}, before, ""}, act);
    ++removed;
  }
  return removed;
}

}  // namespace warifu::store
