// Edit: cutting out of the parts of a mail, putting text in the place, and writing the body anew.
//
// Only the bytes named by a cut are written, in their part's charset and transfer encoding; every
// other byte of the body stays as it was received (splice.h), the MIME skeleton included.
// In HTML the tags that open or close an element outside of the cut stay, without attributes; the
// inserted text is escaped. ISO-2022-JP is left before a cut where the inserted text needs it, and
// taken up again behind it.
// Refuses (kInvalid): a cut outside of a part, cuts that overlap, a part inside of an encoded
// attachment, not read whole or of broken encoding, a mask that changes how the rest is read, an
// insertion that the part's charset, or a part of seven bits, cannot hold.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/message.h"
#include "mail/splice.h"

namespace warifu::mail {

struct Cut {
  std::size_t part = 0;  // index into Message::parts
  Span content;          // bytes of Part::content to remove
  std::string insert;    // UTF-8 text put in their place; "" for none
  // `insert` is '*' and '＊' for characters that stood there, and nothing but text goes: no tag is
  // kept, and the charset holds it.
  bool mask = false;
};

// A field of the outermost head as it shall be.
struct FieldChange {
  std::string name;
  std::size_t occurrence = 1;  // which of the fields of that name, from 1
  std::string body;            // as HeaderField::body
};

struct EditedBody {
  std::string body;  // whole new body, CRLF, to be sent in one run
  std::vector<FieldChange> changed_fields;
};

// What takes the places of cuts that mask, in order. `charset`: as Part::charset_used.
Result<std::vector<Splice>> MaskSplices(std::string_view content, std::string_view charset,
                                        std::vector<Cut> cuts);

// `raw`: the bytes that `message` was parsed from.
Result<EditedBody> ApplyCuts(std::string_view raw, const Message& message,
                             const std::vector<Cut>& cuts);

// The signature or quoted text around segment offset `at`, to the end of its part, when it is the
// last region of what the part shows. kNotFound with the reason when it is not, when it is the
// mail's own text, or when it has more than `max_lines` lines.
Result<Cut> CutOfLastRegion(const Message& message, std::size_t segment, std::size_t at,
                            int max_lines);

}  // namespace warifu::mail
