// Clock: time comes in as an argument.
//
// Code that needs "now" takes a Clock; main() passes the system's, tests pass a fake. Wall time is
// for records and expiry, steady time for budgets and latency.
// Threads: const, safe.
#pragma once

#include <chrono>

namespace warifu {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual SteadyTime Steady() const = 0;
  // The system's clock.
  static const Clock& System();
};

}  // namespace warifu
