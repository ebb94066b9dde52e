#include "daemon/traffic.h"

#include <thread>

namespace warifu::daemon {
bool Traffic::Take(std::atomic<std::size_t>& count, std::size_t limit) noexcept {
  if (count.fetch_add(1) < limit) return true;
  count.fetch_sub(1);
  shed_.fetch_add(1);
  if (mirror_ != nullptr) mirror_->shed.fetch_add(1);
  return false;
}

bool Traffic::BeginSession() noexcept {
  if (!Take(sessions_, max_sessions_)) return false;
  if (mirror_ != nullptr) {
    mirror_->open.fetch_add(1);
    mirror_->total.fetch_add(1);
  }
  return true;
}

void Traffic::EndSession() noexcept {
  sessions_.fetch_sub(1);
  if (mirror_ != nullptr) mirror_->open.fetch_sub(1);
}

Traffic::Admission Traffic::BeginMessage() noexcept {
  if (draining_.load()) return Admission::kStopping;
  if (!Take(messages_, max_messages_)) return Admission::kBusy;
  if (mirror_ != nullptr) mirror_->messages.fetch_add(1);
  return Admission::kAdmitted;
}

void Traffic::EndMessage() noexcept {
  messages_.fetch_sub(1);
  if (mirror_ != nullptr) mirror_->messages.fetch_sub(1);
}

bool Traffic::Close(std::chrono::steady_clock::time_point deadline) noexcept {
  closed_.store(true);
  while (callbacks_.load() != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace warifu::daemon
