// The tree of a pattern: its measures, what it refuses, and the probes chosen from it.
#include "scan/regex_ast.h"

#include <gmock/gmock.h>
#include <hs/hs.h>

#include "scan/compiled_rule.h"
#include "scan/probe.h"

namespace warifu::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

RegexNode Tree(const std::string& regex) {
  auto tree = ParseRegex(regex);
  EXPECT_TRUE(tree) << regex;
  return tree ? *tree : RegexNode{};
}

TEST(RegexAst, WidthsAreBytesOfUtf8) {
  EXPECT_EQ(MaxWidth(Tree("abc")), 3u);
  EXPECT_EQ(MaxWidth(Tree("日本")), 6u);
  EXPECT_EQ(MinWidth(Tree("[^,]{2,5}")), 2u);
  EXPECT_EQ(MaxWidth(Tree("[^,]{2,5}")), 20u) << "a character has up to four bytes";
  EXPECT_EQ(MaxWidth(Tree("(?:ab|cde){2,3}x?")), 10u);
  EXPECT_EQ(MinWidth(Tree("(?:ab|cde){2,3}x?")), 4u);
  EXPECT_EQ(MaxWidth(Tree("a+")), kUnbounded);
  EXPECT_EQ(MaxWidth(Tree("\\Qa+\\E")), 2u);
  EXPECT_EQ(MaxWidth(Tree("\\b^$\\z")), 0u);
  EXPECT_EQ(MaxWidth(Tree("x{0}")), 0u);
}

TEST(RegexAst, AsciiWidthsAreHyperscans) {
  for (const char* regex : {"abc", "a{2,5}b?", "(?:ab|cde){2,3}", "[0-9]{4}-x+", "(?i)abc|d",
                            "a(b(c|dd)){1,4}e", "\\d{3}[a-f]{2,9}"}) {
    hs_expr_info_t* info = nullptr;
    hs_compile_error_t* error = nullptr;
    ASSERT_EQ(hs_expression_info(regex, 0, &info, &error), HS_SUCCESS) << regex;
    const std::size_t most = info->max_width == UINT_MAX ? kUnbounded : info->max_width;
    EXPECT_EQ(MinWidth(Tree(regex)), info->min_width) << regex;
    EXPECT_EQ(MaxWidth(Tree(regex)), most) << regex;
    free(info);
  }
}

TEST(RegexAst, CountsLineFeeds) {
  EXPECT_EQ(MaxLineFeeds(Tree("a.{1,9}b")), 0u);
  EXPECT_EQ(MaxLineFeeds(Tree("(?s)a.{1,9}b")), 9u);
  EXPECT_EQ(MaxLineFeeds(Tree("a\\n?b\\s{0,2}")), 3u);
  EXPECT_EQ(MaxLineFeeds(Tree("[^a]*")), kUnbounded);
}

TEST(RegexAst, ReadsWhatRe2Reads) {
  for (const char* regex :
       {"(?P<name>a)", "(?i-s:a.)b", "[]a]", "[^]a]", "[a-]", "[\\]-a]", "[[:alpha:]-]", "a{,3}",
        "a{x}", "{", "\\x41\\x{1F600}\\101", "\\pN\\p{^Greek}[\\p{Han}a]", "\\Q\\E", "()", "a||b",
        "(?i)ſ", "\\a\\f\\t\\n\\r\\v", "\\.\\-\\/"}) {
    std::string why;
    EXPECT_NE(CompileRegex(regex, &why), nullptr) << regex << " " << why;
    EXPECT_TRUE(ParseRegex(regex)) << regex;
  }
}

TEST(RegexAst, RefusesHostilePatterns) {
  EXPECT_FALSE(ParseRegex("\\C"));
  EXPECT_FALSE(ParseRegex(std::string(5000, '(') + std::string(5000, ')')));
  EXPECT_FALSE(ParseRegex("a)"));
  EXPECT_FALSE(ParseRegex("(a"));
  EXPECT_FALSE(ParseRegex("[a"));
  EXPECT_FALSE(ParseRegex("a\\"));
}

TEST(Probe, IsWhatEveryMatchHoldsAndTextsSeldom) {
  const auto probes = [](const std::string& regex) { return ChooseProbes(Tree(regex)); };
  ASSERT_THAT(probes("[\\w.-]{0,50}?kucoin[ \\t]{0,20}=x"), SizeIs(1));
  EXPECT_THAT(probes("[\\w.-]{0,50}?kucoin[ \\t]{0,20}=x")[0].expression, HasSubstr("kucoin"));
  EXPECT_THAT(probes("[\\w.-]{0,50}?kucoin")[0].expression, Not(HasSubstr("{")));
  EXPECT_THAT(probes("a*"), IsEmpty()) << "nothing to look for";
  // The window reaches as far as a match can, in bytes, on either side of the report.
  const Probe label = probes("pw:\\S{6,32}").at(0);
  EXPECT_GE(label.back, 3u);
  EXPECT_GE(label.back + label.forward, 3u + 32 * 4);
  // A trailing count is cut to its least: one report, not 27.
  const Probe run = probes("verysecret[a-z]{6,32}").at(0);
  EXPECT_THAT(run.expression, Not(HasSubstr("32")));
}

TEST(Probe, IsBytesUnlessTablesAreNeeded) {
  EXPECT_FALSE(ChooseProbes(Tree("パスワード[^,]{1,4}"))[0].utf8);
  EXPECT_FALSE(ChooseProbes(Tree("(?i)パスワードpass"))[0].utf8);
  EXPECT_TRUE(ChooseProbes(Tree("(?i)пароль"))[0].utf8);
  EXPECT_TRUE(ChooseProbes(Tree("\\p{Han}{8}"))[0].utf8);
}

TEST(Probe, RulesOfOneRunShareAnExpression) {
  const auto a = ChooseProbes(Tree("\\b[0-9a-f]{40}\\b")), b = ChooseProbes(Tree("[0-9a-f]{64}"));
  ASSERT_THAT(a, SizeIs(1));
  ASSERT_THAT(b, SizeIs(1));
  EXPECT_EQ(a[0].expression, b[0].expression);
}

}  // namespace
}  // namespace warifu::scan
