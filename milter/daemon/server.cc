#include "daemon/server.h"

#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include "daemon/adapter.h"
#include "daemon/keep_alive.h"
#include "daemon/notify.h"
#include "daemon/pid_file.h"
#include "daemon/privileges.h"
#include "daemon/signals.h"
#include "daemon/socket.h"
#include "daemon/traffic.h"

namespace warifu::daemon {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kReservedDescriptors = 100;  // files, logs, control connections
constexpr milliseconds kStartTime{2000};
constexpr milliseconds kFlushTime{500};
constexpr milliseconds kLastCallbacks{500};
constexpr milliseconds kReportTime{10000};
constexpr milliseconds kLookTime{500};

// A thread that can be waited for with a limit, and left behind.
class Helper {
 public:
  template <typename Work>
  explicit Helper(Work work) {
    std::packaged_task<void()> task([work = std::move(work)]() mutable {
      BlockStopSignals();
      work();
    });
    done_ = task.get_future();
    thread_ = std::thread(std::move(task));
  }
  // False when it has not ended by then; it then goes on by itself.
  bool Join(steady_clock::time_point deadline) {
    if (done_.wait_until(deadline) != std::future_status::ready) {
      thread_.detach();
      return false;
    }
    thread_.join();
    return true;
  }
  bool done() const { return done_.wait_for(milliseconds(0)) == std::future_status::ready; }
  std::thread::native_handle_type handle() { return thread_.native_handle(); }

 private:
  std::future<void> done_;
  std::thread thread_;
};

std::string Status(const Socket& socket) {
  return "listening on " + PostfixSyntax(socket.address());
}

// Waits for USR1 until told to stop (by another USR1).
void ReloadOnSignal(const std::function<void()>& reload, const std::string& status,
                    const std::atomic<bool>& stop) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  for (int number = 0; sigwait(&set, &number) == 0 && !stop.load();) {
    NotifyReloading();
    if (reload) reload();
    NotifyReady(status);
  }
}

class Server {
 public:
  Server(const Options& options, const Hooks& hooks, Socket socket)
      : options_(options),
        hooks_(hooks),
        socket_(std::move(socket)),
        // Never freed: a callback that is kept out still asks it.
        traffic_(new Traffic(options.max_messages, SessionLimit())),
        keep_alive_(std::make_unique<KeepAlive>(options.progress)) {
    traffic_->Mirror(hooks.sessions);
  }

  Result<void> Open();
  Result<Ended> Run();

 private:
  static std::size_t SessionLimit() {
    const std::size_t all = RaiseDescriptorLimit();
    return std::max<std::size_t>(all, 2 * kReservedDescriptors) - kReservedDescriptors;
  }
  void LogAddress() const;
  void ReportShed() const;
  void LetMessagesEnd(steady_clock::time_point deadline);
  void StopListener(Helper& milter);
  bool StopReloads(Helper& reloads, steady_clock::time_point deadline);

  const Options& options_;
  const Hooks& hooks_;
  Socket socket_;
  Traffic* traffic_;
  std::unique_ptr<KeepAlive> keep_alive_;
  std::atomic<bool> milter_succeeded_ = false;
  std::atomic<bool> stop_reloads_ = false;
};

Result<void> Server::Open() {
  const AdapterContext context{hooks_.inspector, hooks_.log, traffic_, keep_alive_.get(),
                               socket_.address().transport};
  if (socket_.HasPredecessor()) hooks_.log->Info("taking over from a daemon that is running");
  // Nobody may connect before Publish() says who may.
  const mode_t before = umask(0177);
  const auto listening =
      Register(context, {socket_.connection(), options_.backlog, options_.mta_timeout});
  umask(before);
  if (!listening) return listening;
  const auto published = socket_.Publish(options_.socket_mode, options_.socket_group);
  if (!published) {
    Stop();
    socket_.RemovePrivate();
  }
  return published;
}

void Server::LogAddress() const {
  const SocketAddress& address = socket_.address();
  hooks_.log->Info("listening; Postfix: smtpd_milters = " + PostfixSyntax(address) +
                   "  Sendmail: INPUT_MAIL_FILTER(`warifu', `S=" + SendmailSyntax(address) +
                   ", F=T, T=C:5m;S:30s;R:30s;E:5m')");
  if (address.transport == Transport::kTcp && !address.loopback) {
    hooks_.log->Warning(
        "the socket is reachable from other machines: whoever connects to it can "
        "claim any login; prefer a unix socket or loopback");
  }
}

