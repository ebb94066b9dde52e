// ArchiveMemory: who was sent an encrypted archive, and who its password, for some hours.
//
// Kept in this process alone: a restart forgets it, and another gateway does not know it. Of an
// account and a recipient nothing is kept but a digest; of a password its rule, its masked preview
// and its fingerprint, which stand in the event, too.
//
// Guarantees: at most as many pairs as Note() is told; when it is full the oldest is forgotten, and
// counted. Threads: safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/address.h"
#include "base/clock.h"

namespace warifu::app {

// A password that was found in a mail.
struct SentPassword {
  std::string rule, preview, fingerprint;
};

class ArchiveMemory {
 public:
  // What any of the recipients got from this sender inside of the window.
  struct Sent {
    bool archive = false;
    std::shared_ptr<const SentPassword> password;  // the last one; null for none
  };
  // What one mail brings.
  struct Brings {
    bool archive = false;
    std::optional<SentPassword> password = {};
  };
  struct Counts {
    std::uint64_t pairs = 0;      // of sender and recipient, kept now
    std::uint64_t forgotten = 0;  // before their time, since the start
  };

  Sent Ask(std::string_view sender, std::span<const Address> recipients,
           std::chrono::seconds window, WallTime now) const;
  // Forgets what is older than the window. `most` is at least 1.
  void Note(std::string_view sender, std::span<const Address> recipients, const Brings& brings,
            std::chrono::seconds window, std::size_t most, WallTime now);
  Counts counts() const;

 private:
  using Key = std::string;
  struct Pair {
    std::optional<WallTime> archive_at, password_at;
    std::shared_ptr<const SentPassword> password;
    WallTime last = {};
    std::list<Key>::iterator place;
  };

  static Key KeyOf(std::string_view sender, const Address& recipient);
  void ForgetOldest();

  mutable std::mutex mutex_;
  std::unordered_map<Key, Pair> pairs_;
  std::list<Key> by_age_;  // the one that was noted last is at the back
  std::uint64_t forgotten_ = 0;
};

}  // namespace warifu::app
