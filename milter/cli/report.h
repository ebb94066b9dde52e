// Report: one inspected message as people or programs read it.
//
// The JSON form is one object on one line, `warifu scan --format json` of warifu(1). Neither form
// ever holds a secret: findings carry masked previews, and every name passes Printable().
// `verdict` is what the gateway would do with everything enforced; a finding's own `mode` says
// whether its rule is enforced or only observed.
// Threads: pure.
#pragma once

#include <string>

#include "app/offline.h"
#include "cli/source.h"
#include "cli/terminal.h"

namespace warifu::cli {

// A check that says something is wrong, or could not tell.
bool IsFailed(const CheckResult& check);

// Removes findings below `least`.
void KeepFrom(Severity least, app::OfflineReport* report);

// With the line end.
std::string ReportJson(const StoredMessage& message, const app::OfflineReport& report);
// `terminal` for its colour alone.
std::string ReportText(const Terminal& terminal, const StoredMessage& message,
                       const app::OfflineReport& report);

}  // namespace warifu::cli
