// What makes a rule dear.
#include "scan/rule_bench.h"

#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(RuleBench, DearParts) {
  EXPECT_THAT(DearParts("pelican-[0-9a-z]{12}"), IsEmpty());
  EXPECT_THAT(DearParts("[0-9a-f]{32}"), ElementsAre(HasSubstr("that every match holds")));
  EXPECT_THAT(DearParts("[a-z]{2,9} key=[0-9]{4}"), ElementsAre(HasSubstr("blank behind it")));
  EXPECT_THAT(DearParts("key=[a-z]{2,9}[ \\t]?:[0-9]{4}"),
              ElementsAre(HasSubstr("blank behind it")));
  EXPECT_THAT(DearParts("key=[0-9]+"), ElementsAre(HasSubstr("of any length")));
  EXPECT_THAT(DearParts("key=\\p{Han}"), ElementsAre(HasSubstr("Unicode tables")));
  EXPECT_THAT(DearParts("key=(?:[0-9]{4} )?x"), IsEmpty());
}

TEST(RuleBench, CountsHitsAndFindings) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {{dir.Write("r.toml", SimpleRule("a", "aaa[0-9]{4}") +
                                              SimpleRule("b", "bbb[0-9]{4}", "entropy = 1.0")),
                      false,
                      {}}};
  const std::string texts[] = {"aaa1234 bbb1234 aaa9", "bbb1111\naaa5555"};
  const auto result = BenchRules(options, texts);
  ASSERT_TRUE(result) << TextOf(result.error());
  ASSERT_EQ(result->rules.size(), 2u);
  for (const RuleCost& cost : result->rules) {
    EXPECT_EQ(cost.found, cost.rule == "a" ? 2u : 1u) << cost.rule;
    EXPECT_GT(cost.compile_ms, 0);
  }
  EXPECT_EQ(result->bytes, 35u);
  options.disabled_rules = {"a"};
  EXPECT_EQ(BenchRules(options, texts)->rules.size(), 1u);
  options.sources[0].path = dir.path() + "/absent.toml";
  EXPECT_FALSE(BenchRules(options, texts));
  options.sources[0].path = dir.Write("empty.toml", "");
  EXPECT_TRUE(BenchRules(options, {}));
}

}  // namespace
}  // namespace warifu::scan
