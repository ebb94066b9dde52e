#include "scan/probe.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <utility>

#include "scan/probe_part.h"
#include "scan/text_model.h"

namespace warifu::scan {
namespace {

using Sequence = std::vector<RegexNode>;

// Costs in nanoseconds a byte of text, fitted to Hyperscan 5.4 on AVX2. They choose, they do not
// promise: only their order matters.
constexpr double kLiteralHit = 25;      // looking closer at a literal that was met
constexpr double kShortHit = 100;       // the same of one character, which the engine finds badly
constexpr double kAliveByte = 0.3;      // following an open form by one byte
constexpr double kConfirm = 400;        // beginning one window of the second pass
constexpr double kConfirmByte = 1.5;    // searching a byte of it
constexpr double kWinding = 0.5;        // a repeated group in a group, beside such a literal
constexpr double kTangled = 0.2;        // an alternative that is more than words
constexpr double kCheap = 0.002;        // not worth a second look
constexpr double kFit = 0.7;            // what stands behind a word is likelier to fit than chance
constexpr double kRunCost = 0.15;       // a form without a literal: a long run of one class
constexpr double kNoAnchor = 20;        // any other form without a literal
constexpr double kMaxAlive = 100;       // bytes of the form behind its literal
constexpr double kRare = 1e-6;          // an anchor that a text of its kind does not hold
constexpr std::size_t kMaxBefore = 16;  // bytes of the form before its literal
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

bool IsGroup(const RegexNode& node) {
  return node.kind == NodeKind::kRepeat && SetOf(node) == nullptr;
}

bool HoldsGroup(const RegexNode& node) {
  return IsGroup(node) || std::ranges::any_of(node.children, HoldsGroup);
}

// A choice: the piece [begin, end) of the sequence; the literals by which the engine finds it end
// before `anchored`.
struct Piece {
  std::size_t begin = 0, end = 0;
  double cost = std::numeric_limits<double>::infinity();
  std::size_t anchored = end;
};

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
    Try(i, end, LiteralOf(chance, end - i), end - i > 1 ? kLiteralHit : kShortHit);
    return true;
  }

  void TryNode(std::size_t i) {
    if (const auto chance = LiteralChance(s_[i])) {
      const double tangle = IsPlain(s_[i]) ? 0 : kTangled;
      Try(i, i + 1, *chance, MinWidth(s_[i]) > 1 ? kLiteralHit : kShortHit, tangle);
    }
  }

  // All pieces that hold the anchor [a, b).
  void Try(std::size_t a, std::size_t b, const Chances& anchor, double hit, double more = 0) {
    Chances before = kCertain;
    std::size_t begin = a;
    while (true) {
      Extend(begin, b, anchor, hit, before, more);
      if (begin == 0 || Before(begin - 1, a) > kMaxBefore) break;
      before = before * chance_[--begin];
    }
  }

  // Bytes of the form from `begin` to the anchor at `a`, a leading repeat being cut.
  std::size_t Before(std::size_t begin, std::size_t a) const {
    std::size_t sum = MaxWidth(CutToLeast(s_[begin], kMaxLead));
    for (std::size_t i = begin + 1; i < a; ++i) sum = SaturatingAdd(sum, width_[i]);
    return sum;
  }

  // Lets the piece [begin, b), whose anchor ends at `b`, grow to the right. A part behind a gap may
  // stand at any place of it, so it is the likelier the longer the gap.
  void Extend(std::size_t begin, std::size_t b, const Chances& anchor, double hit, Chances chance,
              double more) {
    chance = chance * anchor;
    Chances alive = {0, 0, 0}, gap = {0, 0, 0};
    double winding = 0;
    for (std::size_t i = begin; i < b; ++i) winding += Winding(i, hit);
    for (std::size_t end = b;; ++end) {
      double cost = 0;
      for (std::size_t m = 0; m < kTextModels; ++m) {
        cost = std::max(cost, anchor[m] * (hit + kAliveByte * alive[m]) + chance[m] * confirm_);
      }
      Offer({begin, end, cost + winding + more, hit == kShortHit ? end : b});
      if (end == s_.size()) break;
      winding += Winding(end, hit);
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

  // Hyperscan does not anchor a form on one character, but runs it over the whole text: at next to
  // no cost while it is plain, at much when groups in it hold groups.
  double Winding(std::size_t i, double hit) const {
    const bool nested = IsGroup(s_[i]) && HoldsGroup(s_[i].children[0]);
    return hit == kShortHit && nested ? kWinding : 0;
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

template <typename Measure>
std::size_t Sum(const Sequence& s, std::size_t begin, std::size_t end, Measure measure) {
  std::size_t sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum = SaturatingAdd(sum, measure(s[i]));
  return sum;
}

// One of a few characters: the engine makes longer literals of what holds it.
bool IsFew(const RegexNode& node) {
  if (node.kind != NodeKind::kChars || !node.set.IsAscii()) return false;
  std::size_t count = 0;
  for (const CodeRange r : node.set.ranges()) count += r.hi - r.lo + 1;
  return count <= 16;
}

Probe MakeProbe(const Sequence& s, const Piece& piece) {
  Probe probe;
  std::size_t end = piece.end;  // of what the engine gets
  std::size_t anchored = piece.anchored;
  for (std::size_t i = anchored; i < piece.end && IsFew(s[i]); ++i) {
    if (IsLiteral(s[i])) anchored = i + 1;
  }
  RegexNode rest = Concat({s.begin() + static_cast<std::ptrdiff_t>(anchored),
                           s.begin() + static_cast<std::ptrdiff_t>(piece.end)});
  TrimRight(&rest);
  probe.check = ByteCheck::Make(rest.children);
  if (probe.check) end = anchored;
  RegexNode core = Concat({s.begin() + static_cast<std::ptrdiff_t>(piece.begin),
                           s.begin() + static_cast<std::ptrdiff_t>(end)});
  std::size_t trimmed = 0;
  if (!probe.check) trimmed = TrimRight(&core);
  // In front of a literal four characters of a class are enough; a bare run needs its length.
  const bool run = end - piece.begin == 1 && SetOf(s[piece.begin]) != nullptr;
  TrimLeft(&core, run ? kMaxRun : kMaxLead);
  probe.back = Sum(s, 0, end, MaxWidth);
  probe.forward = SaturatingAdd(trimmed, Sum(s, end, s.size(), MaxWidth));
  probe.back_lines = Sum(s, 0, end, MaxLineFeeds);
  // What was trimmed may hold line feeds too: count the piece on both sides.
  probe.forward_lines = Sum(s, piece.begin, s.size(), MaxLineFeeds);
  ProbeText text = PrintProbe(core.children);
  probe.expression = std::move(text.expression);
  probe.utf8 = text.utf8;
  return probe;
}

}  // namespace

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
