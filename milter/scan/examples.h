// Examples: every rule's `matches` and `misses`, run through the production engine.
//
// Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "scan/compiled_rule.h"
#include "scan/pattern_set.h"

namespace warifu::scan {

// Why a rule says nothing of an example, or that it does.
struct ExampleResult {
  bool found = false;
  std::string dropped_by;  // the rule's key that turned a match down; "" when its regex has none
  Faults faults;
};
ExampleResult TryExample(const PatternSet& set, const RuleInfo& rule, const std::string& example);

std::vector<RuleProblem> CheckRuleExamples(const PatternSet& set, const CompiledRules& rules);

}  // namespace warifu::scan
