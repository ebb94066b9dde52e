// Encoded words (RFC 2047) and raw 8-bit or ISO-2022-JP text in display names and comments.
//
// Decodes as mail programs do: words in quoted strings too, white space between words dropped, a
// character split over two words of one charset joined. A word in an unknown charset or with
// broken encoding stays as it is written.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace warifu {

struct DecodedText {
  std::string utf8;   // the whole
  std::string words;  // what came out of encoded words alone, runs of them kept apart by a space
};

DecodedText DecodeWords(std::string_view raw);

}  // namespace warifu
