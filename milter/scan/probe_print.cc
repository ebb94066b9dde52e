#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/utf8.h"
#include "scan/probe.h"

namespace warifu::scan {
namespace {

// A count that makes more than this many positions for the engine loses its upper bound.
constexpr std::size_t kWideCount = 32;

// Places in the expanded pattern, roughly.
std::size_t Positions(const RegexNode& node) {
  std::size_t sum = node.kind == NodeKind::kChars ? 1 : 0;
  for (const RegexNode& child : node.children) sum = SaturatingAdd(sum, Positions(child));
  if (node.kind != NodeKind::kRepeat) return sum;
  const int copies = std::max(1, node.max == kNoMax ? node.min : node.max);
  return SaturatingMultiply(sum, static_cast<std::size_t>(copies));
}

bool AnySymbolic(const RegexNode& node) {
  return (node.kind == NodeKind::kChars && node.set.symbolic()) ||
         std::any_of(node.children.begin(), node.children.end(), AnySymbolic);
}

class Printer {
 public:
  explicit Printer(bool utf8) : utf8_(utf8) {}

  std::string Take() { return std::move(out_); }

  void Print(const RegexNode& node) {
    switch (node.kind) {
      case NodeKind::kEmpty:
        break;
      case NodeKind::kChars:
        utf8_ ? PrintCodePoints(node.set) : PrintBytes(node.set, 1, 1);
        break;
      case NodeKind::kBeginText:
        out_ += "\\A";
        break;
      case NodeKind::kEndText:
        out_ += "\\z";
        break;
      case NodeKind::kBeginLine:
        out_ += "(?m:^)";
        break;
      case NodeKind::kEndLine:
        out_ += "(?m:$)";
        break;
      case NodeKind::kWordBoundary:
        out_ += "\\b";
        break;
      case NodeKind::kNotWordBoundary:
        break;  // may be left out: matching more is allowed
      case NodeKind::kConcat:
        for (const RegexNode& child : node.children) Print(child);
        break;
      case NodeKind::kAlternate:
        out_ += "(?:";
        for (std::size_t i = 0; i < node.children.size(); ++i) {
          if (i > 0) out_ += '|';
          Print(node.children[i]);
        }
        out_ += ')';
        break;
      case NodeKind::kCapture:
        Print(node.children[0]);
        break;
      case NodeKind::kRepeat:
        PrintRepeat(node);
        break;
    }
  }

 private:
  void PrintRepeat(const RegexNode& node) {
    const RegexNode* inner = &node.children[0];
    while (inner->kind == NodeKind::kCapture) inner = &inner->children[0];
    if (node.max == 0) return;
    if (inner->kind == NodeKind::kChars && !utf8_)
      return PrintBytes(inner->set, node.min, node.max);
    out_ += "(?:";
    Print(*inner);
    out_ += ')';
    const bool wide =
        node.max != kNoMax && node.max != node.min &&
        SaturatingMultiply(Positions(*inner), static_cast<std::size_t>(node.max - node.min)) >
            kWideCount;
    PrintCount(node.min, wide ? kNoMax : node.max);
  }

  void PrintCount(int min, int max) {
    if (min == 1 && max == 1) return;
    if (max == kNoMax && min <= 1) {
      out_ += min == 0 ? "*" : "+";
    } else if (min == 0 && max == 1) {
      out_ += '?';
    } else {
      out_ += '{' + std::to_string(min);
      if (max != min) out_ += ',' + (max == kNoMax ? std::string() : std::to_string(max));
      out_ += '}';
    }
  }

  // One byte value, in or out of a class.
  void Byte(unsigned value) {
    if ((value >= '0' && value <= '9') || (value >= 'A' && value <= 'Z') ||
        (value >= 'a' && value <= 'z')) {
      out_ += static_cast<char>(value);
      return;
    }
    char hex[8];
    std::snprintf(hex, sizeof hex, "\\x%02x", value);
    out_ += hex;
  }

  void ByteRange(unsigned lo, unsigned hi) {
    Byte(lo);
    if (hi == lo) return;
    out_ += '-';
    Byte(hi);
  }

  static std::string Utf8Of(char32_t c) {
    std::string out;
    AppendUtf8(c, &out);
    return out;
  }

