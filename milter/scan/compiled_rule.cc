#include "scan/compiled_rule.h"

#include <algorithm>
#include <array>
#include <utility>

namespace warifu::scan {
namespace {

constexpr int kRegexMemory = 16 << 20;  // bytes, an upper limit; DFA states fill it only when used
constexpr unsigned kAllRegions = ~0u;

// What RE2 leaves out on purpose, by the piece of the pattern that it points at.
struct Hint {
  std::string_view piece;
  std::string_view text;
};
constexpr Hint kHints[] = {
    {"(?=", "RE2 has no look-ahead; put what follows into the pattern and name the secret's group"},
    {"(?!", "RE2 has no look-ahead; list what may follow, or use an allowlist or `validate`"},
    {"(?<",
     "RE2 has no look-behind; put what precedes into the pattern and use secretGroup, or use an "
     "allowlist"},
    {"(?>", "RE2 has no atomic groups and needs none: it never backtracks; write (?:"},
    {"(?x", "RE2 has no (?x); write the pattern without white space and comments"},
    {"(?#", "RE2 has no comments in patterns; use a TOML comment"},
    {"(?|", "RE2 has no branch reset; name one secretGroup in a rule for each branch"},
    {"(?P=", "RE2 has no back-references"},
    {"(?(", "RE2 has no conditions"},
    {"(?R", "RE2 has no recursion"},
    {"\\Z", "RE2 has no \\Z; use \\z, or $ with (?m)"},
    {"\\R", "RE2 has no \\R; normalised text has only \\n"},
    {"\\h", "RE2 has no \\h; use [ \\t]"},
    {"\\K", "RE2 has no \\K; use secretGroup"},
    {"\\G", "RE2 has no \\G"},
};

std::string Explain(const RE2& regex) {
  const std::string& piece = regex.error_arg();
  std::string text = "the regex is not valid: " + regex.error();
  if (regex.error_code() == RE2::ErrorRepeatOp && piece.size() > 1 && piece.ends_with("+")) {
    return text +
           ". RE2 has no possessive repeats and needs none: it never backtracks; leave out "
           "the '+'";
  }
  if (piece.size() == 2 && piece[0] == '\\' && piece[1] >= '1' && piece[1] <= '9') {
    return text + ". RE2 has no back-references";
  }
  for (const Hint& hint : kHints) {
    if (piece.starts_with(hint.piece)) return text + ". " + std::string(hint.text);
  }
  if (regex.error_code() == RE2::ErrorRepeatSize) {
    text += ". A count may be at most 1000, and so may counts within counts, multiplied";
  } else if (regex.error_code() == RE2::ErrorPatternTooLarge) {
    text += ". Use smaller counts";
  }
  return text;
}

class Compiler {
 public:
  std::expected<CompiledRules, Errors> Run(std::vector<Rule> rules) {
    for (Rule& rule : rules) Add(std::move(rule));
    if (!errors_.empty()) return std::unexpected(std::move(errors_));
    std::vector<RecordSource> records;
    for (std::uint32_t i = 0; i < out_.rules.size(); ++i) {
      const Rule& rule = out_.rules[i].rule;
      if (rule.record != nullptr) records.push_back({i, rule.record.get()});
    }
    out_.rows = RowScan(records);
    return std::move(out_);
  }

 private:
  void Error(const Place& place, const std::string& id, const std::string& text) {
    errors_.push_back({ErrorKind::kInvalid, "rule '" + id + "': " + text, place});
  }

  std::unique_ptr<RE2> Regex(const std::string& pattern, const Place& place, const std::string& id,
                             std::string_view what) {
    std::string why;
    auto regex = CompileRegex(pattern, &why);
    if (!regex) Error(place, id, std::string(what) + why);
    return regex;
  }

