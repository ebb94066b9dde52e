#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "app/control_wire.h"
#include "base/unique_fd.h"

namespace warifu::app {
namespace {

using Milliseconds = std::chrono::milliseconds;
constexpr std::size_t kMaxAnswer = 16u << 20;

std::unexpected<Errors> Give(ErrorKind kind, std::string text) {
  return std::unexpected(Errors{{kind, std::move(text), {}}});
}

std::unexpected<Errors> ConnectFailure(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ECONNREFUSED:
      return Give(ErrorKind::kNotFound, "warifu-milter is not running: nothing listens on " + path +
                                            " (start it, or name its configuration with --config)");
    case EACCES:
      return Give(ErrorKind::kSystem, path +
                                          ": permission denied; run this as root or as a "
                                          "member of the group that the socket belongs to");
    case EAGAIN:
    case ETIMEDOUT:
      return Give(ErrorKind::kTemporary, path + ": the daemon does not take new callers now");
    default:
      return Give(ErrorKind::kSystem, path + ": " + std::strerror(error));
  }
}

Milliseconds Left(std::chrono::steady_clock::time_point until) {
  return std::max(Milliseconds(0), std::chrono::duration_cast<Milliseconds>(
                                       until - std::chrono::steady_clock::now()));
}

std::expected<UniqueFd, Errors> Connect(const std::string& path, Milliseconds timeout) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return Give(ErrorKind::kInvalid, path + ": too long for a socket's name");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Give(ErrorKind::kSystem, std::string("socket: ") + std::strerror(errno));
  // A full backlog makes connect() wait; SO_SNDTIMEO bounds that wait, and that of send().
  timeval wait{};
  wait.tv_sec = timeout.count() / 1000;
  wait.tv_usec = static_cast<suseconds_t>(timeout.count() % 1000 * 1000);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return ConnectFailure(path, errno);
  }
  return fd;
}

// A daemon that refuses the caller answers before it has read: a failed send is no failure yet.
void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::expected<std::string, Errors> ReceiveLine(int fd, std::chrono::steady_clock::time_point end) {
  std::string line;
  char buffer[16 * 1024];
  for (;;) {
    pollfd poll_fd{fd, POLLIN, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(Left(end).count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Give(ErrorKind::kTemporary, "the daemon did not answer in time");
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Give(ErrorKind::kTemporary, "the daemon closed the connection");
    line.append(buffer, static_cast<std::size_t>(n));
    if (const std::size_t eol = line.find('\n'); eol != std::string::npos) {
      line.resize(eol);
      return line;
    }
    if (line.size() > kMaxAnswer) return Give(ErrorKind::kInternal, "the answer has no end");
  }
}

}  // namespace

Result<bool> DaemonRuns(const std::string& path) {
  const auto fd = Connect(path, Milliseconds(2'000));
  if (fd) return true;
  const Error& error = fd.error().front();
  if (error.kind == ErrorKind::kNotFound) return false;
  return std::unexpected(error);
}

ControlAnswer CallDaemon(const std::string& path, std::string_view command,
                         std::string_view arguments, Milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  // Before the connection, whose time for a whole request begins at once.
  const std::string request = WriteRequest(command, arguments) + '\n';
  const auto fd = Connect(path, timeout);
  if (!fd) return std::unexpected(fd.error());
  SendAll(fd->get(), request);
  const auto line = ReceiveLine(fd->get(), end);
  if (!line) return std::unexpected(line.error());
  return ReadAnswer(*line);
}

}  // namespace warifu::app
