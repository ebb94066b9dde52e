#include "base/offset_map.h"

#include <gtest/gtest.h>

namespace warifu {
namespace {

TEST(OffsetMap, EmptyIsIdentity) {
  OffsetMap map;
  EXPECT_TRUE(map.identity());
  EXPECT_EQ(map.ToSource({3, 9}), (Span{3, 9}));
}

// "abc" + two kanji (3 bytes out of 2 in) + "z", with an escape sequence of 3 dropped before them.
TEST(OffsetMap, MixedUnits) {
  OffsetMap map;
  map.Add(1, 1, 3);
  map.Add(0, 3);
  map.Add(3, 2, 2);
  map.Add(0, 3);
  map.Add(1, 1, 1);
  EXPECT_EQ(map.ToSource({0, 3}), (Span{0, 3}));
  EXPECT_EQ(map.ToSource({3, 6}), (Span{6, 8}));
  EXPECT_EQ(map.ToSource({6, 9}), (Span{8, 10}));
  EXPECT_EQ(map.ToSource({4, 5}), (Span{6, 8})) << "part of a unit covers the unit";
  EXPECT_EQ(map.ToSource({9, 10}), (Span{13, 14}));
  EXPECT_EQ(map.ToSource({0, 10}), (Span{0, 14}));
}

TEST(OffsetMap, MergesEqualStretches) {
  OffsetMap map;
  for (int i = 0; i < 1000; ++i) map.Add(1, 1);
  EXPECT_EQ(map.stretches(), 1u);
}

TEST(OffsetMap, InsertedBytesHaveAnEmptySource) {
  OffsetMap map;
  map.Add(1, 1, 2);
  map.Add(4, 0);
  map.Add(1, 1, 2);
  EXPECT_EQ(map.ToSource({3, 5}), (Span{2, 2}));
  EXPECT_EQ(map.ToSource({1, 7}), (Span{1, 3}));
}

TEST(OffsetMap, PastTheEndIsClamped) {
  OffsetMap map;
  map.Add(2, 1, 3);
  EXPECT_EQ(map.ToSource({4, 99}), (Span{2, 3}));
  EXPECT_EQ(map.ToSource({50, 99}), (Span{3, 3}));
}

}  // namespace
}  // namespace warifu
