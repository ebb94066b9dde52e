#include "scan/probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "scan/text_model.h"

namespace warifu::scan {
namespace {

using Sequence = std::vector<RegexNode>;

// Costs in nanoseconds a byte of text, fitted to Hyperscan 5.4 on AVX2. They choose, they do not
// promise: only their order matters.
constexpr double kLiteralHit = 25;    // looking closer at a literal that was met
constexpr double kAliveByte = 0.3;    // following an open form by one byte
constexpr double kConfirm = 400;      // beginning one window of the second pass
constexpr double kConfirmByte = 1.5;  // searching a byte of it
constexpr double kCheap = 0.002;      // not worth a second look
constexpr double kFit = 0.7;          // what stands behind a word is likelier to fit than chance
constexpr double kRunCost = 0.15;     // a form without a literal: a long run of one class
constexpr double kNoAnchor = 20;      // any other form without a literal
constexpr double kWordy = 0.85;    // letters come in words: a literal is likelier than its letters
constexpr double kMaxAlive = 100;  // bytes of the form behind its literal
constexpr double kRare = 1e-6;     // an anchor that a text of its kind does not hold
constexpr std::size_t kMaxBefore = 16;  // bytes of the form before its literal
constexpr int kMaxRun = 32;             // longest run asked for; rules of longer runs share a probe
constexpr int kMinRun = 12;
constexpr std::size_t kMaxProbes = 24;  // pieces of one pattern
constexpr int kMaxSplits = 3;           // alternations opened inside one another

RegexNode Concat(Sequence children) {
  RegexNode node;
  node.kind = NodeKind::kConcat;
  node.children = std::move(children);
  return node;
}

// Appends the node to the sequence: concatenations and groups are opened, and the first round of a
// repeated group stands by itself.
void Flatten(const RegexNode& node, Sequence* out) {
  switch (node.kind) {
    case NodeKind::kEmpty:
      return;
    case NodeKind::kCapture:
      return Flatten(node.children[0], out);
    case NodeKind::kConcat:
      for (const RegexNode& child : node.children) Flatten(child, out);
      return;
    case NodeKind::kRepeat: {
      const RegexNode* inner = &node.children[0];
      while (inner->kind == NodeKind::kCapture) inner = &inner->children[0];
      if (node.max == 0) return;
      if (node.min < 1 || inner->kind == NodeKind::kChars || inner->IsAssertion()) {
        out->push_back(node);
        return;
      }
      Flatten(*inner, out);
      RegexNode rest = node;
      rest.min = node.min - 1;
      if (node.max != kNoMax) rest.max = node.max - 1;
      if (rest.max != 0) out->push_back(std::move(rest));
      return;
    }
    default:
      out->push_back(node);
  }
}

// The set of a node that is one set of characters, once or repeated.
const CharSet* SetOf(const RegexNode& node) {
  const RegexNode* inner = &node;
  while (inner->kind == NodeKind::kCapture || inner->kind == NodeKind::kRepeat) {
    inner = &inner->children[0];
  }
  return inner->kind == NodeKind::kChars ? &inner->set : nullptr;
}

// One letter, perhaps of either case.
bool IsLiteral(const RegexNode& node) {
  if (node.kind != NodeKind::kChars || node.set.symbolic()) return false;
  std::size_t count = 0;
  for (const CodeRange r : node.set.ranges()) count += r.hi - r.lo + 1;
  return count <= 2;
}

// Chance that the node matches at a place, by its likeliest way.
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

// A literal of that many characters: letters come in words and marks in habits ("://"), so it is
// met more often than its characters by chance.
Chances LiteralOf(Chances by_chance, std::size_t characters) {
  static constexpr double kLeast[] = {1, 0, 1e-3, 3e-4, 3e-5, 1e-5, 3e-6, 1e-6};
  if (characters < 2) return by_chance;
  const double least = kLeast[std::min<std::size_t>(characters, std::size(kLeast) - 1)];
  for (double& p : by_chance) p = std::max(std::pow(p, kWordy), std::min(p * 100, least));
  return by_chance;
}

// Bytes of text over which the engine is likely to follow the node: a class ends with the first
// other character, whatever its count allows, and a sequence with its first part that fails.
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

// Chance of meeting the literals by which Hyperscan would find this node; nothing when it, or one
// of its alternatives, has none.
std::optional<Chances> LiteralChance(const Sequence& sequence);

std::optional<Chances> LiteralChance(const RegexNode& node) {
  switch (node.kind) {
    case NodeKind::kChars:
      if (!IsLiteral(node)) return std::nullopt;
      return LiteralOf(ChanceOf(node.set), 1);
    case NodeKind::kCapture:
      return LiteralChance(node.children[0]);
    case NodeKind::kConcat:
      return LiteralChance(node.children);
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

// The rarest literal in a sequence: a run of literal characters, or what a part brings.
std::optional<Chances> LiteralChance(const Sequence& sequence) {
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

// A choice: the piece [begin, end) of the sequence, its literal at `anchor`.
struct Piece {
  std::size_t begin = 0, end = 0;
  double cost = std::numeric_limits<double>::infinity();
};

// A leading or trailing repeat of one class, cut to what it has at least.
RegexNode CutToLeast(RegexNode node, int most) {
  if (node.kind == NodeKind::kRepeat) node.max = node.min = std::min(node.min, most);
  return node;
}

class Chooser {
 public:
  explicit Chooser(const Sequence& sequence) : s_(sequence) {
    for (const RegexNode& node : s_) {
      chance_.push_back(ChanceOf(node));
      width_.push_back(MaxWidth(node));
      lines_.push_back(MaxLineFeeds(node));
      optional_.push_back(IsOptional(node));
      Chances length;
      for (std::size_t m = 0; m < kTextModels; ++m) length[m] = LikelyLength(node, m);
      length_.push_back(length);
    }
    confirm_ = ConfirmCost();
  }

  Piece Run() {
    for (std::size_t i = 0; i < s_.size(); ++i) {
      if (s_[i].IsAssertion() || optional_[i]) continue;
      if (TryLiteralRun(i)) continue;
      if (s_[i].kind == NodeKind::kAlternate || s_[i].kind == NodeKind::kRepeat) TryNode(i);
      TryRun(i);
    }
    if (best_.cost >= kNoAnchor) TryWhole();
    return best_;
  }

 private:
  // The longest literal that begins at `i`.
  bool TryLiteralRun(std::size_t i) {
    if (!IsLiteral(s_[i])) return false;
    if (i > 0 && IsLiteral(s_[i - 1])) return true;  // was tried as part of a longer one
    std::size_t end = i;
    Chances chance = kCertain;
    while (end < s_.size() && IsLiteral(s_[end])) chance = chance * chance_[end++];
    Try(i, end, LiteralOf(chance, end - i));
    return true;
  }

  void TryNode(std::size_t i) {
    if (const auto chance = LiteralChance(s_[i])) Try(i, i + 1, *chance);
  }

  // All pieces that hold the anchor [a, b).
  void Try(std::size_t a, std::size_t b, const Chances& anchor) {
    Chances before = kCertain;
    std::size_t begin = a;
    while (true) {
      Extend(begin, b, anchor, before);
      if (begin == 0 || Before(begin - 1, a) > kMaxBefore) break;
      before = before * chance_[--begin];
    }
  }

  // Bytes of the form from `begin` to the anchor at `a`, a leading repeat being cut.
  std::size_t Before(std::size_t begin, std::size_t a) const {
    std::size_t sum = MaxWidth(CutToLeast(s_[begin], 4));
    for (std::size_t i = begin + 1; i < a; ++i) sum = SaturatingAdd(sum, width_[i]);
    return sum;
  }

  // Lets the piece [begin, b), whose anchor ends at `b`, grow to the right. A part behind a gap may
  // stand at any place of it, so it is the likelier the longer the gap.
  void Extend(std::size_t begin, std::size_t b, const Chances& anchor, Chances chance) {
    chance = chance * anchor;
    Chances alive = {0, 0, 0}, gap = {0, 0, 0};
    for (std::size_t end = b;; ++end) {
      double cost = 0;
      for (std::size_t m = 0; m < kTextModels; ++m) {
        cost = std::max(cost,
                        anchor[m] * (kLiteralHit + kAliveByte * alive[m]) + chance[m] * confirm_);
      }
      Offer({begin, end, cost});
      if (end == s_.size()) break;
      alive = alive + length_[end];
      if (TooLong(anchor, alive)) break;
      for (std::size_t m = 0; m < kTextModels; ++m) {
        if (optional_[end]) {
          gap[m] += length_[end][m];
        } else {
          chance[m] *= std::min(1.0, std::pow(chance_[end][m], kFit) * (1 + gap[m]));
          gap[m] = std::max(0.0, length_[end][m] - static_cast<double>(MinWidth(s_[end])));
        }
      }
    }
  }

  // Whether the engine would have to follow the form for long, in texts that hold its anchor.
  static bool TooLong(const Chances& anchor, const Chances& alive) {
    for (std::size_t m = 0; m < kTextModels; ++m) {
      if (anchor[m] > kRare && alive[m] > kMaxAlive) return true;
    }
    return false;
  }

  // A window of the second pass, by the width of the whole sequence; lines are short.
  double ConfirmCost() const {
    std::size_t bytes = 0, lines = 0;
    for (std::size_t i = 0; i < s_.size(); ++i) {
      bytes = SaturatingAdd(bytes, width_[i]);
      lines = SaturatingAdd(lines, lines_[i]);
    }
    const double by_lines = 80 * (static_cast<double>(std::min<std::size_t>(lines, 1000)) + 1);
    return kConfirm + kConfirmByte * std::min(static_cast<double>(bytes), by_lines);
  }

  // A long run of one class.
  void TryRun(std::size_t i) {
    if (s_[i].kind != NodeKind::kRepeat || s_[i].min < kMinRun) return;
    const CharSet* set = SetOf(s_[i]);
    if (set == nullptr) return;
    const double chance = std::pow(Worst(ChanceOf(*set)), std::min(s_[i].min, kMaxRun));
    Offer({i, i + 1, kRunCost + chance * confirm_});
  }

  void TryWhole() {
    Chances chance = kCertain;
    for (const Chances& c : chance_) chance = chance * c;
    Offer({0, s_.size(), kNoAnchor + Worst(chance) * confirm_});
  }

  void Offer(const Piece& piece) {
    if (piece.cost < best_.cost) best_ = piece;
  }

  const Sequence& s_;
  std::vector<Chances> chance_;
  std::vector<std::size_t> width_, lines_;
  std::vector<Chances> length_;  // likely lengths, by model
  double confirm_ = 0;
  std::vector<bool> optional_;
  Piece best_;
};

// A way to find a pattern: pieces of sequences, together at a cost.
struct Plan {
  std::vector<std::pair<Sequence, Piece>> pieces;
  double cost = 0;
};

void Append(Plan more, Plan* plan) {
  plan->cost += more.cost;
  for (auto& piece : more.pieces) plan->pieces.push_back(std::move(piece));
}

// The best plan for a sequence: one piece of it, or one for each branch of an alternation in it.
Plan PlanFor(const Sequence& sequence, int splits, std::size_t room) {
  Plan best;
  const Piece piece = Chooser(sequence).Run();
  best.cost = piece.cost;
  best.pieces.emplace_back(sequence, piece);
  if (splits == 0 || best.cost < kCheap) return best;
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    const RegexNode& node = sequence[i];
    if (node.kind != NodeKind::kAlternate || node.children.size() > room) continue;
    Plan plan;
    for (const RegexNode& branch : node.children) {
      Sequence one(sequence.begin(), sequence.begin() + static_cast<std::ptrdiff_t>(i));
      Flatten(branch, &one);
      one.insert(one.end(), sequence.begin() + static_cast<std::ptrdiff_t>(i) + 1, sequence.end());
      Append(PlanFor(one, splits - 1, room / node.children.size()), &plan);
      if (plan.cost >= best.cost) break;
    }
    // More pieces make a larger database: they must pay.
    if (plan.cost < best.cost * 0.5 && plan.pieces.size() <= kMaxProbes) best = std::move(plan);
  }
  return best;
}

// Takes away what may be absent at the end; returns the bytes that a match may have had there.
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

// Takes away what may be absent at the start. Ends stay where they are.
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

template <typename Measure>
std::size_t Sum(const Sequence& s, std::size_t begin, std::size_t end, Measure measure) {
  std::size_t sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum = SaturatingAdd(sum, measure(s[i]));
  return sum;
}

Probe MakeProbe(const Sequence& s, const Piece& piece) {
  RegexNode core = Concat({s.begin() + static_cast<std::ptrdiff_t>(piece.begin),
                           s.begin() + static_cast<std::ptrdiff_t>(piece.end)});
  Probe probe;
  const std::size_t trimmed = TrimRight(&core);
  // In front of a literal four characters of a class are enough; a bare run needs its length.
  const bool run = piece.end - piece.begin == 1 && SetOf(s[piece.begin]) != nullptr;
  TrimLeft(&core, run ? kMaxRun : 4);
  probe.back = Sum(s, 0, piece.end, MaxWidth);
  probe.forward = SaturatingAdd(trimmed, Sum(s, piece.end, s.size(), MaxWidth));
  probe.back_lines = Sum(s, 0, piece.end, MaxLineFeeds);
  // What was trimmed may hold line feeds too: count the piece on both sides.
  probe.forward_lines = Sum(s, piece.begin, s.size(), MaxLineFeeds);
  ProbeText text = PrintProbe(core.children);
  probe.expression = std::move(text.expression);
  probe.utf8 = text.utf8;
  return probe;
}

}  // namespace

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

std::vector<Probe> ChooseProbes(const RegexNode& regex) {
  if (MinWidth(regex) == 0) return {};
  Sequence sequence;
  Flatten(regex, &sequence);
  std::vector<Probe> out;
  for (const auto& [s, piece] : PlanFor(sequence, kMaxSplits, kMaxProbes).pieces) {
    out.push_back(MakeProbe(s, piece));
  }
  return out;
}

}  // namespace warifu::scan
