// `warifu rules bench`: its figures differ each time, what it says of them does not.
#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/normalise.h"
#include "cli/bench_sample.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

TEST(BenchSample, IsTheSameEveryTimeAndNormal) {
  const auto texts = BenchSample(20'000);
  EXPECT_EQ(texts, BenchSample(20'000));
  ASSERT_EQ(texts.size(), 4u);
  for (const std::string& text : texts) {
    EXPECT_GE(text.size(), 20'000u);
    EXPECT_EQ(Normalise(text).text, text);
  }
}

class RulesBenchTest : public ToolTest {
 protected:
  std::map<std::string, nlohmann::json> Bench(std::vector<std::string> args) {
    args.insert(args.begin(), {"rules", "bench", "--format", "json"});
    const Outcome outcome = Run(args);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    std::map<std::string, nlohmann::json> out;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      const auto json = nlohmann::json::parse(line);
      out[json.contains("rule") ? json["rule"].get<std::string>() : ""] = json;
    }
    return out;
  }
};

TEST_F(RulesBenchTest, NamesTheSlowRuleWithTheReason) {
  Write("cost.toml",
        "[[rules]]\nid = \"plain\"\nregex = '''pelican-[0-9a-z]{12}'''\n"
        "[[rules]]\nid = \"dear\"\nregex = '''[a-z]+ [a-z]+ [a-z0-9]{9,}'''\n");
  const auto costs = Bench({"--rules", "cost.toml"});
  ASSERT_EQ(costs.size(), 3u);
  EXPECT_FALSE(costs.at("plain")["slow"]);
  EXPECT_EQ(costs.at("plain")["hits"], 0);
  EXPECT_TRUE(costs.at("dear")["slow"]);
  EXPECT_THAT(costs.at("dear")["reasons"].get<std::vector<std::string>>(),
              Contains(HasSubstr("blank behind it")));
  EXPECT_EQ(costs.at("")["rules"], 2);
  EXPECT_GE(costs.at("")["bytes"], 4 << 20);
  const Outcome text = Run({"rules", "bench", "--rules", "cost.toml"});
  EXPECT_THAT(text.out, HasSubstr("a repeated class with a blank behind it"));
  EXPECT_THAT(text.err, HasSubstr("2 rules, 1 slow, on 409"));
}

TEST_F(RulesBenchTest, ReadsTheMailGiven) {
  Write("mail/1.eml", MailOf("x", "pelican-k29vmq1zab12 and pelican-k29vmq1zab34\n"));
  Write("cost.toml", "[[rules]]\nid = \"plain\"\nregex = '''pelican-[0-9a-z]{12}'''\n");
  const auto costs = Bench({"--rules", "cost.toml", "mail"});
  EXPECT_EQ(costs.at("plain")["found"], 2);
  EXPECT_LT(costs.at("")["bytes"], 1000);
  EXPECT_EQ(Bench({"cost.toml", "mail"}).at("plain")["found"], 2) << "as of rules try and check";
  EXPECT_EQ(Run({"rules", "bench", "--rules", "cost.toml", "absent"}).status, 2);
  EXPECT_EQ(Run({"rules", "bench", "absent.toml"}).status, 2);
  EXPECT_EQ(Run({"rules", "bench", "--rules", "absent.toml"}).status, 2);
}

}  // namespace
}  // namespace warifu::cli
