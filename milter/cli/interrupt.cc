#include "cli/interrupt.h"

#include <pthread.h>

#include <utility>

namespace warifu::cli {
namespace {

// The program was started to outlive it, as by nohup(1).
bool IsIgnored(int number) {
  struct sigaction action{};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Interrupt::Interrupt(std::function<void()> last_words) : last_words_(std::move(last_words)) {
  sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (!IsIgnored(number)) sigaddset(&signals_, number);
  }
  sigaddset(&signals_, SIGUSR1);  // ends Wait()
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  thread_ = std::thread([this] { Wait(); });
}

Interrupt::~Interrupt() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Interrupt::Wait() {
  int number = 0;
  while (sigwait(&signals_, &number) != 0) {
  }
  if (over_) return;
  last_words_();
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, number);
  signal(number, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  raise(number);
}

}  // namespace warifu::cli
