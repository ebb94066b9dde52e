// `warifu store …`: upkeep of the store, with the rights of the user that it belongs to.
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/iso_time.h"
#include "cli/handlers.h"
#include "cli/ledger_text.h"
#include "cli/on_store.h"
#include "cli/tool_settings.h"
#include "cli/when.h"

namespace warifu::cli {
namespace {

app::ControlAnswer RunHere(const Arguments& arguments, Terminal& terminal, std::string_view command,
                           const Json& json) {
  const auto settings = SettingsFor(arguments);
  if (!settings) return std::unexpected(settings.error());
  return CarryHere(*settings, terminal, command, json.dump());
}

int ShowHealth(Terminal& terminal, const Json& json) {
  Table table;
  const bool good = json["problems"].empty();
  AddRow(&table, "store", TextOf(json, "kind") + ", schema " + TextOf(json, "schema"));
  AddRow(&table, "state", good ? "good" : "damaged", good ? Style::kGreen : Style::kRed);
  for (const char* key : {"addresses", "accounts", "disputes", "open_changes", "locks",
                          "open_incidents", "history"}) {
    std::string label(key);
    std::ranges::replace(label, '_', ' ');
    AddRow(&table, label.c_str(), TextOf(json, key));
  }
  for (const Json& problem : json["problems"]) {
    AddRow(&table, "problem", problem.get<std::string>(), Style::kRed);
  }
  table.Print(terminal);
  if (good) return kExitClean;
  terminal.out
      << "\nnext  keep a copy of the damaged file, then put the last backup in its place:\n"
         "      systemctl stop warifu-milter\n"
         "      warifu(1), EXAMPLES, shows the rest\n";
  return kExitFound;
}

}  // namespace

int RunStoreCheck(const Arguments& arguments, Terminal& terminal) {
  const auto answer =
      RunHere(arguments, terminal, "store check", {{"deep", arguments.Has("deep")}});
  return Finish(answer, arguments, terminal, ShowHealth);
}

int RunStoreBackup(const Arguments& arguments, Terminal& terminal) {
  const std::string path = std::filesystem::absolute(arguments.operands[0]).string();
  const auto answer = RunHere(arguments, terminal, "store backup", {{"path", path}});
  return Finish(answer, arguments, terminal, [](Terminal& to, const Json& json) {
    to.out << "wrote " << TextOf(json, "backup") << '\n';
    return kExitClean;
  });
}

int RunStorePrune(const Arguments& arguments, Terminal& terminal) {
  const auto settings = SettingsFor(arguments);
  if (!settings) {
    PrintErrors(terminal, settings.error());
    return kExitError;
  }
  std::chrono::seconds age = std::chrono::floor<std::chrono::seconds>(settings->store_retention);
  if (arguments.Has("older")) {
    const Result<std::chrono::seconds> span = ParseSpan(arguments.Value("older"));
    if (!span) {
      PrintError(terminal, {ErrorKind::kInvalid, "--older: " + span.error().text, {}});
      return kExitError;
    }
    age = *span;
  }
  const Json json = {{"before", IsoTime(terminal.clock->Now() - age)}};
  const auto answer = CarryHere(*settings, terminal, "store prune", json.dump());
  return Finish(answer, arguments, terminal, [](Terminal& to, const Json& done) {
    to.out << "removed what was settled before " << TimeOf(to, done, "before") << ": "
           << Count(done["history"], "row of history", "rows of history") << ", "
           << Count(done["incidents"], "incident", "incidents") << ", "
           << Count(done["changes"], "change", "changes") << ", "
           << Count(done["flows"], "flow", "flows") << ", "
           << Count(done["fan_in"], "counter", "counters") << '\n';
    return kExitClean;
  });
}

}  // namespace warifu::cli
