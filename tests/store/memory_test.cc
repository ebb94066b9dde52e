// The sorter of a directory and the cache, without an engine.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "fixture.h"
#include "store/cache.h"
#include "store/sorted_rows.h"

namespace warifu::store {
namespace {

TEST(SortedRowsTest, GivesTheSameWithAndWithoutFiles) {
  std::mt19937 random(7);
  std::map<std::string, Accounts> expected;
  std::vector<DirectoryRow> rows;
  for (int i = 0; i < 5'000; ++i) {
    std::string address = "a" + std::to_string(random() % 1'000'000);
    if (i % 7 == 0) address = "同じ接頭辞" + address;
    if (!expected.emplace(address, Accounts{"n" + std::to_string(i)}).second) continue;
    rows.push_back({address, expected[address]});
  }
  for (const std::size_t memory : {std::size_t{1} << 20, std::size_t{20'000}, std::size_t{1}}) {
    if (memory == 1) rows.resize(300);  // a run a row
    SortedRows sorted(memory);
    for (const DirectoryRow& row : rows) Must(sorted.Add(row));
    Must(sorted.Finish());
    std::string last;
    std::size_t count = 0;
    DirectoryRow row;
    for (bool doubled = false; sorted.Next(&row, &doubled); ++count) {
      EXPECT_LT(last, row.address);
      EXPECT_EQ(row.accounts, expected[row.address]);
      EXPECT_FALSE(doubled);
      last = row.address;
    }
    EXPECT_EQ(count, rows.size());
  }
}

TEST(SortedRowsTest, SeesDoublesAcrossFiles) {
  SortedRows sorted(100);
  Must(sorted.Add({"b@x", {"bert"}}));
  Must(sorted.Add({"a@x", {"zoe", "anna", "zoe"}}));
  Must(sorted.Add({"b@x", {"anna"}}));
  Must(sorted.Add({"a@x", {"anna", "zoe"}}));
  Must(sorted.Finish());
  DirectoryRow row;
  bool doubled = true;
  ASSERT_TRUE(sorted.Next(&row, &doubled));
  EXPECT_FALSE(doubled) << "the same owners twice";
  ASSERT_TRUE(sorted.Next(&row, &doubled));
  EXPECT_TRUE(doubled);
  EXPECT_THAT(row.accounts, testing::ElementsAre("anna", "bert"));
  EXPECT_FALSE(sorted.Next(&row, &doubled));
  sorted.Rewind();
  ASSERT_TRUE(sorted.Next(&row, &doubled));
  EXPECT_EQ(row.address, "a@x");
}

TEST(CacheTest, ForgetsTheLeastRecentlyUsed) {
  Cache<int> cache(16 * 4);
  for (int i = 0; i < 1'000; ++i) cache.Put(std::to_string(i), i, cache.Epoch());
  int kept = 0;
  for (int i = 0; i < 1'000; ++i) kept += cache.Get(std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(kept, 16 * 4);
  EXPECT_EQ(cache.Get("999"), 999);
}

TEST(CacheTest, TakesNothingThatWasReadBeforeAChange) {
  Cache<int> cache(100);
  const std::uint64_t epoch = cache.Epoch();
  cache.Forget("a");  // the news come while the reader is at it
  cache.Put("a", 1, epoch);
  EXPECT_FALSE(cache.Get("a"));
  cache.Put("a", 2, cache.Epoch());
  EXPECT_EQ(cache.Get("a"), 2);
  cache.Clear();
  EXPECT_FALSE(cache.Get("a"));
}

TEST(CacheTest, KeepsNothingWhereNothingIsAllowed) {
  Cache<int> cache(0);
  cache.Put("a", 1, cache.Epoch());
  EXPECT_FALSE(cache.Get("a"));
}

TEST(ExplainsTest, OnlyWhatTheChangeNames) {
  const Change change{.address = "a@x", .from = "anna", .to = "bert", .valid_until = At(10)};
  EXPECT_TRUE(Explains(change, {"anna", "zoe"}, {"bert", "carl"}, At(10)));
  EXPECT_FALSE(Explains(change, {"anna"}, {"bert"}, At(11)));
  EXPECT_FALSE(Explains(change, {"carl"}, {"bert"}, At(10)));
  EXPECT_FALSE(Explains(change, {"anna"}, {"carl"}, At(10)));
  Change open = change;
  open.from = "";
  EXPECT_TRUE(Explains(open, {"carl"}, {"bert"}, At(10)));
  open.to = "";
  EXPECT_FALSE(Explains(open, {"carl"}, {"bert"}, At(10)));
  Change used = change;
  used.state = ChangeState::kUsed;
  EXPECT_FALSE(Explains(used, {"anna"}, {"bert"}, At(10)));
}

}  // namespace
}  // namespace warifu::store
