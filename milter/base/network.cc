#include "base/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace warifu {
namespace {

using Bits = NetworkBits;

constexpr int kMappedPrefix = 96;  // ::ffff:0:0/96

std::optional<Bits> ParseAddress(std::string_view text, bool* is_v4) {
  const std::string copy(text);
  Bits bits{};
  in_addr v4{};
  *is_v4 = inet_pton(AF_INET, copy.c_str(), &v4) == 1;
  if (*is_v4) {
    bits[10] = bits[11] = 0xff;
    std::memcpy(&bits[12], &v4, 4);
    return bits;
  }
  if (inet_pton(AF_INET6, copy.c_str(), bits.data()) == 1) return bits;
  return std::nullopt;
}

bool SamePrefix(const Bits& a, const Bits& b, int length) {
  const auto whole = static_cast<std::size_t>(length / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) {
    return false;
  }
  const int rest = length % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return ((a[whole] ^ b[whole]) & mask) == 0;
}

Bits HostBits(const Bits& bits, int length) {
  Bits masked = bits;
  for (int i = 0; i < length; ++i) {
    masked[static_cast<std::size_t>(i / 8)] &= static_cast<std::uint8_t>(~(0x80 >> (i % 8)));
  }
  return masked;
}

}  // namespace

std::optional<NetworkBits> ParseClient(std::string_view client_address) {
  if (client_address.starts_with("IPv6:")) client_address.remove_prefix(5);
  bool is_v4 = false;
  return ParseAddress(client_address, &is_v4);
}

NetworkBits Masked(const NetworkBits& bits, int length) {
  const Bits host = HostBits(bits, length);
  Bits out = bits;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(out[i] ^ host[i]);
  return out;
}

bool Network::Contains(std::string_view client_address) const {
  // sendmail(1) on the MTA's own machine reaches a milter without an address.
  if (client_address.empty() || client_address == "unix") client_address = "127.0.0.1";
  const std::optional<Bits> address = ParseClient(client_address);
  return address && SamePrefix(bits, *address, length);
}

Result<Network> ParseNetwork(std::string_view text) {
  const auto refuse = [text](std::string_view why) {
    return Fail(ErrorKind::kInvalid, "'" + std::string(text) + "' " + std::string(why));
  };
  const std::size_t slash = text.find('/');
  bool is_v4 = false;
  const std::optional<Bits> bits = ParseAddress(text.substr(0, slash), &is_v4);
  if (!bits) return refuse("is no IP address or network, such as 192.0.2.0/24 or 2001:db8::/32");
  Network network{.bits = *bits, .text = std::string(text)};
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    int length = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
    const int longest = is_v4 ? 32 : 128;
    if (error != std::errc() || end != digits.end() || length < 0 || length > longest) {
      return refuse("has a prefix length that is not between 0 and " + std::to_string(longest));
    }
    network.length = is_v4 ? length + kMappedPrefix : length;
  }
  if (HostBits(network.bits, network.length) != Bits{}) {
    return refuse("has address bits behind its prefix length");
  }
  return network;
}

const Network* FindNetwork(const std::vector<Network>& networks, std::string_view client_address) {
  const auto it = std::ranges::find_if(
      networks, [&](const Network& network) { return network.Contains(client_address); });
  return it == networks.end() ? nullptr : &*it;
}

}  // namespace warifu
