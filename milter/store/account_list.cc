#include <algorithm>

#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kLocked{
    "SELECT DISTINCT account FROM locks WHERE ends IS NULL OR ends > :now "
    "ORDER BY account LIMIT :most",
    "t"};
constexpr Query kCountLocked{
    "SELECT count(DISTINCT account) FROM locks WHERE ends IS NULL OR ends > :now", "n"};
constexpr Query kNoticed{
    "SELECT DISTINCT account FROM fan_in WHERE notice = :notice AND happened >= :since "
    "ORDER BY account LIMIT :most",
    "t"};
constexpr Query kCountNoticed{
    "SELECT count(DISTINCT account) FROM fan_in WHERE notice = :notice AND happened >= :since",
    "n"};
constexpr Query kBoth{
    "SELECT DISTINCT account FROM fan_in WHERE notice = :notice AND happened >= :since "
    "AND account IN (SELECT account FROM locks WHERE ends IS NULL OR ends > :now) "
    "ORDER BY account LIMIT :most",
    "t"};
constexpr Query kCountBoth{
    "SELECT count(DISTINCT account) FROM fan_in WHERE notice = :notice AND happened >= :since "
    "AND account IN (SELECT account FROM locks WHERE ends IS NULL OR ends > :now)",
    "n"};
constexpr Query kKnown{"SELECT DISTINCT notice FROM fan_in ORDER BY notice LIMIT :most", "t"};
constexpr std::size_t kMostKnown = 50;

constexpr Query kLocksBetween{
    "SELECT account, scope, reason, reference, locked_by, since, ends FROM locks "
    "WHERE account >= :first AND account <= :last AND (ends IS NULL OR ends > :now) "
    "ORDER BY account, scope",
    "tntttnn"};
constexpr Query kNoticesBetween{
    "SELECT account, mailbox, happened FROM fan_in WHERE notice = :notice AND happened >= :since "
    "AND account >= :first AND account <= :last ORDER BY account, happened DESC, mailbox",
    "ttn"};

// Puts rows that come in the order of their accounts to the accounts of a list in the same order;
// those of others are passed over.
class Walk {
 public:
  explicit Walk(std::vector<ListedAccount>& accounts)
      : at_(accounts.begin()), end_(accounts.end()) {}

  ListedAccount* To(const std::string& account) {
    while (at_ != end_ && at_->account < account) ++at_;
    return at_ != end_ && at_->account == account ? &*at_ : nullptr;
  }

 private:
  std::vector<ListedAccount>::iterator at_, end_;
};

void Find(Connection& connection, const AccountQuery& query, AccountList* list) {
  const auto add = [&](const Row& row) { list->accounts.push_back({.account = row.Name(0)}); };
  if (query.notice.empty()) {
    list->total = static_cast<std::uint64_t>(connection.Number(kCountLocked, {query.now}));
    connection.Each(kLocked, {query.now, query.limit}, add);
  } else if (query.locked) {
    list->total = static_cast<std::uint64_t>(
        connection.Number(kCountBoth, {query.notice, query.since, query.now}));
    connection.Each(kBoth, {query.notice, query.since, query.now, query.limit}, add);
  } else {
    list->total =
        static_cast<std::uint64_t>(connection.Number(kCountNoticed, {query.notice, query.since}));
    connection.Each(kNoticed, {query.notice, query.since, query.limit}, add);
  }
}

}  // namespace

AccountList ListAccounts(Connection& connection, const AccountQuery& query) {
  AccountList list;
  Find(connection, query, &list);
  if (list.accounts.empty()) {
    if (!query.notice.empty()) {
      connection.Each(kKnown, {kMostKnown},
                      [&](const Row& row) { list.known_notices.push_back(row.Text(0)); });
    }
    return list;
  }
  const std::string first = list.accounts.front().account, last = list.accounts.back().account;
  Walk locks(list.accounts);
  connection.Each(kLocksBetween, {first, last, query.now}, [&](const Row& row) {
    if (ListedAccount* account = locks.To(row.Name(0))) account->locks.push_back(ReadLock(row));
  });
  if (query.notice.empty()) return list;
  Walk notices(list.accounts);
  connection.Each(kNoticesBetween, {query.notice, query.since, first, last}, [&](const Row& row) {
    if (ListedAccount* account = notices.To(row.Name(0))) {
      account->notices.push_back({.mailbox = row.Text(1), .at = row.Time(2)});
    }
  });
  return list;
}

}  // namespace warifu::store
