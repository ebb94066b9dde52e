#include "app/aftermath.h"

#include <algorithm>
#include <utility>

#include "app/reference.h"
#include "base/redact.h"
#include "scan/rule_mode.h"

namespace warifu::app {
namespace {

store::Incident RowOf(const incident::Event& event, const Disputes& disputes,
                      const std::string& gateway) {
  store::Incident row = incident::IncidentOf(event, gateway);
  if (disputes.empty()) return row;
  row.kind = "dispute";
  row.summary = disputes[0].address + ": " + disputes[0].answer.reason;
  if (disputes.size() > 1) row.summary += "; and " + std::to_string(disputes.size() - 1) + " more";
  return row;
}

// Content rules in force held or refused it.
bool IsLeak(const incident::Event& event) {
  const std::vector<Action>& would = event.verdict.finding_would;
  for (std::size_t i = 0; i < event.findings.size() && i < would.size(); ++i) {
    // A password on its way to whom its archive went is nobody else's.
    if (event.findings[i].rule == scan::kPpapRule) continue;
    if (event.findings[i].mode == Mode::kEnforce && would[i] >= Action::kHold) return true;
  }
  return false;
}

std::string LocalDomain(const Address& address, const Settings& settings) {
  return binding::IsLocal(address, settings.binding) ? address.domain : "";
}

}  // namespace

Result<void> Aftermath::RecordHeld(const incident::Event& event, const Disputes& disputes) const {
  if (context_.incidents == nullptr) return {};
  return context_.incidents->AddNow(RowOf(event, disputes, context_.gateway));
}

std::string Aftermath::ReferenceOf(const incident::Event& event, const Disputes& disputes) const {
  if (context_.incidents == nullptr) return event.reference;
  return context_.incidents->ReferenceOf(event, context_.snapshot->settings.incident_repeat,
                                         !disputes.empty());
}

void Aftermath::Record(const incident::Event& event, const Disputes& disputes, bool again) const {
  if (context_.incidents == nullptr) return;
  if (again) {
    context_.incidents->Repeat(RowOf(event, disputes, context_.gateway));
  } else if (event.verdict.action >= Action::kDefer ||
             (!disputes.empty() && event.verdict.action != Action::kHold)) {
    context_.incidents->Add(RowOf(event, disputes, context_.gateway));
  }
  // Where nothing is enforced, nothing is stopped.
  if (event.mode != Mode::kEnforce) return;
  const Settings& settings = context_.snapshot->settings;
  for (const binding::Look& dispute : disputes) {
    const Address address =
        ParseAddrSpec(dispute.address, settings.binding.address).value_or(Address{});
    for (const std::string& account : dispute.answer.before) {
      Raise(event, account, LocalDomain(address, settings), dispute.address, "swapped address");
    }
  }
  if (!event.account.empty() && IsLeak(event)) {
    const Address sender =
        ParseAddrSpec(event.sender, settings.binding.address).value_or(Address{});
    Raise(event, event.account, LocalDomain(sender, settings),
          event.queue_id.empty() ? event.reference : event.queue_id, "leak");
  }
}

void Aftermath::Raise(const incident::Event& event, std::string account, std::string domain,
                      std::string mark, std::string what) const {
  const auto tripped = incident::RaiseAlarm(*context_.store, context_.snapshot->settings.breaker,
                                            {.account = std::move(account),
                                             .domain = std::move(domain),
                                             .mark = std::move(mark),
                                             .what = std::move(what),
                                             .reference = event.reference,
                                             .at = event.time});
  if (!tripped) return CountStoreFault(tripped.error(), "an alarm was not counted");
  if (!tripped->empty()) Report(event, *tripped);
}

void Aftermath::Report(const incident::Event& event,
                       const std::vector<incident::Tripped>& tripped) const {
  for (const incident::Tripped& scope : tripped) {
    incident::Event alert;
    alert.time = event.time;
    alert.stage = "breaker";
    alert.reference = MakeReference();
    alert.listener = event.listener;
    alert.direction = event.direction;
    alert.mode = event.mode;
    alert.account = event.account;
    alert.rules_version = event.rules_version;
    CheckResult check;
    check.check = Check::kBreaker;
    check.outcome = Outcome::kFail;
    check.subject = scope.scope;
    check.reason = (scope.opened ? "opened: " : "would open, were its scope set to act: ") +
                   scope.reason + " (reference " + event.reference + ")";
    alert.checks = {check};
    alert.verdict.reasons = {"breaker:" + scope.scope};
    if (const Result<void> written = context_.events->Write(alert); !written) {
      context_.counters->AddEventFailure();
    }
    context_.log->Warning(
        "breaker " + scope.scope + " " + check.reason +
        (scope.opened ? "; close it with: warifu breaker close " + scope.scope : ""));
    store::Incident row = incident::IncidentOf(alert, context_.gateway);
    row.kind = "breaker";
    row.action = scope.opened ? "open" : "report";
    row.summary = scope.scope + ": " + check.reason;
    context_.incidents->Add(std::move(row));
  }
}

void Aftermath::MarkFlow(const incident::Event& event, const std::vector<std::string>& addresses,
                         const std::string& detail) const {
  if (addresses.empty() || context_.store == nullptr) return;
  const policy::Policy& policy = context_.snapshot->settings.policy;
  const auto mode = policy.check_modes.find(Check::kFlow);
  const auto action = policy.checks.find(Check::kFlow);
  const bool in_force = event.mode == Mode::kEnforce &&
                        (mode == policy.check_modes.end() || mode->second == Mode::kEnforce) &&
                        (action == policy.checks.end() || action->second >= Action::kHold);
  const bool exempt = std::ranges::any_of(event.checks, [](const CheckResult& check) {
    return check.check == Check::kFlow && check.exempt;
  });
  if (!in_force || exempt) return;
  const store::Act act{"mail", event.time, event.reference, detail};
  for (const std::string& address : addresses) {
    const Result<bool> marked = context_.store->AddDispute(
        address, {store::DisputeKind::kFlow, event.time, event.reference, detail}, act);
    if (!marked) CountStoreFault(marked.error(), "an address of a crossed flow was not disputed");
  }
}

void Aftermath::Teach(const incident::Event& event, const Envelope& envelope,
                      Bindings* bindings) const {
  const policy::Verdict& verdict = event.verdict;
  // In observe much passes that would not; it teaches nothing.
  if (envelope.account.empty() || std::max(verdict.action, verdict.would) >= Action::kHold) return;
  if (const Result<bool> learned = bindings->Learn(envelope); !learned) {
    CountStoreFault(learned.error(), "nothing was learned");
  }
}

void Aftermath::NotHeld(const std::string& reference, WallTime now, std::string_view why) const {
  if (context_.store == nullptr) return;
  store::Act act;
  act.who = "warifu";
  act.at = now;
  act.why = "the mail was not held but deferred: " + Printable(why);
  const Result<bool> settled = context_.store->SettleIncident(reference, "closed", act);
  if (!settled) CountStoreFault(settled.error(), "incident " + reference + " stays open");
}

void Aftermath::CountStoreFault(const Error& error, std::string_view what) const {
  context_.counters->AddFault(FaultCause::kStore);
  context_.log->Error(std::string(what) + ": " + error.ToString());
}

}  // namespace warifu::app
