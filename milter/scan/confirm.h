// Confirm: the second pass over one segment.
//
// Takes the first pass's hits, searches a window of the rule's greatest width around each with RE2,
// and puts every match through the rule's filters: secret group, keywords, entropy, validators,
// allowlists, regions. What remains is a candidate; the scanner makes findings of them.
//
// Windows of one rule that touch are merged, so RE2 sees each byte once a rule, and the matches are
// the very ones that RE2 would find in the whole segment.
//
// Threads: pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/segment.h"
#include "scan/compiled_rule.h"
#include "scan/first_pass.h"
#include "scan/match_filter.h"
#include "scan/scratch_pool.h"

namespace warifu::scan {

// Where RE2 has to look for one pattern.
struct Search {
  std::uint32_t pattern = 0;
  Span window;
};

// Turns the first pass's hits into searches, by pattern and place; windows that touch are one.
void MakeSearches(const FirstPass& first_pass, const std::vector<Hit>& hits, std::string_view text,
                  std::vector<Search>* searches);

// Appends the candidates of one pattern, whose searches these are. `refusals`, where given, gets
// the matches that a filter turned down.
void ConfirmPattern(const CompiledRules& rules, const CompiledPattern& pattern,
                    std::span<const Search> searches, const Segment& segment,
                    std::vector<Candidate>* out, std::vector<Refusal>* refusals = nullptr);

// Rules that fire on the attachment's name alone.
void ConfirmNames(const CompiledRules& rules, const Segment& segment, std::vector<Candidate>* out);

}  // namespace warifu::scan
