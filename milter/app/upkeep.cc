#include "app/upkeep.h"

#include <utility>

namespace warifu::app {

Upkeep::Upkeep(std::function<std::chrono::milliseconds(const Upkeep&)> round)
    : round_(std::move(round)), thread_([this] { Run(); }) {}

Upkeep::~Upkeep() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Upkeep::Wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

bool Upkeep::stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Upkeep::Run() {
  for (;;) {
    std::chrono::milliseconds rest{};
    try {
      rest = round_(*this);
    } catch (...) {
      rest = std::chrono::seconds(15);  // out of memory, most likely: the next round tries again
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, rest, [this] { return woken_ || stopping_; });
    if (stopping_) return;
    woken_ = false;
  }
}

}  // namespace warifu::app
