// `warifu rules import`: rule packs of other projects as a rule file of warifu's own.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/replace_file.h"
#include "scan/rule_import.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kResults[] = {"imported", "rewritten", "refused"};

struct Counts {
  std::size_t results[3] = {};
  std::map<std::string, std::size_t> reasons;  // of refusals
  std::map<std::string, std::size_t> notes;    // rules, by the first word of what they lost
};

// "validation: no secret …" and "example 2 is not found" count as "validation" and "example".
std::string KindOf(const std::string& note) {
  return note.substr(0, note.find_first_of(note.contains("key '") ? "" : ": "));
}

Counts Count(const scan::RuleImport& import) {
  Counts counts;
  for (const scan::ImportedRule& rule : import.rules) {
    ++counts.results[static_cast<int>(rule.result)];
    if (rule.result == scan::Imported::kRefused) ++counts.reasons[rule.reason];
    std::vector<std::string> kinds;
    for (const std::string& note : rule.notes) kinds.push_back(KindOf(note));
    std::ranges::sort(kinds);
    kinds.erase(std::ranges::unique(kinds).begin(), kinds.end());
    for (const std::string& kind : kinds) ++counts.notes[kind];
  }
  return counts;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

void PrintJson(const scan::RuleImport& import, const Counts& counts, std::ostream& out) {
  for (const scan::ImportedRule& rule : import.rules) {
    out << Dump({{"rule", rule.id},
                 {"file", rule.place.file},
                 {"line", rule.place.line},
                 {"result", kResults[static_cast<int>(rule.result)]},
                 {"reason", rule.reason},
                 {"detail", rule.detail},
                 {"notes", rule.notes}});
  }
  out << Dump({{"kind", "summary"},
               {"imported", counts.results[0] + counts.results[1]},
               {"rewritten", counts.results[1]},
               {"refused", counts.results[2]},
               {"reasons", counts.reasons},
               {"notes", counts.notes},
               {"errors", import.errors.size()}});
}

void PrintText(const scan::RuleImport& import, const Counts& counts, const Terminal& terminal,
               std::ostream& out) {
  for (const scan::ImportedRule& rule : import.rules) {
    const Error at{ErrorKind::kInvalid, "", rule.place};
    if (rule.result == scan::Imported::kRefused) {
      out << Paint(terminal, Style::kRed, "refused") << ": "
          << Printable(
                 at.ToString() + "rule '" + rule.id + "': " + rule.reason + ", " + rule.detail,
                 2000)
          << '\n';
    }
    for (const std::string& note : rule.notes) {
      if (!note.starts_with("example") && !note.contains("unknown key") &&
          !note.starts_with("negative") && !note.starts_with("id:")) {
        continue;
      }
      out << Paint(terminal, Style::kYellow, "note") << ": "
          << Printable(at.ToString() + "rule '" + rule.id + "': " + note, 2000) << '\n';
    }
  }
  out << counts.results[0] + counts.results[1] << " imported, " << counts.results[1]
      << " of them rewritten; " << counts.results[2] << " refused\n";
  for (const auto& [reason, count] : counts.reasons) {
    out << "  refused: " << reason << ": " << count << '\n';
  }
  for (const auto& [kind, count] : counts.notes) {
    out << "  left out: " << Printable(kind) << ": in " << count
        << (count == 1 ? " rule\n" : " rules\n");
  }
}

}  // namespace

int RunRulesImport(const Arguments& arguments, Terminal& terminal) {
  const std::string output = arguments.Value("output");
  const scan::RuleImport import = scan::ImportRules(arguments.operands);
  PrintErrors(terminal, import.errors);
  const Counts counts = Count(import);
  // The report goes where the rules do not.
  std::ostream& report = output.empty() ? terminal.err : terminal.out;
  if (arguments.json()) {
    PrintJson(import, counts, report);
  } else {
    Terminal plain{.out = terminal.out, .err = terminal.err};
    PrintText(import, counts, output.empty() ? plain : terminal, report);
  }
  if (import.toml.empty()) return kExitError;
  if (output.empty()) {
    terminal.out << import.toml;
  } else if (const auto written = ReplaceFile(output, import.toml); !written) {
    PrintError(terminal, written.error());
    return kExitError;
  }
  return counts.results[2] > 0 || !import.errors.empty() ? kExitFound : kExitClean;
}

}  // namespace warifu::cli
