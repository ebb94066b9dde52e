#include "app/transport.h"

#include <algorithm>
#include <optional>

#include "app/aftermath.h"
#include "app/bindings.h"
#include "app/envelope.h"
#include "app/reference.h"

namespace warifu::app {
namespace {

using Kind = TransportAnswer::Kind;

// Of a client that nobody has, so that no exemption by network holds.
constexpr const char* kNoClient = "0.0.0.0";

bool InForce(const policy::Policy& policy) {
  const auto mode = policy.check_modes.find(Check::kPin);
  const auto action = policy.checks.find(Check::kPin);
  return policy.mode == Mode::kEnforce &&
         (mode == policy.check_modes.end() || mode->second == Mode::kEnforce) &&
         (action == policy.checks.end() || action->second >= Action::kHold);
}

// A dispute that this lookup has brought to light stands in the event log and among the incidents.
void Report(const InspectionContext& context, const std::string& reference, const Address& address,
            BindingAnswer answer) {
  incident::Event event;
  event.time = context.clock->Now();
  event.stage = "transport";
  event.reference = reference;
  event.recipients = {address.ToString()};
  event.mode = context.snapshot->settings.policy.mode;
  event.rules_version = context.snapshot->rules->version();
  event.checks = std::move(answer.checks);
  event.verdict.action = event.verdict.would = Action::kDefer;
  event.verdict.reasons = {"check:pin"};
  event.verdict.check_would.resize(event.checks.size(), Action::kDefer);
  if (const Result<void> written = context.events->Write(event); !written) {
    context.counters->AddEventFailure();
  }
  Aftermath(context).Record(event, answer.disputes);
  context.log->Info(ToLogLine(event));
}

}  // namespace

TransportAnswer AskTransport(const InspectionContext& context, std::string_view key) {
  const Snapshot& snapshot = *context.snapshot;
  const Settings& settings = snapshot.settings;
  if (context.store == nullptr || key.find('@') == std::string_view::npos ||
      !InForce(settings.policy)) {
    return {};
  }
  const Result<Address> address = ParseAddrSpec(key, settings.binding.address);
  if (!address || !binding::IsLocal(*address, settings.binding)) return {};
  Envelope nobody;
  nobody.client_address = kNoClient;
  const Envelope envelope = ForRecipient(std::move(nobody), *address);
  if (!ExemptFromCheck(envelope, settings, Check::kPin).empty()) return {};

  Bindings bindings(snapshot, {context.store, context.outage, context.clock});
  const std::string reference = MakeReference();
  bindings.Start(envelope, reference);
  BindingAnswer answer = bindings.AtRcpt(envelope, *address);
  std::erase_if(answer.checks, [](const CheckResult& check) { return check.check != Check::kPin; });
  const auto any = [&](Outcome outcome) {
    return std::ranges::any_of(
        answer.checks, [outcome](const CheckResult& check) { return check.outcome == outcome; });
  };
  if (any(Outcome::kFail)) {
    if (!answer.disputes.empty()) Report(context, reference, *address, std::move(answer));
    return {Kind::kDefer, "the owner of this address is being verified; mail to it waits"};
  }
  if (!answer.faults.empty() || any(Outcome::kUnavailable)) {
    if (!settings.socketmap.defer_unavailable) return {};
    return {Kind::kUnavailable, "the owner of this address cannot be looked up now"};
  }
  return {};
}

}  // namespace warifu::app
