#include <algorithm>

#include "scan/regex_ast.h"

namespace warifu::scan {
namespace {

// Blocks whose letters have no case. What is not listed is taken to have one.
bool IsCaseless(CodeRange r) {
  static constexpr CodeRange kCaseless[] = {
      {0x00a0, 0x00b4},    // Latin-1 signs up to the micro sign
      {0x00b6, 0x00bf},    // and behind it
      {0x2010, 0x205f},    // punctuation
      {0x20a0, 0x20cf},    // currency
      {0x2190, 0x23ff},    // arrows, technical
      {0x2500, 0x27bf},    // boxes, shapes, dingbats
      {0x2e80, 0xa63f},    // CJK, kana, bopomofo, Yi
      {0xac00, 0xd7ff},    // Hangul
      {0xf900, 0xfaff},    // CJK compatibility
      {0x20000, 0x3ffff},  // CJK extensions
  };
  return std::any_of(std::begin(kCaseless), std::end(kCaseless),
                     [&](CodeRange block) { return r.lo >= block.lo && r.hi <= block.hi; });
}

std::size_t Utf8Size(char32_t c) {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

void SortAndMerge(std::vector<CodeRange>* ranges) {
  std::sort(ranges->begin(), ranges->end(), [](CodeRange a, CodeRange b) { return a.lo < b.lo; });
  std::vector<CodeRange> merged;
  for (const CodeRange r : *ranges) {
    if (!merged.empty() && r.lo <= merged.back().hi + 1) {
      merged.back().hi = std::max(merged.back().hi, r.hi);
    } else {
      merged.push_back(r);
    }
  }
  *ranges = std::move(merged);
}

}  // namespace

void CharSet::Add(char32_t lo, char32_t hi) {
  ranges_.push_back({lo, hi});
}

void CharSet::Add(const CharSet& other) {
  ranges_.insert(ranges_.end(), other.ranges_.begin(), other.ranges_.end());
}

void CharSet::Finish(bool negated, bool fold) {
  SortAndMerge(&ranges_);
  if (fold) {
    std::vector<CodeRange> folded;
    // Kelvin's K and the long s fold to ASCII. They do not occur in normalised text, so an ASCII
    // letter needs not reach them; a set that holds them must reach the ASCII letters.
    for (const CodeRange r : ranges_) {
      const auto twin = [&](char32_t first, char32_t last, int distance) {
        const char32_t lo = std::max(r.lo, first), hi = std::min(r.hi, last);
        if (lo <= hi) folded.push_back({lo + distance, hi + distance});
      };
      twin('A', 'Z', 32);
      twin('a', 'z', -32);
      if (r.lo <= 0x212a && 0x212a <= r.hi) folded.insert(folded.end(), {{'K', 'K'}, {'k', 'k'}});
      if (r.lo <= 0x017f && 0x017f <= r.hi) folded.insert(folded.end(), {{'S', 'S'}, {'s', 's'}});
      const CodeRange beyond{std::max<char32_t>(r.lo, 0x80), r.hi};
      if (r.hi >= 0x80 && beyond.hi < kMaxCodePoint && !IsCaseless(beyond)) symbolic_ = true;
    }
    ranges_.insert(ranges_.end(), folded.begin(), folded.end());
    SortAndMerge(&ranges_);
  }
  symbolic_ = symbolic_ || !properties_.empty();
  if (symbolic_) {
    negated_ = negated;
    fold_ = fold;
  } else if (negated) {
    Negate();
  }
}

void CharSet::Negate() {
  std::vector<CodeRange> out;
  char32_t next = 0;
  for (const CodeRange r : ranges_) {
    if (r.lo > next) out.push_back({next, r.lo - 1});
    next = r.hi + 1;
  }
  if (next <= kMaxCodePoint) out.push_back({next, kMaxCodePoint});
  ranges_ = std::move(out);
}

bool CharSet::MayContain(char32_t c) const {
  if (symbolic_) return true;
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [c](CodeRange r) { return r.lo <= c && c <= r.hi; });
}

bool CharSet::HoldsAllNonAscii() const {
  return !symbolic_ && !ranges_.empty() && ranges_.back().hi == kMaxCodePoint &&
         ranges_.back().lo <= 0x80;
}

std::size_t CharSet::MinBytes() const {
  return symbolic_ || ranges_.empty() ? 1 : Utf8Size(ranges_.front().lo);
}

std::size_t CharSet::MaxBytes() const {
  return symbolic_ ? 4 : ranges_.empty() ? 0 : Utf8Size(ranges_.back().hi);
}

}  // namespace warifu::scan
