// `incident …`, `breaker …` and `store …` of the ledger service.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/ledger_call.h"
#include "app/ledger_json.h"
#include "base/iso_time.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

template <typename T>
Json Rows(const std::vector<T>& records) {
  Json rows = Json::array();
  for (const T& record : records) rows.push_back(ToJson(record));
  return rows;
}

ControlAnswer Search(LedgerCall& call, store::IncidentQuery query) {
  const std::size_t limit = query.limit++;
  auto rows = call.store().Incidents(query);
  if (!rows) return Give(rows.error());
  const bool more = rows->size() > limit;
  if (more) rows->resize(limit);
  return Answer({{"rows", Rows(*rows)}, {"more", more}});
}

}  // namespace

ControlAnswer IncidentList(LedgerCall& call) {
  store::IncidentQuery query;
  query.state = call.Flag("open") ? "open" : "";
  query.since = call.Time("since").value_or(WallTime{});
  query.limit = call.Limit();
  if (call.failed()) return call.Failed();
  return Search(call, std::move(query));
}

// A reference, a queue id, an account or an address; as given, and as accounts and addresses are
// kept.
ControlAnswer IncidentShow(LedgerCall& call) {
  store::IncidentQuery query;
  query.text = call.Needed("text", "name a reference, queue id, account or address");
  query.state = call.Flag("open") ? "open" : "";
  query.limit = call.Limit(20);
  if (call.failed()) return call.Failed();
  std::vector<std::string> forms = {query.text};
  if (const auto address = ParseAddrSpec(query.text, call.context.options.address)) {
    forms.push_back(address->ToString());
  }
  forms.push_back(binding::AccountOf(query.text, call.context.options.realm));
  for (const std::string& form : forms) {
    query.text = form;
    ControlAnswer answer = Search(call, query);
    if (!answer || !Json::parse(*answer)["rows"].empty() || form == forms.back()) return answer;
  }
  return Answer({{"rows", Json::array()}, {"more", false}});
}

ControlAnswer IncidentSettle(LedgerCall& call) {
  const std::vector<std::string> references = call.Texts("references");
  const std::string state = call.Needed("state", "name the new state");
  if (state != "released" && state != "closed" && !call.failed()) {
    call.Wrong("an incident is released or closed");
  }
  call.Text("why");
  if (call.failed()) return call.Failed();
  std::uint64_t settled = 0;
  Json others = Json::array();
  for (const std::string& reference : references) {
    const Result<bool> done = call.store().SettleIncident(reference, state, call.MakeAct());
    if (!done) return Give(done.error());
    if (*done) {
      ++settled;
    } else {
      others.push_back(Printable(reference));
    }
  }
  return Answer({{"settled", settled}, {"not_open", std::move(others)}});
}

namespace {

// "all", "domain:example.jp" or "account:taro".
std::string ScopeOf(LedgerCall& call) {
  std::string text = call.Needed("scope", "name the scope: account:NAME, domain:NAME or all");
  const std::string_view view = text;
  if (view == "all" || view.empty()) return text;
  if (view.starts_with("account:")) return "account:" + call.AccountOf(view.substr(8));
  if (view.starts_with("domain:")) {
    const Result<std::string> domain = CanonicalDomain(view.substr(7));
    if (domain) return "domain:" + *domain;
    call.Wrong("'" + text + "' names no domain: " + domain.error().text);
    return text;
  }
  call.Wrong("'" + text + "' is no scope; it is account:NAME, domain:NAME or all");
  return text;
}

}  // namespace

ControlAnswer BreakerStatus(LedgerCall& call) {
  if (call.failed()) return call.Failed();
  const auto breakers = call.store().Breakers(call.now());
  if (!breakers) return Give(breakers.error());
  return Answer({{"rows", Rows(*breakers)}, {"more", false}});
}

ControlAnswer BreakerOpen(LedgerCall& call) {
  store::Breaker breaker;
  breaker.scope = ScopeOf(call);
  breaker.reason = call.Needed("reason", "say with --reason why: whoever finds it needs to know");
  breaker.reference = call.Text("reference", 200);
  breaker.opened = call.now();
  breaker.until = call.Until();
  breaker.by = call.caller.who;
  if (call.failed()) return call.Failed();
  const Result<bool> done = call.store().OpenBreaker(breaker, call.MakeAct());
  if (!done) return Give(done.error());
  return Answer({{"breaker", ToJson(breaker)}, {"new", *done}});
}

ControlAnswer BreakerClose(LedgerCall& call) {
  const std::string scope = ScopeOf(call);
  call.Text("reference", 200);
  call.Text("why");
  if (call.failed()) return call.Failed();
  const Result<bool> done = call.store().CloseBreaker(scope, call.MakeAct());
  if (!done) return Give(done.error());
  if (!*done) {
    return Give({ErrorKind::kNotFound,
                 "the breaker of " + scope + " is not open; which are: warifu breaker status",
                 {}});
  }
  return Answer({{"closed", scope}});
}

ControlAnswer StoreCheck(LedgerCall& call) {
  const auto health = call.store().Check(call.Flag("deep"));
  if (!health) return Give(health.error());
  return Answer({{"kind", health->kind},
                 {"schema", health->schema},
                 {"addresses", health->addresses},
                 {"accounts", health->accounts},
                 {"disputes", health->disputes},
                 {"open_changes", health->open_changes},
                 {"locks", health->locks},
                 {"open_incidents", health->open_incidents},
                 {"history", health->history},
                 {"problems", health->problems}});
}

ControlAnswer StoreBackup(LedgerCall& call) {
  const std::string path = call.Needed("path", "name the file to write");
  if (!call.failed() && !path.starts_with('/')) call.Wrong("the path is not absolute");
  if (call.failed()) return call.Failed();
  const Result<void> done = call.store().Backup(path);
  if (!done) return Give(done.error());
  return Answer({{"backup", path}});
}

ControlAnswer StorePrune(LedgerCall& call) {
  const std::optional<WallTime> before = call.Time("before");
  if (!before && !call.failed()) call.Wrong("before is missing");
  if (before && *before > call.now()) call.Wrong("before is a time to come");
  if (call.failed()) return call.Failed();
  const auto gone = call.store().Prune(*before, call.now(), call.MakeAct());
  if (!gone) return Give(gone.error());
  return Answer({{"before", IsoTime(*before)},
                 {"history", gone->history},
                 {"incidents", gone->incidents},
                 {"changes", gone->changes},
                 {"flows", gone->flows},
                 {"fan_in", gone->fan_in}});
}

}  // namespace warifu::app
