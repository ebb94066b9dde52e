// Edit: cutting regions out of the parts of a mail and writing the body anew.
//
// Only the parts named by a cut are re-encoded, in their own charset and transfer encoding; every
// other byte of the body stays as it was received, the MIME skeleton included.
// In HTML the tags that open or close an element outside of the cut stay, without attributes; the
// inserted text is escaped. ISO-2022-JP is left in ASCII before a cut and taken up again behind it.
// Refuses (kInvalid): a cut outside of a part, cuts that overlap, a part inside of an encoded
// attachment, an insertion that the part's charset, or a part of seven bits, cannot hold.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/message.h"

namespace warifu::mail {

struct Cut {
  std::size_t part = 0;  // index into Message::parts
  Span content;          // bytes of Part::content to remove
  std::string insert;    // UTF-8 text put in their place; "" for none
};

struct EditedBody {
  std::string body;  // whole new body, CRLF, to be sent in one run
  // Outermost head fields to change (a non-multipart mail whose transfer encoding had to change).
  std::vector<HeaderField> changed_fields;
};

// `raw`: the bytes that `message` was parsed from.
Result<EditedBody> ApplyCuts(std::string_view raw, const Message& message,
                             const std::vector<Cut>& cuts);

// The signature or quoted text around segment offset `at`, to the end of its part, when it is the
// last region of what the part shows. kNotFound with the reason when it is not, when it is the
// mail's own text, or when it has more than `max_lines` lines.
Result<Cut> CutOfLastRegion(const Message& message, std::size_t segment, std::size_t at,
                            int max_lines);

}  // namespace warifu::mail
