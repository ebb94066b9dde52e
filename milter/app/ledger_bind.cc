// `bind …` of the ledger service: addresses, announced changes, grants, disputes.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "app/ledger_call.h"
#include "app/ledger_json.h"
#include "base/iso_time.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

constexpr std::size_t kNotes = 10;  // of one kind; the rest is counted

std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

bool Share(const store::Accounts& a, const store::Accounts& b) {
  return std::ranges::any_of(
      a, [&](const std::string& x) { return std::ranges::find(b, x) != b.end(); });
}

// Notes of one kind, the first few in full.
class Notes {
 public:
  void Add(std::string text) {
    if (++count_ <= kNotes) json_.push_back(std::move(text));
  }
  Json Take() {
    if (count_ > kNotes) json_.push_back("and " + std::to_string(count_ - kNotes) + " more");
    return std::move(json_);
  }

 private:
  Json json_ = Json::array();
  std::size_t count_ = 0;
};

struct View {
  std::string address;
  store::AddressRecord record;
  std::vector<store::Change> changes;
  bool asked = false;  // a directory was there to be asked
  binding::Owners live;
};

binding::Owners LiveOwners(const LedgerCall& call, const std::string& address, bool* asked) {
  const auto directory = call.context.directory ? call.context.directory() : nullptr;
  *asked = directory != nullptr;
  const Result<Address> parsed = ParseAddrSpec(address, call.context.options.address);
  if (directory == nullptr || !parsed) return {};
  return directory->OwnersOf(*parsed);
}

// What is the matter with an address, in one word.
std::string_view StateOf(const View& view) {
  const store::Accounts proven = view.record.Owners();
  const bool live = view.live.status == binding::Lookup::kFound && !view.live.by_domain;
  if (view.record.dispute) return "disputed";
  if (live && !proven.empty() && !Share(proven, view.live.accounts)) {
    const bool explained = std::ranges::any_of(view.changes, [&](const store::Change& change) {
      return std::ranges::find(view.live.accounts, change.to) != view.live.accounts.end();
    });
    return explained ? "moving" : "swapped";
  }
  const bool gone = view.asked && view.live.status == binding::Lookup::kNotFound;
  if (!proven.empty()) return view.record.released || gone ? "released" : "proven";
  return live ? "new" : "unknown";
}

void Next(Json* next, std::string when, std::string command) {
  next->push_back({{"when", std::move(when)}, {"command", std::move(command)}});
}

std::string AnnounceCommand(const View& view, const std::string& to) {
  const store::Accounts proven = view.record.Owners();
  return "warifu bind announce " + ShellWord(view.address) +
         (proven.empty() ? "" : " --from " + ShellWord(proven.front())) + " --to " +
         ShellWord(to.empty() ? "ACCOUNT" : to) + " --ref TICKET --valid 24h";
}

Json NextSteps(const View& view, std::string_view state) {
  Json next = Json::array();
  const std::string live = view.live.accounts.empty() ? "" : view.live.accounts.front();
  const store::Accounts proven = view.record.Owners();
  const std::string owner = proven.empty() ? "ACCOUNT" : ShellWord(proven.front());
  const bool by_pin = view.record.dispute && view.record.dispute->kind == store::DisputeKind::kPin;
  if (state == "swapped" || (state == "disputed" && by_pin)) {
    Next(&next, "if the move is meant", AnnounceCommand(view, live));
    Next(&next, "if it is not: mend the directory, then",
         "warifu bind show " + ShellWord(view.address));
  } else if (state == "disputed") {
    Next(&next, "once it is known whose address it is",
         "warifu bind resolve " + ShellWord(view.address) + " --owner " + owner + " --ref TICKET");
  }
  if (view.record.dispute && !view.record.dispute->reference.empty()) {
    Next(&next, "what happened",
         "warifu incident show " + ShellWord(view.record.dispute->reference));
  }
  return next;
}

std::string_view NameOfLookup(binding::Lookup status) {
  switch (status) {
    case binding::Lookup::kFound:
      return "found";
    case binding::Lookup::kNotFound:
      return "not found";
    case binding::Lookup::kTryLater:
      return "try later";
    case binding::Lookup::kMisconfigured:
      return "misconfigured";
  }
  return "?";
}

Json LiveJson(const binding::Owners& live) {
  Json json = {{"status", NameOfLookup(live.status)}, {"accounts", live.accounts}};
  if (live.by_domain) json["by_domain"] = true;
  if (!live.detail.empty()) json["detail"] = Printable(live.detail, 300);
  return json;
}

template <typename T>
Json Rows(const std::vector<T>& records) {
  Json rows = Json::array();
  for (const T& record : records) rows.push_back(ToJson(record));
  return rows;
}

}  // namespace

