#include "daemon/metrics_server.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <exception>
#include <list>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "daemon/http_request.h"
#include "daemon/listen.h"
#include "daemon/socket.h"

namespace warifu::daemon {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view kPath = "/metrics";
constexpr std::string_view kType = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::chrono::milliseconds kAcceptPause{200};  // after descriptors ran out

struct Connection {
  UniqueFd fd;
  Steady::time_point deadline;
  std::string in, out;
};

class Server final : public MetricsServer {
 public:
  Server(const MetricsOptions& options, Socket socket, std::function<std::string()> text,
         incident::Log& log)
      : options_(options), socket_(std::move(socket)), text_(std::move(text)), log_(log) {}
  ~Server() override { Stop(); }

  Result<void> Start();
  void Stop() override;

 private:
  Result<void> Open();
  void OpenAgain(Steady::time_point now);
  void Loop();
  void Accept();
  void Read(Connection* c);
  void Answer(Connection* c, HttpRequest request);
  static void Write(Connection* c);

  const MetricsOptions options_;
  Socket socket_;
  const std::function<std::string()> text_;
  incident::Log& log_;
  UniqueFd listener_;
  UniqueFd wake_;
  std::atomic<bool> stopping_ = false;
  std::list<Connection> connections_;
  Steady::time_point not_before_ = {};  // the next accept(), or the next try to listen
  std::thread thread_;
};

Result<void> Server::Open() {
  Result<UniqueFd> listener = Listen(socket_);
  if (!listener) return std::unexpected(listener.error());
  if (auto published = socket_.Publish(options_.mode, options_.group); !published) {
    socket_.RemovePrivate();
    return published;
  }
  listener_ = std::move(*listener);
  log_.Info("metrics are served at " + PostfixSyntax(socket_.address()) + ", path " +
            std::string(kPath));
  return {};
}

Result<void> Server::Start() {
  wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return Fail(ErrorKind::kSystem, std::string("eventfd: ") + std::strerror(errno));
  if (const auto opened = Open(); !opened) {
    if (opened.error().kind != ErrorKind::kTemporary) return opened;
    log_.Warning("metrics are not served yet, tried again every second: " +
                 opened.error().ToString());
    not_before_ = Steady::now() + options_.again;
  }
  // Signals are for the threads that wait for them.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<void> started;
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& e) {
    started = Fail(ErrorKind::kSystem, std::string("cannot start a thread: ") + e.what());
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return started;
}

void Server::Stop() {
  if (thread_.joinable()) {
    stopping_ = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(wake_.get(), &one, sizeof one);
    thread_.join();
  }
  if (!listener_) return;
  socket_.Withdraw();
  listener_.Reset();
  socket_.RemovePrivate();
  connections_.clear();
}

void Server::OpenAgain(Steady::time_point now) {
  not_before_ = now + options_.again;
  if (const auto opened = Open(); opened) not_before_ = {};
}

void Server::Loop() {
  std::vector<pollfd> fds;
  while (!stopping_) {
    const Steady::time_point now = Steady::now();
    std::erase_if(connections_, [&](const Connection& c) { return !c.fd || c.deadline <= now; });
    if (!listener_ && not_before_ <= now) OpenAgain(now);
    const bool room = connections_.size() < options_.max_connections;
    const bool accepting = listener_ && room && not_before_ <= now;
    fds.assign({{wake_.get(), POLLIN, 0}, {accepting ? listener_.get() : -1, POLLIN, 0}});
    Steady::time_point next = not_before_ > now ? not_before_ : Steady::time_point::max();
    for (const Connection& c : connections_) {
      fds.push_back({c.fd.get(), static_cast<short>(c.out.empty() ? POLLIN : POLLOUT), 0});
      next = std::min(next, c.deadline);
    }
    int wait = -1;
    if (next != Steady::time_point::max()) {
      wait = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(next - now).count());
    }
    if (poll(fds.data(), fds.size(), wait) < 0) continue;
    std::size_t index = 2;
    for (Connection& c : connections_) {
      const short events = fds[index++].revents;
      if (events == 0) continue;
      if (c.out.empty()) {
        Read(&c);
      } else {
        Write(&c);
      }
    }
    if (fds[1].revents != 0) Accept();
  }
}

void Server::Accept() {
  UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!fd) {
    const bool passing = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
    if (!passing) not_before_ = Steady::now() + kAcceptPause;
    return;
  }
  connections_.push_back({std::move(fd), Steady::now() + options_.timeout, "", ""});
}

void Server::Read(Connection* c) {
  char buffer[4096];
  const ssize_t n = recv(c->fd.get(), buffer, sizeof buffer, 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return c->fd.Reset();
  c->in.append(buffer, static_cast<std::size_t>(n));
  HttpRequest request = ReadHttpRequest(c->in, kPath);
  if (request == HttpRequest::kIncomplete) {
    if (c->in.size() <= options_.max_request) return;
    request = HttpRequest::kBroken;
  }
  Answer(c, request);
}

void Server::Answer(Connection* c, HttpRequest request) {
  try {
    const bool found = request == HttpRequest::kGet || request == HttpRequest::kHead;
    c->out = HttpAnswer(request, kType, found ? text_() : "");
  } catch (const std::exception&) {
    c->out = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  }
  Write(c);
}

// The rest once the reader has taken some. What was not read of the request is read away before the
// end, or the kernel would reset the connection and with it the answer.
void Server::Write(Connection* c) {
  const ssize_t n = send(c->fd.get(), c->out.data(), c->out.size(), MSG_NOSIGNAL);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0) return c->fd.Reset();
  c->out.erase(0, static_cast<std::size_t>(n));
  if (!c->out.empty()) return;
  char unread[4096];
  for (int i = 0; i < 16 && recv(c->fd.get(), unread, sizeof unread, 0) > 0; ++i) {
  }
  c->fd.Reset();
}

}  // namespace

Result<std::unique_ptr<MetricsServer>> StartMetrics(const MetricsOptions& options,
                                                    std::function<std::string()> text,
                                                    incident::Log& log) {
  const auto address = ParseSocket(options.address);
  if (!address) return std::unexpected(address.error());
  if (address->transport == Transport::kTcp && !address->loopback) {
    return Fail(ErrorKind::kInvalid,
                "metrics.address: " + options.address + " can be reached from other machines");
  }
  auto socket = Socket::Prepare(*address);
  if (!socket) return std::unexpected(socket.error());
  auto server = std::make_unique<Server>(options, *std::move(socket), std::move(text), log);
  if (auto started = server->Start(); !started) return std::unexpected(started.error());
  return server;
}

}  // namespace warifu::daemon