  // `min` to `max` characters of the set, as bytes.
  void PrintBytes(const CharSet& set, int min, int max) {
    if (set.IsAscii() || set.HoldsAllNonAscii()) {
      const bool wide = set.HoldsAllNonAscii();
      AsciiClass(set, wide);
      int most = max;
      if (max != kNoMax && wide) most = max * 4;
      if (most != kNoMax && most != min && static_cast<std::size_t>(most - min) > kWideCount) {
        most = kNoMax;
      }
      return PrintCount(min, most);
    }
    // Some characters beyond ASCII, not all: their byte sequences.
    const bool once = min == 1 && max == 1;
    const bool single = set.ranges().size() == 1 && set.ranges()[0].lo == set.ranges()[0].hi;
    if (!once || !single) out_ += "(?:";
    bool first = true;
    if (set.ranges().front().lo < 0x80) {
      AsciiClass(set, false);
      first = false;
    }
    for (const CodeRange r : set.ranges()) {
      if (r.hi < 0x80) continue;
      if (!std::exchange(first, false)) out_ += '|';
      Sequences({std::max<char32_t>(r.lo, 0x80), r.hi});
    }
    if (!once || !single) out_ += ')';
    const bool wide = max != kNoMax && max != min &&
                      static_cast<std::size_t>(max - min) * set.MaxBytes() > kWideCount;
    PrintCount(min, wide ? kNoMax : max);
  }

  void AsciiClass(const CharSet& set, bool and_all_non_ascii) {
    const auto& ranges = set.ranges();
    if (!and_all_non_ascii && ranges.size() == 1 && ranges[0].lo == ranges[0].hi) {
      return Byte(ranges[0].lo);
    }
    out_ += '[';
    for (const CodeRange r : ranges) {
      if (r.lo < 0x80) ByteRange(r.lo, std::min<char32_t>(r.hi, 0x7f));
    }
    if (and_all_non_ascii) out_ += "\\x80-\\xff";
    out_ += ']';
  }

  // Byte sequences that cover the range; exact for one character, else perhaps a few more.
  void Sequences(CodeRange r) {
    static constexpr char32_t kLast[] = {0x7ff, 0xffff, kMaxCodePoint};
    bool first = true;
    for (const char32_t last : kLast) {
      if (r.lo > last) continue;
      if (!std::exchange(first, false)) out_ += '|';
      const char32_t hi = std::min(r.hi, last);
      const std::string a = Utf8Of(r.lo), b = Utf8Of(hi);
      bool same = true;  // all bytes until here are the same at both ends
      for (std::size_t i = 0; i < a.size(); ++i) {
        const auto from = static_cast<unsigned char>(a[i]), to = static_cast<unsigned char>(b[i]);
        const bool exact = same;
        same = same && from == to;
        if (same) {
          Byte(from);
        } else {
          out_ += '[';
          exact ? ByteRange(from, to) : ByteRange(0x80, 0xbf);
          out_ += ']';
        }
      }
      if (r.hi <= last) break;
      r.lo = last + 1;
    }
  }

  void CodePoint(char32_t c) {
    char hex[16];
    std::snprintf(hex, sizeof hex, "\\x{%x}", static_cast<unsigned>(c));
    out_ += hex;
  }

  void PrintCodePoints(const CharSet& set) {
    if (set.fold()) out_ += "(?i:";
    out_ += set.negated() ? "[^" : "[";
    for (const std::string& property : set.properties()) out_ += property;
    for (const CodeRange r : set.ranges()) {
      CodePoint(r.lo);
      if (r.hi == r.lo) continue;
      out_ += '-';
      CodePoint(r.hi);
    }
    out_ += ']';
    if (set.fold()) out_ += ')';
  }

  bool utf8_;
  std::string out_;
};

}  // namespace

ProbeText PrintProbe(const std::vector<RegexNode>& sequence) {
  ProbeText out;
  out.utf8 = std::ranges::any_of(sequence, AnySymbolic);
  Printer printer(out.utf8);
  for (const RegexNode& node : sequence) printer.Print(node);
  out.expression = printer.Take();
  return out;
}

}  // namespace warifu::scan
