// The quick look behind a literal: it accepts all that the sequence matches, and little else.
#include "scan/byte_check.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <random>
#include <string>

#include "scan/regex_ast.h"

namespace warifu::scan {
namespace {

std::shared_ptr<const ByteCheck> CheckOf(const std::string& regex) {
  const auto tree = ParseRegex(regex);
  if (!tree) return nullptr;
  return ByteCheck::Make({&*tree, 1});
}

bool Accepts(const std::string& regex, const std::string& text, std::size_t at = 0) {
  const auto check = CheckOf(regex);
  EXPECT_NE(check, nullptr) << regex;
  return check != nullptr && check->Accepts(text, at);
}

TEST(ByteCheck, TellsWhatFollows) {
  EXPECT_TRUE(Accepts("[ \\t]{0,4}[:=]", "  : x"));
  EXPECT_TRUE(Accepts("[ \\t]{0,4}[:=]", "key=x", 3));
  EXPECT_FALSE(Accepts("[ \\t]{0,4}[:=]", "  x: "));
  EXPECT_FALSE(Accepts("[ \\t]{0,4}[:=]", "  ")) << "the text ends before";
  EXPECT_FALSE(Accepts("[:=]", "", 0));
  EXPECT_TRUE(Accepts("は(?:、|です)[0-9]", "は、7"));
  EXPECT_FALSE(Accepts("は(?:、|です)[0-9]", "がです7"));
  EXPECT_TRUE(Accepts("[ぁ-ん]{2}x", "ばくx"));
  EXPECT_FALSE(Accepts("[^,]{3},", "a,b"));
  EXPECT_TRUE(Accepts("[0-9a-f]{40}", std::string(40, 'b')));
  EXPECT_FALSE(Accepts("[0-9a-f]{40}", std::string(12, 'b') + "-"));
}

TEST(ByteCheck, IsNoneWhereNothingNeedFollow) {
  EXPECT_EQ(CheckOf("x*"), nullptr);
  EXPECT_EQ(CheckOf("(?:x|$)"), nullptr);
  EXPECT_EQ(CheckOf("\\b"), nullptr);
  EXPECT_EQ(CheckOf("\\p{Han}x"), nullptr) << "needs tables";
}

TEST(ByteCheck, AcceptsWhatItDoesNotReachTheEndOf) {
  EXPECT_TRUE(Accepts("[a-z]*:", std::string(100000, 'a')));
  EXPECT_FALSE(Accepts("[a-z]*:", std::string(100, 'a')));
}

// Never less than RE2, whatever is cut for want of room.
TEST(ByteCheck, AcceptsAllThatRe2Matches) {
  const char* const kRegexes[] = {
      "[ab]{0,3}(?:c|dd|[a-d]{22}e)[ \\t]{0,4}(?:=|:|は)",
      "(?:a{20}|b{20}|c{20}|d{20}|(?:ab){9}|(?:cd){17}e)f",
      "[a-d]{40}e?",
      "(?:[a-c]+d){2,}e",
      "(?:a|b(?:c|d(?:e|f{3}))){2}[^a]",
      "[^a-c]{2}[あ-う]{1,2}x|は(?:が|も)?=",
      "(?:ab|ac|d){2,9}f{0,40}a",
  };
  constexpr std::string_view kPieces[] = {"a",  "b", "c",          "d",         "e",  "f",
                                          "=",  ":", " ",          "x",         "は", "が",
                                          "い", "é", "aaaaaaaaaa", "cdcdcdcdcd"};
  std::mt19937 random(7);
  for (const char* const regex : kRegexes) {
    const auto check = CheckOf(regex);
    ASSERT_NE(check, nullptr) << regex;
    const RE2 slow(regex);
    int matches = 0;
    for (int round = 0; round < 20000; ++round) {
      std::string text;
      for (unsigned n = random() % 12; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
      if (!slow.Match(text, 0, text.size(), RE2::ANCHOR_START, nullptr, 0)) continue;
      ++matches;
      ASSERT_TRUE(check->Accepts(text, 0)) << regex << "\n" << text;
    }
    EXPECT_GT(matches, 0) << regex;
  }
}

}  // namespace
}  // namespace warifu::scan
