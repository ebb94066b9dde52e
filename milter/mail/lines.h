// Lines: a text cut at LF, with what region finding asks of each line. Threads: pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/segment.h"

namespace warifu::mail {

struct Line {
  std::size_t begin = 0;
  std::size_t next = 0;   // begin of the next line
  std::string_view text;  // without line end and outer white space
  Region region = Region::kBody;

  bool blank() const { return text.empty(); }
};

std::vector<Line> SplitLines(std::string_view text);

// Drawn lines: "-----", "# # # #", "━━━━", "_/_/_/", "*-*-*-*", "☆★☆★". Three or more of one ASCII
// sign, or four or more symbols of few kinds; no letters, digits, kana or kanji.
bool IsRule(std::string_view line);

// Number of characters, counting wide ones (kana, kanji, …) twice: columns on a terminal.
std::size_t Columns(std::string_view text);

}  // namespace warifu::mail
