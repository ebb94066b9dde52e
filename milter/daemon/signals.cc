#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace warifu::daemon {
namespace {

pthread_t g_main_thread;

sigset_t StopSet() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void OwnSignals() {
  g_main_thread = pthread_self();
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &ignore, nullptr);
  sigaction(SIGPIPE, &ignore, nullptr);
  sigset_t set = StopSet();
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  sigemptyset(&set);
  sigaddset(&set, SIGHUP);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool WaitForStop(std::chrono::milliseconds time) {
  const sigset_t set = StopSet();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
  const timespec wait{seconds.count(), std::chrono::nanoseconds(time - seconds).count()};
  return sigtimedwait(&set, nullptr, &wait) > 0;
}

void StopWaiting() {
  pthread_kill(g_main_thread, SIGTERM);
}

}  // namespace warifu::daemon
