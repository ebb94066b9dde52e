// Base64: bytes of what a token holds, for the checks of its structure.
//
// For secrets that a rule found; mail's own transfer encoding is undone in mail/transfer.h, with
// other rules on what may be wrong.
//
// SECURITY: input is hostile text; linear.
// Threads: pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace warifu::scan {

// Bytes of base64 or base64url (RFC 4648), padded or not; nullopt when it is neither.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace warifu::scan
