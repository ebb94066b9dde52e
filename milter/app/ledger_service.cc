#include "app/ledger_service.h"

#include <pwd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <nlohmann/json.hpp>

#include "app/ledger_call.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

struct Row {
  std::string_view name;
  ControlAnswer (*run)(LedgerCall& call);
};

constexpr Row kRows[] = {
    {"account erase", AccountErase},   {"account history", AccountHistory},
    {"account list", AccountsListed},  {"account lock", AccountLock},
    {"account rename", AccountRename}, {"account show", AccountShow},
    {"account unlock", AccountUnlock}, {"bind announce", BindAnnounce},
    {"bind changes", BindChanges},     {"bind disputes", BindDisputes},
    {"bind grant", BindGrant},         {"bind resolve", BindResolve},
    {"bind revoke", BindRevoke},       {"bind show", BindShow},
    {"bind withdraw", BindWithdraw},   {"breaker close", BreakerClose},
    {"breaker open", BreakerOpen},     {"breaker status", BreakerStatus},
    {"incident list", IncidentList},   {"incident settle", IncidentSettle},
    {"incident show", IncidentShow},   {"store backup", StoreBackup},
    {"store check", StoreCheck},       {"store prune", StorePrune},
};

// What they change may end a dispute or move an address without mail.
constexpr std::string_view kSettles[] = {"account rename", "bind announce", "bind resolve",
                                         "bind withdraw"};

constexpr auto kNames = [] {
  std::array<std::string_view, std::size(kRows)> names;
  std::ranges::transform(kRows, names.begin(), &Row::name);
  return names;
}();

ControlAnswer Run(const Row& row, LedgerCall& call) {
  if (call.failed()) return call.Failed();
  // Another process may have written since; what a person sees is what there is now.
  if (const Result<void> fresh = call.store().Refresh(); !fresh) return Give(fresh.error());
  return row.run(call);
}

}  // namespace

ControlAnswer RunLedger(const LedgerContext& context, std::string_view command,
                        std::string_view arguments, const LedgerCaller& caller) {
  const auto row = std::ranges::find(kRows, command, &Row::name);
  if (row == std::end(kRows)) {
    return Give({ErrorKind::kInvalid, "there is no command '" + Printable(command) + "'", {}});
  }
  if (context.store == nullptr) {
    return Give({ErrorKind::kInvalid, "store.url is empty: warifu keeps no record", {}});
  }
  try {
    LedgerCall call(context, caller, arguments);
    return Run(*row, call);
  } catch (const std::exception& e) {
    return Give({ErrorKind::kInternal, std::string(command) + " failed: " + e.what(), {}});
  }
}

std::span<const std::string_view> LedgerCommands() {
  return kNames;
}

std::string WhoIs(uid_t uid) {
  std::string number = "uid " + std::to_string(uid);
  std::vector<char> buffer(16 * 1024);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_name == nullptr) return number;
  return number + " (" + Printable(found->pw_name, 64) + ")";
}

std::map<std::string, ControlHandler> LedgerHandlers(const LedgerSource& context,
                                                     const Clock& clock) {
  std::map<std::string, ControlHandler> handlers;
  for (const Row& row : kRows) {
    if (row.name.starts_with("store ")) continue;  // they name files: with the caller's own rights
    handlers[std::string(row.name)] = [context, &clock](const ControlCall& call) -> ControlAnswer {
      const Result<LedgerContext> with = context();
      if (!with) return Give(with.error());
      return RunLedger(*with, call.command, call.arguments, {WhoIs(call.peer.uid), clock.Now()});
    };
  }
  return handlers;
}

std::map<std::string, ControlHandler> LedgerHandlers(Service& service, const Clock& clock) {
  auto handlers = LedgerHandlers(
      [&service]() -> Result<LedgerContext> {
        const std::shared_ptr<const Snapshot> snapshot = service.snapshot();
        return LedgerContext{service.store(), snapshot->settings.binding,
                             [snapshot] { return snapshot->directory; }};
      },
      clock);
  for (const std::string_view name : kSettles) {
    ControlHandler& handler = handlers[std::string(name)];
    handler = [&service, run = std::move(handler)](const ControlCall& call) {
      ControlAnswer answer = run(call);
      if (answer) service.SettleSoon();
      return answer;
    };
  }
  return handlers;
}

}  // namespace warifu::app
