// Encoded words (RFC 2047) and raw 8-bit or ISO-2022-JP text in display names and comments.
//
// Decodes as mail programs do: words in quoted strings too, white space between words dropped, a
// character split over two words of one charset joined. A word in an unknown charset is read like
// raw text.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace warifu {

struct DecodedText {
  std::string utf8;   // the whole
  std::string words;  // what came out of encoded words alone, runs of them kept apart by a space
  std::vector<std::pair<std::size_t, std::size_t>> places;  // begin and end of each word
  bool open = false;  // an encoded word begins and does not end
};

DecodedText DecodeWords(std::string_view raw);

}  // namespace warifu
