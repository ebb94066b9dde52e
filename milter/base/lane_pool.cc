#include "base/lane_pool.h"

#include <pthread.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace warifu {
namespace {

using Steady = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr Milliseconds kFarewell{250};

struct Task {
  Lanes::Job job;
  Milliseconds timeout;
  Steady::time_point begun;  // when it was asked for
  bool probe = false;        // the one caller that tries during a back-off
  bool done = false;
  std::condition_variable wake;
};

struct Lane {
  std::thread thread;
  std::shared_ptr<Task> task;        // what it works on
  Steady::time_point stuck_at = {};  // when that has taken too long
  bool abandoned = false;
  bool ended = false;
};

// A new thread takes over the mask of the one that starts it.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// At its caller's deadline; a job that had to wait for a lane gets some time of its own first.
Steady::time_point StuckAt(const Task& task, Steady::time_point now) {
  return std::max(task.begun + task.timeout, now + task.timeout / 2);
}

std::unexpected<Error> TryLater(std::string text) {
  return Fail(ErrorKind::kTemporary, std::move(text));
}

}  // namespace

// Shared by the pool and its lanes; the last of them frees it. All under `mutex`.
struct Lanes::State {
  explicit State(const LaneOptions& o) : options(o), backoff(o.backoff) {}

  // ── Of callers ──
  Result<void> Admit(Task* task, Steady::time_point now);
  void Sweep(Steady::time_point now);
  Result<void> StartLanes(const std::shared_ptr<State>& self);
  Steady::time_point NextSweep(Steady::time_point deadline) const;
  void Leave(const std::shared_ptr<Task>& task, Steady::time_point now);
  // Queues the task and waits, with `*lock`, until it is done or its deadline.
  Result<void> Await(const std::shared_ptr<State>& self, const std::shared_ptr<Task>& task,
                     Steady::time_point deadline, std::unique_lock<std::mutex>* lock);

  // ── Of lanes ──
  static void Work(const std::shared_ptr<State>& state, const std::shared_ptr<Lane>& lane);
  void Ended(Lane* lane, bool alive, Steady::time_point now);

  std::size_t live() const { return lanes.size() - counts.stuck; }
  void JoinEnded(std::unique_lock<std::mutex>* lock);

  const LaneOptions options;
  mutable std::mutex mutex;
  std::condition_variable work;
  std::condition_variable farewell;
  std::deque<std::shared_ptr<Task>> queue;
  std::list<std::shared_ptr<Lane>> lanes;  // but for those that ended
  std::vector<std::thread> ended;
  std::size_t idle = 0;
  LaneCounts counts;
  bool stopping = false;
  // Back-off.
  bool silent = false;  // the last time-out came and nobody was answered since
  bool probing = false;
  Milliseconds backoff;
  Steady::time_point quiet_until = {};
  Steady::time_point last_answer = {};
};

Result<void> Lanes::State::Admit(Task* task, Steady::time_point now) {
  Sweep(now);
  const auto refuse = [this](std::string text) {
    ++counts.refused;
    return TryLater(std::move(text));
  };
  if (live() == 0 && counts.stuck >= options.lanes + options.spare) {
    return refuse("all " + std::to_string(counts.stuck) + " connections hang");
  }
  if (!silent) return {};
  if (probing || now < quiet_until)
    return refuse("no answer to the last call; not asked again yet");
  probing = task->probe = true;
  return {};
}

// Leaves the lanes behind whose jobs have taken too long.
void Lanes::State::Sweep(Steady::time_point now) {
  for (const auto& lane : lanes) {
    if (lane->abandoned || !lane->task || now < lane->stuck_at) continue;
    lane->abandoned = true;
    ++counts.stuck;
    ++counts.abandoned;
  }
}

// kTemporary when the system gives no thread and none is there.
Result<void> Lanes::State::StartLanes(const std::shared_ptr<State>& self) {
  while (queue.size() > idle && live() < options.lanes &&
         lanes.size() < options.lanes + options.spare) {
    auto lane = std::make_shared<Lane>();
    try {
      const SignalsBlocked blocked;
      lane->thread = std::thread([self, lane] { Work(self, lane); });
    } catch (const std::system_error& e) {
      if (live() > 0) return {};
      return TryLater(std::string("no thread for a connection: ") + e.what());
    }
    lanes.push_back(std::move(lane));
    ++idle;
  }
  return {};
}

// Threads that have left their loop already: this waits for none that works.
void Lanes::State::JoinEnded(std::unique_lock<std::mutex>* lock) {
  std::vector<std::thread> threads;
  threads.swap(ended);
  if (threads.empty()) return;
  lock->unlock();
  for (std::thread& thread : threads) thread.join();
  lock->lock();
}

