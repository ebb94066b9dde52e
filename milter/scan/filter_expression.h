// FilterExpression: the `filter` of a betterleaks rule, which discards a match when it is true.
//
// betterleaks writes in Expr, a language of its own, what gitleaks writes as entropy and
// allowlists. warifu reads a closed part of it, all that betterleaks' own file uses: || && ! ( ),
// comparisons, + and -, `let`, slices of text, the fields of `finding`, and the functions entropy,
// matchesAny, containsAny, findMatch, len, min and max, with or without `filter.` before them.
// Anything else is refused with its line.
//
// What only a source tree knows (`attributes`: paths, authors) or what needs a tokeniser
// (failsTokenEfficiency) is unknown here, and so is what is made of it, by three-valued logic; only
// what is certainly true discards a match. So a sender cannot exempt himself by a file's name.
//
// SECURITY: text is hostile; regexes are RE2's. The expression is the operator's: its depth is
// bounded. Threads: const after parsing.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "base/segment.h"

namespace warifu::scan {

// One match, as an expression sees it.
struct FilterSubject {
  std::string_view text;  // of the whole segment
  Span match, secret;
  std::string_view rule, description;
};

class FilterExpression {
 public:
  virtual ~FilterExpression() = default;
  virtual bool Discards(const FilterSubject& subject) const = 0;
  virtual const std::string& source() const = 0;
  // True when a part of it is unknown to warifu and discards nothing.
  virtual bool has_unknown() const = 0;
};

struct FilterProblem {
  int line = 0;  // from 0, within the expression
  std::string text;
};

// `whole`: a regex on the secret must match all of it; for filters of a whole pack, of which one
// unanchored regex could exempt half of all secrets.
std::expected<std::shared_ptr<const FilterExpression>, FilterProblem> ParseFilter(
    std::string source, bool whole);

}  // namespace warifu::scan