  void Add(Rule stated) {
    const auto index = static_cast<std::uint32_t>(out_.rules.size());
    CompiledRule& rule = out_.rules.emplace_back();
    rule.rule = std::move(stated);
    const RuleInfo& info = rule.rule.info;
    if (!rule.rule.path.empty()) {
      rule.path = Regex(rule.rule.path, rule.rule.place, info.id, "path: ");
    }
    if (!info.keywords.empty()) {
      std::string any;
      for (const std::string& word : info.keywords) {
        any += (any.empty() ? "(?i)" : "|") + RE2::QuoteMeta(word);
      }
      rule.keywords = Regex(any, rule.rule.place, info.id, "keywords: ");
    }
    AddNear(rule.rule.near, info.id, &rule);
    for (const RulePattern& pattern : rule.rule.patterns) AddPattern(pattern, rule, index);
    for (const auto& list : rule.rule.allowlists) AddAllowlist(*list, &rule);
    rule.validators = Compiled(rule.rule.validators);
    rule.strong = Compiled(rule.rule.strong);
    for (const Region region : info.regions) rule.regions |= 1u << static_cast<unsigned>(region);
    if (info.regions.empty()) rule.regions = kAllRegions;
    rule.generic = info.foreign && info.id.contains("generic");
  }

  static std::vector<CompiledValidator> Compiled(const std::vector<std::string>& names) {
    std::vector<CompiledValidator> out;
    for (const std::string_view name : names) {
      const bool negated = name.starts_with('!');
      if (const NamedValidator* v = FindValidator(name.substr(negated))) {
        out.push_back({v->accepts, negated});
      }
    }
    return out;
  }

  void CheckGroup(const RE2& regex, int group, std::string_view key, const Place& place,
                  const std::string& id) {
    const int groups = regex.NumberOfCapturingGroups();
    if (group <= groups) return;
    Error(place, id,
          std::string(key) + " is " + std::to_string(group) + ", but the regex has " +
              std::to_string(groups) + " group(s)");
  }

  void AddNear(const Near& stated, const std::string& id, CompiledRule* rule) {
    if (stated.regex.empty()) return;
    rule->near = Regex(stated.regex, stated.place, id, "near: ");
    if (rule->near) CheckGroup(*rule->near, stated.account_group, "accountGroup", stated.place, id);
  }

  void AddPattern(const RulePattern& stated, const CompiledRule& rule, std::uint32_t index) {
    const std::string& id = rule.rule.info.id;
    CompiledPattern pattern;
    pattern.rule = index;
    pattern.secret_group = stated.secret_group;
    pattern.account_group = stated.account_group;
    pattern.trim = stated.trim;
    pattern.regex = Regex(stated.regex, stated.place, id, "");
    if (!pattern.regex) return;
    CheckGroup(*pattern.regex, stated.secret_group, "secretGroup", stated.place, id);
    CheckGroup(*pattern.regex, stated.account_group, "accountGroup", stated.place, id);
    const auto tree = ParseRegex(stated.regex);
    if (!tree) return Error(stated.place, id, "the regex is not supported: " + tree.error().text);
    pattern.probes = ChooseProbes(*tree);
    if (pattern.probes.empty()) {
      return Error(stated.place, id,
                   "the regex matches the empty text, so it would match anywhere");
    }
    Span lacking;
    pattern.keyword_sure = rule.rule.info.keywords.empty() ||
                           EveryMatchHolds(*tree, rule.rule.info.keywords, &lacking);
    out_.patterns.push_back(std::move(pattern));
  }

  void AddAllowlist(const Allowlist& list, CompiledRule* rule) {
    if (list.impossible) return;
    CompiledAllowlist out;
    out.list = &list;
    for (const std::string& regex : list.regexes) {
      out.regexes.push_back(Regex(regex, rule->rule.place, rule->rule.info.id, "allowlist: "));
    }
    for (const std::string& regex : list.paths) {
      out.paths.push_back(Regex(regex, rule->rule.place, rule->rule.info.id, "allowlist: "));
    }
    rule->allowlists.push_back(std::move(out));
  }

  CompiledRules out_;
  Errors errors_;
};

}  // namespace

std::unique_ptr<RE2> CompileRegex(const std::string& pattern, std::string* error) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto regex = std::make_unique<RE2>(pattern, options);
  if (regex->ok()) return regex;
  *error = Explain(*regex);
  return nullptr;
}

std::expected<CompiledRules, Errors> CompileRules(std::vector<Rule> rules) {
  return Compiler().Run(std::move(rules));
}

}  // namespace warifu::scan
