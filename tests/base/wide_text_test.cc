#include "base/wide_text.h"

#include <gtest/gtest.h>

namespace warifu {
namespace {

using std::string_view_literals::operator""sv;

std::string Decode(std::string_view bytes, WideEncoding encoding, std::size_t* errors = nullptr) {
  std::string text;
  OffsetMap map;
  const std::size_t n = DecodeWide(bytes, encoding, &text, &map);
  if (errors != nullptr) *errors = n;
  return text;
}

TEST(WideText, IsDetectedByMarkAndByLetters) {
  EXPECT_EQ(DetectWideEncoding("\xFF\xFEx\0"sv), (WideEncoding{2, false, 2}));
  EXPECT_EQ(DetectWideEncoding("\xFE\xFF\0x"sv), (WideEncoding{2, true, 2}));
  EXPECT_EQ(DetectWideEncoding("\xFF\xFE\0\0x\0\0\0"sv), (WideEncoding{4, false, 4}));
  EXPECT_EQ(DetectWideEncoding("\0p\0a\0s\0s\0:\0x"sv), (WideEncoding{2, true, 0}));
  EXPECT_EQ(DetectWideEncoding("p\0a\0s\0s\0:\0x\0"sv), (WideEncoding{2, false, 0}));
  EXPECT_EQ(DetectWideEncoding("plain ascii text"), WideEncoding{});
  EXPECT_EQ(DetectWideEncoding("\0\0\0\0\0\0\0\0\0\0"sv), WideEncoding{});
}

TEST(WideText, JapaneseIsDetectedByItsKana) {
  // "パス:あ漢字\r\n" and "漢あ", in both orders.
  constexpr std::string_view kBig = "\x30\xD1\x30\xB9\0:\x30\x42\x6F\x22\x5B\x57\0\r\0\n"sv;
  std::string little;
  for (std::size_t i = 0; i < kBig.size(); i += 2) little += {kBig[i + 1], kBig[i]};
  EXPECT_EQ(DetectWideEncoding(kBig), (WideEncoding{2, true, 0}));
  EXPECT_EQ(DetectWideEncoding(little), (WideEncoding{2, false, 0}));
  // A picture's head, and numbers of 32 bits.
  EXPECT_EQ(DetectWideEncoding("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\x03\x20\0\0\x02\x58\x08\x06"sv),
            WideEncoding{});
  EXPECT_EQ(DetectWideEncoding("\0\0\x30\x42\0\0\x30\x44\0\0\x30\x46\0\0\x30\x48"sv),
            WideEncoding{});
}

TEST(WideText, SignsAmongJapaneseAreText) {
  constexpr std::u16string_view kText = u"・ab → アイ\r\n■ウ■cd)■\r\n";
  std::string big, little;
  for (const char16_t c : kText) {
    const char high = static_cast<char>(c >> 8), low = static_cast<char>(c & 0xFF);
    big += {high, low};
    little += {low, high};
  }
  EXPECT_EQ(DetectWideEncoding(big), (WideEncoding{2, true, 0}));
  EXPECT_EQ(DetectWideEncoding(little), (WideEncoding{2, false, 0}));
}

TEST(WideText, SamplesOfSoundAreNoText) {
  // 16-bit numbers near 0, as of a quiet recording, in both orders.
  std::string little, big;
  for (int i = 0; i < 4000; ++i) {
    const int value = (i * i * 7 + i * 31) % 509 - 254;
    const char high = static_cast<char>(value >> 8), low = static_cast<char>(value & 0xFF);
    little += {low, high};
    big += {high, low};
  }
  EXPECT_EQ(DetectWideEncoding(little), WideEncoding{});
  EXPECT_EQ(DetectWideEncoding(big), WideEncoding{});
}

TEST(WideText, DecodesWithSurrogatesAndMark) {
  EXPECT_EQ(Decode("\xFF\xFE\x42\x30"
                   "a\0\x3D\xD8\x00\xDE"sv,
                   {2, false}),
            "あa\U0001F600");
  EXPECT_EQ(Decode("\0\0\x30\x42\0\1\xF6\0"sv, {4, true}), "あ\U0001F600");
}

TEST(WideText, IllFormedUnitsAreReplacedAndCounted) {
  std::size_t errors = 0;
  EXPECT_EQ(Decode("\x00\xDC"
                   "a\0b"sv,
                   {2, false}, &errors),
            "\uFFFDa\uFFFD");
  EXPECT_EQ(errors, 2u);
  EXPECT_EQ(Decode("\0\x11\0\0"sv, {4, true}, &errors), "\uFFFD");
  EXPECT_EQ(errors, 1u);
}

TEST(WideText, MapLeadsBack) {
  const std::string_view bytes =
      "\xFF\xFE\x42\x30"
      "a\0\x3D\xD8\x00\xDE"sv;
  std::string text;
  OffsetMap map;
  DecodeWide(bytes, {2, false}, &text, &map);
  EXPECT_EQ(map.ToSource({0, 3}), (Span{2, 4}));
  EXPECT_EQ(map.ToSource({3, 4}), (Span{4, 6}));
  EXPECT_EQ(map.ToSource({4, 8}), (Span{6, 10}));
}

}  // namespace
}  // namespace warifu
