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
#include "scan/scratch_pool.h"

namespace warifu::scan {

struct Candidate {
  std::uint32_t rule = 0;
  Span match, secret, account;
};

// A match that a filter turned down, and the rule's key that states the filter.
struct Refusal {
  Candidate candidate;
  std::string_view key;
  std::string_view detail;  // the validator's name
};

// Where RE2 has to look for what the first pass reported.
Span SearchWindow(const FirstPassForm& form, FirstPassMode mode, const Hit& hit,
                  std::string_view text);

// Appends the candidates of one pattern. `hits` are that pattern's alone, in any order; `windows`
// is working memory. `refusals`, where given, gets the matches that a filter turned down.
void ConfirmPattern(const CompiledRules& rules, const CompiledPattern& pattern, FirstPassMode mode,
                    std::span<const Hit> hits, const Segment& segment, std::vector<Span>* windows,
                    std::vector<Candidate>* out, std::vector<Refusal>* refusals = nullptr);

// Rules that fire on the attachment's name alone.
void ConfirmNames(const CompiledRules& rules, const Segment& segment, std::vector<Candidate>* out);

}  // namespace warifu::scan