void Server::ReportShed() const {
  const std::uint64_t shed = traffic_->TakeShed();
  if (shed == 0) return;
  hooks_.log->Warning(std::to_string(shed) +
                      " connections or messages were deferred in the last seconds: too many at a "
                      "time for the descriptors or the limit of this process");
}

Result<Ended> Server::Run() {
  const std::string status = Status(socket_);
  TakeStopSignals();
  Helper milter([this] {
    milter_succeeded_ = daemon::Run();
    StopWaiting();
  });
  Helper reloads([&] { ReloadOnSignal(hooks_.reload, status, stop_reloads_); });
  socket_.Flush(static_cast<int>(kStartTime.count()));  // until the listener answers
  LogAddress();
  NotifyReady(status);
  for (auto report = steady_clock::now() + kReportTime; !WaitForStop(kLookTime);) {
    // A thread of libmilter's waits for TERM, too. It may take one that came while it was starting;
    // we learn that from the listener's end, and the listener looks every 5 s only.
    Interrupt(milter.handle());
    if (steady_clock::now() < report) continue;
    ReportShed();
    report += kReportTime;
  }

  NotifyStopping();
  const bool gave_up = milter.done() && !milter_succeeded_.load();
  hooks_.log->Info("stopping");
  const auto deadline = steady_clock::now() + options_.grace;
  if (!milter.done()) LetMessagesEnd(deadline);
  socket_.Withdraw();
  StopListener(milter);
  socket_.RemovePrivate();
  const auto last = std::max(deadline, steady_clock::now() + kLastCallbacks);
  const bool quiet = traffic_->Close(steady_clock::now() + kLastCallbacks);
  if (!StopReloads(reloads, last) || !quiet) {
    std::ignore = keep_alive_.release();
    return Ended::kAbandoned;
  }
  if (gave_up) return Fail(ErrorKind::kSystem, "libmilter gave up serving; see the system log");
  return Ended::kStopped;
}

void Server::LetMessagesEnd(steady_clock::time_point deadline) {
  const bool successor = !socket_.IsOurs();
  if (!successor) {
    traffic_->Drain();
    socket_.Withdraw();
  }
  socket_.Flush(static_cast<int>(kFlushTime.count()));
  const auto under_way = [&] { return successor ? traffic_->sessions() : traffic_->messages(); };
  // What was accepted last may not have said a word yet.
  if (successor && WaitForStop(milliseconds(50))) return;
  while (under_way() > 0 && steady_clock::now() < deadline) {
    if (WaitForStop(milliseconds(10))) break;
  }
  if (const std::size_t left = under_way(); left > 0) {
    hooks_.log->Warning("stopping with " + std::to_string(left) +
                        (successor ? " sessions" : " messages") + " still under way");
  }
}

// libmilter looks at its stop mark every 5 s only, and sleeps when it meets an error on the way
// out.
void Server::StopListener(Helper& milter) {
  Helper stopper([] { Stop(); });
  while (!milter.done()) {
    Interrupt(milter.handle());
    std::this_thread::sleep_for(milliseconds(2));
  }
  milter.Join(steady_clock::time_point::max());
  stopper.Join(steady_clock::time_point::max());
}

bool Server::StopReloads(Helper& reloads, steady_clock::time_point deadline) {
  stop_reloads_ = true;
  pthread_kill(reloads.handle(), SIGUSR1);
  return reloads.Join(deadline);
}

}  // namespace

Result<Ended> Serve(const Options& options, const Hooks& hooks) try {
  const auto address = ParseSocket(options.socket);
  if (!address) return std::unexpected(address.error());
  auto socket = Socket::Prepare(*address);
  if (!socket) return std::unexpected(socket.error());
  auto server = std::make_unique<Server>(options, hooks, std::move(*socket));
  if (const auto open = server->Open(); !open) return std::unexpected(open.error());
  const auto pid_file = PidFile::Write(options.pid_file);
  if (!pid_file) {
    hooks.log->Warning(pid_file.error().ToString());
  }
  const auto ended = server->Run();
  if (ended && *ended == Ended::kAbandoned) std::ignore = server.release();
  return ended;
} catch (const std::system_error& error) {
  return Fail(ErrorKind::kSystem, std::string("cannot start a thread: ") + error.what());
}

}  // namespace warifu::daemon