ControlAnswer BindShow(LedgerCall& call) {
  View view;
  view.address = call.AddressOf(call.Needed("address", "name the address"));
  const std::size_t limit = call.Limit(10);
  if (call.failed()) return call.Failed();
  Result<store::AddressRecord> record = call.store().Find(view.address);
  if (!record) return Give(record.error());
  view.record = *std::move(record);
  Result<std::vector<store::Change>> changes = call.store().ChangesOf(view.address, call.now());
  if (!changes) return Give(changes.error());
  view.changes = *std::move(changes);
  view.live = LiveOwners(call, view.address, &view.asked);
  const auto history =
      call.store().History({.address = view.address, .account = "", .since = {}, .limit = limit});
  if (!history) return Give(history.error());

  const std::string_view state = StateOf(view);
  Json json = {{"address", view.address}, {"state", state}, {"proven", Rows(view.record.proven)}};
  if (view.asked) json["directory"] = LiveJson(view.live);
  if (view.record.released) json["released"] = IsoTime(*view.record.released);
  if (view.record.dispute) json["dispute"] = ToJson(*view.record.dispute);
  json["changes"] = Rows(view.changes);
  json["history"] = Rows(*history);
  json["next"] = NextSteps(view, state);
  return Answer(json);
}

namespace {

struct Announced {
  std::vector<store::Change> changes;
  std::map<std::string, Place> places;  // by address

  void Add(LedgerCall& call, const std::vector<std::string>& words, const Place& place,
           store::Change standard) {
    store::Change change = std::move(standard);
    change.address = call.AddressOf(words[0], place);
    if (words[1] != "-") change.from = call.AccountOf(words[1], place);
    if (words[2] != "-") change.to = call.AccountOf(words[2], place);
    if (words.size() > 3) change.reference = words[3];
    if (change.from.empty() && change.to.empty()) {
      call.Wrong("a change needs the account that it goes to or comes from", place);
    } else if (change.from == change.to) {
      call.Wrong(change.address + " goes from " + change.from + " to the same account", place);
    } else if (Printable(change.reference, 200) != change.reference) {
      call.Wrong("the reference is longer than 200 bytes or holds control characters", place);
    } else if (const auto [it, fresh] = places.emplace(change.address, place);
               !fresh && !change.address.empty()) {
      call.Wrong(
          change.address + " stands there twice, first in line " + std::to_string(it->second.line),
          place);
    }
    changes.push_back(std::move(change));
  }
};

// What a person should know of changes that are right in form and can yet explain nothing.
Result<Json> Doubts(LedgerCall& call, const std::vector<store::Change>& changes) {
  Notes notes;
  for (const store::Change& change : changes) {
    const Result<store::AddressRecord> record = call.store().Find(change.address);
    if (!record) return std::unexpected(record.error());
    const store::Accounts proven = record->Owners();
    const auto is_owner = [&](const std::string& account) {
      return std::ranges::find(proven, account) != proven.end();
    };
    if (!change.to.empty() && is_owner(change.to)) {
      notes.Add(change.address + " already belongs to " + change.to);
    } else if (!change.from.empty() && !is_owner(change.from)) {
      notes.Add(change.address +
                (proven.empty() ? " is proven to belong to nobody"
                                : " is proven to belong to " + Join(proven)) +
                ", not to " + change.from + ": this change will explain nothing");
    }
  }
  return notes.Take();
}

}  // namespace

ControlAnswer BindAnnounce(LedgerCall& call) {
  store::Change standard;
  standard.reference = call.Text("reference", 200);
  standard.by = call.caller.who;
  standard.announced = call.now();
  const std::optional<WallTime> until = call.Until();
  standard.valid_until = until.value_or(call.now() + std::chrono::hours(24));
  Announced announced;
  if (call.FromFile()) {
    for (const LedgerLine& line : call.Lines(3, 4, "ADDRESS FROM TO [REFERENCE]")) {
      announced.Add(call, line.words, line.place, standard);
    }
  } else {
    const std::string address = call.Needed("address", "name the address");
    const std::string to = call.Needed("to", "name the account that it goes to, or - for none");
    const std::string from = call.Text("from");
    announced.Add(call, {address, from.empty() ? "-" : from, to.empty() ? "-" : to}, {}, standard);
  }
  if (call.failed()) return call.Failed();
  Result<Json> notes = Doubts(call, announced.changes);
  if (!notes) return Give(notes.error());
  const auto fresh = call.store().Announce(announced.changes, call.MakeAct());
  if (!fresh) return Give(fresh.error());
  return Answer({{"announced", *fresh},
                 {"already_there", announced.changes.size() - *fresh},
                 {"valid_until", IsoTime(standard.valid_until)},
                 {"notes", *std::move(notes)}});
}

namespace {

// "address", "@domain" or "*".
std::string TargetOf(LedgerCall& call) {
  std::string text = call.Needed("target", "name the address, @domain or *");
  if (text.empty() || text == "*") return text;
  if (!text.starts_with('@')) return call.AddressOf(text);
  const Result<std::string> domain = CanonicalDomain(std::string_view(text).substr(1));
  if (domain) return "@" + *domain;
  call.Wrong("'" + text + "' is no domain: " + domain.error().text);
  return "";
}

}  // namespace

