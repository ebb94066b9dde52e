// `warifu rules check|list|try`: rule files, read and run by the production engine.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "app/notice_examples.h"
#include "app/offline.h"
#include "base/nearest.h"
#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/report.h"
#include "cli/source.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;
using RuleSet = std::shared_ptr<const scan::PatternSet>;

// Paths on the command line stand for --rules.
Arguments WithPathsAsRules(Arguments arguments) {
  auto& rules = arguments.options["rules"];
  rules.insert(rules.end(), arguments.operands.begin(), arguments.operands.end());
  if (rules.empty()) arguments.options.erase("rules");
  return arguments;
}

std::expected<RuleSet, Errors> LoadRules(const Arguments& arguments) {
  auto settings = SettingsFor(WithPathsAsRules(arguments));
  if (!settings) return std::unexpected(settings.error());
  const bool notices_alone = arguments.Has("notices") && !arguments.Has("rules") &&
                             !arguments.Has("config") && arguments.operands.empty();
  if (notices_alone) settings->rules.sources.clear();
  auto rules = scan::Load(settings->rules);
  if (!rules) return rules;
  if (auto none = NoRules(WithPathsAsRules(arguments), **rules)) {
    return std::unexpected(Errors{*std::move(none)});
  }
  return rules;
}

struct NoticesTried {
  std::size_t count = 0;
  std::vector<scan::RuleProblem> problems;
};

// Loads the declared notices and runs their examples. Only configured ones, or those of --notices:
// where rules alone are named, rules alone are meant.
std::expected<NoticesTried, Errors> TryNotices(const Arguments& arguments) {
  auto settings = SettingsFor(WithPathsAsRules(arguments));
  if (!settings) return std::unexpected(settings.error());
  if (arguments.Has("notices")) settings->notice_paths = arguments.Values("notices");
  const auto set = scan::LoadNotices(settings->notice_paths, settings->binding.address);
  if (!set) return std::unexpected(set.error());
  if (arguments.Has("notices") && (*set)->notices().empty()) {
    return std::unexpected(Errors{{ErrorKind::kInvalid,
                                   "there is no notice in it (see warifu-notices(5))",
                                   {arguments.Values("notices")[0]}}});
  }
  return NoticesTried{(*set)->notices().size(), app::CheckNoticeExamples(**set, *settings)};
}

struct Problem {
  std::string level;  // "error", "warning", "note"
  std::string rule;   // or notice: its id
  Error error;        // place and text
  std::string_view kind = "rule";
};

void Print(const Problem& problem, const Arguments& arguments, Terminal& terminal) {
  if (arguments.json()) {
    const Place& place = problem.error.place;
    terminal.out << Json{{"level", problem.level}, {"rule", problem.rule},
                         {"file", place.file},     {"line", place.line},
                         {"column", place.column}, {"text", problem.error.text}}
                        .dump(-1, ' ', false, Json::error_handler_t::replace)
                 << '\n';
    return;
  }
  const Style style = problem.level == "error" ? Style::kRed : Style::kYellow;
  Error shown = problem.error;
  if (!problem.rule.empty())
    shown.text = std::string(problem.kind) + " '" + problem.rule + "': " + shown.text;
  terminal.out << Paint(terminal, style, problem.level) << ": " << Printable(shown.ToString(), 2000)
               << '\n';
}

std::string Plural(std::size_t count, const std::string& thing) {
  return std::to_string(count) + " " + thing + (count == 1 ? "" : "s");
}

// Errors of the files are what the check found; what kept us from reading them is our own error.
int StatusOf(const Errors& errors) {
  const bool all_invalid =
      std::ranges::all_of(errors, [](const Error& e) { return e.kind == ErrorKind::kInvalid; });
  return all_invalid ? kExitFound : kExitError;
}

std::string RegionsText(const scan::RuleInfo& rule) {
  std::string text;
  for (const Region region : rule.regions) {
    text += (text.empty() ? "" : ",") + std::string(ToString(region));
  }
  return text.empty() ? "all" : text;
}

std::string DayText(WallTime time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(day.year()),
                static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
  return text;
}

std::string ShareText(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", share);
  return text;
}

