#include "base/nfkc.h"

#include <gtest/gtest.h>
#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>

#include <random>
#include <vector>

#include "base/utf8.h"

namespace warifu {
namespace {

struct Folded {
  std::string text;
  OffsetMap map;
};

// The whole text by ICU alone.
Folded ByIcu(const std::string& in) {
  Folded out;
  UErrorCode status = U_ZERO_ERROR;
  icu::Edits edits;
  icu::StringByteSink<std::string> sink(&out.text);
  icu::Normalizer2::getNFKCInstance(status)->normalizeUTF8(0, in, sink, &edits, status);
  for (icu::Edits::Iterator it = edits.getFineIterator(); it.next(status);) {
    if (it.hasChange()) {
      out.map.Add(static_cast<std::uint32_t>(it.newLength()),
                  static_cast<std::uint32_t>(it.oldLength()));
    } else {
      out.map.Add(1, 1, static_cast<std::size_t>(it.newLength()));
    }
  }
  return out;
}

Folded ByUs(const std::string& in) {
  Folded out;
  if (!Nfkc(in, &out.text, &out.map)) out = {in, {}};
  return out;
}

// The texts are equal, and each byte leads back to the same place.
bool Same(const Folded& a, const Folded& b) {
  if (a.text != b.text) return false;
  for (std::size_t i = 0; i < a.text.size(); ++i) {
    if (a.map.ToSource({i, i + 1}) != b.map.ToSource({i, i + 1})) return false;
  }
  return true;
}

std::string Utf8(char32_t c) {
  std::string out;
  AppendUtf8(c, &out);
  return out;
}

TEST(Nfkc, EveryCharacterBesideEveryKindOfNeighbour) {
  const std::string_view before[] = {"", "e", "か", "Ａ", "ﾊ", "\u1100"};
  const std::string_view behind[] = {"", "\u3099", "\u0301", "ﾟ", "\u1161"};
  for (char32_t c = 0x80; c <= 0x1FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    // Nothing is settled or narrow beyond the basic plane; its letters need one look each.
    const bool once = c > 0xFFFF || (c > 0x5000 && c < 0x9F00) || (c > 0xB000 && c < 0xD700);
    for (std::size_t i = 0; i < (once ? 1 : std::size(before)); ++i) {
      for (std::size_t k = 0; k < (once ? 2 : std::size(behind)); ++k) {
        const std::string text = std::string(before[i]) + Utf8(c) + std::string(behind[k]);
        ASSERT_TRUE(Same(ByUs(text), ByIcu(text))) << std::hex << static_cast<unsigned>(c);
      }
    }
  }
}

TEST(Nfkc, MixedTextsOfAnyLength) {
  const std::vector<std::string> pieces = {
      "plain ASCII, some of it long enough to stand between two pieces that are given to ICU; ",
      "会議の議事録をお送りします。ご確認のうえ、来週の月曜日までにお返事をくださいますようお願い"
      "い",
      "ＩＤ：",
      "\u3000",
      "ﾊﾟｽﾜｰﾄﾞ",
      "か\u3099",
      "\u3099",
      "e\u0301",
      "①㍿",
      "é",
      "x",
      "〜",
      "\U0001F600",
      "\n",
      "ﷺ"};
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (unsigned n = random() % 12; n > 0; --n) text += pieces[random() % pieces.size()];
    ASSERT_TRUE(Same(ByUs(text), ByIcu(text))) << text;
  }
}

TEST(Nfkc, WhatIsInThatFormIsNotCopied) {
  std::string text;
  OffsetMap map;
  EXPECT_FALSE(Nfkc("パスワードは abc です。", &text, &map));
  EXPECT_TRUE(text.empty());
  EXPECT_FALSE(Nfkc("", &text, &map));
}

}  // namespace
}  // namespace warifu
