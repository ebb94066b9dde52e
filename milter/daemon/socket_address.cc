#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <charconv>
#include <optional>

#include "daemon/socket.h"

namespace warifu::daemon {
namespace {

std::unexpected<Error> Wrong(std::string_view text, std::string_view why) {
  return Fail(ErrorKind::kInvalid, "socket \"" + std::string(text) + "\": " + std::string(why));
}

std::optional<unsigned> Port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

// Length of a private name's ending: ".", a process number.
constexpr std::size_t kPrivateEnding = 11;

Result<SocketAddress> ParseUnix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) return Wrong(text, "the path must be absolute");
  if (path.ends_with('/')) return Wrong(text, "the path names a directory");
  if (path.size() + kPrivateEnding >= sizeof(sockaddr_un{}.sun_path)) {
    return Wrong(text, "the path is too long (96 bytes at most)");
  }
  SocketAddress out;
  out.path = path;
  return out;
}

Result<SocketAddress> ParseTcp(std::string_view text, std::string_view rest, bool ipv6) {
  std::string_view port, host;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    port = rest.substr(0, at);
    host = rest.substr(at + 1);
  } else if (const std::size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    host = rest.substr(0, colon);
    port = rest.substr(colon + 1);
  } else {
    return Wrong(text, "write inet:port@host; a port on every interface is not offered");
  }
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  ipv6 = ipv6 || host.find(':') != std::string_view::npos;
  SocketAddress out;
  out.transport = Transport::kTcp;
  out.ipv6 = ipv6;
  out.host = host == "localhost" ? (ipv6 ? "::1" : "127.0.0.1") : std::string(host);
  in6_addr v6{};
  in_addr v4{};
  if (inet_pton(ipv6 ? AF_INET6 : AF_INET, out.host.c_str(),
                ipv6 ? static_cast<void*>(&v6) : &v4) != 1) {
    return Wrong(text, "the host must be \"localhost\" or a numeric address");
  }
  out.loopback = ipv6 ? IN6_IS_ADDR_LOOPBACK(&v6) : (ntohl(v4.s_addr) >> 24) == 127;
  const auto number = Port(port);
  if (!number) return Wrong(text, "the port must be a number from 1 to 65535");
  out.port = *number;
  return out;
}

std::string Bracketed(const SocketAddress& address) {
  return address.ipv6 ? "[" + address.host + "]" : address.host;
}

}  // namespace

Result<SocketAddress> ParseSocket(std::string_view text) {
  if (text.starts_with('/')) return ParseUnix(text, text);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Wrong(text, "write unix:/path or inet:port@host");
  const std::string_view kind = text.substr(0, colon), rest = text.substr(colon + 1);
  if (kind == "unix" || kind == "local") return ParseUnix(text, rest);
  if (kind == "inet") return ParseTcp(text, rest, false);
  if (kind == "inet6") return ParseTcp(text, rest, true);
  return Wrong(text, "the kind must be unix, local, inet or inet6");
}

std::string PostfixSyntax(const SocketAddress& address) {
  if (address.transport == Transport::kUnix) return "unix:" + address.path;
  return "inet:" + Bracketed(address) + ":" + std::to_string(address.port);
}

std::string SendmailSyntax(const SocketAddress& address) {
  if (address.transport == Transport::kUnix) return "local:" + address.path;
  return (address.ipv6 ? "inet6:" : "inet:") + std::to_string(address.port) + "@" +
         Bracketed(address);
}

}  // namespace warifu::daemon