Json ToJson(const scan::RuleInfo& rule) {
  Json regions = Json::array();
  for (const Region region : rule.regions) regions.push_back(ToString(region));
  return {{"id", rule.id},
          {"description", rule.description},
          {"kind", rule.records ? "records" : "rule"},
          {"foreign", rule.foreign},
          {"severity", ToString(rule.severity)},
          {"action", ToString(rule.action)},
          {"mode", ToString(rule.mode)},
          {"regions", std::move(regions)},
          {"tags", rule.tags},
          {"keywords", rule.keywords},
          {"until", rule.until ? Json(DayText(*rule.until)) : Json()},
          {"sample", rule.sample},
          {"regex", rule.regex},
          {"file", rule.file},
          {"line", rule.line}};
}

}  // namespace

int RunRulesCheck(const Arguments& arguments, Terminal& terminal) {
  const auto rules = LoadRules(arguments);
  const auto notices = TryNotices(arguments);
  if (!rules || !notices) {
    Errors errors = rules ? Errors{} : rules.error();
    if (!notices) std::ranges::copy(notices.error(), std::back_inserter(errors));
    for (const Error& error : errors) Print({"error", "", error}, arguments, terminal);
    terminal.err << Plural(errors.size(), "error") << "; nothing was loaded\n";
    return StatusOf(errors);
  }
  std::size_t errors = 0, warnings = 0;
  for (const std::string& note : (*rules)->notes()) {
    Print({"note", "", {ErrorKind::kInvalid, note, {}}}, arguments, terminal);
  }
  const auto tell = [&](const std::vector<scan::RuleProblem>& problems, std::string_view kind) {
    for (const scan::RuleProblem& problem : problems) {
      (problem.error ? errors : warnings) += 1;
      Print({problem.error ? "error" : "warning",
             problem.rule,
             {ErrorKind::kInvalid, problem.text, problem.place},
             kind},
            arguments, terminal);
    }
  };
  std::vector<scan::RuleProblem> expired;
  for (const scan::RuleInfo& rule : (*rules)->rules()) {
    if (!rule.until || *rule.until > terminal.clock->Now()) continue;
    expired.push_back({.rule = rule.id,
                       .place = {rule.file, rule.line, 0},
                       .error = false,
                       .text = "only observes since " + DayText(*rule.until) + ", its until"});
  }
  tell(expired, "rule");
  tell((*rules)->CheckExamples(), "rule");
  tell(notices->problems, "notice");
  if (notices->count > 0) terminal.err << Plural(notices->count, "notice") << ", ";
  terminal.err << Plural((*rules)->rules().size(), "rule") << " (version " << (*rules)->version()
               << "): " << Plural(errors, "error") << ", " << Plural(warnings, "warning") << '\n';
  return errors > 0 ? kExitFound : kExitClean;
}

int RunRulesList(const Arguments& arguments, Terminal& terminal) {
  const auto rules = LoadRules(arguments);
  if (!rules) {
    PrintErrors(terminal, rules.error());
    return kExitError;
  }
  Table table;
  if (!arguments.json()) {
    table.Add({{"RULE", Style::kBold},
               {"SEVERITY", Style::kBold},
               {"ACTION", Style::kBold},
               {"REGIONS", Style::kBold},
               {"DESCRIPTION", Style::kBold}});
  }
  for (const scan::RuleInfo& rule : (*rules)->rules()) {
    if (arguments.json()) {
      terminal.out << ToJson(rule).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      continue;
    }
    std::string description = Printable(rule.description);
    if (rule.until) {
      const bool passed = *rule.until <= terminal.clock->Now();
      description += (passed ? " (only observes since " : " (until ") + DayText(*rule.until) + ")";
    }
    if (rule.sample < 1) description += " (sample " + ShareText(rule.sample) + ")";
    table.Add({Printable(rule.id),
               {std::string(ToString(rule.severity)), StyleOf(rule.severity)},
               rule.mode == Mode::kObserve ? "observe" : ToString(rule.action),
               RegionsText(rule),
               description});
  }
  table.Print(terminal);
  return kExitClean;
}

}  // namespace warifu::cli
