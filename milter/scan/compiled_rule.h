// CompiledRule: a rule ready for the second pass.
//
// Holds the rule as stated, its RE2 expressions, its filters (allowlists, keywords, validators) and
// what the first pass needs to know of it. CompileRules() explains what RE2 refuses in words of the
// rule's author: which look-around, back-reference or possessive it is, and what to write instead.
//
// Threads: const after CompileRules().
#pragma once

#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "scan/probe.h"
#include "scan/row_scan.h"
#include "scan/rule.h"
#include "scan/validators.h"

namespace warifu::scan {

struct CompiledPattern {
  std::uint32_t rule = 0;  // index into the rules
  std::unique_ptr<RE2> regex;
  int secret_group = 0, account_group = 0;
  bool trim = false;  // the secret ends where ValueOf() says
  std::vector<Probe> probes;
  bool keyword_sure = false;  // every match holds a keyword of the rule
};

struct CompiledAllowlist {
  const Allowlist* list = nullptr;
  std::vector<std::unique_ptr<RE2>> regexes, paths;
};

struct CompiledValidator {
  Validator accepts = nullptr;
  bool negated = false;  // written with '!': must not accept
};

struct CompiledRule {
  Rule rule;
  std::unique_ptr<RE2> path;
  std::unique_ptr<RE2> near;      // null when nothing need stand near a match
  std::unique_ptr<RE2> keywords;  // finds any of them, case-folded; null when there are none
  std::vector<CompiledAllowlist> allowlists;
  std::vector<CompiledValidator> validators, strong;
  unsigned regions = 0;  // bit of each region; all bits when the rule names none
  bool generic = false;  // a foreign catch-all, which yields to any other rule on the same secret
};

struct CompiledRules {
  std::vector<CompiledRule> rules;
  std::vector<CompiledPattern> patterns;
  RowScan rows;  // of the record rules
};

// All errors at once.
std::expected<CompiledRules, Errors> CompileRules(std::vector<Rule> rules);

// RE2 as all of warifu's rules use it: UTF-8, silent. Null with the reason in `*error`.
std::unique_ptr<RE2> CompileRegex(const std::string& pattern, std::string* error);

// True when every match of the tree holds one of the folded keywords. Else `*lacking` is a place
// in the pattern (begin, end) whose alternative may hold none.
bool EveryMatchHolds(const RegexNode& regex, const std::vector<std::string>& keywords,
                     Span* lacking);

}  // namespace warifu::scan
