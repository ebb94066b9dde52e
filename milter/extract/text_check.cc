#include "extract/text_check.h"

#include <cstddef>

#include "base/utf8.h"

namespace warifu::extract {
namespace {

unsigned char At(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool In(unsigned char b, unsigned char low, unsigned char high) {
  return b >= low && b <= high;
}

// Control characters that do occur in text: BS TAB LF VT FF CR, SO and SI (shifts of JIS), SUB (end
// mark of DOS), ESC (JIS, colours).
bool IsTextControl(unsigned char b) {
  return In(b, 0x08, 0x0F) || b == 0x1A || b == 0x1B;
}

// Size of the character at `pos` in each charset; 0 when the bytes are not one.
std::size_t Utf8Size(std::string_view text, std::size_t pos) {
  const CodePoint c = DecodeUtf8(text, pos);
  return c.valid ? c.size : 0;
}

std::size_t ShiftJisSize(std::string_view text, std::size_t pos) {
  const unsigned char b = At(text, pos);
  if (b < 0x80 || In(b, 0xA1, 0xDF)) return 1;
  if (!(In(b, 0x81, 0x9F) || In(b, 0xE0, 0xFC)) || pos + 1 >= text.size()) return 0;
  const unsigned char trail = At(text, pos + 1);
  return In(trail, 0x40, 0x7E) || In(trail, 0x80, 0xFC) ? 2 : 0;
}

// EUC-JP, and with it EUC-KR and GB 2312.
std::size_t EucSize(std::string_view text, std::size_t pos) {
  const unsigned char b = At(text, pos);
  if (b < 0x80) return 1;
  const std::size_t size = b == 0x8F ? 3 : 2;
  if (!(In(b, 0xA1, 0xFE) || b == 0x8E || b == 0x8F) || text.size() - pos < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if (!In(At(text, pos + i), 0xA1, 0xFE)) return 0;
  }
  return size;
}

template <typename SizeOf>
bool IsWhole(std::string_view text, SizeOf size_of) {
  for (std::size_t pos = FindNonAscii(text); pos < text.size(); pos = FindNonAscii(text, pos)) {
    const std::size_t size = size_of(text, pos);
    if (size == 0) return text.size() - pos < 4;  // cut at the end of the sample
    pos += size;
  }
  return true;
}

struct Counts {
  std::size_t nul = 0, control = 0, c1 = 0, high = 0;
};

Counts Count(std::string_view text) {
  Counts counts;
  for (const char ch : text) {
    const auto b = static_cast<unsigned char>(ch);
    counts.nul += b == 0;
    counts.control += (b < 0x20 && !IsTextControl(b)) || b == 0x7F;
    counts.c1 += In(b, 0x80, 0x9F);
    counts.high += b >= 0x80;
  }
  return counts;
}

}  // namespace

bool LooksLikeText(std::string_view sample) {
  const Counts counts = Count(sample);
  if (counts.nul > 0) return false;
  if (counts.control * 256 > sample.size()) return false;
  if (counts.high == 0 || IsWhole(sample, Utf8Size) || IsWhole(sample, EucSize) ||
      IsWhole(sample, ShiftJisSize)) {
    return true;
  }
  // Some single-byte charset: 0x80 to 0x9F are rare in all of them that are still sent.
  return counts.c1 * 8 <= counts.high;
}

}  // namespace warifu::extract
