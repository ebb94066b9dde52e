// ValueOf: where a value ends that stands in running text, JSON, XML, a list or a connection
// string.
//
// A rule that takes a password up to the next blank also takes what the text around it put there: a
// closing quote, a comma, a bracket. Without them the mask covers the password alone, and the same
// password has one fingerprint wherever it stands. Only the end is moved, and something is always
// left.
//
// SECURITY: input is hostile text; linear in the length of the secret.
// Threads: pure.
#pragma once

#include <string_view>

#include "base/segment.h"

namespace warifu::scan {

// The secret in `text` up to: the sign that closes the quote or bracket right before it; else `,`,
// `;` or `&` before another name with its `=` or `:`, or a double quote before such a sign; and
// without the closing brackets that it does not open, quotes, commas, semicolons, colons and full
// stops at its end.
Span ValueOf(std::string_view text, Span secret);

}  // namespace warifu::scan
