// Header text: unfolded, encoded words decoded (RFC 2047), raw Japanese recognised.
//
// SECURITY: input is hostile; linear in time. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu::mail {

struct HeaderText {
  std::string text;  // UTF-8
  OffsetMap map;     // text → raw body; a run of encoded words is one unit
};

// One encoded word, "=?label?B?letters?=".
struct HeaderWord {
  Span raw;      // of the whole word
  Span letters;  // the encoded text in it
  char encoding = 'b';
  std::string charset;  // lower case, without language
  std::string bytes;
};

// What was decoded as one: a line's plain text, or adjacent encoded words of one charset.
struct HeaderPiece {
  Span raw;
  std::vector<HeaderWord> words;  // none: plain
  std::string bytes;
  std::string charset;  // the one used
  OffsetMap map;        // its text → `bytes`
  Span text;            // in HeaderText::text
};

// Adjacent encoded words of one charset are joined before decoding, so that a character which was
// cut in two (against the RFC, but common) comes out whole.
// `pieces`: filled in where it is given.
HeaderText DecodeHeaderText(std::string_view raw_body, std::vector<HeaderPiece>* pieces = nullptr);

// The letters of an encoded word that stand for `bytes`.
std::string EncodeHeaderWord(std::string_view bytes, char encoding);

}  // namespace warifu::mail
