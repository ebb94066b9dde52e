#include "scan/line_signs.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace warifu::scan {

LineSigns::LineSigns(const std::string& signs) {
  for (const char c : signs) {
    const auto end = signs_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (std::find(signs_.begin(), end, c) != end) continue;
    if (count_ == kMost) {
      any_ = true;
      return;
    }
    signs_[count_++] = c;
  }
}

LineSigns::Masks LineSigns::Read(std::string_view text, std::size_t base) const {
  if (text.size() - base >= kBlock) return ReadBlock(text.data() + base);
  char last[kBlock] = {};
  std::memcpy(last, text.data() + base, text.size() - base);
  return ReadBlock(last);
}

#if defined(__SSE2__)

LineSigns::Masks LineSigns::ReadBlock(const char* block) const {
  const __m128i feed = _mm_set1_epi8('\n'), brace = _mm_set1_epi8('{'),
                bracket = _mm_set1_epi8('['), quote = _mm_set1_epi8('"');
  const auto bits = [](__m128i equal, unsigned at) {
    return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal))) << at;
  };
  Masks out;
  for (unsigned at = 0; at < kBlock; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + at));
    __m128i signs = _mm_setzero_si128();
    for (std::size_t i = 0; i < count_; ++i) {
      signs = _mm_or_si128(signs, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(signs_[i])));
    }
    const __m128i opens =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, brace), _mm_cmpeq_epi8(bytes, bracket));
    out.feeds |= bits(_mm_cmpeq_epi8(bytes, feed), at);
    out.signs |= bits(signs, at);
    out.opens |= bits(opens, at);
    out.quotes |= bits(_mm_cmpeq_epi8(bytes, quote), at);
  }
  if (any_) out.signs = ~std::uint64_t{0};
  return out;
}

#else

LineSigns::Masks LineSigns::ReadBlock(const char* block) const {
  Masks out;
  for (unsigned at = 0; at < kBlock; ++at) {
    const char c = block[at];
    const std::uint64_t bit = std::uint64_t{1} << at;
    const auto end = signs_.begin() + static_cast<std::ptrdiff_t>(count_);
    if (c == '\n') out.feeds |= bit;
    if (c == '{' || c == '[') out.opens |= bit;
    if (c == '"') out.quotes |= bit;
    if (std::find(signs_.begin(), end, c) != end) out.signs |= bit;
  }
  if (any_) out.signs = ~std::uint64_t{0};
  return out;
}

#endif

}  // namespace warifu::scan
