#include "scan/rule_import.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "base/redact.h"
#include "scan/compiled_rule.h"
#include "scan/examples.h"
#include "scan/foreign_yaml.h"
#include "scan/regex_plain.h"
#include "scan/rule_text.h"
#include "scan/toml_file.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kHead =
    "# Written by `warifu rules import` from rules of another project, whose licence holds.\n"
    "# Import them again rather than editing this file.\n";

// One rule on its way.
struct Draft {
  ForeignRule rule;
  int secret_group = 0;
  std::size_t report = 0;  // index into the reports
  int line = 0;            // where its text begins in the TOML
};

// The class of reasons that an explanation of CompileRegex() belongs to.
std::string ReasonOf(const std::string& why) {
  if (why.contains("look-ahead") || why.contains("look-behind")) return "needs look-around";
  if (why.contains("back-reference")) return "needs back-references";
  if (why.contains("A count may be")) return "repeats more than 1000 times";
  if (why.contains("Use smaller counts") || why.contains("too large")) return "pattern too large";
  if (why.contains("empty text")) return "matches the empty text";
  return "syntax that RE2 lacks";
}

// Of several named groups, the one whose name says that it is the secret; 0: warifu's own choice.
int SecretGroup(const RE2& regex) {
  const auto& names = regex.CapturingGroupNames();
  if (names.size() < 2) return 0;
  for (const std::string_view word : {"secret", "token", "pass", "key"}) {
    for (const auto& [group, name] : names) {
      std::string lower = name;
      for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      if (lower.contains(word)) return group;
    }
  }
  return 0;
}

class Importer {
 public:
  RuleImport Run(std::span<const std::string> paths) {
    constexpr std::string_view kEndings[] = {".yml", ".yaml"};
    for (const std::string& path : paths) {
      const auto files = RuleFilesOf(path, kEndings);
      if (!files) {
        out_.errors.push_back(files.error());
        continue;
      }
      if (files->empty()) {
        out_.errors.push_back({ErrorKind::kInvalid, "holds no *.yml or *.yaml file", {path}});
      }
      for (const std::string& file : *files) {
        for (ForeignRule& rule : ReadForeignYaml(file, &out_.errors)) Take(std::move(rule));
      }
    }
    if (const SetPtr set = LoadDrafts()) {
      const std::size_t before = drafts_.size();
      TryExamples(*set);
      // Without the refused ones the rest is as it was; only its text must be made anew.
      if (drafts_.size() != before || changed_) LoadDrafts();
    }
    if (!drafts_.empty()) out_.toml = std::string(kHead) + text_;
    for (Draft& draft : drafts_) out_.rules[draft.report].notes = std::move(draft.rule.notes);
    return std::move(out_);
  }

 private:
  using SetPtr = std::shared_ptr<const PatternSet>;

  void Refuse(std::size_t report, std::string reason, std::string detail) {
    ImportedRule& rule = out_.rules[report];
    rule.result = Imported::kRefused;
    rule.reason = std::move(reason);
    rule.detail = std::move(detail);
  }

  void Take(ForeignRule rule) {
    MendId(&rule);
    const std::size_t report = out_.rules.size();
    out_.rules.push_back({rule.id, rule.place, Imported::kAsIs, "", "", {}});
    std::string plain = PlainRegex(rule.pattern);
    if (plain != rule.pattern) out_.rules[report].result = Imported::kRewritten;
    rule.pattern = std::move(plain);
    std::string why;
    const auto regex = CompileRegex(rule.pattern, &why);
    if (!regex) return Refuse(report, ReasonOf(why), why);
    drafts_.push_back({std::move(rule), SecretGroup(*regex), report, 0});
  }

