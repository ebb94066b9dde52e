#include "base/ordered_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>

namespace warifu {
namespace {

using Pool = OrderedPool<int, int>;

TEST(OrderedPoolTest, ResultsComeInOrderFromManyThreads) {
  std::vector<int> taken;
  Pool pool(
      {.threads = 8, .max_cost = 1000, .max_count = 50},
      [](int i) {
        if (i % 7 == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
        return i * 2;
      },
      [&](int i) { taken.push_back(i); });
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(pool.Submit(i, 10));
  pool.Finish();
  ASSERT_EQ(taken.size(), 5000u);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(taken[static_cast<std::size_t>(i)], i * 2);
}

TEST(OrderedPoolTest, WaitsWhileTooMuchIsUnderWay) {
  std::atomic<int> under_way = 0, most = 0;
  Pool pool(
      {.threads = 8, .max_cost = 30, .max_count = 1000},
      [&](int i) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
        return i;
      },
      [&](int) { --under_way; });
  for (int i = 0; i < 300; ++i) {
    pool.Submit(i, 10);
    most = std::max(most.load(), ++under_way);
  }
  pool.Finish();
  EXPECT_LE(most, 4);  // three of cost 10, and the one just let in
}

TEST(OrderedPoolTest, OneThatCostsMoreThanAllIsStillDone) {
  int taken = 0;
  Pool pool(
      {.threads = 2, .max_cost = 5, .max_count = 5}, [](int i) { return i; },
      [&](int) { ++taken; });
  EXPECT_TRUE(pool.Submit(1, 500));
  EXPECT_TRUE(pool.Submit(2, 500));
  pool.Finish();
  EXPECT_EQ(taken, 2);
}

TEST(OrderedPoolTest, AFailureComesOutOfFinish) {
  Pool pool(
      {.threads = 4, .max_cost = 100, .max_count = 10},
      [](int i) -> int {
        if (i == 20) throw std::runtime_error("boom");
        return i;
      },
      [](int) {});
  bool wanted = true;
  for (int i = 0; i < 1000 && wanted; ++i) wanted = pool.Submit(i, 1);
  EXPECT_FALSE(wanted);
  EXPECT_THROW(pool.Finish(), std::runtime_error);
}

}  // namespace
}  // namespace warifu
