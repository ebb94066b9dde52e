#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/address.h"

namespace warifu {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Read(std::string_view body) {
  const Result<AddressList> list = ParseAddressList(body, {});
  if (!list) return {"refused: " + list.error().text};
  std::vector<std::string> out;
  for (const Mailbox& mailbox : list->mailboxes) out.push_back(mailbox.address.ToString());
  return out;
}

std::string Name(std::string_view body) {
  const Result<AddressList> list = ParseAddressList(body, {});
  if (!list || list->mailboxes.empty()) return "refused";
  return list->mailboxes[0].display_name;
}

bool Refused(std::string_view body) {
  return !ParseAddressList(body, {}).has_value();
}

TEST(AddressListTest, ReadsOrdinaryFields) {
  EXPECT_THAT(Read(" taro@corp.example"), ElementsAre("taro@corp.example"));
  EXPECT_THAT(Read(" Taro Yamada <Taro@Corp.Example>"), ElementsAre("taro@corp.example"));
  EXPECT_THAT(Read(" \"Yamada, Taro\"\r\n <taro@corp.example>"), ElementsAre("taro@corp.example"));
  EXPECT_THAT(Read("Joe Q. Public <a@x.example>, b@y.example"),
              ElementsAre("a@x.example", "b@y.example"));
  EXPECT_THAT(Read("\"\" Angles \" Puglisi\" <a@x.example>"), ElementsAre("a@x.example"));
  EXPECT_THAT(Read("MAILER-DAEMON"), ElementsAre("mailer-daemon"));
}

TEST(AddressListTest, ReadsNames) {
  EXPECT_EQ(Name("=?ISO-2022-JP?B?GyRCO3tFRBsoQg==?= <a@x.example>"), "寺田");
  EXPECT_EQ(Name("\"=?utf-8?q?J=C3=B6rg?= =?utf-8?q?_M?=\" <a@x.example>"), "Jörg M");
  EXPECT_EQ(Name("\x1b$B$\"$$\x1b(B <a@x.example>"), "あい");
  EXPECT_EQ(Name("\x93\x63\x92\x86 <a@x.example>"), "田中") << "raw Shift_JIS";
  EXPECT_EQ(Name("\xc5\xc4\xc3\xe6 <a@x.example>"), "田中") << "raw EUC-JP";
  EXPECT_EQ(Name("田中 太郎 <a@x.example>"), "田中 太郎");
  const Result<AddressList> list = ParseAddressList("a@x.example (Taro (from Edo))", {});
  ASSERT_TRUE(list);
  EXPECT_EQ(list->mailboxes[0].comment, "Taro (from Edo)");
}

TEST(AddressListTest, ReadsGroups) {
  const Result<AddressList> list = ParseAddressList("Team: a@x.example, B <b@x.example>;", {});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->has_group);
  ASSERT_EQ(list->mailboxes.size(), 2u);
  EXPECT_EQ(list->mailboxes[1].group, "Team");
  EXPECT_THAT(Read("Undisclosed recipients:;"), IsEmpty());
}

TEST(AddressListTest, RefusesWhatIsReadDifferently) {
  EXPECT_TRUE(Refused(""));
  EXPECT_TRUE(Refused("<>"));
  EXPECT_TRUE(Refused("a@x.example b@y.example"));
  EXPECT_TRUE(Refused("b@y.example <a@x.example>"));
  EXPECT_FALSE(Refused("a@x.example <a@x.example>"));
  EXPECT_TRUE(Refused("<a@x.example> <b@y.example>"));
  EXPECT_TRUE(Refused("<a@x.example>b@y.example"));
  EXPECT_TRUE(Refused("<@b@y.example:a@x.example>"));
  EXPECT_TRUE(Refused("<@r.example:a@x.example>"));
  EXPECT_TRUE(Refused("Yamada, Taro <a@x.example>"));
  EXPECT_TRUE(Refused("a@x.example\r\nb@y.example"));
  EXPECT_TRUE(Refused("a@x.example\r b@y.example"));
  EXPECT_TRUE(Refused(std::string_view("a@x.example\0,b@y.example", 24)));
  EXPECT_TRUE(Refused("\"a <a@x.example>"));
  EXPECT_TRUE(Refused("(a <a@x.example>"));
  EXPECT_TRUE(Refused("a) <a@x.example>"));
  EXPECT_TRUE(Refused("=?utf-8?q?boss=40corp.example?=@x.example"));
  EXPECT_TRUE(Refused("=?utf-8?q?boss=00?= <a@x.example>"));
  EXPECT_TRUE(Refused("=?utf-8?q?=3Cb=40y.example=3E?= <a@x.example>"));
  EXPECT_TRUE(Refused("\x1b$B<b@y.example>\x1b(B <a@x.example>"));
}

TEST(AddressListTest, HostileInputIsReadInLinearTime) {
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string_view unit : {"(", "\"", "<", "a@b,", "=?a?q?", "\\", "@", "=?a?q?b?=",
                                      "a:", "\x1b$B!!\x1b(B", "a,", "[", "\"\\\"\" "}) {
    std::string body;
    while (body.size() + unit.size() <= 100 * 1024) body += unit;
    (void)ParseAddressList(body, {});
    (void)ParseAddressList(body + "<a@b>", {});
    (void)ParseAddressList(body + "<a@b> \xff", {});
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(took, std::chrono::seconds(10)) << "39 fields of 100 KiB";
  EXPECT_THAT(Read(std::string(200 * 1024, 'a') + "@x.example"),
              ElementsAre(HasSubstr("too long")));
}

}  // namespace
}  // namespace warifu
