#include "scan/text_marks.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "scan/cell_normal.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace warifu::scan {
namespace {

constexpr std::size_t kBlock = 64;
constexpr std::size_t kWindow = std::size_t{1} << 15;
constexpr std::uint64_t kAll = ~std::uint64_t{0};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsBlank(char c) {
  return (c >= 0 && c <= ' ') || c == 0x7f;
}

bool IsWide(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool IsWord(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
         c == '+' || c == '@';
}

#if defined(__SSE2__)

__m128i Is(__m128i bytes, char c) {
  return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c));
}

// Of unsigned bytes, `first` and the `more` behind it.
__m128i IsAmong(__m128i bytes, char first, char more) {
  const __m128i from = _mm_sub_epi8(bytes, _mm_set1_epi8(first));
  return _mm_cmpeq_epi8(_mm_min_epu8(from, _mm_set1_epi8(more)), from);
}

__m128i Or(__m128i a, __m128i b) {
  return _mm_or_si128(a, b);
}

std::uint64_t Bits(__m128i marked) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(_mm_movemask_epi8(marked)));
}

std::uint64_t SeparatorsOf(const char* bytes) {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    out |= Bits(Or(Or(Is(b, ' '), IsAmong(b, '-', 2)), IsAmong(b, '(', 1))) << i;
  }
  return out;
}

#endif

}  // namespace

ByteMarks MarksOfPlain(const char* bytes) {
  ByteMarks out;
  for (unsigned i = 0; i < kBlock; ++i) {
    const char c = bytes[i];
    const auto bit = [i](bool is) { return static_cast<std::uint64_t>(is) << i; };
    out.blank |= bit(IsBlank(c));
    out.wide |= bit(IsWide(c));
    out.word |= bit(IsWord(c));
    out.dot |= bit(c == '.');
    out.digit |= bit(IsDigit(c));
    out.separator |= bit(IsDigitSeparator(c));
  }
  if (out.digit == 0) out.separator = 0;
  return out;
}

ByteMarks MarksOf(const char* bytes) {
#if defined(__SSE2__)
  ByteMarks out;
  for (unsigned i = 0; i < kBlock; i += 16) {
    const __m128i b = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    const __m128i digit = IsAmong(b, '0', 9);
    const __m128i letter = IsAmong(_mm_or_si128(b, _mm_set1_epi8(0x20)), 'a', 25);
    const __m128i sign = Or(Or(Is(b, '-'), Is(b, '_')), Or(Is(b, '+'), Is(b, '@')));
    out.blank |= Bits(Or(IsAmong(b, 0, ' '), Is(b, 0x7f))) << i;
    out.wide |= Bits(b) << i;
    out.word |= Bits(Or(Or(digit, letter), sign)) << i;
    out.dot |= Bits(Is(b, '.')) << i;
    out.digit |= Bits(digit) << i;
  }
  if (out.digit != 0) out.separator = SeparatorsOf(bytes);
  return out;
#else
  return MarksOfPlain(bytes);
#endif
}

TextMarks::TextMarks(const std::array<bool, 256>& dead, std::size_t digits)
    : dead_(dead), wide_ends_(true), marks_end_(false), digits_(digits) {
  for (std::size_t b = 0x80; b < 256; ++b) wide_ends_ = wide_ends_ && dead_[b];
  for (char c = '!'; c < 0x7f; ++c) {
    marks_end_ = marks_end_ || (!IsWord(c) && dead_[static_cast<unsigned char>(c)]);
  }
}

bool TextMarks::Ends(char c) const {
  return IsBlank(c) || (wide_ends_ && IsWide(c));
}

std::size_t TextMarks::RunEnd(std::string_view text, std::size_t at) const {
  while (at < text.size() && !Ends(text[at])) ++at;
  return at;
}

Span TextMarks::Window(std::string_view text, std::size_t begin) const {
  if (text.size() - begin <= kWindow) return {begin, text.size()};
  std::size_t end = begin + kWindow;
  while (end > begin && !Ends(text[end - 1])) --end;
  if (end > begin) return {begin, end};
  end = begin + kWindow;
  while (end < text.size() && !Ends(text[end])) ++end;
  return {begin, std::min(end + 1, text.size())};
}

