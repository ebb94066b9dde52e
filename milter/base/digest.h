// Digest: SHA-256 for what must be recognised again: rule sets, cache files.
//
// Not for secrets out of mail: those get a keyed fingerprint (base/redact.h).
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace warifu {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace warifu
