// Invariants of text with an offset map, for the targets that decode.
#pragma once

#include <string>
#include <string_view>

#include "base/offset_map.h"
#include "base/utf8.h"
#include "input.h"

namespace warifu::fuzz {

// Text is valid UTF-8, and its characters come from ranges of the source that lie in it and in
// order. The whole comes from a range that holds each of them.
inline void CheckMap(std::string_view text, const OffsetMap& map, std::size_t source_size) {
  Require(IsUtf8(text), "the text is no UTF-8");
  const Span whole = map.ToSource({0, text.size()});
  Require(whole.begin <= whole.end && whole.end <= source_size, "the whole lies outside");
  Span last;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = DecodeUtf8(text, at).size;
    const Span span = map.ToSource({at, at + size});
    Require(span.begin <= span.end && span.end <= source_size, "a character lies outside");
    Require(span.begin >= last.begin && span.end >= last.end, "characters out of order");
    Require(span.empty() || (span.begin >= whole.begin && span.end <= whole.end),
            "the whole does not hold a character");
    last = span;
    at += size;
  }
}

}  // namespace warifu::fuzz