// When a waiting caller has to look for lanes to leave behind.
Steady::time_point Lanes::State::NextSweep(Steady::time_point deadline) const {
  Steady::time_point next = deadline;
  for (const auto& lane : lanes) {
    if (!lane->abandoned && lane->task) next = std::min(next, lane->stuck_at);
  }
  return next;
}

// A caller whose time is up.
void Lanes::State::Leave(const std::shared_ptr<Task>& task, Steady::time_point now) {
  ++counts.timeouts;
  std::erase(queue, task);
  if (task->probe) probing = false;
  if (last_answer >= task->begun) return;  // others are answered: this call is slow, not the server
  if (silent && !task->probe) return;      // began before the back-off
  if (silent) backoff = std::min(2 * backoff, options.max_backoff);
  silent = true;
  quiet_until = now + backoff;
}

void Lanes::State::Ended(Lane* lane, bool alive, Steady::time_point now) {
  const std::shared_ptr<Task> task = std::move(lane->task);
  lane->task = nullptr;
  task->done = true;
  task->wake.notify_one();
  if (task->probe) probing = false;
  if (!alive && lane->abandoned) return;
  // A quick "no" costs nobody any time, so it ends the back-off too.
  last_answer = now;
  silent = false;
  backoff = options.backoff;
}

void Lanes::State::Work(const std::shared_ptr<State>& state, const std::shared_ptr<Lane>& lane) {
  std::shared_ptr<void> slot;
  std::unique_lock lock(state->mutex);
  while (!lane->abandoned) {
    state->work.wait(lock, [&] { return state->stopping || !state->queue.empty(); });
    if (state->stopping) break;
    lane->task = state->queue.front();
    lane->stuck_at = StuckAt(*lane->task, Steady::now());
    state->queue.pop_front();
    --state->idle;
    const std::shared_ptr<Task> task = lane->task;
    lock.unlock();
    const bool alive = task->job(&slot);
    task->job = nullptr;
    if (!alive) slot.reset();
    lock.lock();
    state->Ended(lane.get(), alive, Steady::now());
    if (!lane->abandoned) ++state->idle;
  }
  lock.unlock();
  slot.reset();
  lock.lock();
  if (lane->abandoned) {
    --state->counts.stuck;
  } else {
    --state->idle;
  }
  state->ended.push_back(std::move(lane->thread));
  state->lanes.remove(lane);
  state->farewell.notify_all();
}

Lanes::Lanes(const LaneOptions& options) : state_(std::make_shared<State>(options)) {}

Lanes::~Lanes() {
  State& state = *state_;
  std::unique_lock lock(state.mutex);
  state.stopping = true;
  state.work.notify_all();
  state.farewell.wait_for(lock, kFarewell, [&] { return state.live() == 0; });
  for (const auto& lane : state.lanes) lane->thread.detach();
  state.JoinEnded(&lock);
}

Result<void> Lanes::Run(Job job, std::chrono::milliseconds timeout) {
  State& state = *state_;
  auto task = std::make_shared<Task>();
  task->job = std::move(job);
  task->timeout = timeout;
  task->begun = Steady::now();
  const auto deadline = task->begun + timeout;
  std::unique_lock lock(state.mutex);
  state.JoinEnded(&lock);
  if (Result<void> admitted = state.Admit(task.get(), task->begun); !admitted) return admitted;
  Result<void> ran = state.Await(state_, task, deadline, &lock);
  const auto waited = Steady::now() - task->begun;
  state.counts.waited.Add(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(waited).count()));
  return ran;
}

Result<void> Lanes::State::Await(const std::shared_ptr<State>& self,
                                 const std::shared_ptr<Task>& task, Steady::time_point deadline,
                                 std::unique_lock<std::mutex>* lock) {
  queue.push_back(task);
  work.notify_one();
  while (!task->done) {
    const auto now = Steady::now();
    Sweep(now);
    if (now >= deadline) {
      Leave(task, now);
      return TryLater("no answer within " + std::to_string(task->timeout.count()) + " ms");
    }
    if (Result<void> started = StartLanes(self); !started) {
      Leave(task, now);
      return started;
    }
    task->wake.wait_until(*lock, NextSweep(deadline));
  }
  return {};
}

LaneCounts Lanes::counts() const {
  const std::lock_guard lock(state_->mutex);
  LaneCounts counts = state_->counts;
  counts.lanes = state_->live();
  counts.busy = static_cast<std::size_t>(std::ranges::count_if(
      state_->lanes, [](const auto& lane) { return lane->task && !lane->abandoned; }));
  return counts;
}

}  // namespace warifu
