// MatchFilter: what of a rule turns a match down, beyond its shape.
//
// The filters of one rule over one segment: regions, the attachment's name, entropy, keywords,
// validators, allowlists. Both ways to a match, regular expressions and rows of cells, end here.
//
// Threads: belongs to one thread; remembers whether the keywords stand in the segment.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/segment.h"
#include "scan/compiled_rule.h"

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

class MatchFilter {
 public:
  // `keyword_sure`: every match holds a keyword, or the rule has none.
  MatchFilter(const CompiledRule& rule, bool keyword_sure, const Segment& segment)
      : rule_(rule), keyword_sure_(keyword_sure), segment_(segment) {}

  // Nothing here depends on the match: false when the rule cannot fire in this segment at all.
  bool MayFire() const;
  // The rule's key that turns the match down; "" when all let it pass. Then `detail()` may say
  // more.
  std::string_view Refuses(const Candidate& c);
  std::string_view detail() const { return detail_; }

 private:
  bool HasKeyword(std::string_view match);
  std::string_view Target(Allowlist::Target target, const Candidate& c, std::string_view match,
                          std::string_view secret) const;
  bool Exempts(const CompiledAllowlist& compiled, const Candidate& c, std::string_view match,
               std::string_view secret) const;

  const CompiledRule& rule_;
  const bool keyword_sure_;
  const Segment& segment_;
  std::string_view detail_;
  bool keyword_seen_ = false, keyword_absent_ = false;
};

// Begin of the line that lies `lines` line feeds above `pos`.
std::size_t LineBegin(std::string_view text, std::size_t pos, std::size_t lines);
// End of the line that lies `lines` line feeds below `pos`.
std::size_t LineEnd(std::string_view text, std::size_t pos, std::size_t lines);

// Whether the expression is found anywhere in the text.
bool Finds(const RE2& regex, std::string_view text);

}  // namespace warifu::scan
