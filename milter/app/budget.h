// Budget: how long one mail may take, and whether anybody still waits for it.
//
// Threads: belongs to one inspection; Over() is called from the thread that works.
#pragma once

#include <chrono>
#include <functional>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace warifu::app {

class Budget {
 public:
  // `alive`: false once the MTA has gone; may be empty.
  Budget(const Clock& clock, std::chrono::milliseconds span, std::function<bool()> alive)
      : clock_(clock), end_(clock.Steady() + span), alive_(std::move(alive)) {}

  // True, and from then on, once the time is over or the MTA has gone.
  bool Over() {
    if (why_.empty() && clock_.Steady() >= end_) why_ = "the time budget of the mail ran out";
    if (why_.empty() && alive_ && !alive_()) why_ = "the MTA closed the connection";
    return !why_.empty();
  }
  std::string_view why() const { return why_; }
  const Clock& clock() const { return clock_; }

 private:
  const Clock& clock_;
  const SteadyTime end_;
  const std::function<bool()> alive_;
  std::string_view why_;
};

// Microseconds since it was made.
class Stopwatch {
 public:
  explicit Stopwatch(const Clock& clock) : clock_(clock), begin_(clock.Steady()) {}
  std::uint64_t Microseconds() const {
    const auto span = clock_.Steady() - begin_;
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(span).count());
  }

 private:
  const Clock& clock_;
  const SteadyTime begin_;
};

}  // namespace warifu::app
