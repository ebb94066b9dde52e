// Counters: what the daemon counts about verdicts, for `warifu status`.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/fault.h"
#include "incident/event.h"

namespace warifu::app {

struct Counts {
  std::uint64_t messages = 0;
  std::map<std::string, std::uint64_t> verdicts, would, faults, findings;
  std::uint64_t event_failures = 0;
};

class Counters {
 public:
  // A verdict that stands.
  void Add(const incident::Event& event) {
    const std::lock_guard lock(mutex_);
    ++counts_.messages;
    ++counts_.verdicts[std::string(ToString(event.verdict.action))];
    ++counts_.would[std::string(ToString(event.verdict.would))];
    for (const Fault& fault : event.faults) ++counts_.faults[std::string(ToString(fault.cause))];
    for (const Finding& finding : event.findings) {
      ++counts_.findings[std::string(ToString(finding.severity))];
    }
  }
  // A fault that came up behind the verdict.
  void AddFault(FaultCause cause) {
    const std::lock_guard lock(mutex_);
    ++counts_.faults[std::string(ToString(cause))];
  }
  void AddEventFailure() {
    const std::lock_guard lock(mutex_);
    ++counts_.event_failures;
  }
  Counts Read() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace warifu::app
