// Handlers: what the rows of the command table run. Each returns the exit status.
// Threads: one at a time.
#pragma once

#include "cli/command.h"

namespace warifu::cli {

int RunCheck(const Arguments& arguments, Terminal& terminal);
int RunScan(const Arguments& arguments, Terminal& terminal);
int RunRulesCheck(const Arguments& arguments, Terminal& terminal);
int RunRulesList(const Arguments& arguments, Terminal& terminal);
int RunRulesTry(const Arguments& arguments, Terminal& terminal);
int RunHelp(const Arguments& arguments, Terminal& terminal);
int RunVersion(const Arguments& arguments, Terminal& terminal);
int RunStatus(const Arguments& arguments, Terminal& terminal);
int RunReload(const Arguments& arguments, Terminal& terminal);

}  // namespace warifu::cli
