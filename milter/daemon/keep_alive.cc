#include "daemon/keep_alive.h"

#include <algorithm>
#include <utility>

namespace warifu::daemon {

using std::chrono::steady_clock;

KeepAlive::KeepAlive(std::chrono::milliseconds interval)
    : interval_(std::max(interval, std::chrono::milliseconds(4))), thread_([this] { Run(); }) {}

KeepAlive::~KeepAlive() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

// Ticks rather than being woken by Watch(): most mails are done long before their first sending is
// due and need not pay for a wake-up.
void KeepAlive::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, interval_ / 4, [this] { return stop_; })) SendDue();
}

// With mutex_ held: a Ticket that goes away waits for a sending under way.
void KeepAlive::SendDue() {
  const auto now = steady_clock::now();
  for (Entry& entry : entries_) {
    if (!entry.alive || now < entry.due) continue;
    entry.alive = entry.send();
    entry.due = now + interval_;
  }
}

KeepAlive::Ticket KeepAlive::Watch(std::function<bool()> send) {
  const std::lock_guard lock(mutex_);
  entries_.push_front({std::move(send), steady_clock::now() + interval_});
  return {*this, entries_.begin()};
}

KeepAlive::Ticket::~Ticket() {
  const std::lock_guard lock(owner_.mutex_);
  owner_.entries_.erase(entry_);
}

bool KeepAlive::Ticket::alive() const {
  const std::lock_guard lock(owner_.mutex_);
  return entry_->alive;
}

}  // namespace warifu::daemon
