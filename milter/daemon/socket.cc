#include "daemon/socket.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace warifu::daemon {
namespace {

std::unexpected<Error> SystemError(const std::string& doing) {
  const int reason = errno;
  return Fail(ErrorKind::kSystem, doing + ": " + std::strerror(reason));
}

// Held, it keeps other daemons from taking or removing a socket in this directory.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::string& directory)
      : fd_(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
    if (fd_.get() >= 0) flock(fd_.get(), LOCK_EX);
  }

 private:
  UniqueFd fd_;
};

Result<gid_t> GroupId(const std::string& name) {
  group entry{};
  group* found = nullptr;
  std::vector<char> buffer(1 << 16);
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return Fail(ErrorKind::kInvalid, "there is no group \"" + name + "\"");
  return entry.gr_gid;
}

// The process number behind "<public name>.", if that is what `name` is.
std::optional<pid_t> OwnerOf(std::string_view name, std::string_view public_name) {
  if (!name.starts_with(public_name) || name.size() <= public_name.size() + 1 ||
      name[public_name.size()] != '.') {
    return std::nullopt;
  }
  name.remove_prefix(public_name.size() + 1);
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

bool IsSocket(const std::string& path) {
  struct stat status;
  return lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Socket::Socket(SocketAddress address) : address_(std::move(address)) {
  if (address_.transport != Transport::kUnix) return;
  private_path_ = address_.path + "." + std::to_string(getpid());
  directory_ = address_.path.substr(0, address_.path.rfind('/') + 1);
}

Result<Socket> Socket::Prepare(const SocketAddress& address) {
  Socket out(address);
  if (address.transport == Transport::kUnix) {
    if (const auto fit = out.CheckPlace(); !fit) return std::unexpected(fit.error());
    out.RemoveLeftovers();
  }
  return out;
}

Result<void> Socket::CheckPlace() const {
  struct stat status;
  if (stat(directory_.c_str(), &status) != 0) return SystemError("directory " + directory_);
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0) {
    return Fail(ErrorKind::kInvalid, "directory " + directory_ +
                                         " may be written by everybody, who could then pose as us");
  }
  if (access(directory_.c_str(), W_OK | X_OK) != 0) {
    return SystemError("directory " + directory_ + " cannot be written by user number " +
                       std::to_string(geteuid()));
  }
  if (lstat(address_.path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
    return Fail(ErrorKind::kInvalid, address_.path + " exists and is not a socket");
  }
  return {};
}

// Private names of processes that died before they could remove them, our own number included.
void Socket::RemoveLeftovers() const {
  DIR* directory = opendir(directory_.c_str());
  if (directory == nullptr) return;
  const std::string public_name = address_.path.substr(directory_.size());
  while (const dirent* entry = readdir(directory)) {
    const auto pid = OwnerOf(entry->d_name, public_name);
    if (!pid) continue;
    const bool dead = *pid == getpid() || (kill(*pid, 0) != 0 && errno == ESRCH);
    const std::string path = directory_ + entry->d_name;
    if (dead && IsSocket(path)) unlink(path.c_str());
  }
  closedir(directory);
}

std::string Socket::connection() const {
  if (address_.transport == Transport::kUnix) return "unix:" + private_path_;
  return std::string(address_.ipv6 ? "inet6:" : "inet:") + std::to_string(address_.port) + "@[" +
         address_.host + "]";
}

bool Socket::HasPredecessor() const {
  return address_.transport == Transport::kUnix && UniqueFd(Connect(address_.path)).get() >= 0;
}

Result<void> Socket::Publish(unsigned mode, const std::string& group) {
  if (address_.transport != Transport::kUnix) return {};
  if (!group.empty()) {
    const auto id = GroupId(group);
    if (!id) return std::unexpected(id.error());
    struct stat status{};
    // Where the folder has handed its group down, it need not be changed, which may be forbidden.
    const bool inherited = stat(private_path_.c_str(), &status) == 0 && status.st_gid == *id;
    if (!inherited && chown(private_path_.c_str(), static_cast<uid_t>(-1), *id) != 0) {
      return SystemError("cannot give " + private_path_ + " to group \"" + group +
                         "\" (is this user one of its members?)");
    }
  }
  if (chmod(private_path_.c_str(), mode) != 0) return SystemError("chmod " + private_path_);
  own_ = UniqueFd(open(private_path_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!own_) return SystemError("open " + private_path_);
  const DirectoryLock lock(directory_);
  if (rename(private_path_.c_str(), address_.path.c_str()) != 0) {
    return SystemError("cannot take the name " + address_.path);
  }
  return {};
}

bool Socket::IsOurs() const {
  if (address_.transport != Transport::kUnix) return true;
  struct stat own, there;
  return own_ && fstat(own_.get(), &own) == 0 && lstat(address_.path.c_str(), &there) == 0 &&
         own.st_dev == there.st_dev && own.st_ino == there.st_ino;
}

// Also when a successor has taken the name: what is held open is reached by its descriptor.
int Socket::ConnectToOwn() const {
  if (address_.transport == Transport::kUnix) {
    const int fd = own_ ? Connect("/proc/self/fd/" + std::to_string(own_.get())) : -1;
    if (fd >= 0 || !IsOurs()) return fd;
  }
  return Connect(address_.path);
}

void Socket::Withdraw() {
  if (address_.transport != Transport::kUnix) return;
  const DirectoryLock lock(directory_);
  if (IsOurs()) unlink(address_.path.c_str());
}

void Socket::RemovePrivate() {
  if (address_.transport == Transport::kUnix) unlink(private_path_.c_str());
}

// `path`: where a unix socket is. A descriptor, or -1.
int Socket::Connect(const std::string& path) const {
  sockaddr_storage storage{};
  socklen_t size = 0;
  if (address_.transport == Transport::kUnix) {
    auto* to = reinterpret_cast<sockaddr_un*>(&storage);
    to->sun_family = AF_UNIX;
    path.copy(to->sun_path, sizeof to->sun_path - 1);
    size = sizeof *to;
  } else if (address_.ipv6) {
    auto* to = reinterpret_cast<sockaddr_in6*>(&storage);
    to->sin6_family = AF_INET6;
    to->sin6_port = htons(static_cast<std::uint16_t>(address_.port));
    inet_pton(AF_INET6, address_.host.c_str(), &to->sin6_addr);
    size = sizeof *to;
  } else {
    auto* to = reinterpret_cast<sockaddr_in*>(&storage);
    to->sin_family = AF_INET;
    to->sin_port = htons(static_cast<std::uint16_t>(address_.port));
    inet_pton(AF_INET, address_.host.c_str(), &to->sin_addr);
    size = sizeof *to;
  }
  const int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<sockaddr*>(&storage), size) == 0 || errno == EINPROGRESS) {
    return fd;
  }
  close(fd);
  return -1;
}

// Connections are accepted in order: once ours has been served, all before it have been accepted.
// A "quit" as the first packet makes libmilter close the connection without a word.
void Socket::Flush(int milliseconds) const {
  const UniqueFd fd(ConnectToOwn());
  if (fd.get() < 0) return;
  pollfd waiting{fd.get(), POLLOUT, 0};
  if (poll(&waiting, 1, milliseconds) <= 0) return;
  static constexpr std::array<char, 5> kQuit{0, 0, 0, 1, 'Q'};
  if (send(fd.get(), kQuit.data(), kQuit.size(), MSG_NOSIGNAL) < 0) return;
  waiting.events = POLLIN;
  poll(&waiting, 1, milliseconds);
}

}  // namespace warifu::daemon
