// RegexAst: a rule's regular expression as a tree, so that warifu can reason about it.
//
// Reads the RE2 dialect with RE2's own meaning (RE2 compiles the pattern too and is the judge of
// what is valid). From the tree come the probes of the first pass (probe.h), the width of a match
// in bytes, how many lines it may span, and whether every match holds a keyword.
//
// Sets of characters are code points, already folded for ASCII under (?i). A set that cannot be
// resolved without Unicode tables (\p{…}, case folding beyond ASCII) stays symbolic: it keeps its
// spelling, and every question about it is answered on the safe side.
//
// Refuses: \C (one byte, possibly half a character) and whatever RE2 refuses.
// Threads: pure; a tree is a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::scan {

struct CodeRange {
  char32_t lo = 0, hi = 0;
  friend bool operator==(const CodeRange&, const CodeRange&) = default;
};

inline constexpr char32_t kMaxCodePoint = 0x10ffff;

class CharSet {
 public:
  void Add(char32_t lo, char32_t hi);
  void Add(const CharSet& other);
  void AddProperty(std::string spelling) { properties_.push_back(std::move(spelling)); }
  // Finishes a set as written: folds case, negates, sorts; decides whether it stays symbolic.
  void Finish(bool negated, bool fold);

  bool symbolic() const { return symbolic_; }
  bool negated() const { return negated_; }  // symbolic sets only; others are resolved
  bool fold() const { return fold_; }        // symbolic sets only
  const std::vector<CodeRange>& ranges() const { return ranges_; }
  const std::vector<std::string>& properties() const { return properties_; }
  // True when the set may hold `c`.
  bool MayContain(char32_t c) const;
  bool IsAscii() const { return !symbolic_ && (ranges_.empty() || ranges_.back().hi < 0x80); }
  // True when every code point from U+0080 on is in the set.
  bool HoldsAllNonAscii() const;
  std::size_t MinBytes() const;
  std::size_t MaxBytes() const;

 private:
  void Negate();
  std::vector<CodeRange> ranges_;
  std::vector<std::string> properties_;
  bool negated_ = false, fold_ = false, symbolic_ = false;
};

enum class NodeKind : std::uint8_t {
  kEmpty,
  kChars,
  kBeginText,
  kEndText,
  kBeginLine,
  kEndLine,
  kWordBoundary,
  kNotWordBoundary,
  kConcat,
  kAlternate,
  kRepeat,   // children[0], min..max times
  kCapture,  // children[0]
};

inline constexpr int kNoMax = -1;
inline constexpr std::size_t kUnbounded = SIZE_MAX;

struct RegexNode {
  NodeKind kind = NodeKind::kEmpty;
  CharSet set;
  std::vector<RegexNode> children;
  int min = 0, max = kNoMax;
  std::size_t begin = 0, end = 0;  // where it stands in the pattern, bytes

  bool IsAssertion() const {
    return kind >= NodeKind::kBeginText && kind <= NodeKind::kNotWordBoundary;
  }
};

// kInvalid with the reason when the pattern is not in the dialect.
Result<RegexNode> ParseRegex(std::string_view pattern);

// Bytes of UTF-8 that a match has at least and at most.
std::size_t MinWidth(const RegexNode& node);
std::size_t MaxWidth(const RegexNode& node);
// Most line feeds that a match may hold.
std::size_t MaxLineFeeds(const RegexNode& node);
// Number of capture groups.
int CountCaptures(const RegexNode& node);

// Sums and products that stay at kUnbounded.
std::size_t SaturatingAdd(std::size_t a, std::size_t b);
std::size_t SaturatingMultiply(std::size_t a, std::size_t b);

}  // namespace warifu::scan
