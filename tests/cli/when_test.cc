// Times as people type them, in Tokyo and where the clocks change.
#include "cli/when.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "base/iso_time.h"

namespace warifu::cli {
namespace {

using namespace std::chrono_literals;

class WhenTest : public ::testing::Test {
 protected:
  void SetUp() override { Zone("Asia/Tokyo"); }
  static void Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  static std::string At(std::string_view text, Edge edge = Edge::kStart) {
    const auto time = ParseMoment(text, edge);
    return time ? IsoTime(*time) : "error";
  }
};

TEST_F(WhenTest, Spans) {
  EXPECT_EQ(ParseSpan("90s").value_or(0s), 90s);
  EXPECT_EQ(ParseSpan("15m").value_or(0s), 900s);
  EXPECT_EQ(ParseSpan("24h").value_or(0s), 86'400s);
  EXPECT_EQ(ParseSpan("30d").value_or(0s), 30 * 86'400s);
  EXPECT_EQ(ParseSpan("2w").value_or(0s), 14 * 86'400s);
  for (const char* text : {"", "h", "0h", "-1h", "1", "1 h", "24H", "1y", "99999999999999999999d",
                           "36501d", "1.5h", "24h "}) {
    EXPECT_FALSE(ParseSpan(text)) << text;
  }
}

TEST_F(WhenTest, MomentsAreLocalAndADayHasTwoEnds) {
  EXPECT_EQ(At("2026-12-31"), "2026-12-30T15:00:00Z");
  EXPECT_EQ(At("2026-12-31", Edge::kEnd), "2026-12-31T15:00:00Z");
  EXPECT_EQ(At("2026-12-31 18:00", Edge::kEnd), "2026-12-31T09:00:00Z");
  EXPECT_EQ(At("2026-12-31T18:00"), "2026-12-31T09:00:00Z");
  EXPECT_EQ(At("2026-12-31T18:00:00Z"), "2026-12-31T18:00:00Z");
  for (const char* text : {"", "tomorrow", "2026-02-29", "2026-02-30 10:00", "2026-13-01", "12-31",
                           "2026-12-31 25:00", "2026-12-31x", "26-12-31", "2026/12/31"}) {
    EXPECT_EQ(At(text), "error") << text;
  }
}

TEST_F(WhenTest, ADayWithoutItsLastHourStillEnds) {
  Zone("Europe/Berlin");
  EXPECT_EQ(At("2026-03-29", Edge::kEnd), "2026-03-29T22:00:00Z");
  EXPECT_EQ(At("2026-10-25", Edge::kEnd), "2026-10-25T23:00:00Z");
}

TEST_F(WhenTest, SinceIsASpanBackOrAMoment) {
  const WallTime now(1'790'000'000s);
  EXPECT_EQ(ParseSince("24h", now).value_or(now), now - 24h);
  EXPECT_EQ(IsoTime(ParseSince("2026-09-01", now).value_or(now)), "2026-08-31T15:00:00Z");
  EXPECT_FALSE(ParseSince("yesterday", now));
}

TEST_F(WhenTest, TimesAreShownWithTheirDistance) {
  const WallTime now(1'790'000'000s);
  EXPECT_EQ(TimeText(now - 3h, now), "2026-09-21 20:13 (3 h ago)");
  EXPECT_EQ(TimeText(now + 24h, now), "2026-09-22 23:13 (in 24 h)");
  EXPECT_EQ(Distance(now - 5s, now), "just now");
  EXPECT_EQ(Distance(now - 100min, now), "100 min ago");
  EXPECT_EQ(Distance(now + 72h, now), "in 3 d");
}

}  // namespace
}  // namespace warifu::cli
