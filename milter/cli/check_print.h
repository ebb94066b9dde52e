// Check print: a report of `warifu check` for people, for programs and as what mends it.
//
// Whatever comes out of files passes Printable(), so that a suggestion is never more than the one
// line that it seems. Threads: one writes.
#pragma once

#include "cli/check_report.h"
#include "cli/terminal.h"

namespace warifu::cli {

struct CheckPrint {
  bool json = false;
  bool quiet = false;  // notes and what is fine are left out
};

void PrintReport(const CheckReport& report, const CheckPrint& how, Terminal& terminal);

// What mends the findings: commands for a shell, all else as comments between them. Of several
// commands for one setting the first is printed: the others count on what it replaces.
void PrintRemedies(const CheckReport& report, Terminal& terminal);

}  // namespace warifu::cli
