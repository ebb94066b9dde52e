// `warifu check`: configuration, rules, directory, folders and the MTA's settings.
#include <algorithm>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/redact.h"
#include "cli/check_login_maps.h"
#include "cli/check_mta.h"
#include "cli/check_system.h"
#include "cli/handlers.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

struct LevelLook {
  const char* word;
  Style style;
};

LevelLook LookOf(CheckLevel level) {
  switch (level) {
    case CheckLevel::kOk:
      return {"ok", Style::kGreen};
    case CheckLevel::kNote:
      return {"note", Style::kPlain};
    case CheckLevel::kWarning:
      return {"warning", Style::kYellow};
    case CheckLevel::kError:
      break;
  }
  return {"error", Style::kRed};
}

CheckReport FromErrors(const std::string& what, const Errors& errors) {
  CheckReport report;
  for (const Error& error : errors) {
    report.push_back({CheckLevel::kError, what, error.text, error.place});
  }
  return report;
}

// What the query of announced changes gives now; nothing of it is used.
void CheckChanges(const app::Snapshot& snapshot, CheckReport* report) {
  constexpr std::size_t kShown = 10;
  if (snapshot.changes == nullptr) return;
  const auto rows = snapshot.changes->Read(WallTime());
  if (!rows) {
    const ErrorKind kind = rows.error().kind;
    const bool lasting = kind == ErrorKind::kInvalid || kind == ErrorKind::kNotFound;
    report->push_back({lasting ? CheckLevel::kError : CheckLevel::kWarning, "changes",
                       (lasting ? "" : "does not answer now: ") + rows.error().text,
                       rows.error().place});
    return;
  }
  using Kind = binding::ChangeReading::Kind;
  std::map<Kind, std::size_t> counts;
  CheckReport wrong;
  const WallTime now = Clock::System().Now();
  for (const binding::ChangeRow& row : *rows) {
    binding::ChangeReading read = binding::ReadChange(row, snapshot.settings.binding, now);
    ++counts[read.kind];
    if (read.kind == Kind::kWrong && wrong.size() < kShown) {
      wrong.push_back({CheckLevel::kWarning, "changes", std::move(read.error)});
    }
  }
  report->push_back({CheckLevel::kOk, "changes",
                     snapshot.changes->Describe() + ": " + std::to_string(rows->size()) +
                         " rows; valid now " + std::to_string(counts[Kind::kValid]) + ", not yet " +
                         std::to_string(counts[Kind::kAhead]) + ", over " +
                         std::to_string(counts[Kind::kOver]) + ", wrong " +
                         std::to_string(counts[Kind::kWrong])});
  std::ranges::move(wrong, std::back_inserter(*report));
}

// Rules and directory, as the daemon would load them.
CheckReport CheckSnapshot(const app::Settings& settings) {
  const auto snapshot = app::BuildSnapshot(settings, Clock::System(), app::KeyUse::kReadOnly);
  if (!snapshot) return FromErrors("rules and directory", snapshot.error());
  CheckReport report;
  const scan::PatternSet& rules = *(*snapshot)->rules;
  report.push_back({CheckLevel::kOk, "rules",
                    std::to_string(rules.rules().size()) + " rules, version " + rules.version()});
  if ((*snapshot)->directory != nullptr) {
    report.push_back({CheckLevel::kOk, "directory", (*snapshot)->directory->Describe()});
  }
  for (const app::SourceState& state : app::ProbeSources(**snapshot)) {
    report.push_back({state.lasting ? CheckLevel::kError : CheckLevel::kWarning, state.name,
                      (state.lasting ? "" : "does not answer now: ") + state.error.text,
                      state.error.place});
  }
  for (const std::string& warning : (*snapshot)->warnings) {
    report.push_back({CheckLevel::kWarning, "loading", warning});
  }
  CheckChanges(**snapshot, &report);
  for (const std::string& note : (*snapshot)->notes) {
    report.push_back({CheckLevel::kNote, "loading", note});
  }
  return report;
}

