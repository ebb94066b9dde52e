// CandidateTies: candidates that count or do not count because of others in the same text.
//
// A rule may require another to match near by, and a foreign catch-all is silent where another rule
// names the same secret. A sender decides how many candidates a text holds, so neither compares
// each with each: the work is that of sorting them.
//
// Threads: pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "scan/match_filter.h"

namespace warifu::scan {

// Takes out candidates whose rule requires another that is not there, then those of rules that only
// serve others. `work`, where given, is raised by one for each comparison.
void DropUnmet(const CompiledRules& rules, std::string_view text,
               std::vector<Candidate>* candidates, std::size_t* work = nullptr);

// Takes out candidates of catch-alls whose secret overlaps another rule's.
void DropYielding(const CompiledRules& rules, std::vector<Candidate>* candidates,
                  std::size_t* work = nullptr);

}  // namespace warifu::scan
