// `warifu records audit`: what a member table holds where it should not.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/member_table.h"
#include "cli/progress.h"
#include "scan/record_audit.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kOwnersShown = 8;  // in one line for people; JSON names all

void PrintJson(Terminal& terminal, const Json& line) {
  terminal.out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

void PrintDamage(const scan::DamagedCell& cell, bool json, Terminal& terminal) {
  if (json) {
    PrintJson(terminal, {{"kind", "damaged"},
                         {"row", cell.row},
                         {"account", cell.account},
                         {"line", cell.line},
                         {"column", cell.column},
                         {"owners", cell.owners}});
    return;
  }
  std::string owners;
  for (std::size_t i = 0; i < std::min(cell.owners.size(), kOwnersShown); ++i) {
    owners += (i == 0 ? "" : ", ") + Printable(cell.owners[i]);
  }
  if (cell.owners.size() > kOwnersShown) {
    owners += " and " + std::to_string(cell.owners.size() - kOwnersShown) + " more";
  }
  terminal.out << Paint(terminal, Style::kRed, Printable(cell.row)) << "  line " << cell.line
               << "  " << Printable(cell.column) << " holds the record of " << owners << '\n';
}

void PrintSummary(const scan::AuditResult& result, bool json, Terminal& terminal) {
  if (json) {
    PrintJson(terminal, {{"kind", "summary"},
                         {"rows", result.rows},
                         {"damaged_rows", result.damaged_rows},
                         {"damaged_cells", result.damaged_cells},
                         {"records", result.records},
                         {"owners", result.owners}});
    return;
  }
  terminal.err << result.rows << (result.rows == 1 ? " row, " : " rows, ");
  if (result.damaged_rows == 0) {
    terminal.err << "none of them damaged\n";
    return;
  }
  terminal.err << result.damaged_rows << " of them damaged: " << result.records
               << (result.records == 1 ? " record of " : " records of ") << result.owners
               << (result.owners == 1 ? " other member" : " other members") << " in them\n";
}

}  // namespace

int RunRecordsAudit(const Arguments& arguments, Terminal& terminal) {
  const auto read = scan::ReadIndexSchema(arguments.operands[0]);
  if (!read) return PrintErrors(terminal, read.error()), kExitError;
  const auto table = OpenMemberTable(arguments, *read, true);
  if (!table) return PrintError(terminal, table.error()), kExitError;
  Result<scan::AuditResult> result;
  {
    Progress progress(terminal, (*table)->rows->total());
    result = scan::AuditTable(
        (*table)->schema, *(*table)->rows, terminal.clock->Now(),
        [&](std::uint64_t done, std::uint64_t) { progress.Show("auditing", done); },
        [&](const scan::DamagedCell& cell) { PrintDamage(cell, arguments.json(), terminal); },
        std::max(1u, std::thread::hardware_concurrency()));
  }
  if (!result) return PrintError(terminal, result.error()), kExitError;
  PrintSummary(*result, arguments.json(), terminal);
  return result->damaged_rows > 0 ? kExitFound : kExitClean;
}

}  // namespace warifu::cli
