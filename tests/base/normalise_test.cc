#include "base/normalise.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace warifu {
namespace {

std::string Norm(std::string text) {
  return Normalise(std::move(text)).text;
}

// The input bytes that made the first occurrence of `needle` in the normalised text.
std::string SourceOf(const std::string& input, const std::string& needle) {
  const Normalised n = Normalise(input);
  const std::size_t at = n.text.find(needle);
  if (at == std::string::npos) return "<not found>";
  const Span s = n.ToInput({at, at + needle.size()});
  return input.substr(s.begin, s.size());
}

TEST(Normalise, PlainAsciiIsMovedThrough) {
  std::string text(100, 'a');
  const char* data = text.data();
  const Normalised n = Normalise(std::move(text));
  EXPECT_EQ(n.text.data(), data);
  EXPECT_TRUE(n.maps.empty());
}

TEST(Normalise, LineEnds) {
  EXPECT_EQ(Norm("a\r\nb\rc\nd\r\r\ne"), "a\nb\nc\nd\n\ne");
  EXPECT_EQ(Norm("a\u2028b\u2029c\u0085d"), "a\nb\nc\nd");
  EXPECT_EQ(SourceOf("a\r\nbc\r\nd", "bc"), "bc");
  EXPECT_EQ(SourceOf("a\r\nbc\r\nd", "\nbc\n"), "\r\nbc\r\n");
}

TEST(Normalise, WidthAndCompatibility) {
  EXPECT_EQ(Norm("パスワード：Ｘｋ２９"), "パスワード:Xk29");
  EXPECT_EQ(Norm("ﾊﾟｽﾜｰﾄﾞ"), "パスワード");
  EXPECT_EQ(Norm("a\u3000b\u00A0c\u2003d"), "a b c d");
  EXPECT_EQ(Norm("㈱①㍿"), "(株)1株式会社");
  EXPECT_EQ(SourceOf("パスワード：Ｘｋ２９です", "Xk29"), "Ｘｋ２９");
  EXPECT_EQ(SourceOf("ID ﾊﾟｽﾜｰﾄﾞ: x", "パスワード"), "ﾊﾟｽﾜｰﾄﾞ");
  EXPECT_EQ(SourceOf("ﾊﾟｽ", "パ"), "ﾊﾟ");
}

TEST(Normalise, UnseenCharactersAreDropped) {
  EXPECT_EQ(Norm("pa\u200Bss\u00ADwo\u2060rd\uFEFF\u202E\u2066"), "password");
  EXPECT_EQ(Norm("カ\u200B\u3099"), "ガ") << "dropped before composition";
  EXPECT_EQ(Norm("a\u3164b\U000E0041c\uFE0F"), "abc");
  EXPECT_EQ(SourceOf("x pa\u200Bss y", "pass"), "pa\u200Bss");
  EXPECT_EQ(SourceOf("x \u200Bpass\u200B y", "pass"), "pass");
}

TEST(Normalise, CaseIsKept) {
  EXPECT_EQ(Norm("AbCＤｅ"), "AbCDe");
}

TEST(Normalise, IllFormedBytesAreReplaced) {
  EXPECT_EQ(Norm("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(Norm("a\xE3\x81"), "a\uFFFD");
  EXPECT_EQ(SourceOf("a\xFFz secret\xE3\x81 end", "secret"), "secret");
  EXPECT_TRUE(IsUtf8(Norm("\xC0\xAF\xED\xA0\x80\xF5\x80")));
}

TEST(Normalise, IsIdempotent) {
  for (std::string text :
       {"ﾊﾟｽﾜｰﾄﾞ：\u200B①\r\n", "e\u0301\u034F\u0327", "\uFFA0x\u3164", "ﷺ\u00AD"}) {
    const std::string once = Norm(text);
    EXPECT_EQ(Norm(once), once);
  }
}

TEST(Normalise, NormalAscii) {
  EXPECT_TRUE(IsNormalAscii("abc\n"));
  EXPECT_FALSE(IsNormalAscii("abc\r\n"));
  EXPECT_FALSE(IsNormalAscii("あ"));
}

TEST(Utf8, RepairsMaximalSubparts) {
  const RepairedUtf8 r = RepairUtf8(
      "a\xE3\x81"
      "b\xF0\x9F\x98\xFF");
  EXPECT_EQ(r.text, "a\uFFFDb\uFFFD\uFFFD");
  EXPECT_EQ(r.errors, 3u);
  EXPECT_EQ(r.map.ToSource({1, 4}), (Span{1, 3}));
  EXPECT_EQ(r.map.ToSource({4, 5}), (Span{3, 4}));
}

TEST(Utf8, OverlongSurrogateAndTooBigAreIllFormed) {
  EXPECT_FALSE(IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(IsUtf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_TRUE(IsUtf8("あ\U0001F600z"));
}

TEST(Utf8, EncodesWhatItDecodes) {
  for (char32_t c : {U'a', U'é', U'あ', U'\U0001F600', U'\U0010FFFF'}) {
    std::string s;
    AppendUtf8(c, &s);
    const CodePoint d = DecodeUtf8(s, 0);
    EXPECT_TRUE(d.valid);
    EXPECT_EQ(d.value, c);
    EXPECT_EQ(d.size, s.size());
  }
}

TEST(Utf8, ClipKeepsCharactersWhole) {
  EXPECT_EQ(ClipUtf8("あい", 5), "あ");
  EXPECT_EQ(ClipUtf8("あい", 6), "あい");
  EXPECT_EQ(ClipUtf8("あい", 2), "");
}

}  // namespace
}  // namespace warifu