ControlAnswer BindGrant(LedgerCall& call) {
  store::Grant grant;
  grant.account = call.AccountOf(call.Needed("account", "name the account"));
  grant.target = TargetOf(call);
  grant.reference = call.Text("reference", 200);
  grant.by = call.caller.who;
  grant.since = call.now();
  grant.until = call.Until();
  if (call.failed()) return call.Failed();
  const Result<void> done = call.store().AddGrant(grant, call.MakeAct());
  if (!done) return Give(done.error());
  Json json = {{"granted", ToJson(grant)}, {"notes", Json::array()}};
  if (grant.target == "*") {
    json["notes"].push_back(grant.account + " may now send as everybody; to take it back: " +
                            "warifu bind revoke " + ShellWord(grant.account) + " '*'");
  }
  return Answer(json);
}

ControlAnswer BindRevoke(LedgerCall& call) {
  const std::string account = call.AccountOf(call.Needed("account", "name the account"));
  const std::string target = TargetOf(call);
  if (call.failed()) return call.Failed();
  const Result<bool> done = call.store().RemoveGrant(account, target, call.MakeAct());
  if (!done) return Give(done.error());
  if (!*done) {
    return Give({ErrorKind::kNotFound,
                 account + " has no grant for " + target + "; what it has: warifu account show " +
                     ShellWord(account),
                 {}});
  }
  return Answer({{"revoked", {{"account", account}, {"target", target}}}});
}

ControlAnswer BindResolve(LedgerCall& call) {
  const std::string address = call.AddressOf(call.Needed("address", "name the address"));
  const std::string owner = call.AccountOf(call.Needed("owner", "name the owner with --owner"));
  call.Needed("reference", "say with --ref what this rests on: a ticket, a call");
  if (call.failed()) return call.Failed();
  const Result<store::AddressRecord> before = call.store().Find(address);
  if (!before) return Give(before.error());
  const store::Act act = call.MakeAct();
  const Result<void> done = call.store().Resolve(address, owner, act);
  if (!done) return Give(done.error());
  if (before->dispute && !before->dispute->reference.empty()) {
    const auto closed = call.store().SettleIncident(before->dispute->reference, "closed", act);
    if (!closed) return Give(closed.error());
  }
  Json json = {{"address", address},
               {"owner", owner},
               {"before", before->Owners()},
               {"was_disputed", before->dispute.has_value()},
               {"notes", Json::array()}};
  bool asked = false;
  const binding::Owners live = LiveOwners(call, address, &asked);
  if (asked && live.status == binding::Lookup::kFound && !Share(live.accounts, {owner})) {
    json["notes"].push_back("the directory says " + Join(live.accounts) +
                            ": mend it, or the next mail makes the address disputed again");
  }
  return Answer(json);
}

ControlAnswer BindChanges(LedgerCall& call) {
  std::string address = call.Text("address");
  if (!address.empty()) address = call.AddressOf(address);
  const std::string name = call.Has("state") ? call.Text("state") : "open";
  store::ChangeState state{};
  if (!FromName(name, &state)) call.Wrong("there is no state '" + Printable(name) + "'");
  const std::size_t limit = call.Limit();
  if (call.failed()) return call.Failed();
  auto changes = call.store().Changes(address, state, limit + 1);
  if (!changes) return Give(changes.error());
  const bool more = changes->size() > limit;
  if (more) changes->resize(limit);
  return Answer({{"rows", Rows(*changes)}, {"more", more}});
}

// Takes every open change of an address back.
ControlAnswer BindWithdraw(LedgerCall& call) {
  const std::string address = call.AddressOf(call.Needed("address", "name the address"));
  call.Text("reference", 200);
  if (call.failed()) return call.Failed();
  const auto changes = call.store().ChangesOf(address, call.now());
  if (!changes) return Give(changes.error());
  Json rows = Json::array();
  for (const store::Change& change : *changes) {
    const Result<bool> done = call.store().WithdrawChange(change.id, call.MakeAct());
    if (!done) return Give(done.error());
    if (*done) rows.push_back(ToJson(change));
  }
  if (rows.empty()) {
    return Give({ErrorKind::kNotFound, "no change of " + address + " is open", {}});
  }
  return Answer({{"address", address}, {"withdrawn", std::move(rows)}});
}

ControlAnswer BindDisputes(LedgerCall& call) {
  const std::size_t limit = call.Limit();
  if (call.failed()) return call.Failed();
  auto disputes = call.store().Disputes(limit + 1);
  if (!disputes) return Give(disputes.error());
  const bool more = disputes->size() > limit;
  if (more) disputes->resize(limit);
  Json rows = Json::array();
  for (const auto& [address, dispute] : *disputes) {
    Json row = {{"address", address}};
    row.update(ToJson(dispute));
    rows.push_back(std::move(row));
  }
  return Answer({{"rows", std::move(rows)}, {"more", more}});
}

}  // namespace warifu::app
