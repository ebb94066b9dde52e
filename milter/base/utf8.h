// UTF-8: validation, decoding and repair.
//
// Follows the Unicode standard's advice on ill-formed sequences (maximal subparts, section 3.9):
// each of them is one error and becomes one U+FFFD. Overlong forms, surrogates and values above
// U+10FFFF are ill-formed.
//
// SECURITY: input is hostile; everything is linear in time.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

struct CodePoint {
  char32_t value = 0;    // U+FFFD when not valid
  std::size_t size = 0;  // bytes consumed, at least 1
  bool valid = false;
};

// The code point at `pos`, which must lie inside of `text`.
CodePoint DecodeUtf8(std::string_view text, std::size_t pos);

inline constexpr char32_t kInvalidCodePoint = 0xffffffff;

// The code point at `*pos`, which moves behind it. In an ill-formed sequence: kInvalidCodePoint,
// and
// `*pos` moves by one byte, so that each bad byte shows. Requires *pos < text.size().
inline char32_t NextCodePoint(std::string_view text, std::size_t* pos) {
  const CodePoint c = DecodeUtf8(text, *pos);
  *pos += c.valid ? c.size : 1;
  return c.valid ? c.value : kInvalidCodePoint;
}

// Writes `value` as UTF-8; U+FFFD for surrogates and values that are out of range.
void AppendUtf8(char32_t value, std::string* out);

// Offset of the first byte at or behind `pos` that is not ASCII; text.size() when there is none.
std::size_t FindNonAscii(std::string_view text, std::size_t pos = 0);

bool IsAscii(std::string_view text);
bool IsUtf8(std::string_view text);

// Longest prefix of at most `max_bytes` that does not cut a character.
std::string_view ClipUtf8(std::string_view text, std::size_t max_bytes);

struct RepairedUtf8 {
  std::string text;
  OffsetMap map;           // text → input; identity when nothing was wrong
  std::size_t errors = 0;  // ill-formed sequences replaced
};

RepairedUtf8 RepairUtf8(std::string_view text);

}  // namespace warifu
