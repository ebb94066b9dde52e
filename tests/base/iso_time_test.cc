#include "base/iso_time.h"

#include <gtest/gtest.h>

namespace warifu {
namespace {

constexpr WallTime kBillion{std::chrono::seconds(1'000'000'000)};

TEST(IsoTimeTest, WritesAndReadsBack) {
  EXPECT_EQ(IsoTime(kBillion), "2001-09-09T01:46:40Z");
  EXPECT_EQ(IsoTime(kBillion + std::chrono::microseconds(999'999)), "2001-09-09T01:46:40Z");
  EXPECT_EQ(IsoTime(WallTime(std::chrono::microseconds(-1))), "1969-12-31T23:59:59Z");
  for (const char* text : {"2001-09-09T01:46:40Z", "2001-09-09T10:46:40+09:00",
                           "2001-09-08T20:16:40-05:30", "2001-09-09T01:46:40.123456789Z"}) {
    const auto time = ParseIsoTime(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(*time, kBillion) << text;
  }
}

TEST(IsoTimeTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "2026", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-1-1T0:0:0Z",
        "2026-01-01T00:00:00+9", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx",
        "+026-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00"}) {
    EXPECT_FALSE(ParseIsoTime(text)) << text;
  }
}

}  // namespace
}  // namespace warifu