  // Ids are warifu's own form, each used once.
  void MendId(ForeignRule* rule) {
    const std::string stated = rule->id.substr(0, 90);
    std::string id = stated;
    for (char& c : id) {
      const bool good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
      if (!good && c != '.') c = '-';
    }
    const std::string base = id;
    for (int n = 2; !ids_.insert(id).second; ++n) id = base + "-" + std::to_string(n);
    if (id != rule->id) {
      rule->notes.push_back("id: '" + Printable(rule->id) + "' is renamed to '" + id + "'");
    }
    rule->id = id;
  }

  // All drafts as one rule file, loaded as warifu loads any; what does not load is refused. Null
  // when nothing is left.
  SetPtr LoadDrafts() {
    while (!drafts_.empty()) {
      text_.clear();
      auto line = static_cast<int>(std::ranges::count(kHead, '\n')) + 1;
      for (Draft& draft : drafts_) {
        const std::string text = "\n" + RuleText(draft.rule, draft.secret_group);
        draft.line = line;
        line += static_cast<int>(std::ranges::count(text, '\n'));
        text_ += text;
      }
      LoadOptions options;
      options.sources = {{"imported", false, std::string(kHead) + text_}};
      auto set = Load(options);
      if (set) return *set;
      if (!RefuseByLine(set.error())) return nullptr;
    }
    return nullptr;
  }

  // False when an error belongs to no rule.
  bool RefuseByLine(const Errors& errors) {
    std::set<std::size_t> bad;
    for (const Error& error : errors) {
      const auto it = std::ranges::upper_bound(drafts_, error.place.line, {}, &Draft::line);
      if (error.place.line < 1 || it == drafts_.begin()) {
        out_.errors.push_back(error);
        drafts_.clear();
        return false;
      }
      const Draft& draft = *std::prev(it);
      if (bad.insert(draft.report).second) Refuse(draft.report, ReasonOf(error.text), error.text);
    }
    std::erase_if(drafts_, [&](const Draft& draft) { return bad.contains(draft.report); });
    return true;
  }

  void TryExamples(const PatternSet& set) {
    std::size_t next = 0;
    std::set<std::size_t> bad;
    for (const RuleInfo& info : set.rules()) {
      Draft& draft = drafts_[next++];
      if (!TryDraft(set, info, &draft)) bad.insert(draft.report);
    }
    std::erase_if(drafts_, [&](const Draft& draft) { return bad.contains(draft.report); });
  }

  // Keeps the examples that hold. False when the pattern matches none of those it came with; that
  // a filter of its own turns all of them down is its author's affair.
  bool TryDraft(const PatternSet& set, const RuleInfo& info, Draft* draft) {
    ForeignRule& rule = draft->rule;
    bool matched = rule.matches.empty();
    Keep(&rule.matches, [&](const std::string& example, std::size_t number) {
      const ExampleResult result = TryExample(set, info, example);
      matched = matched || result.found || !result.dropped_by.empty();
      if (result.found) return true;
      rule.notes.push_back("example " + std::to_string(number) + " is not found: " +
                           (result.dropped_by.empty()
                                ? "the pattern does not match it"
                                : "its own '" + result.dropped_by + "' turns it down"));
      return false;
    });
    Keep(&rule.misses, [&](const std::string& example, std::size_t number) {
      if (!TryExample(set, info, example).found) return true;
      rule.notes.push_back("negative example " + std::to_string(number) + " is found");
      return false;
    });
    if (!matched) Refuse(draft->report, "matches none of its examples", "by its pattern");
    return matched;
  }

  template <typename Holds>
  void Keep(std::vector<std::string>* examples, const Holds& holds) {
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < examples->size(); ++i) {
      if (holds((*examples)[i], i + 1)) kept.push_back(std::move((*examples)[i]));
    }
    changed_ = changed_ || kept.size() != examples->size();
    *examples = std::move(kept);
  }

  RuleImport out_;
  std::vector<Draft> drafts_;
  std::set<std::string> ids_;
  std::string text_;
  bool changed_ = false;
};

}  // namespace

RuleImport ImportRules(std::span<const std::string> paths) {
  return Importer().Run(paths);
}

}  // namespace warifu::scan
