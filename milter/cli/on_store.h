// On store: how the tool comes to the store, through the daemon or without it.
//
// A running daemon is asked over its control socket. Where none runs, and for work on the whole
// store or directory, the store is opened here, as the user that it belongs to: root starts a child
// process that becomes the configured user first, so that no file of the store is ever root's.
//
// Refuses: anybody else than root and that user, and a store file that belongs to another.
// Threads: one at a time; call while no other thread runs (it forks).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/control.h"
#include "app/ledger_service.h"
#include "app/settings.h"
#include "cli/command.h"
#include "store/store.h"

namespace warifu::cli {

// Carries a command of app/ledger_service.h out.
app::ControlAnswer Carry(const Arguments& arguments, Terminal& terminal, std::string_view command,
                         const std::string& json);

// What is done with the store; runs in this process or in a child, whose only trace is the answer.
using StoreWork = std::function<app::ControlAnswer(const std::shared_ptr<store::Store>& store)>;
app::ControlAnswer OnStore(const app::Settings& settings, Terminal& terminal,
                           const StoreWork& work);

// The same for a command of the ledger service, never through the daemon.
app::ControlAnswer CarryHere(const app::Settings& settings, Terminal& terminal,
                             std::string_view command, const std::string& json);

// Who this process is, for the history.
std::string Myself();

}  // namespace warifu::cli
