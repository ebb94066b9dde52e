// Patterns of other engines in RE2's spelling.
#include "scan/regex_plain.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

namespace warifu::scan {
namespace {

TEST(RegexPlain, TakesWhiteSpaceAndCommentsOutOfVerbosePatterns) {
  EXPECT_EQ(PlainRegex("(?x) a b # two letters\n  c"), "abc");
  EXPECT_EQ(PlainRegex("(?x)a #at the end, no line feed"), "a");
  EXPECT_EQ(PlainRegex("(?xi)\n\\b key \\s* = ( [a-z]{4} ) \n\\b"), "(?i)\\bkey\\s*=([a-z]{4})\\b");
  EXPECT_EQ(PlainRegex("(?x)(?i)a +"), "(?i)a+");
}

TEST(RegexPlain, KeepsWhatIsEscapedOrInAClass) {
  EXPECT_EQ(PlainRegex("(?x) a\\ b \\# c"), "a\\ b\\#c");
  EXPECT_EQ(PlainRegex("(?x) [ #] x"), "[ #]x");
  EXPECT_EQ(PlainRegex("(?x) [^] #] x"), "[^] #]x");
  EXPECT_EQ(PlainRegex("(?x) []# ] x"), "[]# ]x");
  EXPECT_EQ(PlainRegex("(?x) [\\] #] x"), "[\\] #]x");
  EXPECT_EQ(PlainRegex("(?x) [[:alpha:] #] x"), "[[:alpha:] #]x");
  EXPECT_EQ(PlainRegex("(?x) \\Q a # b \\E c"), "\\Q a # b \\Ec");
}

TEST(RegexPlain, LeavesOtherPatternsAsTheyAre) {
  for (const char* pattern :
       {"a b # c", "(?i)x y", "[ ]( )#", "(a|b) \\( c", "", "[", "(", "\\", "(?"}) {
    EXPECT_EQ(PlainRegex(pattern), pattern);
  }
}

TEST(RegexPlain, FollowsTheFlagThroughGroups) {
  EXPECT_EQ(PlainRegex("a b(?x: c d )e f"), "a b(?:cd)e f");
  EXPECT_EQ(PlainRegex("(?x) a b (?-x) c"), "ab c");
  EXPECT_EQ(PlainRegex("(?x) a (?-x: b ) c"), "a(?: b )c");
  EXPECT_EQ(PlainRegex("((?x) a b ) c"), "(ab) c");
  EXPECT_EQ(PlainRegex("(?s-xi: a)"), "(?s-i: a)");
  EXPECT_EQ(PlainRegex("(?x) ( a | b ) # ( not a group\n c"), "(a|b)c");
}

TEST(RegexPlain, SpellsGroupNamesAndCommentsForRe2) {
  EXPECT_EQ(PlainRegex("(?<token>a)(?P<b>c)"), "(?P<token>a)(?P<b>c)");
  EXPECT_EQ(PlainRegex("(?x) (?<token> a )"), "(?P<token>a)");
  EXPECT_EQ(PlainRegex("a(?# a b )c"), "ac");
  EXPECT_EQ(PlainRegex("(?<=a)b(?!c)(?=d)(?<!e)"), "(?<=a)b(?!c)(?=d)(?<!e)");
}

// What comes out means in RE2 what the verbose form means.
TEST(RegexPlain, MeansTheSame) {
  const RE2 regex(
      PlainRegex("(?x)(?i)\n  pass (?:word)?   # the label\n  [ \\t]*  [:=]  [ ]?\n"
                 "  ( [a-z0-9]{4,8} )  # the secret\n"));
  ASSERT_TRUE(regex.ok());
  std::string secret;
  EXPECT_TRUE(RE2::PartialMatch("Password \t= abcd1", regex, &secret));
  EXPECT_EQ(secret, "abcd1");
  EXPECT_FALSE(RE2::PartialMatch("Pass word=abcd1", regex));
}

}  // namespace
}  // namespace warifu::scan
