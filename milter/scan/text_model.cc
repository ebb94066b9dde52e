#include "scan/text_model.h"

#include <algorithm>
#include <string_view>

namespace warifu::scan {
namespace {

enum Model { kEnglish, kBase64, kJapanese };

double English(char32_t c) {
  static constexpr std::string_view kCommon = "etaoinshrdlu", kRare = "jqxz", kMarks = ".,-'";
  const char ch = static_cast<char>(c);
  if (c == ' ') return 0.15;
  if (c == '\n') return 0.02;
  if (kCommon.contains(ch)) return 0.05;
  if (kRare.contains(ch)) return 0.0015;
  if (c >= 'a' && c <= 'z') return 0.017;
  if (c >= 'A' && c <= 'Z') return 0.004;
  if (c >= '0' && c <= '9') return 0.004;
  if (kMarks.contains(ch)) return 0.01;
  return (c > ' ' && c < 0x7f) || c == '\t' ? 0.001 : 1e-6;
}

double Base64(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
      c == '/') {
    return 1.0 / 66;
  }
  return c == '\n' ? 1.0 / 77 : 1e-6;
}

double Japanese(char32_t c) {
  if (c == ' ' || c == '\n') return 0.03;
  if (c >= 'a' && c <= 'z') return 0.004;
  if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return 0.002;
  return (c > ' ' && c < 0x7f) || c == '\t' ? 0.001 : 1e-6;
}

// Beyond ASCII: a block's share of Japanese text, and that of one character of it that patterns are
// likely to name.
struct Block {
  CodeRange range;
  double share, each;
};
constexpr Block kBlocks[] = {
    {{0x80, 0x2fff}, 0.01, 0.0003},  {{0x3000, 0x303f}, 0.06, 0.02},
    {{0x3040, 0x309f}, 0.4, 0.015},  {{0x30a0, 0x30ff}, 0.15, 0.005},
    {{0x3400, 0x9fff}, 0.3, 0.0008}, {{0xa000, kMaxCodePoint}, 0.005, 0.0001},
};

struct Ascii {
  std::array<Chances, 128> at;
  Ascii() {
    for (char32_t c = 0; c < 128; ++c) at[c] = {English(c), Base64(c), Japanese(c)};
  }
};

}  // namespace

Chances ChanceOf(const CharSet& set) {
  static const Ascii ascii;
  if (set.symbolic()) return {0.5, 0.5, 0.5};
  Chances sum = {0, 0, 0};
  for (const CodeRange r : set.ranges()) {
    for (char32_t c = r.lo; c <= r.hi && c < 128; ++c) sum = sum + ascii.at[c];
    for (const Block& block : kBlocks) {
      const char32_t lo = std::max(r.lo, block.range.lo), hi = std::min(r.hi, block.range.hi);
      if (lo > hi) continue;
      sum[kJapanese] += std::min(block.share, block.each * static_cast<double>(hi - lo + 1));
      sum[kEnglish] += 0.001;
    }
  }
  for (double& p : sum) p = std::min(p, 1.0);
  return sum;
}

}  // namespace warifu::scan
