#include "app/counters.h"

#include <mutex>

#include "base/names.h"

namespace warifu::app {
namespace {

constexpr std::string_view kOther = "other";

constexpr NameTable<WorkStage, kWorkStageCount> kStages = {
    {WorkStage::kMail, "mail"},
    {WorkStage::kRcpt, "rcpt"},
    {WorkStage::kParse, "parse"},
    {WorkStage::kAttachments, "attachments"},
    {WorkStage::kFirstPass, "first_pass"},
    {WorkStage::kSecondPass, "second_pass"},
    {WorkStage::kRecords, "records"},
    {WorkStage::kChecks, "checks"},
    {WorkStage::kDecide, "decide"},
    {WorkStage::kTotal, "total"},
};

// Rows of a map stay where they are, so a reference outlives the lock.
template <typename Map>
typename Map::mapped_type& Named(std::shared_mutex& mutex, Map& map, std::string_view name) {
  {
    const std::shared_lock lock(mutex);
    if (const auto it = map.find(name); it != map.end()) return it->second;
  }
  const std::unique_lock lock(mutex);
  const bool room = map.size() < Counters::kMostNames || map.contains(name);
  return map[std::string(room ? name : kOther)];
}

template <typename Enum, typename Count>
Counts::ByName Named(std::size_t values, const Count& count) {
  Counts::ByName out;
  for (std::size_t i = 0; i < values; ++i) {
    const auto value = static_cast<Enum>(i);
    if (const std::uint64_t sum = count(value); sum > 0) out[std::string(ToString(value))] = sum;
  }
  return out;
}

using DirectionTable = CounterTable<incident::kDirectionCount, kActionCount>;

std::uint64_t SumOf(const Counts& counts, DirectionTable ListenerCounts::* table, Action action) {
  std::uint64_t sum = 0;
  for (const auto& [name, listener] : counts.listeners) {
    for (std::size_t d = 0; d < incident::kDirectionCount; ++d) {
      sum += (listener.*table).At(d, action);
    }
  }
  return sum;
}

}  // namespace

std::string_view ToString(WorkStage stage) {
  return NameOf(kStages, stage);
}
bool FromString(std::string_view word, WorkStage* stage) {
  return ValueOf(kStages, word, stage);
}

std::uint64_t Counts::Messages() const {
  std::uint64_t sum = 0;
  for (const auto& [name, listener] : listeners) sum += listener.verdicts.Sum();
  return sum;
}

Counts::ByName Counts::Verdicts() const {
  return Named<Action>(kActionCount, [this](Action action) {
    return SumOf(*this, &ListenerCounts::verdicts, action);
  });
}

Counts::ByName Counts::Would() const {
  return Named<Action>(
      kActionCount, [this](Action action) { return SumOf(*this, &ListenerCounts::would, action); });
}

Counts::ByName Counts::Findings() const {
  return Named<Severity>(kSeverityCount, [this](Severity severity) {
    std::uint64_t sum = 0;
    for (const auto& [id, rule] : rules) {
      for (std::size_t mode = 0; mode < kModeCount; ++mode) sum += rule.findings.At(severity, mode);
    }
    return sum;
  });
}

Counts::ByName Counts::Faults() const {
  return Named<FaultCause>(kAllFaultCauses.size(),
                           [this](FaultCause cause) { return faults.At(cause); });
}

Counts::ByName Counts::Recipients() const {
  return Named<Action>(kActionCount, [this](Action action) { return recipients.At(action); });
}

std::string Summary(const Counts& counts) {
  const auto list = [](const Counts::ByName& values) {
    std::string out;
    for (const auto& [name, count] : values) {
      out += (out.empty() ? "" : ", ") + name + ' ' + std::to_string(count);
    }
    return out.empty() ? std::string("none") : out;
  };
  const std::uint64_t messages = counts.Messages();
  return std::to_string(messages) + (messages == 1 ? " message: " : " messages: ") +
         list(counts.Verdicts()) + "; findings: " + list(counts.Findings()) +
         "; faults: " + list(counts.Faults());
}

void Counters::Add(const incident::Event& event) {
  ListenerCounts& listener = Named(names_, counts_.listeners, event.listener);
  listener.verdicts.Add(event.direction, event.verdict.action);
  listener.would.Add(event.direction, event.verdict.would);
  AddFaults(event.faults);
  bool stale = false;
  for (const CheckResult& check : event.checks) {
    stale = stale || check.stale;
    const bool spared =
        check.exempt && check.outcome != Outcome::kPass && check.outcome != Outcome::kNotApplicable;
    const auto outcome = static_cast<std::size_t>(check.outcome);
    counts_.checks.Add(check.check, spared ? kExemptOutcome : outcome);
  }
  if (stale) counts_.stale.Add();
  for (const Finding& finding : event.findings) {
    if (!finding.ignored.empty()) {
      counts_.ignored.Add();
      continue;
    }
    Named(names_, counts_.rules, finding.rule).findings.Add(finding.severity, finding.mode);
  }
  for (const auto& [name, microseconds] : event.microseconds) {
    WorkStage stage{};
    if (FromString(name, &stage)) AddTime(stage, microseconds);
  }
}

void Counters::AddRecipient(const incident::Event& event) {
  counts_.recipients.Add(event.verdict.action);
  AddFaults(event.faults);
}

void Counters::AddFaults(const Faults& faults) noexcept {
  for (const Fault& fault : faults) counts_.faults.Add(fault.cause);
}

Counts Counters::Read() const {
  const std::shared_lock lock(names_);
  return counts_;
}

}  // namespace warifu::app
