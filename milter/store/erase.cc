// Erasing one account: all rows that say something about it.
//
// The row that records the erasure does not name the account (that would keep what is to go); the
// ticket in its reference does, outside of the store.
#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kOwn{
    "SELECT p.address FROM proofs p WHERE p.account = :account AND NOT EXISTS "
    "(SELECT 1 FROM proofs o WHERE o.address = p.address AND o.account <> p.account)",
    "t"};
// Of an address that is the account's alone.
constexpr Query kOfAddress[] = {
    {"DELETE FROM marks WHERE address = :address"},
    {"DELETE FROM changes WHERE address = :address"},
    {"DELETE FROM history WHERE address = :address"},
    {"DELETE FROM fan_in WHERE mailbox = :address"},
    {"DELETE FROM flow_steps WHERE address = :address"},
    {"DELETE FROM incidents WHERE sender = :address"},
};
constexpr Query kIncidentsTo{
    "DELETE FROM incidents WHERE lower(', ' || recipients || ',') LIKE lower(:recipient) "
    "ESCAPE '!'"};
constexpr Query kOfAccount[] = {
    {"DELETE FROM proofs WHERE account = :account"},
    {"DELETE FROM grants WHERE account = :account"},
    {"DELETE FROM locks WHERE account = :account"},
    {"DELETE FROM changes WHERE from_account = :account"},
    {"DELETE FROM changes WHERE to_account = :account"},
    {"DELETE FROM flow_steps WHERE account = :account"},
    {"DELETE FROM fan_in WHERE account = :account"},
    {"DELETE FROM alarms WHERE account = :account"},
    {"DELETE FROM incidents WHERE account = :account"},
    {"DELETE FROM history WHERE id IN (SELECT id FROM history_accounts WHERE account = :account)"},
};

}  // namespace

std::uint64_t EraseAccount(Connection& connection, std::string_view account, const Act& act) {
  if (account.empty()) throw Failure(ErrorKind::kInvalid, "erase: no account");
  std::vector<std::string> addresses;
  connection.Each(kOwn, {account}, [&](const Row& row) { addresses.push_back(row.Name(0)); });
  std::int64_t rows = 0;
  for (const std::string& address : addresses) {
    for (const Query& query : kOfAddress) rows += connection.Run(query, {address});
    rows += connection.Run(kIncidentsTo, {AmongRecipients(address)});
  }
  for (const Query& query : kOfAccount) rows += connection.Run(query, {account});
  Record(connection, {event::kErase, "", {}, "", std::to_string(rows) + " rows"}, act);
  return static_cast<std::uint64_t>(rows);
}

}  // namespace warifu::store
