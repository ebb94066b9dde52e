// Repeats: refusals that a client brings again and again are one incident.
//
// A client that is told to try later does so for days. What is the same refusal is decided by what
// was refused to whom and why: stage, action, account, sender, recipients and reasons; at the end
// of a mail its Message-ID, too, and a mail without one is never the same. Held mail never is: each
// has to be found.
//
// Guarantees: bounded; what is forgotten becomes an incident of its own. Threads: safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "incident/event.h"

namespace warifu::incident {

// What tells it from other refusals; "" for what is never the same.
std::string SameRefusal(const Event& event);

class Repeats {
 public:
  explicit Repeats(std::size_t most = 20'000) : half_(most / 2) {}

  // The reference under which the same was told less than `window` before `at`; `reference` where
  // it was not, which is remembered. What `opens` a matter of its own (a new dispute) keeps its
  // own.
  std::string ReferenceOf(const std::string& key, const std::string& reference, WallTime at,
                          std::chrono::seconds window, bool opens);
  // It has been settled: the next one is a new matter.
  void Forget(std::string_view reference);

 private:
  struct Told {
    std::string reference;
    WallTime at;
  };
  using Table = std::unordered_map<std::string, Told>;

  const std::size_t half_;
  std::mutex mutex_;
  Table young_, old_;  // what is used moves to the young; when these are many, the old are dropped
};

}  // namespace warifu::incident
