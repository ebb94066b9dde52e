// What `rules try` is told about matches that a filter turned down.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> DroppedIn(const PatternSet& set, const std::string& text) {
  std::vector<std::string> out;
  ScanContext context;
  context.on_dropped = [&](const Dropped& d) {
    out.push_back(d.rule + ":" + std::string(d.key) + ":" + std::string(d.detail) + ":" +
                  d.preview);
  };
  const Segment segment = BodySegment(text, Region::kQuoted);
  set.Scan({&segment, 1}, context);
  return out;
}

TEST(Dropped, NamesTheKeyThatTurnedTheMatchDown) {
  const std::string regex = R"(key=(\S{4,40}))";
  const auto told = [&](const std::string& more) {
    return DroppedIn(*MustLoad(SimpleRule("r", regex, more)), "key=aaaaaaaa1");
  };
  EXPECT_THAT(told("entropy = 3.0"), ElementsAre("r:entropy::aa*******"));
  EXPECT_THAT(told("keywords = [\"absent\"]"), ElementsAre("r:keywords::aa*******"));
  EXPECT_THAT(told("[rules.mail]\nvalidate = [\"mixed\", \"luhn\"]"),
              ElementsAre("r:validate:luhn:aa*******"));
  EXPECT_THAT(told("[[rules.allowlists]]\nstopwords = [\"aaa\"]"),
              ElementsAre("r:allowlists::aa*******"));
  EXPECT_THAT(told(""), ElementsAre());
}

TEST(Dropped, OutsideOfTheRegions) {
  const SetPtr set =
      MustLoad(SimpleRule("r", R"(key=(\S{4,40}))", "[rules.mail]\nregions = [\"body\"]"));
  std::vector<std::string> keys;
  ScanContext context;
  context.on_dropped = [&](const Dropped& d) { keys.emplace_back(d.key); };
  Segment segment = BodySegment("key=abcdefgh\n> key=ijklmnop\n");
  segment.regions = {{Region::kBody, {0, 13}}, {Region::kQuoted, {13, segment.text.size()}}};
  EXPECT_EQ(set->Scan({&segment, 1}, context).findings.size(), 1u);
  EXPECT_THAT(keys, ElementsAre("regions"));
}

}  // namespace
}  // namespace warifu::scan
