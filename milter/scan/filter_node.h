// FilterNode: a filter expression as a tree, and its value for one match (filter_expression.h).
//
// The parser makes trees whose types fit; what it does not know becomes a node of kUnknown, and
// whatever is made of that is unknown too, unless the rest decides. Threads: const after parsing.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scan/filter_expression.h"

namespace warifu::scan {

enum class FilterType { kBool, kNumber, kString };

enum class FilterOp {
  kUnknown,  // of any type
  kLiteral,  // number or text
  kField,    // text: of the finding
  kOffset,   // text: a place in the segment
  kSlice,    // text, from, to
  kAdd,
  kSubtract,
  kMin,
  kMax,
  kLength,
  kEntropy,
  kMatches,    // regex over text
  kFindMatch,  // likewise, what it matched
  kCompare,    // text: the operator
  kNot,
  kAnd,
  kOr,
};

struct FilterNode {
  FilterOp op = FilterOp::kUnknown;
  FilterType type = FilterType::kBool;
  std::string text;
  double number = 0;
  bool whole = false;  // kMatches: all of the text
  std::shared_ptr<const RE2> regex;
  std::vector<FilterNode> children;
};

// Nothing: unknown.
std::optional<bool> IsTrue(const FilterNode& node, const FilterSubject& subject);

}  // namespace warifu::scan
