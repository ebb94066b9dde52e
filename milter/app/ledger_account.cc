// `account …` of the ledger service: locks, renames, all about one account.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "app/ledger_call.h"
#include "app/ledger_json.h"
#include "base/iso_time.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

constexpr std::size_t kNamed = 20;  // accounts named in an answer; the rest is counted

// An account with where it stands, and what stands behind it.
struct Entry {
  std::string account;
  std::string rest;
  Place place;
};

// From "accounts", or the lines of "text". The same account twice is an error.
std::vector<Entry> Entries(LedgerCall& call, std::size_t words, std::string_view form) {
  std::vector<Entry> entries;
  if (call.FromFile()) {
    for (const LedgerLine& line : call.Lines(1, words, form)) {
      entries.push_back({call.AccountOf(line.words[0], line.place),
                         line.words.size() > 1 ? line.words[1] : "", line.place});
    }
  } else {
    for (const std::string& text : call.Texts("accounts")) {
      entries.push_back({call.AccountOf(text), "", {}});
    }
    if (entries.empty() && !call.failed()) call.Wrong("name the accounts, or a file with --file");
  }
  std::map<std::string_view, const Entry*> seen;
  for (const Entry& entry : entries) {
    const auto [it, fresh] = seen.emplace(entry.account, &entry);
    if (fresh || entry.account.empty()) continue;
    const int line = it->second->place.line;
    call.Wrong(entry.account + " stands there twice" +
                   (line > 0 ? ", first in line " + std::to_string(line) : ""),
               entry.place);
  }
  return entries;
}

// Names of accounts, the first few in full.
class Named {
 public:
  void Add(const std::string& account) {
    if (++count_ <= kNamed) text_ += (text_.empty() ? "" : ", ") + account;
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ > kNamed ? text_ + " and " + std::to_string(count_ - kNamed) + " more" : text_;
  }

 private:
  std::string text_;
  std::size_t count_ = 0;
};

// It owns an address or holds a grant; else its name is perhaps mistyped.
Result<bool> IsKnown(LedgerCall& call, const std::string& account) {
  const auto addresses = call.store().AddressesOf(account, 1);
  if (!addresses) return std::unexpected(addresses.error());
  if (!addresses->empty()) return true;
  const auto grants = call.store().GrantsOf(account, call.now());
  if (!grants) return std::unexpected(grants.error());
  return !grants->empty();
}

template <typename T>
Json Rows(const std::vector<T>& records) {
  Json rows = Json::array();
  for (const T& record : records) rows.push_back(ToJson(record));
  return rows;
}

}  // namespace

ControlAnswer AccountLock(LedgerCall& call) {
  store::Lock standard;
  const std::string scope = call.Has("scope") ? call.Text("scope") : "both";
  if (!FromName(scope, &standard.scope)) call.Wrong("there is no scope '" + Printable(scope) + "'");
  standard.reason = call.Text("reason");
  standard.reference = call.Text("reference", 200);
  standard.by = call.caller.who;
  standard.since = call.now();
  standard.until = call.Until();
  const std::vector<Entry> entries = Entries(call, 2, "ACCOUNT [REASON]");
  std::vector<store::Lock> locks;
  for (const Entry& entry : entries) {
    store::Lock lock = standard;
    lock.account = entry.account;
    if (!entry.rest.empty()) lock.reason = entry.rest;
    if (Printable(lock.reason, 1000) != lock.reason) {
      call.Wrong("the reason is longer than 1000 bytes or holds control characters", entry.place);
    } else if (lock.reason.empty()) {
      call.Wrong("say with --reason why: whoever finds the lock needs to know", entry.place);
    }
    locks.push_back(std::move(lock));
  }
  if (call.failed()) return call.Failed();
  Named unknown;
  for (const store::Lock& lock : locks) {
    const Result<bool> known = IsKnown(call, lock.account);
    if (!known) return Give(known.error());
    if (!*known) unknown.Add(lock.account);
  }
  const auto fresh = call.store().AddLocks(locks, call.MakeAct());
  if (!fresh) return Give(fresh.error());
  Json json = {{"locked", *fresh}, {"already_locked", locks.size() - *fresh}, {"scope", scope}};
  if (standard.until) json["until"] = IsoTime(*standard.until);
  json["notes"] = Json::array();
  if (unknown.count() > 0) {
    json["notes"].push_back(
        "locked, but the ledger knows no address of: " + unknown.text() +
        "; if that is mistyped, unlock it again: warifu account unlock ACCOUNT");
  }
  return Answer(json);
}

