#include "base/lane_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace warifu {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kShort{40};
constexpr milliseconds kLong{20'000};

// A server that can stop answering. Its connections and jobs outlive the test when they must.
class Server {
 public:
  void Stop() { Set(false); }
  void Continue() { Set(true); }
  // Waits until the server runs.
  void Answer() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return running_; });
    --waiting_;
  }
  void AwaitWaiting(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

  std::atomic<int> opened = 0;
  std::atomic<int> closed = 0;

 private:
  void Set(bool running) {
    const std::lock_guard lock(mutex_);
    running_ = running;
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool running_ = true;
  int waiting_ = 0;
};

class Connection {
 public:
  explicit Connection(std::shared_ptr<Server> server) : server_(std::move(server)) {
    ++server_->opened;
  }
  ~Connection() { ++server_->closed; }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int Ask(int question) {
    server_->Answer();
    return question + 1;
  }

 private:
  std::shared_ptr<Server> server_;
};

class LanePoolTest : public testing::Test {
 protected:
  // No stuck lane may hang beyond the test.
  ~LanePoolTest() override { server_->Continue(); }

  using Pool = LanePool<Connection>;
  std::unique_ptr<Pool> MakePool(LaneOptions options) const {
    return std::make_unique<Pool>(options,
                                  [server = server_]() -> Result<std::unique_ptr<Connection>> {
                                    return std::make_unique<Connection>(server);
                                  });
  }

  static Result<int> Ask(Pool& pool, int question, milliseconds timeout) {
    return pool.Run([question](Connection& c) -> Result<int> { return c.Ask(question); }, timeout);
  }

  // Until the stuck lanes have noticed that the server answers.
  static bool Settles(const Pool& pool) {
    for (int i = 0; i < 2000 && pool.counts().stuck > 0; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    return pool.counts().stuck == 0;
  }

  std::shared_ptr<Server> server_ = std::make_shared<Server>();
};

milliseconds Took(const std::function<void()>& what) {
  const auto begun = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

TEST_F(LanePoolTest, RunsJobsOnFewConnections) {
  const auto pool = MakePool({.lanes = 3});
  std::vector<std::thread> callers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        if (Ask(*pool, i * 100 + n, kLong) == i * 100 + n + 1) ++right;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(right, 400);
  EXPECT_LE(server_->opened, 3);
  EXPECT_LE(pool->counts().lanes, 3u);
  EXPECT_EQ(pool->counts().timeouts, 0u);
}

TEST_F(LanePoolTest, CountsThoseAtWork) {
  const auto pool = MakePool({.lanes = 3});
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  server_->Stop();
  std::thread caller([&] { EXPECT_EQ(Ask(*pool, 1, kLong), 2); });
  server_->AwaitWaiting(1);
  EXPECT_EQ(pool->counts().busy, 1u);
  server_->Continue();
  caller.join();
}

TEST_F(LanePoolTest, OneCallerNeedsOneConnection) {
  const auto pool = MakePool({.lanes = 4});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask(*pool, i, kLong), i + 1);
  EXPECT_EQ(server_->opened, 1);
}

TEST_F(LanePoolTest, LeavesAStuckConnectionBehindAndReplacesIt) {
  const auto pool = MakePool({.lanes = 1, .spare = 2, .backoff = milliseconds(0)});
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  server_->Stop();
  const Result<int> late = Ask(*pool, 2, kShort);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().kind, ErrorKind::kTemporary);
  EXPECT_THAT(late.error().text, HasSubstr("no answer within 40 ms"));
  EXPECT_EQ(pool->counts().stuck, 1u);
  EXPECT_EQ(pool->counts().abandoned, 1u);
  EXPECT_EQ(pool->counts().timeouts, 1u);
  EXPECT_EQ(pool->counts().lanes, 0u);

  server_->Continue();
  EXPECT_EQ(Ask(*pool, 3, kLong), 4);
  EXPECT_EQ(server_->opened, 2);
  ASSERT_TRUE(Settles(*pool));
  EXPECT_EQ(pool->counts().abandoned, 1u) << "counted for ever";
}

TEST_F(LanePoolTest, RefusesAtOnceWhenAllHang) {
  const auto pool = MakePool({.lanes = 1, .spare = 2, .backoff = milliseconds(0)});
  server_->Stop();
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Ask(*pool, i, kShort));
  EXPECT_EQ(pool->counts().stuck, 3u);
  const Result<int> refused = Ask(*pool, 9, kLong);  // would take 20 seconds
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kTemporary);
  EXPECT_THAT(refused.error().text, HasSubstr("all 3 connections hang"));
  EXPECT_EQ(pool->counts().refused, 1u);
  EXPECT_EQ(server_->opened, 3);

  server_->Continue();
  ASSERT_TRUE(Settles(*pool));
  EXPECT_EQ(Ask(*pool, 4, kLong), 5);
  EXPECT_EQ(server_->closed, 3);
}

