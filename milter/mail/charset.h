// Charset: bytes of a mail part to UTF-8 with a map back, and the way back for edits.
//
// The label is a hint. Japanese escape sequences win over any label; a byte order mark wins over
// its absence; a label that the bytes contradict gives way to a charset that they fit; Shift_JIS is
// read as CP932, EUC-JP with Microsoft's extensions, ISO-8859-1 and US-ASCII as windows-1252,
// GB 2312 as GB 18030, EUC-KR as CP949 (the WHATWG encoding standard's supersets, which is what
// mail programs read). Without a label: UTF-8 if it is valid, else the best of the Japanese
// charsets by score, else windows-1252.
//
// Guarantees: the output is valid UTF-8; what could not be read is U+FFFD and counted.
// SECURITY: bytes and label are hostile; time is linear.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/offset_map.h"

namespace warifu::mail {

struct DecodedText {
  std::string text;            // UTF-8
  OffsetMap map;               // text → bytes; identity when nothing changed
  std::string charset;         // the one used, lower case: "utf-8", "iso-2022-jp", "cp932", …
  std::size_t errors = 0;      // sequences replaced by U+FFFD
  bool unknown_label = false;  // nothing knows the label, and nothing else fitted
  // So much was replaced that the text cannot be said to have been read.
  bool broken() const { return errors >= 4 && errors * 10 > text.size() / 3; }
};

// `label` as declared, any case; "" when there is none.
DecodedText DecodeCharset(std::string_view bytes, std::string_view label);

// As the label says, without second thoughts; an unknown label is read as windows-1252.
DecodedText DecodeLabelled(std::string_view bytes, std::string_view label);

// The name that iconv or this room uses for a label: "" when nobody knows it.
std::string CanonicalCharset(std::string_view label);

// kInvalid when `utf8` has a character that the charset lacks. Shift states end in ASCII.
Result<std::string> EncodeCharset(std::string_view utf8, std::string_view charset);

}  // namespace warifu::mail