void Append(CheckReport more, CheckReport* report) {
  report->insert(report->end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

void Print(const CheckReport& report, const Arguments& arguments, Terminal& terminal) {
  const bool quiet = arguments.Has("quiet");
  Table table;
  for (const CheckLine& line : report) {
    if (quiet && line.level < CheckLevel::kWarning) continue;
    const LevelLook look = LookOf(line.level);
    if (arguments.json()) {
      terminal.out << Json{{"level", look.word},          {"what", line.what},
                           {"file", line.place.file},     {"line", line.place.line},
                           {"column", line.place.column}, {"text", line.text}}
                          .dump(-1, ' ', false, Json::error_handler_t::replace)
                   << '\n';
      continue;
    }
    const Error shown{ErrorKind::kInvalid, line.text, line.place};
    table.Add({{look.word, look.style}, line.what, Printable(shown.ToString(), 2000)});
  }
  table.Print(terminal);
}

void PrintSettings(const app::Settings& settings, const Arguments& arguments, Terminal& terminal) {
  Table table;
  for (const app::EffectiveSetting& setting : settings.effective) {
    if (arguments.json()) {
      terminal.out << Json{{"setting", setting.name},
                           {"value", setting.value},
                           {"file", setting.place.file},
                           {"line", setting.place.line}}
                          .dump(-1, ' ', false, Json::error_handler_t::replace)
                   << '\n';
      continue;
    }
    const bool standard = setting.place.line == 0;
    const std::string where =
        standard ? "default" : setting.place.file + ":" + std::to_string(setting.place.line);
    table.Add({{setting.name, standard ? Style::kPlain : Style::kBold},
               Printable(setting.value, 1000),
               {where, Style::kDim}});
  }
  table.Print(terminal);
}

void PrintLoginMaps(const Postfix& postfix, Terminal& terminal) {
  const auto read = [](const std::string& path) -> std::optional<std::string> {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose);
    if (!file) return std::nullopt;
    std::string text(64 << 10, '\0');  // settings; of a source text its beginning
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    return text;
  };
  for (const std::string& maps : LoginMaps(postfix)) {
    for (const std::string& line : LoginMapLines(maps, read)) {
      terminal.out << Printable(line, 2000) << '\n';
    }
  }
}

bool AnyError(const CheckReport& report) {
  return std::ranges::any_of(
      report, [](const CheckLine& line) { return line.level == CheckLevel::kError; });
}

}  // namespace

int RunCheck(const Arguments& arguments, Terminal& terminal) {
  const std::string path = arguments.Value("config", kDefaultConfig);
  const auto settings = app::LoadSettings(path);
  if (!settings) {
    Print(FromErrors("configuration", settings.error()), arguments, terminal);
    const bool unreadable = std::ranges::any_of(
        settings.error(), [](const Error& e) { return e.kind != ErrorKind::kInvalid; });
    return unreadable ? kExitError : kExitFound;
  }
  if (arguments.Has("settings")) {
    PrintSettings(*settings, arguments, terminal);
    return kExitClean;
  }
  CheckReport report = {{CheckLevel::kOk,
                         "configuration",
                         "mode " + std::string(ToString(settings->policy.mode)),
                         {path}}};
  Append(CheckSnapshot(*settings), &report);
  Append(CheckSystem(*settings), &report);
  const std::optional<Postfix> postfix = AskPostfix();
  if (postfix) Append(CheckPostfix(*settings, *postfix), &report);
  Print(report, arguments, terminal);
  if (!arguments.Has("quiet") && !arguments.json()) {
    terminal.out << '\n' << Paint(terminal, Style::kBold, "To plug it in:") << '\n';
    for (const std::string& line : PluggingIn(*settings, postfix ? &*postfix : nullptr)) {
      terminal.out << line << '\n';
    }
    if (postfix) PrintLoginMaps(*postfix, terminal);
  }
  return AnyError(report) ? kExitFound : kExitClean;
}

}  // namespace warifu::cli
