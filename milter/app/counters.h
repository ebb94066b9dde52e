// Counters: what the daemon counts about verdicts, for `warifu status`.
//
// Threads: safe.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "base/check_result.h"
#include "base/fault.h"
#include "incident/event.h"

namespace warifu::app {

struct Counts {
  std::uint64_t messages = 0;
  std::map<std::string, std::uint64_t> verdicts, would, faults, findings;
  std::map<std::string, std::uint64_t> recipients;  // answered one by one: action → recipients
  std::uint64_t stale = 0;                          // messages judged by the ledger alone
  std::uint64_t ignored = 0;                        // findings that an ignore list names
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
    AddFaults(event.faults);
    for (const CheckResult& check : event.checks) {
      if (!check.stale) continue;
      ++counts_.stale;
      break;
    }
    for (const Finding& finding : event.findings) {
      if (!finding.ignored.empty()) {
        ++counts_.ignored;
        continue;
      }
      ++counts_.findings[std::string(ToString(finding.severity))];
    }
  }
  // A recipient that was refused while its mail goes on.
  void AddRecipient(const incident::Event& event) {
    const std::lock_guard lock(mutex_);
    ++counts_.recipients[std::string(ToString(event.verdict.action))];
    AddFaults(event.faults);
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
  void AddFaults(const Faults& faults) {
    for (const Fault& fault : faults) ++counts_.faults[std::string(ToString(fault.cause))];
  }

  mutable std::mutex mutex_;
  Counts counts_;
};

}  // namespace warifu::app
