#include <gtest/gtest.h>

#include "mail/message.h"

namespace warifu::mail {
namespace {

// The segments of region other than header, with their part numbers: "1: text".
std::vector<std::string> Texts(const Message& m) {
  std::vector<std::string> out;
  for (const Segment& s : m.segments) {
    if (s.field.empty()) out.push_back(s.part + ": " + s.text);
  }
  return out;
}

std::vector<std::string> FaultsOf(const Message& m) {
  std::vector<std::string> out;
  for (const Fault& f : m.faults) out.push_back(std::string(ToString(f.cause)) + " " + f.part);
  return out;
}

using Strings = std::vector<std::string>;

TEST(Parse, SinglePart) {
  const Message m = Parse("From: a@example.com\r\nSubject: hello\r\n\r\nbody text\r\n", {});
  EXPECT_EQ(Texts(m), (Strings{"1: body text\n"}));
  EXPECT_TRUE(m.faults.empty());
  ASSERT_EQ(m.fields.size(), 2u);
  EXPECT_EQ(m.fields[1].body, " hello");
  EXPECT_EQ(m.body_begin, 39u);
}

TEST(Parse, MultipartIsNumberedAsImapDoes) {
  const Message m = Parse(
      "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n"
      "--b\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n"
      "--c\r\n\r\nplain\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--c--\r\n"
      "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner\r\n"
      "--b\r\nContent-Type: text/csv; name=x.csv\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\nYSxi\r\n--b--\r\n",
      {});
  EXPECT_EQ(Texts(m), (Strings{"1.1: plain", "1.2: html\n", "2.1: inner"}));
  ASSERT_EQ(m.parts.size(), 4u);
  EXPECT_EQ(m.parts[3].number, "3");
  EXPECT_EQ(m.parts[3].content, "a,b");
  EXPECT_TRUE(m.parts[3].attachment);
  EXPECT_EQ(m.parts[3].name, "x.csv");
  EXPECT_GT(m.parts[0].alternative, 0);
  EXPECT_EQ(m.parts[0].alternative, m.parts[1].alternative);
  EXPECT_TRUE(m.faults.empty());
}

TEST(Parse, JapaneseBody) {
  const Message m = Parse(
      "Subject: =?ISO-2022-JP?B?GyRCJDMkcyRLJEEkTxsoQg==?=\r\n"
      "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n"
      "\x1B$B%Q%9%o!<%I\x1B(B: Xk29vmQ1\r\n",
      {});
  EXPECT_EQ(Texts(m), (Strings{"1: パスワード: Xk29vmQ1\n"}));
  EXPECT_EQ(m.segments[0].text, " こんにちは");
  const Segment& s = m.segments.back();
  const Span secret = s.ToContent({s.text.find("Xk"), s.text.find("Xk") + 8});
  EXPECT_EQ(m.parts[0].content.substr(secret.begin, secret.size()), "Xk29vmQ1");
}

TEST(Parse, DoubtIsAFault) {
  EXPECT_EQ(FaultsOf(Parse("From: a\r\nno field\r\nSubject: x\r\n\r\nbody\r\n", {})),
            (Strings{"malformed header"}));
  EXPECT_EQ(FaultsOf(Parse("Content-Type: multipart/mixed; boundary=b\r\n\r\nx\r\n", {})),
            (Strings{"malformed 1"}));
  EXPECT_EQ(FaultsOf(Parse("Content-Type: text/plain; charset=x-nobody\r\n\r\n\xE9t\xE9\r\n", {})),
            (Strings{"unknown-charset 1"}));
}

TEST(Parse, EmptyInputIsAnEmptyMail) {
  const Message m = Parse("", {});
  EXPECT_TRUE(m.fields.empty());
  EXPECT_TRUE(m.faults.empty());
}

}  // namespace
}  // namespace warifu::mail
