// Character references of HTML. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace warifu::mail {

// Decodes the reference at `pos`, where '&' stands, and appends it to `out`. Returns the bytes
// consumed, 0 when it is no reference. Numbers out of range become U+FFFD; 128 to 159 are read as
// windows-1252, as browsers do; the old names need no semicolon.
std::size_t DecodeReference(std::string_view html, std::size_t pos, std::string* out);

}  // namespace warifu::mail
