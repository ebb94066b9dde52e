#include "daemon/signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace warifu::daemon {
namespace {

// A handler can reach nothing but globals. [0] is read, [1] written.
std::array<int, 2> g_pipe{-1, -1};

// Async-signal-safe.
void Tell() {
  const int saved = errno;
  const char byte = 0;
  // A full pipe has been told enough.
  [[maybe_unused]] const ssize_t written = write(g_pipe[1], &byte, 1);
  errno = saved;
}

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

void Handle(int signal, void (*handler)(int), int flags = SA_RESTART) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(signal, &action, nullptr);
}

}  // namespace

Result<void> OwnSignals() {
  if (pipe2(g_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return Fail(ErrorKind::kSystem, std::string("pipe: ") + std::strerror(errno));
  }
  sigset_t set = StopSet();
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  Handle(SIGTERM, [](int) { Tell(); });
  Handle(SIGINT, [](int) { Tell(); });
  Handle(SIGUSR2, [](int) {}, 0);
  Handle(SIGHUP, SIG_IGN);
  Handle(SIGPIPE, SIG_IGN);
  // Whoever started us may have blocked them; a blocked signal is kept even when it is ignored.
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  sigaddset(&set, SIGUSR2);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  return {};
}

void TakeStopSignals() {
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void BlockStopSignals() {
  const sigset_t set = StopSet();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool WaitForStop(std::chrono::milliseconds time) {
  pollfd waiting{g_pipe[0], POLLIN, 0};
  char byte;
  return poll(&waiting, 1, static_cast<int>(time.count())) > 0 && read(g_pipe[0], &byte, 1) == 1;
}

void StopWaiting() {
  Tell();
}

void Interrupt(pthread_t thread) {
  pthread_kill(thread, SIGUSR2);
}

}  // namespace warifu::daemon
