// Cache: values by name, a bounded number of them, the least recently used forgotten first.
//
// Filled by whoever missed, emptied by news of a change. Between a reader's look into the database
// and its Put() the news may come and go; so Put() takes the epoch that the reader saw before it
// looked, and does nothing when anything was forgotten since.
//
// Threads: safe; divided into parts with a lock each, so that readers seldom meet.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace warifu::store {

template <typename T>
class Cache {
 public:
  explicit Cache(std::size_t capacity) : capacity_((capacity + kParts - 1) / kParts) {}

  std::uint64_t Epoch() const { return epoch_.load(std::memory_order_acquire); }

  std::optional<T> Get(std::string_view name) {
    Part& part = PartOf(name);
    const std::lock_guard lock(part.mutex);
    const auto found = part.places.find(name);
    if (found == part.places.end()) return std::nullopt;
    part.entries.splice(part.entries.begin(), part.entries, found->second);
    return found->second->second;
  }

  void Put(std::string_view name, const T& value, std::uint64_t epoch) {
    if (capacity_ == 0) return;
    Part& part = PartOf(name);
    const std::lock_guard lock(part.mutex);
    if (epoch != Epoch() || part.places.contains(name)) return;
    if (part.entries.size() >= capacity_) {
      part.places.erase(part.entries.back().first);
      part.entries.pop_back();
    }
    part.entries.emplace_front(name, value);
    part.places.emplace(part.entries.front().first, part.entries.begin());
  }

  void Forget(std::string_view name) {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    Part& part = PartOf(name);
    const std::lock_guard lock(part.mutex);
    const auto found = part.places.find(name);
    if (found == part.places.end()) return;
    const auto entry = found->second;
    part.places.erase(found);
    part.entries.erase(entry);
  }

  void Clear() {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
    for (Part& part : parts_) {
      const std::lock_guard lock(part.mutex);
      part.places.clear();
      part.entries.clear();
    }
  }

 private:
  static constexpr std::size_t kParts = 16;
  using Entries = std::list<std::pair<std::string, T>>;
  struct Part {
    std::mutex mutex;
    Entries entries;                                                          // newest first
    std::unordered_map<std::string_view, typename Entries::iterator> places;  // views of `entries`
  };

  Part& PartOf(std::string_view name) {
    return parts_[(std::hash<std::string_view>{}(name) >> 7) % kParts];
  }

  const std::size_t capacity_;  // of a part
  std::atomic<std::uint64_t> epoch_{0};
  std::array<Part, kParts> parts_;
};

}  // namespace warifu::store
