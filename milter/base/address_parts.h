// Address parts: the pieces that the three readers of addresses share.
//
// Internal to base. MakeAddress() is the only way to a canonical Address, so that header, envelope
// and table agree.
// Threads: pure.
#pragma once

#include <string_view>

#include "base/address.h"

namespace warifu {

// RFC 5322 atext, and every byte of UTF-8 beyond ASCII (RFC 6532).
bool IsAtext(unsigned char c);

// `local`: without quotes and escapes. `domain`: as written; "" for a bare local name.
Result<Address> MakeAddress(std::string_view local, std::string_view domain,
                            const AddressOptions& options);

}  // namespace warifu
