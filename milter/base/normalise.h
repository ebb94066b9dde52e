// Normalise: the one form in which text is matched.
//
// NFKC (full-width to ASCII, half-width kana to full), zero-width and bidi control characters and
// soft hyphens dropped, NBSP and other Unicode spaces to SPACE (by NFKC), CRLF and lone CR to LF.
// Case is kept. Invalid UTF-8 must have been repaired before (mail/charset); what is still invalid
// becomes U+FFFD. Rules, examples, keywords, table cells and notices all pass through this one
// function, so both sides of every comparison agree.
//
// Plain ASCII without CR comes back unchanged, without maps, and is not copied (the string is moved
// through). All line separators of Unicode become LF.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu {

struct Normalised {
  std::string text;
  std::vector<OffsetMap> maps;  // applied first to last: text → … → input; empty: the same bytes

  // The smallest range of input bytes that made the text bytes of `span`.
  Span ToInput(Span span) const;
};

Normalised Normalise(std::string utf8);

// True when `text` is ASCII without CR, so that Normalise() would return it unchanged.
bool IsNormalAscii(std::string_view text);

}  // namespace warifu
