#include "extract/text_check.h"

#include <gtest/gtest.h>

#include <string>

namespace warifu::extract {
namespace {

TEST(TextCheck, ForgivesACharacterCutAtTheEnd) {
  const std::string text = "パスワード";
  EXPECT_TRUE(LooksLikeText(text.substr(0, text.size() - 1)));
  EXPECT_TRUE(LooksLikeText("\x83p\x83X\x83"));
}

TEST(TextCheck, ControlCharacters) {
  EXPECT_TRUE(LooksLikeText("\x1B[31mred\x1B[0m\n\x1A"));
  EXPECT_FALSE(LooksLikeText("\x01\x02\x03\x04 abc"));
  EXPECT_FALSE(LooksLikeText(std::string_view("abc\0def", 7)));
}

TEST(TextCheck, WesternText) {
  EXPECT_TRUE(
      LooksLikeText("Gr\xFC\xDF"
                    "e aus M\xFCnchen\n"));
  EXPECT_TRUE(LooksLikeText("caf\xE9\n"));
}

}  // namespace
}  // namespace warifu::extract
