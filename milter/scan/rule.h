// Rule: one rule as its file states it, before anything is compiled.
//
// Filled by the readers (rule_file.h) from warifu's own files, from [[records]] and from foreign
// packs; the compiler turns it into patterns. A plain value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "scan/filter_expression.h"
#include "scan/pattern_set.h"
#include "scan/record_schema.h"

namespace warifu::scan {

// What exempts a finding, with gitleaks' meaning.
struct Allowlist {
  enum class Target : std::uint8_t { kSecret, kMatch, kLine };
  bool all_must_match = false;  // condition = "AND"
  Target target = Target::kSecret;
  // A foreign pack's global list: a regex must match its whole target. An unanchored one
  // (`^true|false|null$`) would let a sender exempt himself.
  bool whole = false;
  std::vector<std::string> regexes;
  std::vector<std::string> stopwords;     // lower case
  std::vector<std::string> paths;         // of attachment names; never of foreign packs
  bool impossible = false;                // an AND with a condition that mail does not have
  std::vector<std::string> target_rules;  // global lists: these rules only; empty: all
};

// One regular expression of a rule.
struct RulePattern {
  std::string regex;
  int secret_group = 0;   // 0: the first group that took part, else the whole match
  int account_group = 0;  // 0: none
  bool trim = false;      // the secret ends where ValueOf() says
  Place place;
};

// Another rule that must match in the same text, within so many lines; foreign packs only.
struct Requirement {
  std::string rule;
  std::optional<int> within_lines;
};

// What else must stand near a match.
struct Near {
  std::string regex;         // "" for nothing
  int above = 4, below = 4;  // lines
  int account_group = 0;
  Place place;
};

struct Rule {
  RuleInfo info;
  Place place;
  std::vector<RulePattern> patterns;
  std::shared_ptr<const RecordSchema> record;  // of [[records]], which have no pattern
  std::string path;                            // regex over the attachment's name; "" for none
  double entropy = 0;                          // bits a character; a secret needs more
  std::vector<std::shared_ptr<const Allowlist>> allowlists;
  std::vector<std::string> validators;
  std::vector<std::string> strong;  // of [[records]]: what some rows of a table must pass
  std::vector<std::shared_ptr<const FilterExpression>> filters;  // foreign packs only
  std::vector<Requirement> required;
  bool helper = false;  // serves rules that require it, and is no finding by itself
  Near near;
  std::vector<std::string> matches, misses;

  bool OnNameAlone() const { return patterns.empty() && record == nullptr; }
};

// What the readers bring back from all files.
struct RuleFiles {
  std::vector<Rule> rules;
  std::vector<std::string> notes;
  Errors errors;
};

}  // namespace warifu::scan
