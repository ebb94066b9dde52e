#include <algorithm>
#include <set>

#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

using Name = std::pair<std::string, std::string>;

// The ledger first: its count is the answer. What has been settled keeps the old name.
constexpr Query kProofs{"UPDATE proofs SET account = :new WHERE account = :old"};
constexpr Query kOthers[] = {
    {"UPDATE grants SET account = :new WHERE account = :old"},
    {"UPDATE locks SET account = :new WHERE account = :old"},
    {"UPDATE changes SET from_account = :new WHERE from_account = :old AND state = 0"},
    {"UPDATE changes SET to_account = :new WHERE to_account = :old AND state = 0"},
    {"UPDATE flow_steps SET account = :new WHERE account = :old"},
};
// Notices may have come for the new name already.
constexpr Query kDropFanIn{
    "DELETE FROM fan_in WHERE account = :old AND EXISTS (SELECT 1 FROM fan_in o "
    "WHERE o.account = :new AND o.mailbox = fan_in.mailbox AND o.notice = fan_in.notice)"};
constexpr Query kFanIn{"UPDATE fan_in SET account = :new WHERE account = :old"};
constexpr Query kKnown{
    "SELECT (SELECT count(*) FROM proofs WHERE account = :account) + "
    "(SELECT count(*) FROM grants WHERE account = :grantee) + "
    "(SELECT count(*) FROM locks WHERE account = :locked)",
    "n"};

std::int64_t Rename(Connection& connection, const std::string& from, const std::string& to) {
  const std::int64_t moved = connection.Run(kProofs, {to, from});
  for (const Query& query : kOthers) connection.Run(query, {to, from});
  connection.Run(kDropFanIn, {from, to});
  connection.Run(kFanIn, {to, from});
  return moved;
}

[[noreturn]] void Refuse(const Name& name, std::string_view why) {
  std::string text = "rename ";
  text.append(name.first).append(" to ").append(name.second).append(": ").append(why);
  throw Failure(ErrorKind::kInvalid, text);
}

// Throws where two accounts would become one: nothing could tell them apart again.
void Require(Connection& connection, const std::vector<Name>& names,
             const std::set<std::string>& olds) {
  std::set<std::string> news;
  for (const Name& name : names) {
    const auto& [from, to] = name;
    if (from.empty() || to.empty()) Refuse(name, "a name is empty");
    if (!news.insert(to).second) Refuse(name, "two accounts would get this name");
    if (!olds.contains(to) && connection.Number(kKnown, {to, to, to}) > 0) {
      Refuse(name, "there is an account of this name already");
    }
  }
}

}  // namespace

std::uint64_t RenameAccounts(Connection& connection, const std::vector<Name>& names,
                             const Act& act) {
  std::set<std::string> olds;
  for (const Name& name : names) {
    if (!olds.insert(name.first).second) {
      throw Failure(ErrorKind::kInvalid, "rename " + name.first + ": stands twice in the list");
    }
  }
  Require(connection, names, olds);
  // Where names are passed on (a to b, b to c) all leave their old names before one takes a new
  // one. No account begins with a control character.
  const bool passed_on =
      std::ranges::any_of(names, [&](const Name& name) { return olds.contains(name.second); });
  std::int64_t moved = 0;
  std::size_t number = 0;
  const auto aside = [&] { return "\x01" + std::to_string(number++); };
  if (passed_on) {
    for (const Name& name : names) Rename(connection, name.first, aside());
    number = 0;
  }
  for (const auto& [from, to] : names) {
    moved += Rename(connection, passed_on ? aside() : from, to);
    Record(connection, {event::kRename, "", Sorted({from, to}), from, to}, act);
  }
  return static_cast<std::uint64_t>(moved);
}

}  // namespace warifu::store
