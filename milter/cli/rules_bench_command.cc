// `warifu rules bench`: what each rule costs, on stored mail or on made-up texts.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/content.h"
#include "base/redact.h"
#include "cli/bench_sample.h"
#include "cli/handlers.h"
#include "cli/source.h"
#include "cli/tool_settings.h"
#include "scan/rule_bench.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSampleBytes = 1 << 20;  // of each kind
constexpr std::size_t kMostBytes = 64 << 20;   // of given texts
constexpr std::size_t kShown = 20;             // rules, to people

std::string Figure(double value, int digits = 0) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

// The texts that the gateway would scan in the messages of those paths. False when one could not
// be read.
bool TextsOf(const app::Snapshot& snapshot, std::span<const std::string> paths, Terminal& terminal,
             std::vector<std::string>* texts) {
  bool readable = true;
  std::size_t bytes = 0;
  const SourceSink sink{
      .message =
          [&](StoredMessage message) {
            app::Budget budget(Clock::System(), snapshot.settings.scan_budget, {});
            app::Content content =
                message.mail
                    ? app::InspectContent(
                          snapshot, mail::Parse(message.raw, snapshot.settings.limits), budget)
                    : app::InspectFile(snapshot, std::move(message.raw), message.path, budget);
            for (Segment& segment : content.message.segments) {
              bytes += segment.text.size();
              if (!segment.text.empty()) texts->push_back(std::move(segment.text));
            }
            return bytes < kMostBytes;
          },
      .unreadable =
          [&](const Error& error) {
            PrintError(terminal, error);
            readable = false;
          }};
  ReadSources(paths, terminal.in, snapshot.settings.limits.message_bytes, sink);
  return readable;
}

void PrintJson(const scan::BenchResult& result, std::ostream& out) {
  const auto dump = [&out](const Json& json) {
    out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  };
  for (const scan::RuleCost& cost : result.rules) {
    dump({{"rule", cost.rule},
          {"file", cost.place.file},
          {"line", cost.place.line},
          {"first_us_mib", cost.first_us_mib},
          {"second_us_mib", cost.second_us_mib},
          {"share", cost.share},
          {"hits", cost.hits},
          {"found", cost.found},
          {"compile_ms", cost.compile_ms},
          {"slow", cost.slow},
          {"reasons", cost.reasons}});
  }
  dump({{"kind", "summary"},
        {"rules", result.rules.size()},
        {"bytes", result.bytes},
        {"first_us_mib", result.first_us_mib},
        {"compile_ms", result.compile_ms}});
}

void PrintText(const scan::BenchResult& result, Terminal& terminal) {
  Table table;
  table.Add({{"RULE", Style::kBold},
             {"FIRST", Style::kBold},
             {"SHARE", Style::kBold},
             {"SECOND", Style::kBold},
             {"HITS", Style::kBold},
             {"FOUND", Style::kBold},
             {"COMPILE", Style::kBold},
             {"WHY", Style::kBold}});
  std::size_t shown = 0, slow = 0;
  for (const scan::RuleCost& cost : result.rules) {
    slow += cost.slow ? 1 : 0;
    if (++shown > kShown && !cost.slow) continue;
    std::string why;
    for (const std::string& reason : cost.reasons) why += (why.empty() ? "" : "; ") + reason;
    table.Add({{Printable(cost.rule), cost.slow ? Style::kYellow : Style::kPlain},
               Figure(cost.first_us_mib),
               Figure(cost.share * 100, 1) + " %",
               Figure(cost.second_us_mib),
               std::to_string(cost.hits),
               std::to_string(cost.found),
               Figure(cost.compile_ms) + " ms",
               why});
  }
  table.Print(terminal);
  const double rate = result.first_us_mib > 0 ? (1 << 20) / result.first_us_mib : 0;
  terminal.err << result.rules.size() << (result.rules.size() == 1 ? " rule, " : " rules, ") << slow
               << " slow, on " << (result.bytes + 1023) / 1024
               << " KiB; first pass of all together: " << Figure(result.first_us_mib)
               << " us a MiB (" << Figure(rate) << " MB/s), compiled in "
               << Figure(result.compile_ms) << " ms\n";
}

}  // namespace

int RunRulesBench(const Arguments& typed, Terminal& terminal) {
  // Rule files come first; what they are measured on is no *.toml.
  Arguments arguments = typed;
  const auto first = std::ranges::find_if_not(
      arguments.operands, [](const std::string& path) { return path.ends_with(".toml"); });
  auto& rules = arguments.options["rules"];
  rules.insert(rules.end(), arguments.operands.begin(), first);
  if (rules.empty()) arguments.options.erase("rules");
  arguments.operands.erase(arguments.operands.begin(), first);
  std::vector<std::string> texts;
  const auto settings = SettingsFor(arguments);
  if (!settings) {
    PrintErrors(terminal, settings.error());
    return kExitError;
  }
  if (arguments.operands.empty()) {
    texts = BenchSample(kSampleBytes);
  } else {
    const auto snapshot = SnapshotFor(arguments, terminal);
    if (!snapshot) {
      PrintErrors(terminal, snapshot.error());
      return kExitError;
    }
    if (!TextsOf(**snapshot, arguments.operands, terminal, &texts)) return kExitError;
  }
  const auto result = scan::BenchRules(settings->rules, texts);
  if (!result) {
    PrintErrors(terminal, result.error());
    return kExitError;
  }
  if (result->rules.empty()) {
    PrintError(terminal, {ErrorKind::kInvalid, "there is no rule to measure", {}});
    return kExitError;
  }
  if (arguments.json()) {
    PrintJson(*result, terminal.out);
  } else {
    PrintText(*result, terminal);
  }
  return kExitClean;
}

}  // namespace warifu::cli
