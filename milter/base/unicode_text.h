// Unicode text for identities: folding, hidden characters, charsets of encoded words.
//
// Addresses, accounts and display names are compared after these functions; ICU stands behind them.
// ASCII takes a path without ICU, since nearly every address is ASCII.
//
// SECURITY: input is hostile; each function is linear and allocates in proportion to its input.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu {

// ASCII letters to lower case; other bytes stay.
std::string AsciiLower(std::string_view text);

// NFC, case-folded, NFC again. Bytes that are not UTF-8 come back unchanged.
std::string FoldCase(std::string_view utf8);

// NFKC, case-folded, hidden characters dropped: for finding look-alikes, not for identity.
std::string FoldCompatible(std::string_view utf8);

// True when a character is there that a reader cannot see or that reorders its neighbours: format
// and bidi controls, default-ignorable, unassigned, private-use, surrogates, any Unicode space.
bool HasHidden(std::string_view utf8);

// `bytes` in `charset` as UTF-8, U+FFFD for what is broken. kNotFound for an unknown charset.
Result<std::string> ToUtf8(std::string_view bytes, const std::string& charset);

// The same, but kInvalid when anything is broken.
Result<std::string> ToUtf8Strict(std::string_view bytes, const std::string& charset);

}  // namespace warifu
