// Mask: a value in a mail made unreadable where it stands, character by character.
//
// Each character becomes '*', a wide one (kana, kanji, full-width letters) the wide '＊', so that
// columns stay where they are and the charset, its shifts and its encoding still hold. Line ends,
// blanks before them, quote marks, tags and soft breaks between the characters stay.
//
// A head field is masked in its own encoded words; only fields of free text are (Subject, Comments,
// Keywords, X-…): in all others the value is an address, an identifier or syntax.
//
// Refuses (kInvalid) with the reason: what is no text of a part, charsets that are not written.
// Threads: pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"
#include "mail/edit.h"
#include "mail/message.h"

namespace warifu::mail {

// A stretch of a segment's text.
struct Place {
  std::size_t segment = 0;  // index into Message::segments
  Span span;
};

// What masks the text at `place`, which lies in a part.
Result<std::vector<Cut>> MaskCuts(const Message& message, const Place& place);

// The outermost head field of `places` with all of them masked; they lie in one field's segment.
Result<FieldChange> MaskField(const Message& message, const std::vector<Place>& places);

}  // namespace warifu::mail
