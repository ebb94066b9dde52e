#include "daemon/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace warifu::daemon {
namespace {

constexpr int kBacklog = 128;

std::unexpected<Error> SystemError(const std::string& doing) {
  const ErrorKind kind = errno == EADDRINUSE ? ErrorKind::kTemporary : ErrorKind::kSystem;
  return Fail(kind, doing + ": " + std::strerror(errno));
}

// Fills `storage` and returns its size; 0 where the path is too long.
socklen_t Fill(const SocketAddress& address, const std::string& path, sockaddr_storage* storage) {
  if (address.transport == Transport::kUnix) {
    auto* to = reinterpret_cast<sockaddr_un*>(storage);
    to->sun_family = AF_UNIX;
    if (path.size() >= sizeof to->sun_path) return 0;
    path.copy(to->sun_path, sizeof to->sun_path - 1);
    return sizeof *to;
  }
  if (address.ipv6) {
    auto* to = reinterpret_cast<sockaddr_in6*>(storage);
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(static_cast<std::uint16_t>(address.port));
    inet_pton(AF_INET6, address.host.c_str(), &to->sin6_addr);
    return sizeof *to;
  }
  auto* to = reinterpret_cast<sockaddr_in*>(storage);
  to->sin_family = AF_INET;
  to->sin_port = htons(static_cast<std::uint16_t>(address.port));
  inet_pton(AF_INET, address.host.c_str(), &to->sin_addr);
  return sizeof *to;
}

}  // namespace

Result<UniqueFd> Listen(const Socket& socket) {
  const SocketAddress& address = socket.address();
  const std::string connection = socket.connection();  // "unix:/path"
  const std::string path = connection.substr(connection.find(':') + 1);
  sockaddr_storage storage{};
  const socklen_t size = Fill(address, path, &storage);
  if (size == 0) return Fail(ErrorKind::kInvalid, path + " is too long");
  UniqueFd fd(::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return SystemError("socket");
  const int on = 1;
  if (address.transport == Transport::kTcp) {
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else {
    // The mode set before bind() is the one that the name is born with.
    fchmod(fd.get(), 0600);
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0 ||
      listen(fd.get(), kBacklog) != 0) {
    return SystemError("cannot listen on " + PostfixSyntax(address));
  }
  return fd;
}

}  // namespace warifu::daemon
