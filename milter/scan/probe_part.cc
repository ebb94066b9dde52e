#include "scan/probe_part.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace warifu::scan {
namespace {

constexpr double kWordy = 0.85;  // letters come in words: a literal is likelier than its letters

// The rarest literal in a sequence: a run of literal characters, or what a part brings.
std::optional<Chances> RarestLiteral(const std::vector<RegexNode>& sequence) {
  std::optional<Chances> best;
  const auto offer = [&best](const Chances& c) {
    if (!best || Worst(c) < Worst(*best)) best = c;
  };
  for (std::size_t i = 0; i < sequence.size();) {
    Chances run = kCertain;
    const std::size_t begin = i;
    while (i < sequence.size() && IsLiteral(sequence[i])) run = run * ChanceOf(sequence[i++].set);
    if (i > begin) {
      offer(LiteralOf(run, i - begin));
      continue;
    }
    if (const RegexNode& node = sequence[i++]; node.kind != NodeKind::kChars) {
      if (const auto inner = LiteralChance(node)) offer(*inner);
    }
  }
  return best;
}

}  // namespace

const CharSet* SetOf(const RegexNode& node) {
  const RegexNode* inner = &node;
  while (inner->kind == NodeKind::kCapture || inner->kind == NodeKind::kRepeat) {
    inner = &inner->children[0];
  }
  return inner->kind == NodeKind::kChars ? &inner->set : nullptr;
}

bool IsLiteral(const RegexNode& node) {
  if (node.kind != NodeKind::kChars || node.set.symbolic()) return false;
  std::size_t count = 0;
  for (const CodeRange r : node.set.ranges()) count += r.hi - r.lo + 1;
  return count <= 2;
}

Chances ChanceOf(const RegexNode& node) {
  switch (node.kind) {
    case NodeKind::kChars:
      return ChanceOf(node.set);
    case NodeKind::kCapture:
      return ChanceOf(node.children[0]);
    case NodeKind::kConcat: {
      Chances product = kCertain;
      for (const RegexNode& child : node.children) product = product * ChanceOf(child);
      return product;
    }
    case NodeKind::kAlternate: {
      Chances sum = {0, 0, 0};
      for (const RegexNode& child : node.children) sum = sum + ChanceOf(child);
      for (double& p : sum) p = std::min(p, 1.0);
      return sum;
    }
    case NodeKind::kRepeat: {
      Chances product = kCertain;
      // A run of one kind of character goes on more easily than it begins.
      const Chances one = ChanceOf(node.children[0]);
      for (int i = 0; i < std::min(node.min, 8); ++i) product = product * one;
      return product;
    }
    case NodeKind::kBeginText:
    case NodeKind::kEndText:
      return {1e-4, 1e-4, 1e-4};
    case NodeKind::kBeginLine:
    case NodeKind::kEndLine:
      return {0.02, 0.013, 0.03};
    case NodeKind::kWordBoundary:
      return {0.4, 0.05, 0.1};
    default:
      return kCertain;
  }
}

Chances LiteralOf(Chances by_chance, std::size_t characters) {
  static constexpr double kLeast[] = {1, 0, 1e-3, 3e-4, 3e-5, 1e-5, 3e-6, 1e-6};
  if (characters < 2) return by_chance;
  const double least = kLeast[std::min<std::size_t>(characters, std::size(kLeast) - 1)];
  for (double& p : by_chance) p = std::max(std::pow(p, kWordy), std::min(p * 100, least));
  return by_chance;
}

// A class ends with the first other character, whatever its count allows, and a sequence with its
// first part that fails.
double LikelyLength(const RegexNode& node, std::size_t model) {
  constexpr double kMost = 4000;
  switch (node.kind) {
    case NodeKind::kChars:
      return static_cast<double>(node.set.MaxBytes());
    case NodeKind::kCapture:
      return LikelyLength(node.children[0], model);
    case NodeKind::kConcat: {
      double sum = 0, reached = 1;
      for (const RegexNode& child : node.children) {
        sum += LikelyLength(child, model) * reached;
        reached *= ChanceOf(child)[model];
      }
      return std::min(sum, kMost);
    }
    case NodeKind::kAlternate: {
      double most = 0;
      for (const RegexNode& child : node.children)
        most = std::max(most, LikelyLength(child, model));
      return most;
    }
    case NodeKind::kRepeat: {
      const double again = std::min(ChanceOf(node.children[0])[model], 0.999);
      const double most = node.max == kNoMax ? kMost : node.max;
      const double rounds = std::min(node.min + 1 / (1 - again), most);
      return std::min(LikelyLength(node.children[0], model) * rounds, kMost);
    }
    default:
      return 0;
  }
}

