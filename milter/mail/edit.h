// Edit: cutting regions out of the parts of a mail and writing the body anew.
//
// Only the parts named by a cut are re-encoded, in their own charset and transfer encoding; every
// other byte of the body stays as it was received, the MIME skeleton included.
// Refuses (kInvalid): a cut outside of a part, a part whose charset cannot be written back.
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

// The region (signature, …) around segment offset `at`, as far as the region reaches, when it is
// the last region of its segment. kNotFound with the reason when it is not, or longer than
// `max_lines`.
Result<Cut> CutOfLastRegion(const Message& message, std::size_t segment, std::size_t at,
                            int max_lines);

}  // namespace warifu::mail
