#include "scan/rule_file.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/nearest.h"
#include "base/normalise.h"
#include "scan/record_schema.h"
#include "scan/rule_mode.h"
#include "scan/rule_parts.h"
#include "scan/toml_file.h"
#include "scan/validators.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kRegionWords[] = {"header",    "body",       "quoted",
                                             "signature", "attachment", "document"};
constexpr std::string_view kSeverityWords[] = {"info", "low", "medium", "high", "critical"};
constexpr std::string_view kActionWords[] = {"observe", "tag",   "strip", "redact",
                                             "hold",    "defer", "reject"};

// Lower case for ASCII; keywords and stopwords are compared case-folded.
std::string Fold(std::string text) {
  std::string out = Normalise(std::move(text)).text;
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// Reads one file's document into rules.
class FileReader {
 public:
  FileReader(const RuleSource& source, const std::string& path, const ActionDefaults& actions,
             RuleFiles* out)
      : actions_(actions), out_(out) {
    file_.path = path;
    file_.foreign = source.foreign;
    file_.errors = &out->errors;
  }

  void Read(const toml::table& document) {
    TomlTable top(document, "", &file_);
    top.Skip("title");
    top.Skip("description");
    ReadGlobalFilter(&top);
    if (!file_.foreign) parts_.Read(&top, &file_);
    const std::size_t first = out_->rules.size();
    for (const toml::table* table : top.Tables("rules")) ReadRule(*table);
    if (file_.foreign) {
      top.Skip("minVersion");
      top.Skip("betterleaksMinVersion");
      RefuseExtend(&top);
    } else {
      for (const toml::table* table : top.Tables("records")) ReadRecord(*table);
    }
    for (const char* key : {"allowlist", "allowlists"}) {
      for (const toml::table* table : top.Tables(key)) ReadGlobalAllowlist(*table, key, first);
    }
    top.Finish();
    if (out_->rules.size() == first) {
      out_->notes.push_back(file_.path + ": holds no rules");
    }
    for (const std::string& key : file_.ignored) {
      out_->notes.push_back(file_.path + ": key '" + key + "' is ignored");
    }
    if (unknown_filter_) {
      out_->notes.push_back(file_.path +
                            ": filters that ask for a path, an author or failsTokenEfficiency: "
                            "what is unknown to warifu discards nothing");
    }
    if (paths_off_) {
      out_->notes.push_back(file_.path +
                            ": path allowlists are off for mail: a file's name exempts nothing");
    }
  }

 private:
  void ReadGlobalFilter(TomlTable* top) {
    if (!file_.foreign) return;
    if (top->Has("prefilter")) paths_off_ = true;  // it knows nothing but where a text came from
    global_filter_ = ReadFilter(top, true);
  }

  // Null where there is none, or none that warifu can read.
  std::shared_ptr<const FilterExpression> ReadFilter(TomlTable* t, bool global) {
    const std::string source = t->String("filter");
    if (source.empty()) return nullptr;
    auto filter = ParseFilter(source, global);
    if (filter) {
      unknown_filter_ = unknown_filter_ || (*filter)->has_unknown();
      return *filter;
    }
    // A text of several lines begins on the line behind its quotes.
    Place place = t->PlaceOf("filter");
    if (source.contains('\n')) {
      place.line += 1 + filter.error().line;
      place.column = 0;
    }
    file_.errors->push_back({ErrorKind::kInvalid, "filter: " + filter.error().text, place});
    return nullptr;
  }

  void ReadRequired(TomlTable* t, Rule* rule) {
    rule->helper = t->Flag("skipReport").value_or(false);
    for (const toml::table* table : t->Tables("required")) {
      TomlTable one(*table, "rules.required", &file_);
      Requirement required{one.String("id"), one.Integer("withinLines")};
      if (required.rule.empty()) one.Error("id", "a required rule needs an id");
      one.Finish();
      rule->required.push_back(std::move(required));
    }
  }

  void RefuseExtend(TomlTable* top) {
    if (!top->Has("extend")) return;
    top->Error("extend",
               "'extend' is not followed: name the extended file as a source of its own "
               "and remove this table");
  }

  Rule NewRule(const toml::table& table, TomlTable* t) {
    Rule rule;
    rule.place = file_.PlaceOf(table);
    rule.info.file = file_.path;
    rule.info.line = rule.place.line;
    rule.info.foreign = file_.foreign;
    rule.info.id = t->String("id");
    rule.info.description = t->String("description");
    rule.info.tags = t->Strings("tags");
    for (std::string& word : t->Strings("keywords")) {
      if (word.empty()) {
        t->Error("keywords", "an empty keyword is in every text");
      } else {
        rule.info.keywords.push_back(Fold(std::move(word)));
      }
    }
    CheckId(rule, t);
    return rule;
  }

  void CheckId(const Rule& rule, TomlTable* t) {
    const std::string& id = rule.info.id;
    if (id.empty()) {
      t->Error("id", "a rule needs an id");
    } else if (id.size() > 100 || !std::ranges::all_of(id, [](unsigned char c) {
                 return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
               })) {
      t->Error("id", "a rule's id is made of letters, digits, '-', '_' and '.'");
    }
  }

  void ReadRule(const toml::table& table) {
    TomlTable t(table, "rules", &file_);
    Rule rule = NewRule(table, &t);
    rule.info.regex = parts_.Expand(t.String("regex"), "regex", &t);
    rule.path = t.String("path");
    rule.entropy = t.Number("entropy").value_or(0);
    RulePattern pattern;
    pattern.regex = rule.info.regex;
    pattern.place = t.PlaceOf("regex");
    pattern.secret_group = t.Integer("secretGroup").value_or(0);
    ReadAllowlists(&t, "rules", &rule);
    if (file_.foreign) {
      if (auto filter = ReadFilter(&t, false)) rule.filters.push_back(std::move(filter));
      if (global_filter_) rule.filters.push_back(global_filter_);
      ReadRequired(&t, &rule);
    }
    if (const toml::table* mail = t.Table("mail")) {
      ReadMail(*mail, "rules.mail", &rule, &pattern);
    } else {
      SetDefaults(&rule);
    }
    if (!file_.foreign && rule.info.id == kPpapRule) {
      RefuseText(rule, pattern, &t);
    } else if (!pattern.regex.empty()) {
      rule.patterns.push_back(std::move(pattern));
    } else if (rule.path.empty()) {
      t.Error("regex", "a rule needs a regex, or a path for the attachment's name");
    }
    t.Finish();
    out_->rules.push_back(std::move(rule));
  }

  // The rule that is found by what was sent before, and not in a text.
  static void RefuseText(const Rule& rule, const RulePattern& pattern, TomlTable* t) {
    const RuleInfo& info = rule.info;
    if (pattern.regex.empty() && pattern.secret_group == 0 && !pattern.trim && rule.path.empty() &&
        rule.entropy == 0 && info.keywords.empty() && info.regions.empty() &&
        rule.allowlists.empty() && rule.validators.empty() && rule.near.regex.empty() &&
        rule.matches.empty() && rule.misses.empty()) {
      return;
    }
    t->Error("id", "the rule '" + info.id +
                       "' is not searched for in a text: it takes description, tags, severity, "
                       "action, until and sample alone");
  }

  void ReadRecord(const toml::table& table) {
    TomlTable t(table, "records", &file_);
    Rule rule = NewRule(table, &t);
    rule.info.records = true;
    rule.entropy = t.Number("entropy").value_or(0);
    RecordText text;
    text.delimiters = {",", "\t", ";", "|"};
    if (t.Has("delimiters")) text.delimiters = t.Strings("delimiters");
    text.fields = t.Strings("fields");
    text.header = t.Strings("header");
    text.list = t.Flag("list").value_or(false);
    text.rows = t.Integer("rows").value_or(1);
    text.headed = t.Integer("headed").value_or(1);
    for (auto* list : {&text.delimiters, &text.fields, &text.header}) {
      for (std::string& word : *list) word = Normalise(std::move(word)).text;
    }
    if (auto record = ParseRecord(text)) {
      rule.record = std::make_shared<const RecordSchema>(std::move(*record));
    } else {
      t.Error("fields", record.error().text);
    }
    rule.info.regex = Summary(text);
    ReadAllowlists(&t, "records", &rule);
    if (const toml::table* mail = t.Table("mail")) {
      ReadMail(*mail, "records.mail", &rule, nullptr);
    } else {
      SetDefaults(&rule);
    }
    t.Finish();
    out_->rules.push_back(std::move(rule));
  }

  // As `rules show` prints a record, and as its version counts.
  static std::string Summary(const RecordText& text) {
    std::string out;
    for (const std::string& field : text.fields) out += (out.empty() ? "" : " , ") + field;
    if (text.list) out += " (list)";
    if (text.rows != 1) out += " (rows " + std::to_string(text.rows) + ")";
    if (text.headed != 1) out += " (headed " + std::to_string(text.headed) + ")";
    for (std::size_t i = 0; i < text.header.size(); ++i) {
      out += (i == 0 ? " under " : " , ") + text.header[i];
    }
    return out;
  }

  void SetDefaults(Rule* rule) {
    rule->info.action = actions_.by_severity[static_cast<int>(rule->info.severity)];
  }

  // `pattern` is null for records, whose fields name the account.
  void ReadMail(const toml::table& table, const std::string& what, Rule* rule,
                RulePattern* pattern) {
    TomlTable t(table, what, &file_);
    for (const std::string& word : t.Strings("regions")) {
      Region region;
      if (FromString(word, &region)) {
        rule->info.regions.push_back(region);
      } else {
        t.Error("regions", "no region is named '" + word + "'" + DidYouMean(word, kRegionWords));
      }
    }
    const std::string severity = t.String("severity");
    if (!severity.empty() && !FromString(severity, &rule->info.severity)) {
      t.Error("severity",
              "no severity is named '" + severity + "'" + DidYouMean(severity, kSeverityWords));
    }
    SetDefaults(rule);
    ReadAction(&t, rule);
    rule->info.until = t.Date("until");
    rule->info.sample = t.Number("sample").value_or(1.0);
    if (!(rule->info.sample >= 0 && rule->info.sample <= 1)) {
      t.Error("sample", "sample is a share from 0.0 to 1.0");
    }
    for (std::string& name : t.Strings("validate")) {
      CheckValidator("validate", name, &t);
      rule->validators.push_back(std::move(name));
    }
    if (pattern == nullptr) {
      for (std::string& name : t.Strings("strong")) {
        CheckValidator("strong", name, &t);
        rule->strong.push_back(std::move(name));
      }
    } else {
      ReadNear(&t, rule);
      pattern->trim = t.Flag("trim").value_or(false);
      int* group = rule->near.regex.empty() ? &pattern->account_group : &rule->near.account_group;
      *group = t.Integer("accountGroup").value_or(0);
    }
    rule->matches = t.Strings("matches");
    rule->misses = t.Strings("misses");
    t.Finish();
  }

  void ReadNear(TomlTable* t, Rule* rule) {
    constexpr int kMaxNearLines = 50;
    rule->near.regex = parts_.Expand(t->String("near"), "near", t);
    rule->near.place = t->PlaceOf("near");
    const auto read = [&](const char* key, int* lines) {
      if (!t->Has(key)) return;
      *lines = t->Integer(key).value_or(0);
      if (*lines > kMaxNearLines) {
        t->Error(key, std::string(key) + " is at most " + std::to_string(kMaxNearLines));
      } else if (rule->near.regex.empty()) {
        t->Error(key, std::string(key) + " needs a 'near' that it bounds");
      }
    };
    read("nearAbove", &rule->near.above);
    read("nearBelow", &rule->near.below);
  }

  void ReadAction(TomlTable* t, Rule* rule) {
    const std::string word = t->String("action");
    if (word.empty()) return;
    if (std::ranges::find(kActionWords, word) == std::end(kActionWords)) {
      t->Error("action", "no action is named '" + word + "'" + DidYouMean(word, kActionWords));
    } else if (word == "observe") {
      rule->info.mode = Mode::kObserve;
    } else {
      FromString(word, &rule->info.action);
    }
  }

  void CheckValidator(const char* key, const std::string& name, TomlTable* t) {
    if (FindValidator(name.starts_with('!') ? name.substr(1) : name) != nullptr) return;
    std::vector<std::string_view> names;
    for (const NamedValidator& v : Validators()) names.push_back(v.name);
    t->Error(key, "no validator is named '" + name + "'" + DidYouMean(name, names));
  }

  void ReadAllowlists(TomlTable* t, const std::string& of, Rule* rule) {
    for (const char* key : {"allowlist", "allowlists"}) {
      for (const toml::table* list : t->Tables(key)) {
        rule->allowlists.push_back(ReadAllowlist(*list, of + "." + key, false));
      }
    }
  }

  std::shared_ptr<const Allowlist> ReadAllowlist(const toml::table& table, const std::string& what,
                                                 bool global) {
    TomlTable t(table, what, &file_);
    auto list = std::make_shared<Allowlist>();
    t.Skip("description");
    for (const std::string& regex : t.Strings("regexes")) {
      list->regexes.push_back(parts_.Expand(regex, "regexes", &t));
    }
    list->paths = t.Strings("paths");
    for (std::string& word : t.Strings("stopwords"))
      list->stopwords.push_back(Fold(std::move(word)));
    if (global) list->target_rules = t.Strings("targetRules");
    ReadCondition(&t, list.get());
    if (file_.foreign) {
      const bool commits = !t.Strings("commits").empty();
      // Mail has no commits, and a name that the sender chose exempts nothing.
      list->impossible = list->all_must_match && (commits || !list->paths.empty());
      paths_off_ = paths_off_ || !list->paths.empty();
      list->paths.clear();
      list->whole = global;
    }
    t.Finish();
    return list;
  }

  void ReadCondition(TomlTable* t, Allowlist* list) {
    const std::string condition = t->String("condition");
    if (condition == "AND" || condition == "and" || condition == "&&") {
      list->all_must_match = true;
    } else if (!condition.empty() && condition != "OR" && condition != "or" && condition != "||") {
      t->Error("condition", "condition is \"OR\" or \"AND\"");
    }
    const std::string target = t->String("regexTarget");
    if (target == "match") {
      list->target = Allowlist::Target::kMatch;
    } else if (target == "line") {
      list->target = Allowlist::Target::kLine;
    } else if (!target.empty() && target != "secret") {
      t->Error("regexTarget", "regexTarget is \"secret\", \"match\" or \"line\"");
    }
  }

  void ReadGlobalAllowlist(const toml::table& table, const std::string& key, std::size_t first) {
    const auto list = ReadAllowlist(table, key, true);
    std::vector<std::string_view> ids;
    for (std::size_t i = first; i < out_->rules.size(); ++i) {
      Rule& rule = out_->rules[i];
      ids.push_back(rule.info.id);
      const auto& targets = list->target_rules;
      if (targets.empty() || std::ranges::find(targets, rule.info.id) != targets.end()) {
        rule.allowlists.push_back(list);
      }
    }
    for (const std::string& target : list->target_rules) {
      if (std::ranges::find(ids, target) == ids.end()) {
        file_.Error(
            table, "targetRules: this file has no rule '" + target + "'" + DidYouMean(target, ids));
      }
    }
  }

  const ActionDefaults& actions_;
  RuleFiles* out_;
  TomlFile file_;
  RuleParts parts_;
  bool paths_off_ = false, unknown_filter_ = false;
  std::shared_ptr<const FilterExpression> global_filter_;
};

// Two rules of one id: a mistake, but a pack may repeat a rule of warifu's own, which then stands.
void ResolveDuplicates(RuleFiles* out) {
  std::map<std::string, const Rule*> own, foreign;
  std::vector<bool> drop(out->rules.size());
  for (const Rule& rule : out->rules) {
    if (rule.info.foreign || rule.info.id.empty()) continue;
    const auto [it, fresh] = own.emplace(rule.info.id, &rule);
    if (fresh) continue;
    out->errors.push_back({ErrorKind::kInvalid,
                           "a rule '" + rule.info.id + "' stands already in " +
                               it->second->info.file + ":" + std::to_string(it->second->info.line),
                           rule.place});
  }
  for (std::size_t i = 0; i < out->rules.size(); ++i) {
    const Rule& rule = out->rules[i];
    if (!rule.info.foreign || rule.info.id.empty()) continue;
    const auto it = own.find(rule.info.id);
    const Rule* before = it != own.end() ? it->second : nullptr;
    if (before == nullptr) {
      const auto [other, fresh] = foreign.emplace(rule.info.id, &rule);
      if (!fresh) before = other->second;
    }
    if (before == nullptr) continue;
    drop[i] = true;
    out->notes.push_back(rule.place.file + ": rule '" + rule.info.id +
                         "' is left out: " + before->info.file + " has one of that name");
  }
  std::size_t index = 0;
  std::erase_if(out->rules, [&](const Rule&) { return drop[index++]; });
}

}  // namespace

RuleFiles ReadRuleFiles(std::span<const RuleSource> sources, const ActionDefaults& actions) {
  RuleFiles out;
  for (const RuleSource& source : sources) {
    if (source.text) {
      ReadTomlText(*source.text, source.path, &out.errors, [&](const toml::table& document) {
        FileReader(source, source.path, actions, &out).Read(document);
      });
      continue;
    }
    const auto files = TomlFilesOf(source.path);
    if (!files) {
      out.errors.push_back(files.error());
      continue;
    }
    if (files->empty()) out.notes.push_back(source.path + ": holds no *.toml file");
    for (const std::string& path : *files) {
      ReadTomlFile(path, &out.errors, [&](const toml::table& document) {
        FileReader(source, path, actions, &out).Read(document);
      });
    }
  }
  ResolveDuplicates(&out);
  return out;
}

}  // namespace warifu::scan
