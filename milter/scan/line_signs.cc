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
      break;
    }
    signs_[count_++] = c;
  }
  for (std::size_t i = 0; i < wide_.size(); ++i) {
    wide_[i] = signs_[i / kLane < count_ ? i / kLane : 0];
  }
}

LineSigns::Masks LineSigns::Read(std::string_view text, std::size_t base) const {
  if (text.size() - base >= kBlock) return ReadBlock(text.data() + base);
  char last[kBlock] = {};
  std::memcpy(last, text.data() + base, text.size() - base);
  return ReadBlock(last);
}

#if defined(__SSE2__)

namespace {

// Which of the sixteen bytes are one of four.
__m128i AnyOf(__m128i bytes, const __m128i* four) {
  return _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, four[0]), _mm_cmpeq_epi8(bytes, four[1])),
                      _mm_or_si128(_mm_cmpeq_epi8(bytes, four[2]), _mm_cmpeq_epi8(bytes, four[3])));
}

std::uint64_t Bits(__m128i equal, unsigned at) {
  return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal))) << at;
}

}  // namespace

LineSigns::Masks LineSigns::ReadBlock(const char* block) const {
  const auto* const wide = reinterpret_cast<const __m128i*>(wide_.data());
  Masks out;
  // Written out, since compilers do not unroll it by themselves.
  const auto lane = [&](unsigned at) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + at));
    __m128i signs = AnyOf(bytes, wide);
    if (count_ > 4) signs = _mm_or_si128(signs, AnyOf(bytes, wide + 4));
    const __m128i opens = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('{')),
                                       _mm_cmpeq_epi8(bytes, _mm_set1_epi8('[')));
    out.feeds |= Bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')), at);
    out.signs |= Bits(signs, at);
    out.opens |= Bits(opens, at);
    out.quotes |= Bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), at);
  };
  lane(0);
  lane(16);
  lane(32);
  lane(48);
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
