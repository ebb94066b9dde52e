// Text in UTF-16 and UTF-32: recognised and turned into UTF-8.
//
// SECURITY: input is hostile; linear in time. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu {

struct WideEncoding {
  int unit = 0;  // bytes of a code unit: 2 or 4; 0: this is no wide text
  bool big_endian = false;
  std::size_t mark = 0;  // size of the byte order mark
  friend bool operator==(const WideEncoding&, const WideEncoding&) = default;
};

// By byte order mark, or else by Latin letters with NULs between them, or by kana, kanji and signs
// with some of them (line ends, blanks).
WideEncoding DetectWideEncoding(std::string_view bytes);

// Appends `bytes` as UTF-8 with the map; returns the number of ill-formed units replaced. A byte
// order mark at the begin is dropped.
std::size_t DecodeWide(std::string_view bytes, WideEncoding encoding, std::string* text,
                       OffsetMap* map);

}  // namespace warifu
