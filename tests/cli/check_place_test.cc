#include "cli/check_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "check_mta_fixture.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = 1u << 20;

app::Settings OnDisk() {
  app::Settings settings = app::DefaultSettings();
  settings.store.url = "sqlite:/state/warifu.db";
  settings.events_target = "/log/events";
  settings.rules.cache_dir = "/cache";
  return settings;
}

SpaceProbe Probe(const std::map<std::string, Space>& spaces) {
  return [spaces](const std::string& folder) -> std::optional<Space> {
    const auto it = spaces.find(folder);
    return it == spaces.end() ? std::nullopt : std::optional(it->second);
  };
}

TEST(CheckDisksTest, RoomIsQuiet) {
  const Space room{100 * kMiB, 5000};
  EXPECT_EQ(Findings(CheckDisks(OnDisk(), {{"/queue", 10 * kMiB}},
                                Probe({{"/state", room}, {"/log", room}, {"/queue", room}}))),
            "");
}

TEST(CheckDisksTest, EachFullDiskIsTold) {
  const Space room{100 * kMiB, 5000};
  const auto with = [&](const std::string& folder, Space space) {
    std::map<std::string, Space> spaces = {
        {"/state", room}, {"/log", room}, {"/cache", room}, {"/queue", room}};
    spaces[folder] = space;
    std::string text;
    for (const CheckLine& line : CheckDisks(OnDisk(), {{"/queue", 60 * kMiB}}, Probe(spaces))) {
      text += line.place.file + ": " + line.text + "; so " + line.follows + "\n";
    }
    return text;
  };
  EXPECT_THAT(with("/queue", {89 * kMiB}), HasSubstr("/queue: only 89 MiB are free, less than 90"));
  EXPECT_EQ(with("/queue", {90 * kMiB}), "");
  EXPECT_THAT(with("/state", {63 * kMiB}), HasSubstr("nothing is proven and mail is deferred"));
  EXPECT_THAT(with("/log", {1, 5000}), HasSubstr("no event can be written"));
  EXPECT_THAT(with("/cache", {room.bytes, 10}), HasSubstr("only 10 files more"));
}

TEST(CheckDisksTest, ThisMachineHasASpace) {
  const auto space = SpaceOf("/");
  ASSERT_TRUE(space);
  EXPECT_GT(space->bytes, 0u);
  EXPECT_FALSE(SpaceOf("/nonexistent"));
}

class CheckClockTest : public ToolTest {};

TEST_F(CheckClockTest, ItIsNeitherBeforeUsNorBehindOurFiles) {
  app::Settings settings = app::DefaultSettings();
  settings.store.url = "sqlite:" + folder_ + "/warifu.db";
  const WallTime now = Clock::System().Now();
  EXPECT_EQ(Findings(CheckClock(settings, now, true)), "");
  EXPECT_EQ(LevelOf(CheckClock(settings, now, false), "clock-unset"), CheckLevel::kNote);
  EXPECT_EQ(LevelOf(CheckClock(settings, WallTime{}, true), "clock"), CheckLevel::kError);
  Write("warifu.db", "x");
  EXPECT_EQ(Findings(CheckClock(settings, now, {})), "");
  EXPECT_THAT(Findings(CheckClock(settings, now - std::chrono::hours(2), {})),
              HasSubstr("in the future"));
}

}  // namespace
}  // namespace warifu::cli