void TextMarks::Read(std::string_view text, Span window) {
  const std::size_t blocks = (window.size() + kBlock - 1) / kBlock;
  words_.assign(blocks + 2, 0);
  number_bits_.assign(blocks + 2, 0);
  if (!wide_ends_) wide_.assign(blocks + 2, 0);
  numbers_.clear();
  in_run_ = false;
  runs_.resize(window.size() + kBlock);
  run_count_ = 0;
  ByteMarks before, marks = BlockAt(text, window, 0);
  for (std::size_t block = 0; block < blocks; ++block) {
    const ByteMarks next = BlockAt(text, window, block + 1);
    Take(text.data() + window.begin + block * kBlock, block, before, marks, next);
    before = marks;
    marks = next;
  }
  if (in_run_) runs_[run_count_++] = static_cast<std::uint32_t>(window.size());
  if (digits_ > 0) FindNumbers(window.size());
}

ByteMarks TextMarks::BlockAt(std::string_view text, Span window, std::size_t block) {
  const std::size_t at = window.begin + block * kBlock;
  if (at + kBlock <= window.end) return MarksOf(text.data() + at);
  if (at > window.end) return {};
  std::array<char, kBlock> last;
  last.fill('\n');
  const std::size_t tail = window.end - at;
  std::memcpy(last.data(), text.data() + at, tail);
  ByteMarks marks = MarksOf(last.data());
  // A number may go on behind the window.
  if (window.end < text.size() && IsDigit(text[window.end])) {
    marks.digit |= std::uint64_t{1} << tail;
    if (tail > 0 && IsDigitSeparator(last[tail - 1])) {
      marks.separator |= std::uint64_t{1} << (tail - 1);
    }
  }
  return marks;
}

void TextMarks::Take(const char* bytes, std::size_t block, const ByteMarks& before,
                     const ByteMarks& marks, const ByteMarks& next) {
  const auto between = [](std::uint64_t last, std::uint64_t bits, std::uint64_t first) {
    return (bits << 1 | last >> 63) & (bits >> 1 | first << 63);
  };
  words_[block] = marks.word | (marks.dot & between(before.word, marks.word, next.word));
  number_bits_[block] =
      marks.digit | (marks.separator & between(before.digit, marks.digit, next.digit));
  std::uint64_t live = ~(marks.blank | (wide_ends_ ? marks.wide : 0));
  if (marks_end_) {
    for (std::uint64_t left = live & ~(words_[block] | marks.wide); left != 0; left &= left - 1) {
      const int at = std::countr_zero(left);
      live &= ~(static_cast<std::uint64_t>(dead_[static_cast<unsigned char>(bytes[at])]) << at);
    }
  }
  if (!wide_ends_) wide_[block] = marks.wide;
  std::uint64_t edges = live ^ (live << 1 | static_cast<std::uint64_t>(in_run_));
  in_run_ = live >> 63 != 0;
  std::uint32_t* out = runs_.data() + run_count_;
  const auto base = static_cast<std::uint32_t>(block * kBlock);
  for (; edges != 0; edges &= edges - 1) {
    *out++ = base + static_cast<std::uint32_t>(std::countr_zero(edges));
  }
  run_count_ = static_cast<std::size_t>(out - runs_.data());
}

// Positions from which on at least `digits_` bytes of a number stand.
void TextMarks::FindNumbers(std::size_t size) {
  const std::size_t blocks = (size + kBlock - 1) / kBlock;
  const std::size_t wanted = std::min<std::size_t>(digits_, kBlock);
  // What lies behind the window may go on.
  const std::size_t tail = size % kBlock;
  if (tail != 0 && (number_bits_[blocks - 1] >> (tail - 1) & 1) != 0) {
    number_bits_[blocks - 1] |= kAll << tail;
  }
  number_bits_[blocks] = kAll;
  std::uint64_t last = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::uint64_t bits = number_bits_[block];
    std::uint64_t begins = bits & ~(bits << 1 | last);
    last = bits >> 63;
    if (begins == 0) continue;
    __extension__ using Wide = unsigned __int128;
    Wide enough = static_cast<Wide>(number_bits_[block + 1]) << 64 | bits;
    for (std::size_t have = 1; have < wanted;) {
      const std::size_t step = std::min(have, wanted - have);
      enough &= enough >> step;
      have += step;
    }
    begins &= static_cast<std::uint64_t>(enough);
    for (; begins != 0; begins &= begins - 1) {
      numbers_.push_back(static_cast<std::uint32_t>(block * kBlock) +
                         static_cast<std::uint32_t>(std::countr_zero(begins)));
    }
  }
}

}  // namespace warifu::scan
