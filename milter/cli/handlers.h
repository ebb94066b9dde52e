// Handlers: what the rows of the command table run. Each returns the exit status.
// Threads: one at a time.
#pragma once

#include "cli/command.h"

namespace warifu::cli {

int RunCheck(const Arguments& arguments, Terminal& terminal);
int RunScan(const Arguments& arguments, Terminal& terminal);
int RunRulesBench(const Arguments& arguments, Terminal& terminal);
int RunRulesCheck(const Arguments& arguments, Terminal& terminal);
int RunRulesImport(const Arguments& arguments, Terminal& terminal);
int RunRulesList(const Arguments& arguments, Terminal& terminal);
int RunRulesTry(const Arguments& arguments, Terminal& terminal);
int RunRecordsIndex(const Arguments& arguments, Terminal& terminal);
int RunRecordsAudit(const Arguments& arguments, Terminal& terminal);
int RunBindShow(const Arguments& arguments, Terminal& terminal);
int RunBindImport(const Arguments& arguments, Terminal& terminal);
int RunBindAudit(const Arguments& arguments, Terminal& terminal);
int RunBindAnnounce(const Arguments& arguments, Terminal& terminal);
int RunBindWithdraw(const Arguments& arguments, Terminal& terminal);
int RunBindGrant(const Arguments& arguments, Terminal& terminal);
int RunBindRevoke(const Arguments& arguments, Terminal& terminal);
int RunBindResolve(const Arguments& arguments, Terminal& terminal);
int RunBindChanges(const Arguments& arguments, Terminal& terminal);
int RunBindDisputes(const Arguments& arguments, Terminal& terminal);
int RunAccountLock(const Arguments& arguments, Terminal& terminal);
int RunAccountList(const Arguments& arguments, Terminal& terminal);
int RunAccountUnlock(const Arguments& arguments, Terminal& terminal);
int RunAccountRename(const Arguments& arguments, Terminal& terminal);
int RunAccountShow(const Arguments& arguments, Terminal& terminal);
int RunAccountHistory(const Arguments& arguments, Terminal& terminal);
int RunAccountErase(const Arguments& arguments, Terminal& terminal);
int RunIncidentList(const Arguments& arguments, Terminal& terminal);
int RunIncidentShow(const Arguments& arguments, Terminal& terminal);
int RunIncidentRelease(const Arguments& arguments, Terminal& terminal);
int RunIncidentClose(const Arguments& arguments, Terminal& terminal);
int RunBreakerStatus(const Arguments& arguments, Terminal& terminal);
int RunBreakerOpen(const Arguments& arguments, Terminal& terminal);
int RunBreakerClose(const Arguments& arguments, Terminal& terminal);
int RunStoreCheck(const Arguments& arguments, Terminal& terminal);
int RunStoreBackup(const Arguments& arguments, Terminal& terminal);
int RunStorePrune(const Arguments& arguments, Terminal& terminal);
int RunHelp(const Arguments& arguments, Terminal& terminal);
int RunCompletion(const Arguments& arguments, Terminal& terminal);
int RunVersion(const Arguments& arguments, Terminal& terminal);
int RunStatus(const Arguments& arguments, Terminal& terminal);
int RunReload(const Arguments& arguments, Terminal& terminal);
int RunLogLevel(const Arguments& arguments, Terminal& terminal);

}  // namespace warifu::cli
