#include <algorithm>

#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

// One statement, so that proofs and mark are of one moment. There is always a row.
constexpr Query kRead{
    "SELECT p.account, p.since, p.source, p.reference, m.released, m.dispute, m.disputed, "
    "m.dispute_reference, m.dispute_detail "
    "FROM (SELECT CAST(:address AS TEXT) AS address) k "
    "LEFT JOIN proofs p ON p.address = k.address LEFT JOIN marks m ON m.address = k.address "
    "ORDER BY p.account",
    "tnttnnntt"};
constexpr Query kInsert{
    "INSERT INTO proofs (address, account, since, source, reference) "
    "VALUES (:address, :account, :since, :source, :reference)"};
constexpr Query kDelete{"DELETE FROM proofs WHERE address = :address AND account = :account"};
constexpr Query kAddresses{
    "SELECT address FROM proofs WHERE account = :account ORDER BY address LIMIT :count", "t"};

void RequireNames(std::string_view address, const Accounts& accounts) {
  if (address.empty()) throw Failure(ErrorKind::kInvalid, "an address is empty");
  if (std::ranges::find(accounts, "") != accounts.end()) {
    throw Failure(ErrorKind::kInvalid, std::string(address) + ": an account is empty");
  }
}

// False when the change is not open any more or has run out.
bool UseUp(Connection& connection, std::int64_t id, std::string_view address,
           const Accounts& before, const Accounts& after, WallTime at) {
  const std::vector<Change> open = ChangesOf(connection, address, at);
  const auto change = std::ranges::find(open, id, &Change::id);
  if (change == open.end()) return false;
  const bool given_up = change->to.empty() && after.empty();
  if (!given_up && !Explains(*change, before, after, at)) {
    throw Failure(ErrorKind::kInvalid,
                  std::string(address) + ": change " + std::to_string(id) + " is another one");
  }
  return UseChange(connection, id, at);
}

}  // namespace

AddressRecord ReadAddress(Connection& connection, std::string_view address) {
  AddressRecord record;
  connection.Each(kRead, {address}, [&](const Row& row) {
    if (!row.IsNull(0)) {
      record.proven.push_back({.account = row.Name(0),
                               .since = row.Time(1),
                               .source = row.Text(2),
                               .reference = row.Text(3)});
    }
    const Mark mark = ReadMark(row, 4);
    record.released = mark.released;
    record.dispute = mark.dispute;
  });
  return record;
}

void WriteProofs(Connection& connection, std::string_view address, const std::vector<Proof>& before,
                 const Accounts& after, std::string_view source, const Act& act) {
  for (const Proof& proof : before) {
    if (std::ranges::find(after, proof.account) == after.end()) {
      connection.Run(kDelete, {address, proof.account});
    }
  }
  for (const std::string& account : after) {
    if (std::ranges::find(before, account, &Proof::account) != before.end()) continue;
    connection.Run(kInsert, {address, account, act.at, source, CleanText(act.reference)});
  }
}

bool Enrol(Connection& connection, std::string_view address, const Accounts& accounts,
           std::string_view source, const Act& act) {
  RequireNames(address, accounts);
  if (accounts.empty()) throw Failure(ErrorKind::kInvalid, "enrolment without an account");
  const AddressRecord record = ReadAddress(connection, address);
  if (!record.proven.empty() || record.dispute) return false;
  const Accounts owners = Sorted(accounts);
  WriteProofs(connection, address, {}, owners, source, act);
  if (record.released) WriteMark(connection, address, {});
  Record(connection, {event::kEnrol, address, owners, "", Join(owners)}, act);
  return true;
}

Moved Move(Connection& connection, std::string_view address, const Accounts& before,
           const Accounts& after, std::int64_t change, std::string_view source, const Act& act) {
  RequireNames(address, after);
  const AddressRecord record = ReadAddress(connection, address);
  const Accounts owners = Sorted(after);
  if (record.Owners() != Sorted(before)) return Moved::kRaced;
  if (change != 0 && !UseUp(connection, change, address, record.Owners(), owners, act.at)) {
    return Moved::kRaced;
  }
  Mark mark{.released = std::nullopt, .dispute = record.dispute};
  if (mark.dispute && mark.dispute->kind == DisputeKind::kPin) mark.dispute.reset();
  if (owners.empty()) {
    // Whose it was is still needed: nobody else may claim it inside of its cool-off.
    mark.released = record.released.value_or(act.at);
  } else {
    WriteProofs(connection, address, record.proven, owners, source, act);
  }
  if (record.released || record.dispute || mark.released) WriteMark(connection, address, mark);
  Record(
      connection,
      {event::kMove, address, Union(record.Owners(), owners), Join(record.Owners()), Join(owners)},
      act);
  return Moved::kMoved;
}

void MarkReleased(Connection& connection, std::string_view address, const Act& act) {
  const AddressRecord record = ReadAddress(connection, address);
  if (record.proven.empty() || record.released) return;
  WriteMark(connection, address, {.released = act.at, .dispute = record.dispute});
  Record(connection, {event::kRelease, address, record.Owners(), Join(record.Owners()), ""}, act);
}

void ClearReleased(Connection& connection, std::string_view address, const Act& act) {
  const AddressRecord record = ReadAddress(connection, address);
  if (!record.released) return;
  WriteMark(connection, address, {.released = std::nullopt, .dispute = record.dispute});
  Record(connection, {event::kReturn, address, record.Owners(), "", Join(record.Owners())}, act);
}

void Resolve(Connection& connection, std::string_view address, std::string_view owner,
             const Act& act) {
  const Accounts owners = {std::string(owner)};
  RequireNames(address, owners);
  const AddressRecord record = ReadAddress(connection, address);
  if (record.proven.empty() && !record.dispute) {
    throw Failure(ErrorKind::kNotFound, std::string(address) + ": not in the ledger");
  }
  WriteProofs(connection, address, record.proven, owners, "person", act);
  WriteMark(connection, address, {});
  std::string before = Join(record.Owners());
  if (record.dispute) before += " (disputed: " + record.dispute->detail + ")";
  Record(
      connection,
      {event::kResolve, address, Union(record.Owners(), owners), std::move(before), Join(owners)},
      act);
}

std::vector<std::string> AddressesOf(Connection& connection, std::string_view account,
                                     std::size_t limit) {
  std::vector<std::string> addresses;
  connection.Each(kAddresses, {account, limit},
                  [&](const Row& row) { addresses.push_back(row.Name(0)); });
  return addresses;
}

}  // namespace warifu::store
