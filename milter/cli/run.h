// Run: the tool `warifu`, without main().
//
// Reads the command line by the table (cli/command.h), runs the one handler and says with the exit
// status how it went: 0 fine or clean, 1 found or failed the check, 2 usage, configuration or
// system error, a full disk under standard output included.
// Threads: one call at a time.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace warifu::cli {

// Every command of this release, in the order of the help.
std::span<const Command> Commands();

// Those of bind, account, incident, breaker and store, for Commands().
std::span<const Command> LedgerRows();

// `args` without the program's name.
int Run(std::span<const std::string> args, Terminal& terminal);

}  // namespace warifu::cli
