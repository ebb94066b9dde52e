#include "daemon/socketmap.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <exception>
#include <list>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/listen.h"
#include "daemon/netstring.h"
#include "daemon/socket.h"

namespace warifu::daemon {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t kFramingBytes = 16;
constexpr std::chrono::milliseconds kAcceptPause{200};  // after descriptors ran out

std::unexpected<Error> SystemError(const std::string& doing) {
  return Fail(ErrorKind::kSystem, doing + ": " + std::strerror(errno));
}

std::string ToReply(const SocketmapAnswer& answer) {
  switch (answer.kind) {
    case SocketmapAnswer::Kind::kFound:
      return "OK " + answer.text;
    case SocketmapAnswer::Kind::kTemporary:
      return "TEMP " + answer.text;
    case SocketmapAnswer::Kind::kNotFound:
      break;
  }
  return "NOTFOUND ";
}

struct Connection {
  UniqueFd fd;
  std::string in, out;
  Steady::time_point deadline;
};

// What all workers share.
struct Shared {
  SocketmapOptions options;
  SocketmapLookup lookup;
  UniqueFd listener;
  UniqueFd wake;  // stays readable: every worker sees it
  std::atomic<bool> stopping = false;
  std::atomic<std::size_t> connections = 0;
};

class Worker {
 public:
  explicit Worker(Shared& shared) : shared_(shared) {}
  ~Worker() { shared_.connections -= connections_.size(); }

  void Loop() {
    while (!shared_.stopping) {
      const Steady::time_point now = Steady::now();
      shared_.connections -= std::erase_if(
          connections_, [&](const Connection& c) { return !c.fd || c.deadline <= now; });
      const bool accepting = accept_again_ <= now;
      fds_.assign(
          {{shared_.wake.get(), POLLIN, 0}, {accepting ? shared_.listener.get() : -1, POLLIN, 0}});
      Steady::time_point next = accepting ? Steady::time_point::max() : accept_again_;
      for (const Connection& c : connections_) {
        fds_.push_back({c.fd.get(), static_cast<short>(c.out.empty() ? POLLIN : POLLOUT), 0});
        next = std::min(next, c.deadline);
      }
      if (poll(fds_.data(), fds_.size(), Until(next, now)) < 0) continue;
      std::size_t index = 2;
      for (Connection& c : connections_) {
        if (const short events = fds_[index++].revents; events != 0) Handle(&c, events);
      }
      if (fds_[1].revents != 0) Accept();
    }
  }

 private:
  static int Until(Steady::time_point next, Steady::time_point now) {
    if (next == Steady::time_point::max()) return -1;
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
  }

  // Another worker may have been quicker.
  void Accept() {
    UniqueFd fd(accept4(shared_.listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd) {
      const bool passing = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
      if (!passing) accept_again_ = Steady::now() + kAcceptPause;
      return;
    }
    if (++shared_.connections > shared_.options.max_connections) {
      --shared_.connections;
      return;
    }
    connections_.push_back({std::move(fd), "", "", Steady::now() + shared_.options.idle_timeout});
  }

  void Handle(Connection* c, short events) {
    if ((events & POLLOUT) != 0) {
      Flush(c);
      Serve(c);
      return;
    }
    char buffer[4096];
    const ssize_t n = recv(c->fd.get(), buffer, sizeof buffer, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return c->fd.Reset();
    // The clock of a request starts with its first byte and is not wound up by the next.
    if (c->in.empty()) c->deadline = Steady::now() + shared_.options.request_timeout;
    c->in.append(buffer, static_cast<std::size_t>(n));
    Serve(c);
  }

  // The next request only once the answer before it is taken, so that neither side piles up.
  void Serve(Connection* c) {
    std::string request;
    while (c->fd && c->out.empty() && !shared_.stopping) {
      switch (TakeNetstring(&c->in, shared_.options.max_key + kFramingBytes, &request)) {
        case Netstring::kIncomplete:
          return;
        case Netstring::kBroken:
          return c->fd.Reset();
        case Netstring::kWhole:
          break;
      }
      const std::size_t space = request.find(' ');
      if (space == std::string::npos) return c->fd.Reset();
      c->out = ToNetstring(ToReply(Ask(std::string_view(request).substr(space + 1))));
      c->deadline = Steady::now() + shared_.options.request_timeout;
      Flush(c);
    }
  }

  SocketmapAnswer Ask(std::string_view key) const {
    try {
      return shared_.lookup(key);
    } catch (const std::exception&) {
      return {SocketmapAnswer::Kind::kTemporary, "warifu failed to look it up"};
    }
  }

  void Flush(Connection* c) const {
    const ssize_t n = send(c->fd.get(), c->out.data(), c->out.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return c->fd.Reset();
    c->out.erase(0, static_cast<std::size_t>(n));
    if (!c->out.empty()) return;
    const SocketmapOptions& options = shared_.options;
    c->deadline = Steady::now() + (c->in.empty() ? options.idle_timeout : options.request_timeout);
  }

  Shared& shared_;
  std::list<Connection> connections_;
  std::vector<pollfd> fds_;
  Steady::time_point accept_again_;
};

class Server final : public SocketmapServer {
 public:
  explicit Server(Socket socket) : socket_(std::move(socket)) {}
  ~Server() override { Stop(); }

  Result<void> Start(const SocketmapOptions& options, SocketmapLookup lookup);
  void Stop() override;
  std::string postfix_address() const override { return PostfixSyntax(socket_.address()); }

 private:
  Socket socket_;
  Shared shared_;
  std::vector<std::thread> threads_;
};

Result<void> Server::Start(const SocketmapOptions& options, SocketmapLookup lookup) {
  shared_.options = options;
  shared_.lookup = std::move(lookup);
  shared_.wake = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!shared_.wake) return SystemError("eventfd");
  Result<UniqueFd> listener = Listen(socket_);
  if (!listener) return std::unexpected(listener.error());
  shared_.listener = std::move(*listener);
  if (auto published = socket_.Publish(options.mode, options.group); !published) {
    socket_.RemovePrivate();
    return published;
  }
  // Signals are for the threads that wait for them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::optional<Error> failure;
  try {
    for (std::size_t i = 0; i < std::max<std::size_t>(options.threads, 1); ++i) {
      threads_.emplace_back([this] { Worker(shared_).Loop(); });
    }
  } catch (const std::system_error& e) {
    failure = Error{ErrorKind::kSystem, std::string("cannot start a thread: ") + e.what(), {}};
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!failure) return {};
  Stop();
  return std::unexpected(*failure);
}

void Server::Stop() {
  if (!shared_.listener) return;
  socket_.Withdraw();
  shared_.stopping = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = write(shared_.wake.get(), &one, sizeof one);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  socket_.RemovePrivate();
  shared_.listener.Reset();
}

}  // namespace

Result<std::unique_ptr<SocketmapServer>> StartSocketmap(const SocketmapOptions& options,
                                                        SocketmapLookup lookup) {
  const auto address = ParseSocket(options.address);
  if (!address) return std::unexpected(address.error());
  if (address->transport == Transport::kTcp && !address->loopback) {
    return Fail(ErrorKind::kInvalid,
                "socketmap.address: " + options.address + " can be reached from other machines");
  }
  auto socket = Socket::Prepare(*address);
  if (!socket) return std::unexpected(socket.error());
  auto server = std::make_unique<Server>(*std::move(socket));
  if (auto started = server->Start(options, std::move(lookup)); !started) {
    return std::unexpected(started.error());
  }
  return server;
}

}  // namespace warifu::daemon
