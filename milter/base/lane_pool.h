// LanePool: work on connections that may hang.
//
// Some libraries wait for a server that accepts and never answers for as long as it likes, whatever
// time-outs they were given. So their calls run on lanes: threads that own one resource each
// (a connection), while the caller waits on a condition variable and leaves at its deadline.
//
// Guarantees: Run() returns by its deadline. A lane whose job runs longer than the job's time-out
// is stuck: it is counted and left behind, another takes its place, and its thread ends by itself
// when the call comes back. `spare` bounds how many may be stuck beside the `lanes` at work; when
// all hang, Run() refuses at once. When a time-out came and nobody else was answered meanwhile,
// Run() refuses at once for `backoff`, then lets one caller try; each try in vain doubles the wait,
// up to `max_backoff`; any answer, also a late one of a stuck lane, ends it. So a hanging server
// costs few callers their time-out and none of the others anything.
//
// A job must own all that it uses: its caller may be gone when it ends. It says by its Result what
// became of the resource: after kTemporary, kSystem or kInternal the resource is closed and the
// next job opens another. Exceptions of jobs and openers come back as kInternal. Destroying the
// pool takes at most a quarter of a second; stuck lanes stay behind with their own share of the
// state. No Run() may be under way then. Threads: all members may be called from any thread. Lanes
// block all signals.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/histogram.h"

namespace warifu {

struct LaneOptions {
  std::size_t lanes = 4;  // at work at once; started when they are needed
  std::size_t spare = 8;  // replacements of stuck ones
  std::chrono::milliseconds backoff{1'000};
  std::chrono::milliseconds max_backoff{30'000};
};

struct LaneCounts {
  std::size_t lanes = 0;        // at work or idle now
  std::size_t busy = 0;         // of these, at work
  std::size_t stuck = 0;        // hanging now
  std::uint64_t abandoned = 0;  // ever found stuck
  std::uint64_t timeouts = 0;   // callers that left without an answer
  std::uint64_t refused = 0;    // callers that were refused at once
  Histogram waited = {};        // how long callers waited, those at once refused left out
};

// The part of LanePool that knows no types.
class Lanes {
 public:
  // True: the other side is alive (an error that is an answer counts, too). False closes the
  // resource in `slot`.
  using Job = std::function<bool(std::shared_ptr<void>* slot)>;

  explicit Lanes(const LaneOptions& options);
  ~Lanes();
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;

  // Success: the job has ended. kTemporary: it has not begun or not ended in time, or was refused.
  Result<void> Run(Job job, std::chrono::milliseconds timeout);
  LaneCounts counts() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// What Run() does when a connection that has worked before fails with kTemporary: a server that was
// restarted leaves such behind. Only for jobs that may be done twice.
enum class Retry : std::uint8_t { kNever, kOnce };

template <typename Resource>
class LanePool {
 public:
  // Runs on a lane, within the time-out of the job that needs it.
  using Opener = std::function<Result<std::unique_ptr<Resource>>()>;

  LanePool(const LaneOptions& options, Opener open)
      : open_(std::make_shared<const Opener>(std::move(open))), lanes_(options) {}

  // `job`: Result<T>(Resource&), copyable, owns what it uses. kTemporary also when time ran out.
  template <typename F>
  auto Run(F job, std::chrono::milliseconds timeout, Retry retry = Retry::kNever) {
    using Answer = std::invoke_result_t<F&, Resource&>;
    auto answer = std::make_shared<std::optional<Answer>>();
    const Result<void> ran = lanes_.Run(
        [open = open_, job = std::move(job), answer, retry](std::shared_ptr<void>* slot) mutable {
          const bool used = *slot != nullptr;
          answer->emplace(Try<Answer>(*open, job, slot));
          if (used && retry == Retry::kOnce && IsTemporary(**answer)) {
            slot->reset();
            answer->emplace(Try<Answer>(*open, job, slot));
          }
          return IsAlive(**answer);
        },
        timeout);
    return ran ? std::move(**answer) : Answer(std::unexpected(ran.error()));
  }

  LaneCounts counts() const { return lanes_.counts(); }

 private:
  template <typename Answer, typename F>
  static Answer Try(const Opener& open, F& job, std::shared_ptr<void>* slot) {
    try {
      if (*slot == nullptr) {
        Result<std::unique_ptr<Resource>> opened = open();
        if (!opened) return std::unexpected(opened.error());
        *slot = std::shared_ptr<Resource>(*std::move(opened));
      }
      return job(*static_cast<Resource*>(slot->get()));
    } catch (const std::exception& e) {
      return Fail(ErrorKind::kInternal, e.what());
    } catch (...) {
      return Fail(ErrorKind::kInternal, "unknown exception");
    }
  }

  template <typename Answer>
  static bool IsTemporary(const Answer& answer) {
    return !answer && answer.error().kind == ErrorKind::kTemporary;
  }

  template <typename Answer>
  static bool IsAlive(const Answer& answer) {
    return answer || answer.error().kind == ErrorKind::kInvalid ||
           answer.error().kind == ErrorKind::kNotFound;
  }

  std::shared_ptr<const Opener> open_;
  Lanes lanes_;
};

}  // namespace warifu
