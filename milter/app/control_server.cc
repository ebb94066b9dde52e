#include <grp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <optional>
#include <thread>
#include <vector>

#include "app/control_wire.h"
#include "base/unique_fd.h"

namespace warifu::app {
namespace {

using Steady = std::chrono::steady_clock;

std::unexpected<Error> SystemError(const std::string& what) {
  return Fail(ErrorKind::kSystem, what + ": " + std::strerror(errno));
}

Result<gid_t> GroupId(const std::string& name) {
  std::vector<char> buffer(16 * 1024);
  group entry{};
  group* found = nullptr;
  while (::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found) == ERANGE) {
    buffer.resize(buffer.size() * 2);
  }
  if (found == nullptr) return Fail(ErrorKind::kInvalid, "there is no group '" + name + "'");
  return entry.gr_gid;
}

// The public name of the socket, ours from the rename until the end.
class SocketName {
 public:
  static Result<UniqueFd> Listen(const ControlOptions& options, std::optional<gid_t> gid,
                                 SocketName* name);
  void Remove() {
    struct stat now{};
    if (inode_ != 0 && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == inode_ &&
        now.st_dev == device_) {
      ::unlink(path_.c_str());
    }
    inode_ = 0;
  }

 private:
  std::string path_;
  ino_t inode_ = 0;
  dev_t device_ = 0;
};

Result<UniqueFd> SocketName::Listen(const ControlOptions& options, std::optional<gid_t> gid,
                                    SocketName* name) {
  const std::string own = options.path + '.' + std::to_string(::getpid());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (own.size() >= sizeof address.sun_path) {
    return Fail(ErrorKind::kInvalid, options.path + ": too long for a socket's name");
  }
  std::memcpy(address.sun_path, own.data(), own.size());
  struct stat status{};
  if (::lstat(options.path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return Fail(ErrorKind::kInvalid, options.path + ": is there already and is not a socket");
  }
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return SystemError("socket");
  ::unlink(own.c_str());
  // The mode set before bind() is the mode that the name is born with: no moment of more.
  ::fchmod(fd.get(), options.mode);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return SystemError(options.path);
  }
  if ((gid && ::chown(own.c_str(), static_cast<uid_t>(-1), *gid) != 0) ||
      ::chmod(own.c_str(), options.mode) != 0 || ::listen(fd.get(), 64) != 0 ||
      ::lstat(own.c_str(), &status) != 0 || ::rename(own.c_str(), options.path.c_str()) != 0) {
    const auto failure = SystemError(options.path);
    ::unlink(own.c_str());
    return failure;
  }
  name->path_ = options.path;
  name->inode_ = status.st_ino;
  name->device_ = status.st_dev;
  return fd;
}

std::optional<ControlPeer> PeerOf(int fd) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return std::nullopt;
  return ControlPeer{credentials.uid, credentials.gid, credentials.pid};
}

// Membership as the kernel knows it: no name service that could hang or be misled.
bool InGroup(int fd, const ControlPeer& peer, gid_t gid) {
  if (peer.gid == gid) return true;
  std::vector<gid_t> groups(64);
  socklen_t size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  int status = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  if (status != 0 && errno == ERANGE) {
    groups.resize(size / sizeof(gid_t));
    status = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
  }
  if (status != 0) return false;
  groups.resize(size / sizeof(gid_t));
  return std::ranges::find(groups, gid) != groups.end();
}

struct Connection {
  UniqueFd fd;
  uid_t uid = 0;
  std::string in;
  std::size_t looked = 0;  // bytes of `in` that hold no line end
  std::string out;
  bool closing = false;
  Steady::time_point deadline;
};

class Server final : public ControlServer {
 public:
  Server(ControlOptions options, std::map<std::string, ControlHandler> handlers)
      : options_(std::move(options)), handlers_(std::move(handlers)) {}
  ~Server() override { Stop(); }

  Result<void> Start();
  void Stop() override;

 private:
  void Loop();
  void Accept();
  bool Allowed(int fd, const ControlPeer& peer) const;
  bool HasRoom(uid_t uid) const;
  void Read(Connection* connection);
  void Serve(Connection* connection);
  void Flush(Connection* connection);
  std::string Answer(Connection* connection, std::string_view line);
  ControlAnswer Run(const ControlPeer& peer, const ControlRequest& request);

  const ControlOptions options_;
  const std::map<std::string, ControlHandler> handlers_;
  std::optional<gid_t> gid_;
  SocketName name_;
  UniqueFd listener_;
  UniqueFd wake_;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;
  Steady::time_point accept_again_;  // after accept() ran out of descriptors
  std::thread thread_;
};

Result<void> Server::Start() {
  if (!options_.group.empty()) {
    const Result<gid_t> gid = GroupId(options_.group);
    if (!gid) return std::unexpected(gid.error());
    gid_ = *gid;
  }
  wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return SystemError("eventfd");
  Result<UniqueFd> listener = SocketName::Listen(options_, gid_, &name_);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  // Signals are for the threads that wait for them.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Loop(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return {};
}

void Server::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
  thread_.join();
  name_.Remove();
  listener_.Reset();
  connections_.clear();
}

