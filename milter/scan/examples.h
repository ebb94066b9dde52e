// Examples: every rule's `matches` and `misses`, run through the production engine.
//
// Threads: pure.
#pragma once

#include <vector>

#include "scan/compiled_rule.h"
#include "scan/pattern_set.h"

namespace warifu::scan {

std::vector<RuleProblem> CheckRuleExamples(const PatternSet& set, const CompiledRules& rules);

}  // namespace warifu::scan
