// Interrupt: last words before a signal ends the program.
//
// While one lives, INT, TERM and HUP (those that are not ignored) are blocked in its thread and in
// all that are started later, and wait on a thread of their own. The first that comes runs
// `last_words` there and then ends the process by that very signal, so that a shell sees how it
// ended. Nothing is taken down: what other threads are at ends with the process, at once.
// Threads: one at a time, made before the threads that must not be hit by the signals.
#pragma once

#include <signal.h>

#include <atomic>
#include <functional>
#include <thread>

namespace warifu::cli {

class Interrupt {
 public:
  explicit Interrupt(std::function<void()> last_words);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

 private:
  void Wait();

  const std::function<void()> last_words_;
  sigset_t signals_{}, before_{};
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

}  // namespace warifu::cli