void Server::Loop() {
  while (!stopping_) {
    const Steady::time_point now = Steady::now();
    const bool accepting = accept_again_ <= now;
    std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0},
                               {accepting ? listener_.get() : -1, POLLIN, 0}};
    Steady::time_point next = accepting ? Steady::time_point::max() : accept_again_;
    for (const Connection& c : connections_) {
      fds.push_back({c.fd.get(), static_cast<short>(c.out.empty() ? POLLIN : POLLOUT), 0});
      next = std::min(next, c.deadline);
    }
    int wait = -1;
    if (next != Steady::time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
      wait = static_cast<int>(std::max<std::int64_t>(0, left.count()));
    }
    if (::poll(fds.data(), fds.size(), wait) < 0) continue;
    auto fd = fds.begin() + 2;
    for (Connection& c : connections_) {
      const short events = (fd++)->revents;
      if ((events & POLLOUT) != 0) {
        Flush(&c);
        Serve(&c);
      } else if (events != 0) {
        Read(&c);
      }
      // Only now: what came in time may have waited here, behind a long handler.
      if (c.deadline <= now) c.fd.Reset();
    }
    // Before the newcomers, who may have the place of those that left.
    std::erase_if(connections_, [](const Connection& c) { return !c.fd; });
    if (fds[1].revents != 0) Accept();
  }
}

// One at a time: who left before the next one came has been noticed by then.
void Server::Accept() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    const bool gone = errno == EINTR || errno == ECONNABORTED || errno == EAGAIN;
    if (!gone) accept_again_ = Steady::now() + std::chrono::milliseconds(200);
    return;
  }
  const std::optional<ControlPeer> peer = PeerOf(fd.get());
  std::string refusal;
  if (!peer || !Allowed(fd.get(), *peer)) {
    refusal = "permission denied: root, the daemon's user" +
              (options_.group.empty() ? std::string()
                                      : " and members of group '" + options_.group + "'") +
              " may do this";
  } else if (!HasRoom(peer->uid)) {
    refusal = "too many control connections; try again in a moment";
  }
  if (!refusal.empty()) {
    const std::string line =
        WriteAnswer(std::unexpected(Errors{{ErrorKind::kSystem, refusal, {}}})) + '\n';
    ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL);
    return;
  }
  Connection connection;
  connection.fd = std::move(fd);
  connection.uid = peer->uid;
  connection.deadline = Steady::now() + options_.timeout;
  connections_.push_back(std::move(connection));
}

bool Server::Allowed(int fd, const ControlPeer& peer) const {
  return peer.uid == 0 || peer.uid == ::geteuid() || (gid_ && InGroup(fd, peer, *gid_));
}

bool Server::HasRoom(uid_t uid) const {
  const auto same = std::ranges::count(connections_, uid, &Connection::uid);
  return connections_.size() < options_.max_connections &&
         static_cast<std::size_t>(same) < options_.max_per_uid;
}

// Takes all that is there, up to a request that is too long. What came before the end is answered.
void Server::Read(Connection* connection) {
  const std::size_t before = connection->in.size();
  char buffer[64 * 1024];
  while (connection->in.size() <= options_.max_line) {
    const ssize_t n = ::recv(connection->fd.get(), buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if ((n < 0 && errno == EAGAIN) || (n == 0 && connection->in.size() > before)) break;
    if (n <= 0) {
      connection->fd.Reset();
      return;
    }
    connection->in.append(buffer, static_cast<std::size_t>(n));
  }
  Serve(connection);
}

// Answers whole lines one by one; the next only once the answer before it is taken.
void Server::Serve(Connection* connection) {
  while (connection->fd && connection->out.empty()) {
    const std::size_t eol = connection->in.find('\n', connection->looked);
    connection->looked = connection->in.size();
    if (std::min(eol, connection->in.size()) > options_.max_line) {
      const Error error{ErrorKind::kInvalid, "the request is too long", {}};
      connection->out = WriteAnswer(std::unexpected(Errors{error})) + '\n';
      connection->closing = true;
    } else if (eol == std::string::npos || stopping_) {
      return;
    } else {
      connection->out = Answer(connection, std::string_view(connection->in).substr(0, eol)) + '\n';
      connection->in.erase(0, eol + 1);
      connection->looked = 0;
    }
    connection->deadline = Steady::now() + options_.timeout;
    Flush(connection);
  }
}

void Server::Flush(Connection* connection) {
  const ssize_t n =
      ::send(connection->fd.get(), connection->out.data(), connection->out.size(), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) {
    connection->fd.Reset();
    return;
  }
  connection->out.erase(0, static_cast<std::size_t>(n));
  if (connection->out.empty() && connection->closing) connection->fd.Reset();
}

std::string Server::Answer(Connection* connection, std::string_view line) {
  const std::optional<ControlPeer> peer = PeerOf(connection->fd.get());
  if (!peer || !Allowed(connection->fd.get(), *peer)) {
    connection->closing = true;
    return WriteAnswer(std::unexpected(Errors{{ErrorKind::kSystem, "permission denied", {}}}));
  }
  const Result<ControlRequest> request = ReadRequest(line);
  if (!request) return WriteAnswer(std::unexpected(Errors{request.error()}));
  return WriteAnswer(Run(*peer, *request));
}

ControlAnswer Server::Run(const ControlPeer& peer, const ControlRequest& request) {
  const auto handler = handlers_.find(request.command);
  if (handler == handlers_.end()) {
    std::string known;
    for (const auto& [name, unused] : handlers_) known += (known.empty() ? "" : ", ") + name;
    return std::unexpected(
        Errors{{ErrorKind::kInvalid, "this daemon knows no such command; it knows: " + known, {}}});
  }
  try {
    return handler->second({peer, request.command, request.arguments});
  } catch (const std::exception& e) {
    return std::unexpected(
        Errors{{ErrorKind::kInternal, request.command + " failed: " + e.what(), {}}});
  }
}

}  // namespace

Result<std::unique_ptr<ControlServer>> StartControlServer(
    const ControlOptions& options, std::map<std::string, ControlHandler> handlers) {
  auto server = std::make_unique<Server>(options, std::move(handlers));
  if (Result<void> started = server->Start(); !started) {
    return std::unexpected(started.error());
  }
  return server;
}

}  // namespace warifu::app
