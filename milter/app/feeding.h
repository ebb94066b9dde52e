// Feeding: what a provisioning system announces in a database, taken over now and then.
//
// A thread reads the changes of the current snapshot (binding/change_feed.h) at the start, after a
// reload and every changes.interval; new ones are settled at once. A server that is down or hangs
// costs this thread its time-out and nobody else anything; it is counted, and tried again at the
// next reading. The log says every wrong row once, and the beginning and the end of an outage.
//
// The destructor waits for a reading that is under way, at most changes.timeout and the store's.
// Threads: safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "app/snapshot.h"
#include "app/upkeep.h"
#include "base/clock.h"
#include "binding/change_feed.h"
#include "incident/event_log.h"
#include "store/store.h"

namespace warifu::app {

struct FeedingStatus {
  std::optional<WallTime> read = {};             // when it last worked
  std::uint64_t rows = 0, ahead = 0, wrong = 0;  // of that reading
  std::uint64_t announced = 0, failures = 0;     // since the start
  std::string error = {};                        // of the last reading
};

class Feeding {
 public:
  // All outlive it. `settle`: there are new changes.
  Feeding(store::Store& store, incident::Log& log, const Clock& clock,
          std::function<std::shared_ptr<const Snapshot>()> snapshot, std::function<void()> settle);

  void Wake() { upkeep_.Wake(); }
  FeedingStatus status() const;

 private:
  std::chrono::milliseconds Round();
  void Note(const Result<binding::Fed>& fed, WallTime now);

  store::Store& store_;
  incident::Log& log_;
  const Clock& clock_;
  const std::function<std::shared_ptr<const Snapshot>()> snapshot_;
  const std::function<void()> settle_;
  // Of the thread.
  std::shared_ptr<const binding::ChangeSource> source_;
  binding::ChangeFeed feed_;
  bool complained_ = false;
  mutable std::mutex mutex_;  // guards what follows
  FeedingStatus status_;
  Upkeep upkeep_;  // last: it stops first
};

}  // namespace warifu::app
