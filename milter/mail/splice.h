// Splice: bytes put in the place of others, in the content of a part and in its encoded form.
//
// The encoded form is changed where it must be and nowhere else: soft line breaks, the case of hex
// digits, the length of base64 lines and whatever a program of its own taste wrote stay as they
// were received, so that a mail with one masked value differs from the old one in that value alone.
// Base64 that becomes longer or shorter is written anew, in lines as long as before.
//
// Refuses (kInvalid): encodings that nobody writes, and whatever would not decode to the new
// content.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/offset_map.h"
#include "mail/transfer.h"

namespace warifu::mail {

struct Splice {
  Span content;       // bytes of the content that go
  std::string bytes;  // what takes their place
};

// `splices` in order and without overlap, here and below.
std::string SpliceContent(std::string_view content, const std::vector<Splice>& splices);

// `raw`: the encoded form of `content`.
Result<std::string> SpliceTransfer(std::string_view raw, std::string_view content,
                                   Transfer encoding, const std::vector<Splice>& splices);

}  // namespace warifu::mail