TEST_F(LanePoolTest, BacksOffAfterATimeOut) {
  const auto pool = MakePool({.lanes = 4, .backoff = milliseconds(150)});
  server_->Stop();
  EXPECT_FALSE(Ask(*pool, 1, kShort));
  // Refused at once until somebody may try, in vain; then for twice as long.
  const auto refused_for = [&] {
    const std::uint64_t timeouts = pool->counts().timeouts;
    return Took([&] {
      while (pool->counts().timeouts == timeouts) {
        EXPECT_FALSE(Ask(*pool, 1, kShort));
        std::this_thread::sleep_for(milliseconds(1));
      }
    });
  };
  EXPECT_GE(refused_for(), milliseconds(150));
  EXPECT_GE(refused_for(), milliseconds(300));
  EXPECT_GT(pool->counts().refused, 0u);
  EXPECT_EQ(pool->counts().stuck, 3u);
}

TEST_F(LanePoolTest, LetsOneTryAndRefusesTheOthers) {
  const auto pool = MakePool({.lanes = 4, .backoff = milliseconds(0)});
  server_->Stop();
  EXPECT_FALSE(Ask(*pool, 1, kShort));
  std::thread probe([&] { EXPECT_EQ(Ask(*pool, 2, kLong), 3); });
  server_->AwaitWaiting(2);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Ask(*pool, 3, kLong));
  EXPECT_EQ(pool->counts().refused, 100u);
  server_->Continue();
  probe.join();
  EXPECT_EQ(Ask(*pool, 4, kLong), 5);
}

TEST_F(LanePoolTest, ALateAnswerEndsTheBackOff) {
  const auto pool = MakePool({.lanes = 2, .backoff = kLong});
  server_->Stop();
  EXPECT_FALSE(Ask(*pool, 1, kShort));
  EXPECT_FALSE(Ask(*pool, 1, kLong));
  server_->Continue();
  ASSERT_TRUE(Settles(*pool));
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
}

TEST_F(LanePoolTest, OneSlowCallDoesNotSilenceTheOthers) {
  const auto pool = MakePool({.lanes = 2, .backoff = kLong});
  const auto slow = std::make_shared<Server>();
  slow->Stop();
  std::thread caller([&] {
    EXPECT_FALSE(pool->Run(
        [slow](Connection&) -> Result<int> {
          slow->Answer();
          return 0;
        },
        milliseconds(200)));
  });
  slow->AwaitWaiting(1);
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  caller.join();
  EXPECT_EQ(pool->counts().stuck, 1u);
  EXPECT_EQ(Ask(*pool, 2, kLong), 3);
  slow->Continue();
  EXPECT_TRUE(Settles(*pool));
}

TEST_F(LanePoolTest, WaitingForALaneCountsAgainstTheDeadline) {
  const auto pool = MakePool({.lanes = 1, .spare = 0});
  server_->Stop();
  std::thread first([&] { EXPECT_EQ(Ask(*pool, 1, kLong), 2); });
  server_->AwaitWaiting(1);
  const Result<int> queued = Ask(*pool, 2, kShort);
  ASSERT_FALSE(queued);
  EXPECT_EQ(queued.error().kind, ErrorKind::kTemporary);
  EXPECT_EQ(pool->counts().stuck, 0u) << "the lane's own time is not over";
  server_->Continue();
  first.join();
}

TEST_F(LanePoolTest, AWaitingCallerGetsTheReplacement) {
  const auto pool = MakePool({.lanes = 1, .spare = 1, .backoff = milliseconds(0)});
  const auto slow = std::make_shared<Server>();
  slow->Stop();
  std::thread first([&] {
    EXPECT_FALSE(pool->Run(
        [slow](Connection&) -> Result<int> {
          slow->Answer();
          return 0;
        },
        milliseconds(100)));
  });
  slow->AwaitWaiting(1);
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  first.join();
  slow->Continue();
  EXPECT_TRUE(Settles(*pool));
}

TEST_F(LanePoolTest, ClosesAConnectionThatFailed) {
  const auto pool = MakePool({.lanes = 1});
  const auto fail = [&](ErrorKind kind) {
    const Result<int> answer =
        pool->Run([kind](Connection&) -> Result<int> { return Fail(kind, "broken"); }, kLong);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, kind);
    EXPECT_EQ(answer.error().text, "broken");
  };
  fail(ErrorKind::kInvalid);
  fail(ErrorKind::kNotFound);
  EXPECT_EQ(server_->closed, 0);
  fail(ErrorKind::kTemporary);
  EXPECT_EQ(server_->closed, 1);
  fail(ErrorKind::kSystem);
  EXPECT_EQ(server_->opened, 2);
  EXPECT_EQ(Ask(*pool, 1, kLong), 2) << "failures that come at once cost nobody a back-off";
}

