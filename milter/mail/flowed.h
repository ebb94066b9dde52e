// format=flowed (RFC 3676): soft line breaks joined, so that what a reader sees on one line is
// scanned on one line. Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu::mail {

struct FlowedText {
  std::string text;
  OffsetMap map;  // text → input
};

// `delsp`: the space before a soft break is not part of the text (RFC 3676, 4.1). Space-stuffing is
// undone. Lines of different quote depth are never joined, nor is the signature separator.
FlowedText JoinFlowed(std::string_view text, bool delsp);

}  // namespace warifu::mail
