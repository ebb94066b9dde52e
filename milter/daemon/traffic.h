// Traffic: how many sessions and messages are under way, and whether more are let in.
//
// One per process. The adapter counts sessions and asks before every callback; a session asks
// before it begins a message. A stop goes through three states: kOpen; kDraining, in which messages
// under way may end but none may begin; kClosed, in which no callback runs any more, so that what
// they use can be taken down safely.
//
// Guarantees: after Close() has returned true no callback is running and none will.
// Threads: all members may be called from any thread; Close() from one.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "app/counters.h"

namespace warifu::daemon {

class Traffic {
 public:
  // At most `max_messages` and `max_sessions` at one time.
  Traffic(std::size_t max_messages, std::size_t max_sessions)
      : max_messages_(max_messages), max_sessions_(max_sessions) {}

  enum class Admission { kAdmitted, kBusy, kStopping };

  // A callback begins; false: leave everything alone, the process is going down.
  bool EnterCallback() noexcept {
    callbacks_.fetch_add(1);
    if (!closed_.load()) return true;
    callbacks_.fetch_sub(1);
    return false;
  }
  void LeaveCallback() noexcept { callbacks_.fetch_sub(1); }

  // Also counts there, for others to see; before the first session.
  void Mirror(app::SessionCounters* counters) { mirror_ = counters; }

  // False when there are too many; the session is then not counted.
  bool BeginSession() noexcept;
  void EndSession() noexcept;
  Admission BeginMessage() noexcept;
  void EndMessage() noexcept;

  void Drain() noexcept { draining_.store(true); }
  // Lets no callback in and waits until none is running; false when one still is at the deadline.
  bool Close(std::chrono::steady_clock::time_point deadline) noexcept;

  std::size_t sessions() const { return sessions_.load(); }
  // Sessions and messages turned away for being too many, since the last call.
  std::uint64_t TakeShed() noexcept { return shed_.exchange(0); }
  std::size_t messages() const { return messages_.load(); }

 private:
  // Adds one unless that would exceed `limit`.
  bool Take(std::atomic<std::size_t>& count, std::size_t limit) noexcept;

  const std::size_t max_messages_, max_sessions_;
  std::atomic<std::size_t> callbacks_ = 0, sessions_ = 0, messages_ = 0;
  app::SessionCounters* mirror_ = nullptr;
  std::atomic<std::uint64_t> shed_ = 0;
  std::atomic<bool> draining_ = false, closed_ = false;
};

// A message under way, counted as long as it lives.
class MessageSlot {
 public:
  explicit MessageSlot(Traffic& traffic) : traffic_(&traffic), admission_(traffic.BeginMessage()) {}
  ~MessageSlot() {
    if (admitted()) traffic_->EndMessage();
  }
  MessageSlot(const MessageSlot&) = delete;
  MessageSlot& operator=(const MessageSlot&) = delete;
  bool admitted() const { return admission_ == Traffic::Admission::kAdmitted; }
  Traffic::Admission admission() const { return admission_; }

 private:
  Traffic* traffic_;
  Traffic::Admission admission_;
};

}  // namespace warifu::daemon
