// Tokens of an address field: RFC 5322 §3.2 lexical elements over raw bytes.
//
// Internal to base. Raw ISO-2022-JP is followed through its shifts, so that bytes of kanji that
// look like specials are text; the shift must be undone before anything but text may come. Bytes
// of a double-byte charset can be paired as Shift_JIS does (`pairs`), since a trail byte may look
// like '@', '[' or '\'.
//
// Refuses: control characters, NUL, CR or LF that is no fold, blank folded lines, quotes,
// comments, literals and shifts that do not end, comments nested deeper than kMaxDepth, fields
// longer than kMaxField.
// SECURITY: input is hostile; one pass, no recursion. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu {

inline constexpr std::size_t kMaxField = 100 * 1024;  // Postfix cuts head fields there
inline constexpr int kMaxDepth = 10;

struct Token {
  enum class Kind { kAtom, kQuoted, kComment, kLiteral, kSpecial, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;           // without quotes or parentheses, escapes undone; a special's byte
  std::size_t begin = 0;      // bytes of the field
  std::size_t end = 0;        //
  bool space_before = false;  // white space or a fold stands before it
  bool escaped = false;       // holds a quoted-pair
  bool shifted = false;       // holds raw ISO-2022-JP
  bool nested = false;        // a comment in a comment
  bool folded = false;        // holds a fold

  bool Is(char special) const { return kind == Kind::kSpecial && text[0] == special; }
  bool IsWord() const { return kind == Kind::kAtom || kind == Kind::kQuoted; }
};

enum class Pairs { kNone, kShiftJis };

// The last token is always kEnd.
Result<std::vector<Token>> Tokenise(std::string_view field, Pairs pairs);

}  // namespace warifu
