// Does a run of bytes hold text?
//
// libmagic calls some Japanese text "data" and some binary data text. This looks at the bytes
// themselves: no NUL, next to no control characters, and a multi-byte structure that some charset
// of daily mail can have. Escape sequences of ISO-2022-JP and terminal colours are text.
//
// Threads: pure.
#pragma once

#include <string_view>

namespace warifu::extract {

// `sample`: the first bytes of the content; a character cut off at its end is forgiven.
bool LooksLikeText(std::string_view sample);

}  // namespace warifu::extract
