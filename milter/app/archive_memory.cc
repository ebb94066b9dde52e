#include "app/archive_memory.h"

#include "base/digest.h"

namespace warifu::app {

ArchiveMemory::Key ArchiveMemory::KeyOf(std::string_view sender, const Address& recipient) {
  return Sha256Hex(std::string(sender) + '\0' + recipient.ToString()).substr(0, 32);
}

ArchiveMemory::Sent ArchiveMemory::Ask(std::string_view sender, std::span<const Address> recipients,
                                       std::chrono::seconds window, WallTime now) const {
  Sent sent;
  std::optional<WallTime> latest;
  const std::lock_guard lock(mutex_);
  for (const Address& recipient : recipients) {
    const auto found = pairs_.find(KeyOf(sender, recipient));
    if (found == pairs_.end()) continue;
    const Pair& pair = found->second;
    const auto fresh = [&](const std::optional<WallTime>& at) { return at && now - *at <= window; };
    sent.archive = sent.archive || fresh(pair.archive_at);
    if (fresh(pair.password_at) && (!latest || *pair.password_at > *latest)) {
      latest = pair.password_at;
      sent.password = pair.password;
    }
  }
  return sent;
}

void ArchiveMemory::Note(std::string_view sender, std::span<const Address> recipients,
                         const Brings& brings, std::chrono::seconds window, std::size_t most,
                         WallTime now) {
  const std::shared_ptr<const SentPassword> password =
      brings.password ? std::make_shared<const SentPassword>(*brings.password) : nullptr;
  const std::lock_guard lock(mutex_);
  while (!by_age_.empty() && now - pairs_.at(by_age_.front()).last > window) ForgetOldest();
  if (!brings.archive && password == nullptr) return;
  for (const Address& recipient : recipients) {
    Key key = KeyOf(sender, recipient);
    const auto [it, fresh] = pairs_.try_emplace(key);
    Pair& pair = it->second;
    if (fresh) {
      pair.place = by_age_.insert(by_age_.end(), std::move(key));
    } else {
      by_age_.splice(by_age_.end(), by_age_, pair.place);
    }
    pair.last = now;
    if (brings.archive) pair.archive_at = now;
    if (password != nullptr) {
      pair.password_at = now;
      pair.password = password;
    }
    while (pairs_.size() > most) {
      ForgetOldest();
      ++forgotten_;
    }
  }
}

void ArchiveMemory::ForgetOldest() {
  pairs_.erase(by_age_.front());
  by_age_.pop_front();
}

ArchiveMemory::Counts ArchiveMemory::counts() const {
  const std::lock_guard lock(mutex_);
  return {pairs_.size(), forgotten_};
}

}  // namespace warifu::app
