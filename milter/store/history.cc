#include "store/history.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace warifu::store {
namespace {

constexpr Query kInsert{
    "INSERT INTO history (kind, address, accounts, who, happened, reference, why, was, became) "
    "VALUES (:kind, :address, :accounts, :who, :happened, :reference, :why, :was, :became)"};
// The row just written: nobody else can write one in between, under the writers' lock.
constexpr Query kLink{
    "INSERT INTO history_accounts (account, id) SELECT :account, max(id) FROM history"};
constexpr Query kLast{"SELECT max(id) FROM history", "n"};
constexpr Query kNews{
    "SELECT id, kind, address, accounts FROM history WHERE id > :seen ORDER BY id LIMIT :count",
    "nttt"};
constexpr std::int64_t kMostNews = 1'000;

constexpr std::string_view kColumns = "ntttttntttt";
constexpr Query kOfAddress{
    "SELECT id, kind, address, accounts, who, reference, happened, why, was, became, kind "
    "FROM history WHERE address = :address AND happened >= :since ORDER BY id DESC LIMIT :count",
    kColumns};
constexpr Query kOfAccount{
    "SELECT h.id, h.kind, h.address, h.accounts, h.who, h.reference, h.happened, h.why, h.was, "
    "h.became, h.kind FROM history_accounts a JOIN history h ON h.id = a.id "
    "WHERE a.account = :account AND h.happened >= :since ORDER BY a.id DESC LIMIT :count",
    kColumns};
constexpr Query kOfBoth{
    "SELECT h.id, h.kind, h.address, h.accounts, h.who, h.reference, h.happened, h.why, h.was, "
    "h.became, h.kind FROM history_accounts a JOIN history h ON h.id = a.id "
    "WHERE a.account = :account AND h.address = :address AND h.happened >= :since "
    "ORDER BY a.id DESC LIMIT :count",
    kColumns};
constexpr Query kOfAll{
    "SELECT id, kind, address, accounts, who, reference, happened, why, was, became, kind "
    "FROM history WHERE happened >= :since ORDER BY id DESC LIMIT :count",
    kColumns};

HistoryRow ReadRow(const Row& row) {
  return {
      .id = row.Number(0),
      .kind = row.Name(1),
      .address = row.Text(2),
      .account = row.Text(3),
      .act = {.who = row.Text(4), .at = row.Time(6), .reference = row.Text(5), .why = row.Text(7)},
      .before = row.Text(8),
      .after = row.Text(9)};
}

}  // namespace

void Record(Connection& connection, const Entry& entry, const Act& act) {
  connection.Run(kInsert,
                 {entry.kind, entry.address, Join(entry.accounts), CleanText(act.who), act.at,
                  CleanText(act.reference), CleanText(act.why), entry.before, entry.after});
  for (const std::string& account : entry.accounts) connection.Run(kLink, {account});
}

std::vector<HistoryRow> ReadHistory(Connection& connection, const HistoryQuery& query) {
  std::vector<HistoryRow> rows;
  const RowFunction take = [&](const Row& row) { rows.push_back(ReadRow(row)); };
  if (query.address.empty() && query.account.empty()) {
    connection.Each(kOfAll, {query.since, query.limit}, take);
  } else if (query.account.empty()) {
    connection.Each(kOfAddress, {query.address, query.since, query.limit}, take);
  } else if (query.address.empty()) {
    connection.Each(kOfAccount, {query.account, query.since, query.limit}, take);
  } else {
    connection.Each(kOfBoth, {query.account, query.address, query.since, query.limit}, take);
  }
  return rows;
}

News ReadNews(Connection& connection, std::int64_t seen) {
  News news;
  news.last = seen;
  const auto rows = connection.Each(kNews, {seen, kMostNews}, [&](const Row& row) {
    news.last = row.Number(0);
    const std::string& kind = row.Name(1);
    if (std::ranges::find(event::kForgetAll, kind) != std::end(event::kForgetAll)) news.all = true;
    if (kind == event::kTrip || kind == event::kReset) news.breakers = true;
    if (!row.Text(2).empty()) news.addresses.push_back(row.Text(2));
    // Locks and grants name one account; rows that name several change no account.
    if (!row.Text(3).empty()) news.accounts.push_back(row.Text(3));
  });
  // Too many to name, or a history that ends before what was seen: an older copy of the store.
  const std::int64_t last = rows == 0 || rows == kMostNews ? connection.Number(kLast) : news.last;
  if (rows == kMostNews || last < seen) {
    news = {};
    news.last = last;
    news.all = true;
  }
  return news;
}

std::string Join(const Accounts& accounts) {
  std::string text;
  for (const std::string& account : accounts) {
    if (!text.empty()) text += ", ";
    text += account;
  }
  return text;
}

Accounts Sorted(Accounts accounts) {
  std::ranges::sort(accounts);
  const auto doubles = std::ranges::unique(accounts);
  accounts.erase(doubles.begin(), doubles.end());
  return accounts;
}

bool Share(const Accounts& one, const Accounts& other) {
  return std::ranges::any_of(
      one, [&](const std::string& account) { return std::ranges::binary_search(other, account); });
}

Accounts Union(const Accounts& one, const Accounts& other) {
  Accounts both;
  std::ranges::set_union(one, other, std::back_inserter(both));
  return both;
}

}  // namespace warifu::store
