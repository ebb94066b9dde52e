// Upkeep: a thread that does a small round of work now and then, and at once when it is woken.
//
// Guarantees: the destructor stops it: a round that runs is told by stopping() and waited for.
// Exceptions of a round end that round alone.
// Threads: safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace warifu::app {

class Upkeep {
 public:
  // `round` does the work and says how long to rest. The first one runs at once.
  explicit Upkeep(std::function<std::chrono::milliseconds(const Upkeep&)> round);
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  void Wake();
  bool stopping() const;

 private:
  void Run();

  const std::function<std::chrono::milliseconds(const Upkeep&)> round_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace warifu::app
