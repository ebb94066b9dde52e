#include "scan/line_signs.h"

#include <algorithm>
#include <cstring>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace warifu::scan {

using Masks = LineSigns::Masks;

namespace {

constexpr std::size_t kLane = 16;

#if defined(__SSE2__)

std::uint64_t Bits(__m128i equal, unsigned at) {
  return static_cast<std::uint64_t>(static_cast<unsigned>(_mm_movemask_epi8(equal))) << at;
}

#endif

}  // namespace

LineSigns::LineSigns(const std::string& signs) {
  kinds_['"'] = kQuote;
  kinds_['{'] = kinds_['['] = kOpen;
  kinds_['('] = kParen;
  kinds_[':'] = kColon;
  kinds_['@'] = kAddress;
  for (const char c : signs) kinds_[static_cast<unsigned char>(c)] |= kSign;
  for (std::size_t b = 0; b < kinds_.size(); ++b) {
    if (kinds_[b] == 0) continue;
    if (b >= 0x80) beyond_ = true;
    if (b < 0x80) low_[b % 16] = static_cast<std::uint8_t>(low_[b % 16] | 1u << (b / 16));
    if (b == '[' || b == '{') continue;  // one of them is the other with a bit more
    if (count_ == kMost) all_ = true;
    if (count_ < kMost) marks_[count_++] = static_cast<char>(b);
  }
  for (std::size_t i = count_; i < kMost; ++i) marks_[i] = marks_[0];
#if defined(__SSE2__)
  wide_ = __builtin_cpu_supports("avx2") != 0;
#endif
}

void LineSigns::Read(std::string_view text, std::span<Masks> out) const {
  const std::size_t whole = text.size() / kBlock;
  ReadBlocks(text.data(), out.first(whole));
  if (whole == out.size()) return;
  char last[kBlock] = {};
  std::memcpy(last, text.data() + whole * kBlock, text.size() - whole * kBlock);
  ReadBlocks(last, out.subspan(whole));
  // What stands behind the text's end is none of it.
  const std::uint64_t own = (std::uint64_t{1} << (text.size() % kBlock)) - 1;
  out[whole].marks &= own;
}

#if defined(__SSE2__)

void LineSigns::ReadBlocks(const char* block, std::span<Masks> out) const {
  if (wide_) return ReadWide(block, out);
  for (Masks& masks : out) {
    masks = {};
    for (unsigned at = 0; at < kBlock; at += kLane, block += kLane) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
      const auto is = [](__m128i read, char c) { return _mm_cmpeq_epi8(read, _mm_set1_epi8(c)); };
      __m128i marks = is(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), '{');
      for (std::size_t i = 0; i < kMost; ++i) marks = _mm_or_si128(marks, is(bytes, marks_[i]));
      masks.feeds |= Bits(is(bytes, '\n'), at);
      masks.blanks |= Bits(is(bytes, ' '), at);
      masks.marks |= Bits(marks, at);
    }
    if (all_) masks.marks = ~std::uint64_t{0};
  }
}

// A byte is told by its halves: a bit for the upper one, and which of these the lower one has.
__attribute__((target("avx2"))) void LineSigns::ReadWide(const char* block,
                                                         std::span<Masks> out) const {
  const __m256i low =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low_.data())));
  const __m256i high = _mm256_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
                                        4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m256i half = _mm256_set1_epi8(0x0f), zero = _mm256_setzero_si256();
  const __m256i feed = _mm256_set1_epi8('\n'), blank = _mm256_set1_epi8(' ');
  for (Masks& masks : out) {
    masks = {};
    for (unsigned at = 0; at < kBlock; at += 2 * kLane, block += 2 * kLane) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block));
      const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
      const __m256i none = _mm256_cmpeq_epi8(
          _mm256_and_si256(_mm256_shuffle_epi8(low, bytes), _mm256_shuffle_epi8(high, upper)),
          zero);
      const auto bits = [at](int mask) {
        return static_cast<std::uint64_t>(static_cast<unsigned>(mask)) << at;
      };
      masks.feeds |= bits(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, feed)));
      masks.blanks |= bits(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, blank)));
      masks.marks |= bits(~_mm256_movemask_epi8(none));
      if (beyond_) masks.marks |= bits(_mm256_movemask_epi8(bytes));
    }
  }
}

#else

void LineSigns::ReadBlocks(const char* block, std::span<Masks> out) const {
  for (Masks& masks : out) {
    masks = {};
    for (unsigned at = 0; at < kBlock; ++at, ++block) {
      const std::uint64_t bit = std::uint64_t{1} << at;
      if (*block == '\n') masks.feeds |= bit;
      if (*block == ' ') masks.blanks |= bit;
      if (kinds_[static_cast<unsigned char>(*block)] != 0) masks.marks |= bit;
    }
  }
}

#endif

}  // namespace warifu::scan
