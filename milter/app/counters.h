// Counters: all that the daemon counts about mail, once. `warifu status`, the metrics and the log's
// summary are read from here; nothing is counted a second time.
//
// What labels a counter is an enum, a rule's id or a listener's name, all from the configuration:
// never an address, an account or anything else that a mail brings, so that nobody can make the
// number of counters grow. Names that a reload has done away with keep their counts until the
// restart; beyond kMostNames of a kind, further ones are counted together as "other".
//
// A mail costs a few relaxed atomics, and a shared lock for its listener and for each finding.
// Threads: safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "base/check_result.h"
#include "base/counter_table.h"
#include "base/fault.h"
#include "base/histogram.h"
#include "incident/event.h"

namespace warifu::app {

// Kept by the daemon.
struct SessionCounters {
  std::atomic<std::uint64_t> open = 0;
  std::atomic<std::uint64_t> total = 0;
  std::atomic<std::uint64_t> messages = 0;  // under way
  std::atomic<std::uint64_t> shed = 0;      // sessions and messages turned away for being too many
};

// Parts of the work on one mail. From kParse on as events name them.
enum class WorkStage : std::uint8_t {
  kMail,  // the answer to MAIL
  kRcpt,  // the answer to one RCPT
  kParse,
  kAttachments,
  kFirstPass,
  kSecondPass,
  kRecords,
  kChecks,
  kDecide,
  kTotal,  // the end of the message, as a whole
};
inline constexpr std::size_t kWorkStageCount = 10;
std::string_view ToString(WorkStage stage);
bool FromString(std::string_view word, WorkStage* stage);

// Of a check that failed and was let off by an exemption, in the place of its outcome.
inline constexpr std::size_t kExemptOutcome = kOutcomeCount;

struct ListenerCounts {
  CounterTable<incident::kDirectionCount, kActionCount> verdicts;  // what was done
  CounterTable<incident::kDirectionCount, kActionCount> would;     // had all been enforced
};
struct RuleCounts {
  CounterTable<kSeverityCount, kModeCount> findings;
};

struct Counts {
  std::map<std::string, ListenerCounts, std::less<>> listeners;
  std::map<std::string, RuleCounts, std::less<>> rules;
  CounterTable<kCheckCount, kOutcomeCount + 1> checks;
  CounterTable<kAllFaultCauses.size()> faults;
  CounterTable<kActionCount> recipients;  // answered one by one
  Counter stale;                          // messages judged by the ledger alone
  Counter ignored;                        // findings that an ignore list names
  Counter event_failures;                 // events that could not be written
  Counter not_done;                       // verdicts that could not be carried out: deferred
  std::array<Histogram, kWorkStageCount> stages;

  // Sums for people, by name; what is 0 is left out.
  using ByName = std::map<std::string, std::uint64_t>;
  std::uint64_t Messages() const;
  ByName Verdicts() const;
  ByName Would() const;
  ByName Findings() const;  // by severity
  ByName Faults() const;
  ByName Recipients() const;
  const Histogram& stage(WorkStage stage) const { return stages[static_cast<std::size_t>(stage)]; }
};

// For the log: "12 messages: accept 11, hold 1; findings: high 1; faults: none".
std::string Summary(const Counts& counts);

class Counters {
 public:
  static constexpr std::size_t kMostNames = 10'000;

  // A verdict that stands.
  void Add(const incident::Event& event);
  // A recipient that was refused while its mail goes on.
  void AddRecipient(const incident::Event& event);
  // A fault that came up behind the verdict.
  void AddFault(FaultCause cause) noexcept { counts_.faults.Add(cause); }
  void AddEventFailure() noexcept { counts_.event_failures.Add(); }
  void AddNotDone() noexcept { counts_.not_done.Add(); }
  void AddTime(WorkStage stage, std::uint64_t microseconds) noexcept {
    counts_.stages[static_cast<std::size_t>(stage)].Add(microseconds);
  }
  Counts Read() const;

 private:
  void AddFaults(const Faults& faults) noexcept;

  mutable std::shared_mutex names_;  // guards the maps, not the counters in them
  Counts counts_;
};

}  // namespace warifu::app