ControlAnswer AccountUnlock(LedgerCall& call) {
  store::Accounts accounts;
  for (const Entry& entry : Entries(call, 2, "ACCOUNT")) accounts.push_back(entry.account);
  call.Text("reference", 200);
  call.Text("why");
  if (call.failed()) return call.Failed();
  Named free;
  for (const std::string& account : accounts) {
    const auto locks = call.store().LocksOf(account, call.now());
    if (!locks) return Give(locks.error());
    if (locks->empty()) free.Add(account);
  }
  std::ranges::sort(accounts);
  const auto gone = call.store().RemoveLocks(accounts, call.MakeAct());
  if (!gone) return Give(gone.error());
  Json json = {{"unlocked", accounts.size() - std::min(free.count(), accounts.size())},
               {"not_locked", free.count()},
               {"notes", Json::array()}};
  if (free.count() > 0) json["notes"].push_back("was not locked: " + free.text());
  return Answer(json);
}

namespace {

struct Rename {
  std::string from, to;
  Place place;
};

std::vector<Rename> Renames(LedgerCall& call) {
  std::vector<Rename> renames;
  if (call.FromFile()) {
    for (const LedgerLine& line : call.Lines(2, 3, "OLD NEW")) {
      if (line.words.size() > 2) call.Wrong("a line is: OLD NEW", line.place);
      renames.push_back({call.AccountOf(line.words[0], line.place),
                         call.AccountOf(line.words[1], line.place), line.place});
    }
  } else {
    const std::string from = call.Needed("from", "name the old account");
    const std::string to = call.Needed("to", "name the new account");
    if (!call.failed()) renames.push_back({call.AccountOf(from), call.AccountOf(to), {}});
  }
  return renames;
}

void CheckRenames(LedgerCall& call, const std::vector<Rename>& renames) {
  std::map<std::string_view, const Rename*> from, to;
  const auto first = [](const Rename& rename) {
    return rename.place.line > 0 ? ", see line " + std::to_string(rename.place.line) : "";
  };
  for (const Rename& rename : renames) {
    if (rename.from == rename.to) {
      call.Wrong(rename.from + " would be renamed to itself", rename.place);
    }
    if (const auto [it, fresh] = from.emplace(rename.from, &rename); !fresh) {
      call.Wrong(rename.from + " would be renamed twice" + first(*it->second), rename.place);
    }
    if (const auto [it, fresh] = to.emplace(rename.to, &rename); !fresh) {
      call.Wrong("two accounts would become " + rename.to + first(*it->second), rename.place);
    }
  }
}

}  // namespace

ControlAnswer AccountsListed(LedgerCall& call) {
  store::AccountQuery query;
  query.locked = call.Flag("locked");
  query.notice = call.Text("notice", 200);
  if (!query.locked && query.notice.empty()) {
    call.Wrong("say which: --locked, --with-notice NOTICE, or both");
  }
  if (call.Has("since") && query.notice.empty()) {
    call.Wrong("--since is the time of a notice: it needs --with-notice NOTICE");
  }
  query.since = call.Time("since").value_or(WallTime{});
  query.now = call.now();
  query.limit = call.Limit();
  if (call.failed()) return call.Failed();
  const auto list = call.store().ListAccounts(query);
  if (!list) return Give(list.error());
  Json json = {{"rows", Rows(list->accounts)},
               {"more", list->total > list->accounts.size()},
               {"total", list->total},
               {"notes", Json::array()}};
  if (list->total == 0 && !query.notice.empty() &&
      std::ranges::find(list->known_notices, query.notice) == list->known_notices.end()) {
    std::string known;
    for (const std::string& notice : list->known_notices) {
      known += (known.empty() ? "" : ", ") + notice;
    }
    json["notes"].push_back("no notice '" + query.notice + "' has come by; " +
                            (known.empty() ? "nor has any other" : "these have: " + known));
  }
  return Answer(json);
}

