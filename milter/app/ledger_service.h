// Ledger service: the one place that carries out what a person wants of the store.
//
// A command with its arguments (a JSON object), who gives it and the time go in; a JSON object or
// all errors come out. The daemon runs it for calls of its control socket, so that `who` is the
// peer's uid; the tool runs the same on the store itself while no daemon is there.
//
//   bind show|announce|withdraw|grant|revoke|resolve|changes|disputes
//   account lock|unlock|list|rename|show|history|erase
//   incident list|show|settle
//   breaker status|open|close
//   store check|backup|prune
//
// What comes as the text of a file is {"file": its name, "text": …}: every error in it comes back
// at once with its line, and nothing of it is done. Lists answer {"rows": […], "more": bool}. Times
// are RFC 3339 in UTC, spans are seconds. Answers name what to do next as literal commands.
//
// SECURITY: arguments are parsed as hostile. Whoever may call the control socket may do all of
// this; the history says who did. Texts of people are refused when they hold control characters.
// Threads: reentrant; `store` is shared.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "app/control.h"
#include "app/service.h"
#include "base/clock.h"
#include "binding/checks.h"
#include "binding/directory.h"
#include "store/store.h"

namespace warifu::app {

struct LedgerContext {
  std::shared_ptr<store::Store> store;  // null: none is configured
  binding::Options options;             // how addresses and accounts are written
  // Gives the live directory, or null. Called only by commands that compare with it.
  std::function<std::shared_ptr<const binding::Directory>()> directory;
};

struct LedgerCaller {
  std::string who;
  WallTime now = {};
};

ControlAnswer RunLedger(const LedgerContext& context, std::string_view command,
                        std::string_view arguments, const LedgerCaller& caller);

// Every command of RunLedger().
std::span<const std::string_view> LedgerCommands();

// "uid 1000 (sato)".
std::string WhoIs(uid_t uid);

// The commands for a control server, all but those of `store`, which name files and are run with
// the rights of who gives them. `context` is asked at every call, since a reload may have
// changed what is in it; `clock` outlives the handlers.
using LedgerSource = std::function<Result<LedgerContext>()>;
std::map<std::string, ControlHandler> LedgerHandlers(const LedgerSource& context,
                                                     const Clock& clock);

// The same on the store of `service` and for the snapshot that it has at the call. What may settle
// without mail (an announced change, a resolved dispute) is looked at at once.
std::map<std::string, ControlHandler> LedgerHandlers(Service& service, const Clock& clock);

}  // namespace warifu::app
