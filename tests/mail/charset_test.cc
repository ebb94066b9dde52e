#include "mail/charset.h"

#include <gtest/gtest.h>

#include "mail/iso2022jp.h"

namespace warifu::mail {
namespace {

std::string Text(std::string_view bytes, std::string_view label) {
  return DecodeCharset(bytes, label).text;
}

constexpr std::string_view kJis = "\x1B$B%Q%9%o!<%I\x1B(B: x";
constexpr std::string_view kSjis = "\x83p\x83X\x83\x8F\x81[\x83h: x";
constexpr std::string_view kEuc = "\xA5\xD1\xA5\xB9\xA5\xEF\xA1\xBC\xA5\xC9: x";
constexpr std::string_view kText = "パスワード: x";

TEST(Charset, Iso2022JpUnderAnyLabel) {
  for (const char* label : {"iso-2022-jp", "ISO-2022-JP", "", "us-ascii", "utf-8", "iso-8859-1",
                            "shift_jis", "x-nobody", "cp50220"}) {
    EXPECT_EQ(Text(kJis, label), kText) << label;
  }
}

TEST(Charset, ShiftJisAndEucByLabelAndByGuess) {
  for (const char* label :
       {"shift_jis", "x-sjis", "windows-31j", "Shift-JIS", "", "iso-8859-1", "euc-jp", "utf-8"}) {
    EXPECT_EQ(Text(kSjis, label), kText) << label;
  }
  for (const char* label : {"euc-jp", "x-euc-jp", "", "us-ascii", "shift_jis", "utf-8"}) {
    EXPECT_EQ(Text(kEuc, label), kText) << label;
  }
}

TEST(Charset, EucInHalfWidthKanaByGuess) {
  // ◆ﾒｰﾙﾊﾟｽﾜｰﾄﾞ: as Shift_JIS the kana would be kanji of level 1, all of one row.
  constexpr std::string_view kHalf =
      "\xA2\xA1\x8E\xD2\x8E\xB0\x8E\xD9\x8E\xCA\x8E\xDF\x8E\xBD\x8E\xDC\x8E\xB0\x8E\xC4\x8E\xDE: x";
  for (const char* label : {"", "us-ascii", "iso-8859-1"}) {
    EXPECT_EQ(Text(kHalf, label), "◆ﾒｰﾙﾊﾟｽﾜｰﾄﾞ: x") << label;
  }
}

TEST(Charset, Utf8UnderAWrongLabel) {
  for (const char* label : {"", "us-ascii", "iso-8859-1", "shift_jis", "x-nobody"}) {
    EXPECT_EQ(Text(kText, label), kText) << label;
  }
}

TEST(Charset, DialectsOfIso2022Jp) {
  EXPECT_EQ(Text("\x1B$@%Q\x1B(J\\", ""), "パ\\") << "JIS C 6226, Roman read as ASCII";
  EXPECT_EQ(Text("\x1B(IJ_=\x1B(B", "iso-2022-jp"), "ﾊﾟｽ") << "half-width kana by escape";
  EXPECT_EQ(Text("\x0EJ_=\x0F", "iso-2022-jp"), "ﾊﾟｽ") << "by SO and SI";
  EXPECT_EQ(Text("\x1B$B-!-j\x1B(B", "iso-2022-jp"), "①㈱") << "NEC row 13";
  EXPECT_EQ(Text("\x1B$B|b\x1B(B", "iso-2022-jp"), "髙") << "IBM's, in NEC's selection";
  EXPECT_EQ(Text("\x1B$(D0!\x1B(B", "iso-2022-jp-1"), "丂") << "JIS X 0212";
  EXPECT_EQ(Text("\x1B$B%Q\nabc", "iso-2022-jp"), "パ\nabc") << "a line end falls back to ASCII";
  EXPECT_EQ(Text("\x1B$B%Q\x1B(B\xCA\xDF", "iso-2022-jp"), "パﾊﾟ") << "raw half-width kana";
}

TEST(Charset, MicrosoftsCharactersInShiftJisAndEuc) {
  EXPECT_EQ(Text("\x87@\x87\x8A\xFB\xFC", "shift_jis"), "①㈱髙");
  EXPECT_EQ(Text("\xAD\xA1\xAD\xEA\xFC\xE2", "euc-jp"), "①㈱髙");
  EXPECT_EQ(Text("\xCA\xDF", "shift_jis"), "ﾊﾟ");
}

// Such a text of an even number of bytes has no error in Shift_JIS, but reads as 繧ｫ繝ｼ繝臥分蜿ｷ
// there.
TEST(Charset, Utf8UnderAJapaneseLabel) {
  for (const char* label : {"shift_jis", "windows-31j", "iso-2022-jp", "euc-jp"}) {
    for (const char* text : {"カード番号", "暗証番号", "パスワード：Xk29vmQ1", "氏名 山田"}) {
      EXPECT_EQ(Text(text, label), text) << label;
    }
  }
  for (const char* text : {"ﾊﾟｽﾜｰﾄﾞ", "ﾃｽﾄ", "ｶｰﾄﾞ番号", "山田", "表示", "繧", "ﾂｯ", "ﾃﾞｰﾀ"}) {
    EXPECT_EQ(Text(EncodeCharset(text, "cp932").value(), "shift_jis"), text);
  }
}

TEST(Charset, WesternAndOther) {
  EXPECT_EQ(Text("t\xE9l\xE9phone \x80", "iso-8859-1"), "téléphone €");
  EXPECT_EQ(Text("t\xE9l\xE9phone d\xE9j\xE0 vu", ""), "téléphone déjà vu");
  EXPECT_EQ(Text("Gr\xFC\xDF"
                 "e aus M\xFCnchen",
                 "us-ascii"),
            "Grüße aus München");
  EXPECT_EQ(Text("\xF0\xD2\xC9\xD7\xC5\xD4", "koi8-r"), "Привет");
  EXPECT_EQ(Text("\xC4\xE3\xBA\xC3", "gb2312"), "你好");
  EXPECT_EQ(Text("+AHAAdwA6- x", "utf-7"), "pw: x");
}

TEST(Charset, WideText) {
  using std::string_view_literals::operator""sv;
  EXPECT_EQ(Text("\xFF\xFEp\0w\0"sv, ""), "pw");
  EXPECT_EQ(Text("\xFE\xFF\0p\0w"sv, "utf-8"), "pw");
  EXPECT_EQ(Text("p\0w\0"sv, "utf-16le"), "pw");
  EXPECT_EQ(Text("password: Xk29vmQ1\n", "utf-16"), "password: Xk29vmQ1\n");
}

TEST(Charset, WhatIsBrokenIsCountedAndKeepsItsAscii) {
  const DecodedText cut = DecodeCharset("\x83p\x83", "shift_jis");
  EXPECT_EQ(cut.text, "パ\uFFFD");
  EXPECT_EQ(cut.errors, 1u);
  // A lead byte never swallows the delimiter behind it.
  EXPECT_NE(Text("\xA5\xD1\xA5,secret", "euc-jp").find(",secret"), std::string::npos);
  EXPECT_TRUE(DecodeCharset("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "utf-8").broken());
  EXPECT_FALSE(DecodeCharset(std::string(1000, 'a') + "\xFF", "utf-8").broken());
}

TEST(Charset, UnknownLabelIsSaidUnlessSomethingFits) {
  EXPECT_TRUE(DecodeCharset("\xE9t\xE9", "x-nobody").unknown_label);
  EXPECT_TRUE(DecodeCharset("plain", "x-nobody").unknown_label);
  EXPECT_FALSE(DecodeCharset(kSjis, "x-nobody").unknown_label);
  EXPECT_FALSE(DecodeCharset("\xE9t\xE9", "unknown-8bit").unknown_label);
  EXPECT_EQ(Text("x", "utf-8//TRANSLIT"), "x");
  EXPECT_TRUE(DecodeCharset("x", "../../etc/passwd").unknown_label);
}

// ASCII was once taken for the same bytes in every charset; '+' begins base64 in UTF-7, and EBCDIC
// has no byte in common with it.
TEST(Charset, AsciiIsWrittenInTheCharsetsOwnBytes) {
  for (const char* charset : {"utf-7", "ibm037", "iso-2022-jp", "cp932"}) {
    for (const char* text : {"1+1=2", "~{<:Ky2;~}", "taro@example.jp"}) {
      const Result<std::string> bytes = EncodeCharset(text, charset);
      ASSERT_TRUE(bytes) << charset;
      EXPECT_EQ(DecodeLabelled(*bytes, charset).text, text) << charset;
    }
  }
}

// Text that is read as wide characters by the look of its bytes, or by a byte order mark, was once
// written in the order of this machine, with a mark of its own.
TEST(Charset, WideTextIsWrittenInItsByteOrder) {
  const DecodedText decoded = DecodeCharset(std::string_view("\0a\0b\0c\0d\0\n", 10), "utf-16");
  EXPECT_EQ(decoded.charset, "utf-16be");
  EXPECT_EQ(EncodeCharset("x", decoded.charset).value(), std::string_view("\0x", 2));
}

// glibc reads its own wide characters without a check, and passes over "(" in a name: the result
// was no UTF-8, and plain ASCII under such a label was read as kanji.
TEST(Charset, InternalFormsAreUnknownLabels) {
  for (const char* label : {"wchar_t", "(WCHAR_T", "INTERNAL", "+internal", "OSF00010104"}) {
    EXPECT_EQ(CanonicalCharset(label), "") << label;
    const DecodedText decoded = DecodeCharset("pass: Xk29vmQ1\r\n", label);
    EXPECT_EQ(decoded.text, "pass: Xk29vmQ1\r\n");
    EXPECT_TRUE(decoded.unknown_label);
  }
  for (const char* label : {"ucs2", "UCS4", "iso-10646", "10646-1:1993", "UnicodeLittle"}) {
    EXPECT_EQ(DecodeCharset("pass: Xk29vmQ1\r\n", label).text, "pass: Xk29vmQ1\r\n") << label;
  }
}

TEST(Charset, EncodingEndsInAscii) {
  EXPECT_EQ(EncodeCharset("一", "iso-2022-jp").value(), "\x1B$B0l\x1B(B");
  EXPECT_EQ(EncodeCharset("abc", "cp932").value(), "abc");
  EXPECT_FALSE(EncodeCharset("\U0001F600", "cp932"));
  EXPECT_FALSE(EncodeCharset("一", "x-nobody"));
}

TEST(Charset, ShiftInForce) {
  EXPECT_EQ(JisShiftAt(kJis, 5), "\x1B$B");
  EXPECT_EQ(JisShiftAt(kJis, kJis.size()), "");
  EXPECT_EQ(JisShiftAt("\x1B$B%Q\n%Q", 7), "");
}

}  // namespace
}  // namespace warifu::mail
