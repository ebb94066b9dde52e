// Utf8: one code point at a time. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace warifu {

inline constexpr char32_t kInvalidCodePoint = 0xffffffff;

// Code point at `*pos`, which moves behind it. On an invalid, overlong or cut sequence, or a
// surrogate: kInvalidCodePoint, and `*pos` moves by one byte. Requires *pos < text.size().
inline char32_t NextCodePoint(std::string_view text, std::size_t* pos) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(*pos);
  if (lead < 0x80) return byte((*pos)++);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() - *pos < size) {
    ++*pos;
    return kInvalidCodePoint;
  }
  char32_t c = lead & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const unsigned char next = byte(*pos + i);
    if ((next & 0xc0) != 0x80) {
      ++*pos;
      return kInvalidCodePoint;
    }
    c = (c << 6) | (next & 0x3f);
  }
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kLeast[size] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
    ++*pos;
    return kInvalidCodePoint;
  }
  *pos += size;
  return c;
}

inline void AppendUtf8(char32_t c, std::string* out) {
  if (c < 0x80) {
    *out += static_cast<char>(c);
  } else if (c < 0x800) {
    *out += static_cast<char>(0xc0 | (c >> 6));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    *out += static_cast<char>(0xe0 | (c >> 12));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    *out += static_cast<char>(0xf0 | (c >> 18));
    *out += static_cast<char>(0x80 | ((c >> 12) & 0x3f));
    *out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    *out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

}  // namespace warifu
