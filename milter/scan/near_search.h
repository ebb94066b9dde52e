// NearSearch: what must stand near a match, `near` of a rule.
//
// Of the places that the expression finds in the lines around the match, the last before the secret
// counts, else the first behind it; never the secret itself. A kilobyte to either side is read at
// most, so a text of one long line costs no more than any other.
//
// SECURITY: text is hostile. Threads: pure.
#pragma once

#include <string_view>

#include "scan/compiled_rule.h"
#include "scan/match_filter.h"

namespace warifu::scan {

// The rule has a `near`. False when it is not there; else the candidate's account is what the
// account group matched, if the rule names one.
bool FindNear(const CompiledRule& rule, std::string_view text, Candidate* candidate);

}  // namespace warifu::scan
