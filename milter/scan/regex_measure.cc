// How wide the parts of a regex are.
#include <algorithm>
#include <limits>

#include "scan/regex_ast.h"

namespace warifu::scan {

std::size_t SaturatingAdd(std::size_t a, std::size_t b) {
  return a > kUnbounded - b ? kUnbounded : a + b;
}

std::size_t SaturatingMultiply(std::size_t a, std::size_t b) {
  if (a == 0 || b == 0) return 0;
  return a > kUnbounded / b ? kUnbounded : a * b;
}

namespace {

// Folds a measure over the tree: characters by `of_set`, sequences by sum, choices by `choose`.
template <typename OfSet, typename Choose>
std::size_t Measure(const RegexNode& node, bool greatest, const OfSet& of_set,
                    const Choose& choose) {
  switch (node.kind) {
    case NodeKind::kChars:
      return of_set(node.set);
    case NodeKind::kConcat: {
      std::size_t sum = 0;
      for (const RegexNode& child : node.children) {
        sum = SaturatingAdd(sum, Measure(child, greatest, of_set, choose));
      }
      return sum;
    }
    case NodeKind::kAlternate: {
      std::size_t best = Measure(node.children.front(), greatest, of_set, choose);
      for (const RegexNode& child : node.children) {
        best = choose(best, Measure(child, greatest, of_set, choose));
      }
      return best;
    }
    case NodeKind::kCapture:
      return Measure(node.children[0], greatest, of_set, choose);
    case NodeKind::kRepeat: {
      const std::size_t one = Measure(node.children[0], greatest, of_set, choose);
      const int times = greatest ? node.max : node.min;
      return SaturatingMultiply(one,
                                times == kNoMax ? kUnbounded : static_cast<std::size_t>(times));
    }
    default:
      return 0;
  }
}

constexpr auto kLess = [](std::size_t a, std::size_t b) { return std::min(a, b); };
constexpr auto kMore = [](std::size_t a, std::size_t b) { return std::max(a, b); };

}  // namespace

std::size_t MinWidth(const RegexNode& node) {
  return Measure(node, false, [](const CharSet& set) { return set.MinBytes(); }, kLess);
}

std::size_t MaxWidth(const RegexNode& node) {
  return Measure(node, true, [](const CharSet& set) { return set.MaxBytes(); }, kMore);
}

std::size_t MaxLineFeeds(const RegexNode& node) {
  return Measure(
      node, true, [](const CharSet& set) { return std::size_t{set.MayContain('\n')}; }, kMore);
}

int CountCaptures(const RegexNode& node) {
  int count = node.kind == NodeKind::kCapture ? 1 : 0;
  for (const RegexNode& child : node.children) count += CountCaptures(child);
  return count;
}

}  // namespace warifu::scan