std::optional<Chances> LiteralChance(const RegexNode& node) {
  switch (node.kind) {
    case NodeKind::kChars:
      if (!IsLiteral(node)) return std::nullopt;
      return LiteralOf(ChanceOf(node.set), 1);
    case NodeKind::kCapture:
      return LiteralChance(node.children[0]);
    case NodeKind::kConcat:
      return RarestLiteral(node.children);
    case NodeKind::kRepeat:
      return node.min >= 1 ? LiteralChance(node.children[0]) : std::nullopt;
    case NodeKind::kAlternate: {
      Chances sum = {0, 0, 0};
      for (const RegexNode& child : node.children) {
        const auto one = LiteralChance(child);
        if (!one) return std::nullopt;
        sum = sum + *one;
      }
      return sum;
    }
    default:
      return std::nullopt;
  }
}

bool IsOptional(const RegexNode& node) {
  switch (node.kind) {
    case NodeKind::kEmpty:
      return true;
    case NodeKind::kCapture:
      return IsOptional(node.children[0]);
    case NodeKind::kRepeat:
      return node.min == 0 || IsOptional(node.children[0]);
    case NodeKind::kConcat:
      return std::all_of(node.children.begin(), node.children.end(), IsOptional);
    case NodeKind::kAlternate:
      return std::any_of(node.children.begin(), node.children.end(), IsOptional);
    default:
      return false;
  }
}

RegexNode CutToLeast(RegexNode node, int most) {
  if (node.kind == NodeKind::kRepeat) node.max = node.min = std::min(node.min, most);
  return node;
}

std::size_t TrimRight(RegexNode* node) {
  switch (node->kind) {
    case NodeKind::kCapture:
      return TrimRight(&node->children[0]);
    case NodeKind::kAlternate: {
      std::size_t most = 0;
      for (RegexNode& child : node->children) most = std::max(most, TrimRight(&child));
      return most;
    }
    case NodeKind::kRepeat: {
      const std::size_t whole = MaxWidth(*node);
      const int most = SetOf(*node) != nullptr ? kMaxRun : node->min;
      *node = CutToLeast(std::move(*node), most);
      const std::size_t left = MinWidth(*node);
      return whole == kUnbounded ? kUnbounded : whole - left;
    }
    case NodeKind::kConcat: {
      std::size_t cut = 0;
      while (!node->children.empty() && IsOptional(node->children.back())) {
        cut = SaturatingAdd(cut, MaxWidth(node->children.back()));
        node->children.pop_back();
      }
      if (!node->children.empty()) cut = SaturatingAdd(cut, TrimRight(&node->children.back()));
      return cut;
    }
    default:
      return 0;
  }
}

bool IsPlain(const RegexNode& node) {
  constexpr int kFewTimes = 3;
  if (node.kind == NodeKind::kRepeat) {
    const bool few = node.max != kNoMax && node.max <= kFewTimes;
    if (!few || (node.max > 1 && SetOf(node) == nullptr)) return false;
  }
  return std::ranges::all_of(node.children, IsPlain);
}

void TrimLeft(RegexNode* node, int most) {
  switch (node->kind) {
    case NodeKind::kCapture:
      return TrimLeft(&node->children[0], most);
    case NodeKind::kAlternate:
      for (RegexNode& child : node->children) TrimLeft(&child, most);
      return;
    case NodeKind::kRepeat: {
      const int keep = SetOf(*node) != nullptr ? most : node->min;
      *node = CutToLeast(std::move(*node), keep);
      return;
    }
    case NodeKind::kConcat: {
      auto& children = node->children;
      auto first = children.begin();
      // An assertion in front of an absent part says nothing about what follows: it goes with it.
      for (auto it = first; it != children.end(); ++it) {
        if (it->IsAssertion()) continue;
        if (!IsOptional(*it)) break;
        first = it + 1;
      }
      children.erase(children.begin(), first);
      if (!children.empty() && !children.front().IsAssertion()) TrimLeft(&children.front(), most);
      return;
    }
    default:
      return;
  }
}

}  // namespace warifu::scan
