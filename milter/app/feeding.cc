#include "app/feeding.h"

#include <utility>

namespace warifu::app {
namespace {

constexpr std::chrono::hours kNothingToDo{1};  // until a reload

bool IsLasting(const Error& error) {
  return error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
}

}  // namespace

Feeding::Feeding(store::Store& store, incident::Log& log, const Clock& clock,
                 std::function<std::shared_ptr<const Snapshot>()> snapshot,
                 std::function<void()> settle)
    : store_(store),
      log_(log),
      clock_(clock),
      snapshot_(std::move(snapshot)),
      settle_(std::move(settle)),
      upkeep_([this](const Upkeep&) { return Round(); }) {}

FeedingStatus Feeding::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

std::chrono::milliseconds Feeding::Round() {
  const std::shared_ptr<const Snapshot> now = snapshot_();
  if (source_ != now->changes) {
    source_ = now->changes;
    feed_ = {};
    complained_ = false;
    const std::lock_guard lock(mutex_);
    status_ = {};
  }
  if (source_ == nullptr) return kNothingToDo;
  const WallTime time = clock_.Now();
  const Result<binding::Fed> fed = feed_.Read(*source_, store_, now->settings.binding, time);
  Note(fed, time);
  if (fed && fed->announced > 0) settle_();
  return now->settings.changes_interval;
}

void Feeding::Note(const Result<binding::Fed>& fed, WallTime now) {
  if (fed) {
    if (std::exchange(complained_, false)) log_.Info("announced changes can be read again");
    for (const std::string& line : fed->lines) log_.Error(line + " (changes.query); not used");
    if (fed->announced > 0) {
      log_.Info(std::to_string(fed->announced) + (fed->announced == 1 ? " change" : " changes") +
                " announced by " + source_->Describe());
    }
  } else if (!std::exchange(complained_, true)) {
    log_.Error(std::string("announced changes cannot be read, ") +
               (IsLasting(fed.error()) ? "mend changes.* and reload: " : "tried again: ") +
               fed.error().ToString());
  }
  const std::lock_guard lock(mutex_);
  if (fed) {
    status_.read = now;
    status_.rows = fed->rows;
    status_.ahead = fed->ahead;
    status_.wrong = fed->wrong;
    status_.announced += fed->announced;
    status_.error.clear();
  } else {
    ++status_.failures;
    status_.error = fed.error().ToString();
  }
}

}  // namespace warifu::app
