#include "scan/examples.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/normalise.h"
#include "base/redact.h"

namespace warifu::scan {
namespace {

// An example as a mail would bring it, in a region where the rule acts.
Segment ToSegment(const std::string& example, const RuleInfo& rule) {
  Segment segment;
  segment.part = "1";
  Normalised normal = Normalise(example);
  segment.text = std::move(normal.text);
  segment.maps = std::move(normal.maps);
  const Region region = rule.regions.empty() ? Region::kBody : rule.regions.front();
  segment.regions.push_back({region, {0, segment.text.size()}});
  return segment;
}

class Checker {
 public:
  Checker(const PatternSet& set, const CompiledRules& rules) : set_(set), rules_(rules) {}

  std::vector<RuleProblem> Run() {
    for (const CompiledRule& rule : rules_.rules) {
      if (!rule.rule.info.foreign) Check(rule.rule);
    }
    for (const CompiledPattern& pattern : rules_.patterns) {
      const Rule& rule = rules_.rules[pattern.rule].rule;
      if (!rule.info.foreign && !rule.info.records) CheckRegex(rule);
    }
    return std::move(out_);
  }

 private:
  void Say(const Rule& rule, bool error, std::string text) {
    out_.push_back({rule.info.id, rule.place, error, std::move(text)});
  }

  ExampleResult Try(const Rule& rule, const std::string& example) {
    ExampleResult result = TryExample(set_, rule.info, example);
    for (const Fault& fault : result.faults) {
      Say(rule, true, "an example could not be scanned: " + fault.detail);
    }
    return result;
  }

  void Check(const Rule& rule) {
    if (rule.OnNameAlone() && rule.path.empty()) return;  // nothing is searched for it
    if (rule.matches.empty()) Say(rule, false, "has no examples (mail.matches)");
    if (rule.misses.empty()) Say(rule, false, "has no counter-examples (mail.misses)");
    if (!rule.path.empty()) return;  // examples have no file name
    for (std::size_t i = 0; i < rule.matches.size(); ++i) {
      const ExampleResult result = Try(rule, rule.matches[i]);
      if (result.found) continue;
      Say(rule, true,
          "does not find its example " + std::to_string(i + 1) + ": \"" +
              Printable(rule.matches[i], 120) + "\"" +
              (result.dropped_by.empty() ? "" : ", turned down by " + result.dropped_by));
    }
    for (std::size_t i = 0; i < rule.misses.size(); ++i) {
      if (Try(rule, rule.misses[i]).found) {
        Say(rule, true,
            "finds its counter-example " + std::to_string(i + 1) + ": \"" +
                Printable(rule.misses[i], 120) + "\"");
      }
    }
  }

  void CheckRegex(const Rule& rule) {
    const std::string& regex = rule.info.regex;
    if (const std::string normal = Normalise(regex).text; normal != regex) {
      Say(rule, false,
          "the regex holds characters that scanned text never has (text is brought "
          "to NFKC: '：' is ':' and 'ｱ' is 'ア'): " +
              Difference(regex, normal));
    }
    Span lacking;
    const auto tree = ParseRegex(regex);
    if (!rule.info.keywords.empty() && tree &&
        !EveryMatchHolds(*tree, rule.info.keywords, &lacking)) {
      Say(rule, false,
          "may match without a keyword, and is then not found: " +
              Printable(regex.substr(lacking.begin, lacking.size()), 80));
    }
  }

  // The first place where the two differ.
  static std::string Difference(const std::string& regex, const std::string& normal) {
    std::size_t at = std::ranges::mismatch(regex, normal).in1 - regex.begin();
    while (at > 0 && (static_cast<unsigned char>(regex[at]) & 0xc0) == 0x80) --at;
    return "at \"" + Printable(std::string_view(regex).substr(at), 24) + "\"";
  }

  const PatternSet& set_;
  const CompiledRules& rules_;
  std::vector<RuleProblem> out_;
};

}  // namespace

ExampleResult TryExample(const PatternSet& set, const RuleInfo& rule, const std::string& example) {
  const Segment segment = ToSegment(example, rule);
  ExampleResult out;
  ScanContext context;
  context.on_dropped = [&](const Dropped& dropped) {
    if (dropped.rule != rule.id || !out.dropped_by.empty()) return;
    out.dropped_by = dropped.key;
    if (!dropped.detail.empty()) out.dropped_by += " " + std::string(dropped.detail);
  };
  ScanResult result = set.Scan({&segment, 1}, context);
  out.faults = std::move(result.faults);
  out.found =
      std::ranges::any_of(result.findings, [&](const Finding& f) { return f.rule == rule.id; });
  return out;
}

std::vector<RuleProblem> CheckRuleExamples(const PatternSet& set, const CompiledRules& rules) {
  return Checker(set, rules).Run();
}

}  // namespace warifu::scan
