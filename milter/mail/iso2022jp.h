// ISO-2022-JP in all the dialects that reach a mailbox.
//
// Reads ISO-2022-JP, -JP-1, -JP-2, -JP-3 and Microsoft's CP50220 to CP50222: JIS X 0208 with NEC
// and IBM extensions, JIS X 0212 and 0213, half-width kana by escape or SO/SI, GB 2312, KS X 1001
// and the Latin-1 single shift. JIS X 0201 Roman is read as ASCII, as mail programs do.
//
// Guarantees: a line end falls back to ASCII, so that one broken line costs one line.
// Threads: pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu::mail {

// True when `bytes` hold an escape sequence that calls a Japanese (or -JP-2) character set.
bool HasJisEscape(std::string_view bytes);

struct JisDecoded {
  std::string text;
  OffsetMap map;
  std::size_t errors = 0;
};

// `fallback`: charset of 8-bit bytes between the escapes (raw Shift_JIS, UTF-8 under one roof).
JisDecoded DecodeIso2022Jp(std::string_view bytes, std::string_view fallback);

// Size of the escape sequence that `bytes` begin with, 0 for none.
std::size_t JisEscapeSize(std::string_view bytes);

// The escape sequence that is in force at `offset`, "" for ASCII. For cutting bytes out.
std::string_view JisShiftAt(std::string_view bytes, std::size_t offset);

}  // namespace warifu::mail
