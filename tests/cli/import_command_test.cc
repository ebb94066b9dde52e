// `warifu bind import` and `bind audit` on small tables: what each says and writes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ImportCommandTest : public ToolTest {
 protected:
  Outcome Tool(std::vector<std::string> args) const {
    args.insert(args.end(), {"--config", "warifu.conf"});
    return Run(args);
  }
  static std::vector<json> Lines(const std::string& text) {
    std::vector<json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
  }
};

constexpr const char* kBefore =
    "taro@example.jp taro\nhanako@example.jp hanako\nshop@example.jp taro,hanako\n"
    "@lists.example.jp lists\n";

TEST_F(ImportCommandTest, ImportProvesAndAuditCompares) {
  Write("table", kBefore);
  const Outcome first = Tool({"bind", "import", "table"});
  EXPECT_EQ(first.status, kExitClean) << first.err;
  EXPECT_THAT(first.out, HasSubstr("new        3"));
  EXPECT_EQ(Tool({"bind", "audit", "table"}).status, kExitClean);
  Write("table", "taro@example.jp hanako\nhanako@example.jp taro\nnew@example.jp new\n");
  const Outcome swapped = Tool({"bind", "audit", "table", "--moves", "moves"});
  EXPECT_EQ(swapped.status, kExitFound);
  ExpectGolden("bind-audit.txt", swapped.out);
  std::ostringstream moves;
  moves << std::ifstream("moves").rdbuf();
  EXPECT_EQ(moves.str(), "hanako@example.jp\thanako\ttaro\ntaro@example.jp\ttaro\thanako\n");
  const auto lines = Lines(Tool({"bind", "audit", "table", "--format", "json"}).out);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0]["kind"], "swapped");
  EXPECT_EQ(lines[0]["proven"][0], "hanako");
  EXPECT_EQ(lines[2]["kind"], "summary");
  EXPECT_EQ(lines[2]["swapped"], 2);
  EXPECT_EQ(lines[2]["gone"], 1);
}

// As the gateway compares them: it takes taro for the owner, not taro@example.jp.
TEST_F(ImportCommandTest, RealmsAreMapped) {
  std::ofstream("warifu.conf", std::ios::app) << "account = { realm = \"strip\"; };\n";
  Write("table", "taro@example.jp taro@example.jp\n");
  ASSERT_EQ(Tool({"bind", "import", "table"}).status, kExitClean);
  EXPECT_THAT(Tool({"bind", "show", "taro@example.jp"}).out,
              AllOf(HasSubstr("proven     taro"), Not(HasSubstr("proven     taro@"))));
}

TEST_F(ImportCommandTest, SwapsRefuseAnImportWholeUntilTheyAreAnnounced) {
  Write("table", kBefore);
  ASSERT_EQ(Tool({"bind", "import", "table"}).status, kExitClean);
  Write("table", "taro@example.jp hanako\nhanako@example.jp taro\nnew@example.jp new\n");
  const Outcome refused = Tool({"bind", "import", "table", "--moves", "moves"});
  EXPECT_EQ(refused.status, kExitFound);
  EXPECT_THAT(refused.out, AllOf(HasSubstr("refused: nothing was written"),
                                 HasSubstr("warifu bind announce --file")));
  EXPECT_THAT(Tool({"bind", "show", "new@example.jp"}).out, HasSubstr("unknown"));
  EXPECT_EQ(Tool({"bind", "announce", "--file", "moves", "--ref", "T"}).status, kExitClean);
  const Outcome taken = Tool({"bind", "import", "table"});
  EXPECT_EQ(taken.status, kExitClean) << taken.out;
  EXPECT_THAT(taken.out, HasSubstr("explained  2"));
  EXPECT_THAT(Tool({"bind", "show", "taro@example.jp"}).out, HasSubstr("proven     hanako"));
}

TEST_F(ImportCommandTest, AboveTheThresholdOfSwapsTheOthersAreTaken) {
  Write("table", "taro@example.jp taro\n");
  ASSERT_EQ(Tool({"bind", "import", "table"}).status, kExitClean);
  Write("table", "taro@example.jp jiro\nnew@example.jp new\n");
  const Outcome outcome = Tool({"bind", "import", "table", "--max-unexplained", "1", "--dispute"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, Not(HasSubstr("refused")));
  EXPECT_THAT(Tool({"bind", "show", "new@example.jp"}).out, HasSubstr("proven     new"));
  EXPECT_THAT(Tool({"bind", "show", "taro@example.jp"}).out, HasSubstr("disputed"));
  EXPECT_THAT(Tool({"bind", "import", "table", "--max-unexplained", "many"}).err,
              HasSubstr("not a number"));
}

TEST_F(ImportCommandTest, ATableThatIsEmptyOrBrokenTakesNothingAway) {
  Write("table", kBefore);
  ASSERT_EQ(Tool({"bind", "import", "table"}).status, kExitClean);
  Write("empty", "");
  const Outcome empty = Tool({"bind", "import", "empty"});
  EXPECT_EQ(empty.status, kExitFound);
  EXPECT_THAT(empty.out, HasSubstr("the directory is empty"));
  EXPECT_THAT(Tool({"bind", "show", "taro@example.jp"}).out, Not(HasSubstr("released")));
  Write("broken", "taro@example.jp\n\"half a\n");
  const Outcome broken = Tool({"bind", "import", "broken"});
  EXPECT_EQ(broken.status, kExitError);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("broken:1"), HasSubstr("broken:2")));
  EXPECT_THAT(Tool({"bind", "audit"}).err, HasSubstr("no directory"));
}

}  // namespace
}  // namespace warifu::cli