ControlAnswer AccountRename(LedgerCall& call) {
  const std::vector<Rename> renames = Renames(call);
  CheckRenames(call, renames);
  call.Text("reference", 200);
  call.Text("why");
  if (call.failed()) return call.Failed();
  std::set<std::string_view> olds;
  for (const Rename& rename : renames) olds.insert(rename.from);
  Named idle;
  std::vector<std::pair<std::string, std::string>> names;
  for (const Rename& rename : renames) {
    const Result<bool> taken = olds.contains(rename.to) ? false : IsKnown(call, rename.to);
    if (!taken) return Give(taken.error());
    if (*taken) {
      call.Wrong(rename.to + " is an account already: two accounts would become one", rename.place);
    }
    const Result<bool> known = IsKnown(call, rename.from);
    if (!known) return Give(known.error());
    if (!*known) idle.Add(rename.from);
    names.emplace_back(rename.from, rename.to);
  }
  if (call.failed()) return call.Failed();
  const auto moved = call.store().RenameAccounts(names, call.MakeAct());
  if (!moved) return Give(moved.error());
  Json json = {{"accounts", names.size()}, {"addresses", *moved}, {"notes", Json::array()}};
  if (idle.count() > 0) {
    json["notes"].push_back("the ledger knows no address of: " + idle.text());
  }
  return Answer(json);
}

ControlAnswer AccountShow(LedgerCall& call) {
  const std::string account = call.AccountOf(call.Needed("account", "name the account"));
  const std::size_t limit = call.Limit(20);
  if (call.failed()) return call.Failed();
  store::Store& store = call.store();
  const auto locks = store.LocksOf(account, call.now());
  if (!locks) return Give(locks.error());
  const auto grants = store.GrantsOf(account, call.now());
  if (!grants) return Give(grants.error());
  auto addresses = store.AddressesOf(account, limit + 1);
  if (!addresses) return Give(addresses.error());
  const auto incidents =
      store.Incidents({.text = account, .state = "open", .since = {}, .limit = limit});
  if (!incidents) return Give(incidents.error());
  const auto history = store.History(
      {.address = "", .account = account, .since = {}, .limit = std::min<std::size_t>(limit, 10)});
  if (!history) return Give(history.error());
  const bool more = addresses->size() > limit;
  if (more) addresses->resize(limit);
  Json json = {{"account", account},        {"locks", Rows(*locks)},
               {"grants", Rows(*grants)},   {"addresses", *addresses},
               {"more_addresses", more},    {"incidents", Rows(*incidents)},
               {"history", Rows(*history)}, {"next", Json::array()}};
  if (!locks->empty()) {
    json["next"].push_back({{"when", "once it is safe again"},
                            {"command", "warifu account unlock " + ShellWord(account)}});
  } else if (!incidents->empty()) {
    json["next"].push_back(
        {{"when", "if the account is in strange hands"},
         {"command", "warifu account lock " + ShellWord(account) + " --reason 'WHY'"}});
  }
  if (!incidents->empty()) {
    json["next"].push_back(
        {{"when", "what happened"}, {"command", "warifu incident show " + ShellWord(account)}});
  }
  return Answer(json);
}

ControlAnswer AccountHistory(LedgerCall& call) {
  const std::string account = call.AccountOf(call.Needed("account", "name the account"));
  const std::optional<WallTime> since = call.Time("since");
  const std::size_t limit = call.Limit();
  if (call.failed()) return call.Failed();
  auto rows = call.store().History(
      {.address = "", .account = account, .since = since.value_or(WallTime{}), .limit = limit + 1});
  if (!rows) return Give(rows.error());
  const bool more = rows->size() > limit;
  if (more) rows->resize(limit);
  return Answer({{"rows", Rows(*rows)}, {"more", more}});
}

ControlAnswer AccountErase(LedgerCall& call) {
  const std::string account = call.AccountOf(call.Needed("account", "name the account"));
  // The record that remains does not name the account: the reference alone leads to it.
  call.Needed("reference", "say with --ref who asked for this: a ticket, a letter");
  if (!call.Flag("yes") && !call.failed()) {
    call.Wrong("this removes every address, lock, grant, incident and history row of " + account +
               " for good; if that is meant: warifu account erase " + ShellWord(account) +
               " --yes --ref TICKET");
  }
  if (call.failed()) return call.Failed();
  const auto rows = call.store().Erase(account, call.MakeAct());
  if (!rows) return Give(rows.error());
  return Answer({{"account", account}, {"erased_rows", *rows}});
}

}  // namespace warifu::app
