#include "incident/incident_writer.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "incident/repeats.h"

namespace warifu::incident {
namespace {

constexpr std::size_t kMostQueued = 10'000;
constexpr std::size_t kRecipientBytes = 1'000;
constexpr std::chrono::seconds kPatience{1};

std::string Joined(const std::vector<std::string>& list, std::size_t limit) {
  std::string out;
  for (const std::string& item : list) {
    if (out.size() + item.size() + 2 > limit) return out + ", …";
    out.append(out.empty() ? "" : ", ").append(item);
  }
  return out;
}

// The one line that says what is wrong: the first check that fails, else the first rule or fault.
std::string SummaryOf(const Event& event) {
  for (const CheckResult& check : event.checks) {
    if (check.exempt || check.outcome == Outcome::kPass ||
        check.outcome == Outcome::kNotApplicable || check.at_most < event.verdict.action) {
      continue;
    }
    std::string line = std::string(ToString(check.check)) + ": ";
    if (!check.subject.empty()) line += check.subject + ": ";
    return line + check.reason;
  }
  if (!event.findings.empty()) {
    return std::to_string(event.findings.size()) + " found by rule " + event.findings[0].rule +
           (event.findings[0].owner.empty() ? "" : ", of " + event.findings[0].owner);
  }
  return event.faults.empty() ? "" : event.faults[0].detail;
}

}  // namespace

store::Incident IncidentOf(const Event& event, std::string_view gateway) {
  store::Incident row;
  row.reference = event.reference;
  row.at = event.time;
  row.kind = "mail";
  row.action = ToString(event.verdict.action);
  row.gateway = gateway;
  row.queue_id = event.queue_id;
  row.account = event.account;
  row.client = event.client_address;
  row.sender = event.sender;
  row.recipients = Joined(event.recipients, kRecipientBytes);
  row.reasons = Joined(event.verdict.reasons, kRecipientBytes);
  row.summary = SummaryOf(event);
  return row;
}

struct IncidentWriter::State {
  store::Store& store;
  Log& log;
  std::mutex mutex = {};
  std::condition_variable changed = {};
  struct Entry {
    store::Incident row;
    bool again;
  };
  std::deque<Entry> queue = {};
  Repeats repeats = Repeats();
  bool busy = false;
  bool stopping = false;
  std::chrono::steady_clock::time_point give_up = {};
  std::atomic<std::uint64_t> lost = 0;
  std::thread thread = {};

  void Run() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      if (stopping && std::chrono::steady_clock::now() > give_up) {
        lost += queue.size();
        return;
      }
      const Entry entry = std::move(queue.front());
      queue.pop_front();
      busy = true;
      lock.unlock();
      Write(entry);
      lock.lock();
      busy = false;
      changed.notify_all();
    }
  }

  Result<void> Put(const Entry& entry) {
    if (!entry.again) return store.AddIncident(entry.row);
    const Result<bool> open = store.RepeatIncident(entry.row);
    if (!open) return std::unexpected(open.error());
    if (!*open) repeats.Forget(entry.row.reference);
    return {};
  }

  void Queue(store::Incident incident, bool again) noexcept {
    try {
      const std::lock_guard lock(mutex);
      if (queue.size() >= kMostQueued) {
        ++lost;
        return;
      }
      queue.push_back({std::move(incident), again});
    } catch (...) {
      ++lost;
      return;
    }
    changed.notify_all();
  }

  bool Recorded(const Entry& entry) noexcept {
    try {
      const Result<void> written = Put(entry);
      if (written) return true;
      log.Error("incident " + entry.row.reference +
                " was not recorded: " + written.error().ToString());
      return false;
    } catch (...) {
      return false;  // out of memory
    }
  }

  void Write(const Entry& entry) noexcept {
    if (!Recorded(entry)) ++lost;
  }
};

IncidentWriter::IncidentWriter(store::Store& store, Log& log)
    : state_(new State{.store = store, .log = log}) {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
}

IncidentWriter::~IncidentWriter() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->give_up = std::chrono::steady_clock::now() + kPatience;
  }
  state_->changed.notify_all();
  state_->thread.join();
}

Result<void> IncidentWriter::AddNow(const store::Incident& incident) {
  Result<void> written = state_->store.AddIncident(incident);
  if (!written) ++state_->lost;
  return written;
}

void IncidentWriter::Add(store::Incident incident) noexcept {
  state_->Queue(std::move(incident), false);
}

void IncidentWriter::Repeat(store::Incident incident) noexcept {
  state_->Queue(std::move(incident), true);
}

std::string IncidentWriter::ReferenceOf(const Event& event, std::chrono::seconds window,
                                        bool opens) {
  const std::string key = SameRefusal(event);
  if (key.empty() || window.count() == 0) return event.reference;
  return state_->repeats.ReferenceOf(key, event.reference, event.time, window, opens);
}

void IncidentWriter::Flush() {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [this] { return state_->queue.empty() && !state_->busy; });
}

std::uint64_t IncidentWriter::lost() const {
  return state_->lost;
}

}  // namespace warifu::incident
