// Netstring: the framing of Postfix's socketmap protocol: "11:hello world,".
//
// SECURITY: the peer may be anybody who reaches the socket: lengths are bounded before a byte is
// kept, and leading zeros are refused. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace warifu::daemon {

enum class Netstring {
  kIncomplete,  // more bytes are needed
  kWhole,
  kBroken,  // it is none, or longer than allowed: nothing behind it can be trusted
};

// Takes the first netstring out of `buffer` into `payload`.
Netstring TakeNetstring(std::string* buffer, std::size_t max_payload, std::string* payload);

std::string ToNetstring(std::string_view payload);

}  // namespace warifu::daemon
