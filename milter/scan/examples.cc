#include "scan/examples.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/normalise.h"
#include "base/redact.h"

namespace warifu::scan {
namespace {

// An example as a mail would bring it, in a region where the rule acts.
Segment ToSegment(const std::string& example, const Rule& rule) {
  Segment segment;
  segment.part = "1";
  Normalised normal = Normalise(example);
  segment.text = std::move(normal.text);
  segment.maps = std::move(normal.maps);
  const Region region = rule.info.regions.empty() ? Region::kBody : rule.info.regions.front();
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

  bool Finds(const Rule& rule, const std::string& example) {
    const Segment segment = ToSegment(example, rule);
    const ScanResult result = set_.Scan({&segment, 1}, {});
    for (const Fault& fault : result.faults) {
      Say(rule, true, "an example could not be scanned: " + fault.detail);
    }
    return std::ranges::any_of(result.findings,
                               [&](const Finding& f) { return f.rule == rule.info.id; });
  }

  void Check(const Rule& rule) {
    if (rule.matches.empty()) Say(rule, false, "has no examples (mail.matches)");
    if (rule.misses.empty()) Say(rule, false, "has no counter-examples (mail.misses)");
    if (!rule.path.empty()) return;  // examples have no file name
    for (std::size_t i = 0; i < rule.matches.size(); ++i) {
      if (!Finds(rule, rule.matches[i])) {
        Say(rule, true,
            "does not find its example " + std::to_string(i + 1) + ": \"" +
                Printable(rule.matches[i], 120) + "\"");
      }
    }
    for (std::size_t i = 0; i < rule.misses.size(); ++i) {
      if (Finds(rule, rule.misses[i])) {
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

std::vector<RuleProblem> CheckRuleExamples(const PatternSet& set, const CompiledRules& rules) {
  return Checker(set, rules).Run();
}

}  // namespace warifu::scan