TEST_F(LanePoolTest, TriesAConnectionThatWorkedBeforeOnceMore) {
  const auto pool = MakePool({.lanes = 1});
  const auto calls = std::make_shared<std::atomic<int>>(0);
  const auto flaky = [calls](Connection&) -> Result<int> {
    if (++*calls % 2 == 1) return Fail(ErrorKind::kTemporary, "gone");
    return 7;
  };
  EXPECT_FALSE(pool->Run(flaky, kLong, Retry::kOnce)) << "new, and broken: no second try";
  *calls = 0;
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  EXPECT_EQ(pool->Run(flaky, kLong, Retry::kOnce), 7);
  *calls = 0;
  EXPECT_FALSE(pool->Run(flaky, kLong)) << "not asked for";
}

TEST_F(LanePoolTest, SaysWhyNothingCouldBeOpened) {
  LanePool<Connection> pool({}, []() -> Result<std::unique_ptr<Connection>> {
    return Fail(ErrorKind::kInvalid, "no such database");
  });
  const Result<int> answer = pool.Run([](Connection&) -> Result<int> { return 1; }, kLong);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().text, "no such database");
}

TEST_F(LanePoolTest, ExceptionsComeBackAsErrors) {
  const auto pool = MakePool({.lanes = 1});
  const auto thrown =
      pool->Run([](Connection&) -> Result<int> { throw std::runtime_error("thrown"); }, kLong);
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error().kind, ErrorKind::kInternal);
  EXPECT_EQ(thrown.error().text, "thrown");
  const auto odd = pool->Run([](Connection&) -> Result<int> { throw 1; }, kLong);
  ASSERT_FALSE(odd);
  EXPECT_EQ(server_->closed, 2) << "what threw is not used again";
}

TEST_F(LanePoolTest, RunsJobsThatAnswerNothing) {
  const auto pool = MakePool({});
  EXPECT_TRUE(pool->Run([](Connection&) -> Result<void> { return {}; }, kLong));
}

TEST_F(LanePoolTest, ShutdownDoesNotWaitForAStuckLane) {
  auto pool = MakePool({.lanes = 2, .backoff = milliseconds(0)});
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  server_->Stop();
  EXPECT_FALSE(Ask(*pool, 1, kShort));
  EXPECT_FALSE(Ask(*pool, 1, kShort));
  EXPECT_LT(Took([&] { pool.reset(); }), milliseconds(2000));
  EXPECT_EQ(server_->closed, 0);
  server_->Continue();
  for (int i = 0; i < 2000 && server_->closed < 2; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(server_->closed, 2) << "each cleans up behind itself";
}

TEST_F(LanePoolTest, ShutdownClosesIdleConnections) {
  auto pool = MakePool({.lanes = 2});
  EXPECT_EQ(Ask(*pool, 1, kLong), 2);
  pool.reset();
  EXPECT_EQ(server_->closed, 1);
}

TEST_F(LanePoolTest, LanesBlockSignals) {
  const auto pool = MakePool({});
  const auto blocked = pool->Run(
      [](Connection&) -> Result<bool> {
        sigset_t set;
        pthread_sigmask(SIG_SETMASK, nullptr, &set);
        return sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGPIPE) == 1;
      },
      kLong);
  EXPECT_EQ(blocked, true);
}

// Many callers, a server that stops and goes on: nobody waits beyond his deadline, all recovers.
TEST_F(LanePoolTest, EveryCallerReturnsInTimeUnderLoad) {
  const auto pool = MakePool(
      {.lanes = 3, .spare = 3, .backoff = milliseconds(20), .max_backoff = milliseconds(50)});
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0, later = 0, late = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      while (!stop) {
        Result<int> answer;
        const auto took = Took([&] { answer = Ask(*pool, 1, milliseconds(50)); });
        ++(answer ? answered : later);
        if (took > milliseconds(1000)) ++late;  // generous: the machine may be busy
        std::this_thread::sleep_for(milliseconds(1));
      }
    });
  }
  const auto await = [](const std::atomic<int>& count, int more) {
    const int goal = count + more;
    for (int i = 0; i < 4000 && count < goal; ++i) std::this_thread::sleep_for(milliseconds(5));
    return count >= goal;
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_TRUE(await(answered, 100));
    server_->Stop();
    EXPECT_TRUE(await(later, 100));
    server_->Continue();
  }
  EXPECT_TRUE(await(answered, 100));
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(late, 0);
  EXPECT_TRUE(Settles(*pool));
  EXPECT_GT(pool->counts().abandoned, 0u);
}

}  // namespace
}  // namespace warifu
