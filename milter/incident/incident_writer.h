// Incident writer: puts what a person may have to act on into the store.
//
// A mail that is held must be found again, so its row is written before the MTA hears of it
// (AddNow). Refusals and deferrals are known to the client and stand in the event log, too: their
// rows are queued and written by a thread of its own, off the way of the mail. A queue that is full
// (the store is slow, or somebody hammers) loses rows, and counts them. A client that tries again
// is counted in the row of its first refusal, until a person settles that.
//
// Guarantees: the destructor writes what is queued, for at most a second. Never throws.
// Threads: safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"
#include "incident/event.h"
#include "incident/event_log.h"
#include "store/store.h"

namespace warifu::incident {

// The row of a mail that was held, deferred or refused. `gateway`: this host.
store::Incident IncidentOf(const Event& event, std::string_view gateway);

class IncidentWriter {
 public:
  // Both outlive it.
  IncidentWriter(store::Store& store, Log& log);
  ~IncidentWriter();
  IncidentWriter(const IncidentWriter&) = delete;
  IncidentWriter& operator=(const IncidentWriter&) = delete;

  Result<void> AddNow(const store::Incident& incident);
  void Add(store::Incident incident) noexcept;
  // What the row of its reference tells already has happened again: it is counted there.
  void Repeat(store::Incident incident) noexcept;
  // See Repeats: the reference that a refusal is told under; its own where it is none of these.
  std::string ReferenceOf(const Event& event, std::chrono::seconds window, bool opens);
  // Waits until all that was added has been tried; for tests.
  void Flush();
  // Rows that are in no store: the queue was full, or the store failed.
  std::uint64_t lost() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warifu::incident
