// Signature: where a sender's standing block at the end of a text begins.
//
// Found by the separator of RFC 3676, by a drawn line that Japanese mail programs and people put
// before it, by a word of farewell with a name behind it, by the author's own name, and by the
// lines that phones add. Kept precise rather than complete: a region that is wrongly a signature
// could be cut out of a mail.
// Threads: pure.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "mail/lines.h"

namespace warifu::mail {

// Index in `lines` at which the signature begins, lines.size() when there is none. `lines` is the
// sender's own text: no quoted lines. `author`: body of From, decoded; "" when not known.
std::size_t FindSignature(std::span<const Line> lines, std::string_view author);

}  // namespace warifu::mail
