// Network: a range of IP addresses in CIDR form, IPv4 and IPv6.
//
// "192.0.2.0/24", "2001:db8::/32", a single address without a length. An IPv4 address that is
// written as IPv6 (::ffff:192.0.2.1) is the IPv4 address. A client of the MTA's own machine that
// came without an address ("unix", "") counts as 127.0.0.1.
// Refuses: host bits set behind the length, since one of the two is a slip of the pen.
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu {

using NetworkBits = std::array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d

struct Network {
  NetworkBits bits{};
  int length = 128;  // counted in those 128 bits
  std::string text;  // as written

  bool Contains(std::string_view client_address) const;
};

// Of a client as the MTA names it: "192.0.2.1", "2001:db8::1", "IPv6:2001:db8::1". Nothing for one
// that came without an address.
std::optional<NetworkBits> ParseClient(std::string_view client_address);
// With everything behind the length cut off.
NetworkBits Masked(const NetworkBits& bits, int length);

Result<Network> ParseNetwork(std::string_view text);

// The first network that holds the address; null when none does.
const Network* FindNetwork(const std::vector<Network>& networks, std::string_view client_address);

}  // namespace warifu
