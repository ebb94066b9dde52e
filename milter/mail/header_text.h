// Header text: unfolded, encoded words decoded (RFC 2047), raw Japanese recognised.
//
// SECURITY: input is hostile; linear in time. Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu::mail {

struct HeaderText {
  std::string text;  // UTF-8
  OffsetMap map;     // text → raw body; a run of encoded words is one unit
};

// Adjacent encoded words of one charset are joined before decoding, so that a character which was
// cut in two (against the RFC, but common) comes out whole.
HeaderText DecodeHeaderText(std::string_view raw_body);

}  // namespace warifu::mail
