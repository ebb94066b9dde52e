#include <gtest/gtest.h>

#include "mail/head.h"
#include "mail/header_text.h"
#include "mail/message.h"
#include "mail/params.h"

namespace warifu::mail {
namespace {

TEST(Header, EncodedWords) {
  EXPECT_EQ(DecodeHeader(" =?UTF-8?B?44OR44K544Ov44O844OJ?="), "パスワード");
  EXPECT_EQ(DecodeHeader("=?ISO-2022-JP?B?GyRCJVElOSVvITwlSRsoQg==?="), "パスワード");
  EXPECT_EQ(DecodeHeader("=?iso-8859-1?q?t=E9l=E9_phone?= (x)"), "télé phone (x)");
  EXPECT_EQ(DecodeHeader("a =?utf-8?q?b?= =?utf-8?q?c?=\r\n =?utf-8?q?d?= e"), "a bcd e");
  EXPECT_EQ(DecodeHeader("=?utf-8*ja?q?x?="), "x");
  EXPECT_EQ(DecodeHeader("=?utf-8?q?two words?="), "two words") << "blanks are forgiven";
}

TEST(Header, CharacterCutBetweenTwoWords) {
  EXPECT_EQ(DecodeHeader("=?UTF-8?B?44OR44I=?= =?UTF-8?B?uQ==?="), "パス");
}

TEST(Header, RawCharsets) {
  EXPECT_EQ(DecodeHeader("\x1B$B%Q%9%o!<%I\x1B(B"), "パスワード");
  EXPECT_EQ(DecodeHeader("\x83p\x83X\x83\x8F\x81[\x83h"), "パスワード");
  EXPECT_EQ(DecodeHeader("パスワード"), "パスワード");
}

TEST(Header, WhatIsNoEncodedWordStays) {
  for (const char* text : {"=?", "=?x", "=?utf-8?x?y?=", "=?utf-8?q?", "a=?=b", "=?utf-8?q"}) {
    EXPECT_EQ(DecodeHeader(text), text);
  }
}

TEST(Header, MapLeadsToTheRawBody) {
  const std::string raw = " pw: =?utf-8?q?Xk29?=\r\n tail";
  const HeaderText h = DecodeHeaderText(raw);
  EXPECT_EQ(h.text, " pw: Xk29 tail");
  const Span word = h.map.ToSource({5, 9});
  EXPECT_EQ(raw.substr(word.begin, word.size()), "=?utf-8?q?Xk29?=");
  const Span tail = h.map.ToSource({10, 14});
  EXPECT_EQ(raw.substr(tail.begin, tail.size()), "tail");
}

Head Read(std::string_view raw) {
  return ReadHead(raw, 0, Boundaries(raw), 100);
}

TEST(Head, Fields) {
  const Head h = Read("From alice Mon\r\nA: 1\r\n\tfold\r\nB : 2\r\n\r\nbody");
  ASSERT_EQ(h.fields.size(), 2u);
  EXPECT_EQ(h.fields[0].body, " 1\r\n\tfold");
  EXPECT_EQ(h.fields[1].name, "B");
  EXPECT_TRUE(h.junk.empty());
}

TEST(Head, WhatReadersDifferOn) {
  EXPECT_TRUE(Read(std::string_view("A: x\0y\r\n\r\n", 10)).has_nul);
  EXPECT_TRUE(Read("A: x\ry\r\n\r\n").has_bare_cr);
  EXPECT_FALSE(Read("A: x\r\nno field\r\nB: y\r\n\r\n").junk.empty());
  EXPECT_TRUE(Read("no field at all\r\n").no_fields);
}

std::string Name(std::string_view body, std::string_view name = "filename") {
  const Parameterised p = ParseParameterised(body);
  const Parameter* found = p.Find(name);
  return found == nullptr ? "<none>" : found->value;
}

TEST(Params, PlainAndQuoted) {
  EXPECT_EQ(ParseParameterised(" TEXT/Plain (c) ; a=b").value, "text/plain");
  EXPECT_EQ(Name("attachment; filename=\"a \\\"b\\\";c.txt\""), "a \"b\";c.txt");
  EXPECT_EQ(Name("attachment; filename=my file.txt"), "my file.txt");
  EXPECT_EQ(Name("text/plain; charset=utf-8 (c); x=y", "charset"), "utf-8");
  EXPECT_EQ(Name("multipart/mixed boundary=\"b\"", "boundary"), "b") << "forgotten semicolon";
}

TEST(Params, Rfc2231) {
  EXPECT_EQ(Name("attachment; filename*=utf-8''%E5%90%8D%E7%B0%BF.csv"), "名簿.csv");
  EXPECT_EQ(
      Name("attachment; filename*0*=iso-2022-jp''%1B%24B%4C%3E; filename*1*=%4A%6D%1B%28B.csv"),
      "名簿.csv")
      << "one shift over two pieces";
  EXPECT_EQ(Name("attachment; filename*0=\"long\"; filename*1=\"er.txt\""), "longer.txt");
  EXPECT_EQ(Name("a; filename=old.txt; filename*=utf-8''new.txt"), "new.txt");
}

TEST(Params, WrongButCommon) {
  EXPECT_EQ(Name("a; filename=\"=?UTF-8?B?5ZCN57C/LmNzdg==?=\""), "名簿.csv");
  // Raw JIS: the bytes of the second character are those of '"' and ';'.
  EXPECT_EQ(Name("a; filename=\"\x1B$B\x22;\x1B(B.csv\"; x=y"), "∋.csv");
}

TEST(Params, TwoDifferentValuesAreNoted) {
  EXPECT_TRUE(ParseParameterised("multipart/mixed; boundary=a; boundary=b").conflicting);
  EXPECT_FALSE(ParseParameterised("multipart/mixed; boundary=a; boundary=a").conflicting);
}

}  // namespace
}  // namespace warifu::mail
