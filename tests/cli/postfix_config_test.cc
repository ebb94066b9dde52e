#include "cli/postfix_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check_mta_fixture.h"
#include "cli/milter_list.h"

namespace warifu::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Expanded(const std::string& main, const std::string& overrides = "") {
  const Postfix postfix = ReadPostfix(main, overrides, "smtp inet n - n - - smtpd\n");
  return ValueOf(postfix, postfix.services.at(0), "x");
}

TEST(PostfixConfigTest, NamesAreFilledIn) {
  EXPECT_EQ(Expanded("x = $a ${b} $(c) $$d $\na = 1\nb = $a$a\nc = 3\n"), "1 11 3 $d $");
  EXPECT_EQ(Expanded("x = ${a?yes}${a:no} ${z?yes}${z:no}\na = 1\n"), "yes no");
  EXPECT_EQ(Expanded("x = ${a?{yes $a}:{no}}, ${z?{yes}:{no}}\na = 1\n"), "yes 1, no");
  EXPECT_EQ(Expanded("x = <$none>\n"), "<>");
}

TEST(PostfixConfigTest, AServiceSeesItsOwnOptionsFirst) {
  EXPECT_EQ(Expanded("x = $a\na = main\n", "smtp/inet/a = own\n"), "own");
  EXPECT_EQ(Expanded("x = main\n", "smtp/inet/x =\n"), "");
  EXPECT_EQ(Expanded("x = main\n", "other/inet/x = own\n"), "main");
}

TEST(PostfixConfigTest, WhatCannotBeFilledInStays) {
  EXPECT_EQ(Expanded("x = ${{$level} < {1} ? {a} : {b}}\n"), "${{$level} < {1} ? {a} : {b}}");
  EXPECT_EQ(Expanded("x = ${a\na = 1\n"), "${a");
}

TEST(PostfixConfigTest, LoopsAndFloodsEnd) {
  EXPECT_LT(Expanded("x = $a\na = $b\nb = $a\n").size(), 100u);
  EXPECT_LT(Expanded("x = $x$x$x\n").size(), 1u << 20);
  std::string doubling = "x = $a0$a0\n";  // 2^40 bytes, if it were let
  for (int i = 0; i < 40; ++i) {
    const std::string next = "$a" + std::to_string(i + 1);
    doubling += "a" + std::to_string(i) + " = " + next + next + "\n";
  }
  doubling += "a40 = y\n";
  EXPECT_LT(Expanded(doubling).size(), 1u << 20);
  EXPECT_LT(Expanded("x = " + std::string(1 << 20, '$') + "\n").size(), 2u << 20);
  std::string braces = "x = ";
  for (int i = 0; i < 100'000; ++i) braces += "${a?{";
  EXPECT_LT(Expanded(braces + "\na = 1\n").size(), 2u << 20);
}

TEST(PostfixConfigTest, GarbageIsNoCrash) {
  const std::string garbage("=\n = \n\xff\0=\n{{{}}}\nsmtp inet\n,,,,,,,,,\n${\n", 38);
  const Postfix postfix = ReadPostfix(garbage, garbage, garbage);
  EXPECT_THAT(Findings(Check(Enforcing(), postfix)), HasSubstr("local: "));
  std::string huge;
  for (int i = 0; i < 20'000; ++i) huge += "s" + std::to_string(i) + " inet n - n - - smtpd\n";
  EXPECT_THAT(Findings(Check(Enforcing(), ReadPostfix("smtpd_milters = {{{{ {\n", "", huge))),
              HasSubstr("service: "));
}

TEST(PostfixConfigTest, WarningsAreNoSettings) {
  const Postfix postfix = ReadPostfix(
      "a = 1\n/usr/sbin/postconf: warning: /etc/postfix/main.cf: unused parameter: b=2\n", "", "");
  EXPECT_THAT(postfix.warnings, ElementsAre("/etc/postfix/main.cf: unused parameter: b=2"));
  EXPECT_EQ(postfix.settings.size(), 1u);
}

TEST(PostfixConfigTest, ListsTimesAndVersions) {
  EXPECT_THAT(ListOf(" a, {b, c} d,,\t{ e }"), ElementsAre("a", "b, c", "d", " e "));
  EXPECT_THAT(ListOf(" , "), IsEmpty());
  EXPECT_EQ(SecondsOf("30"), 30);
  EXPECT_EQ(SecondsOf("5m"), 300);
  EXPECT_EQ(SecondsOf("99999999999999999999"), -1);
  EXPECT_EQ(SecondsOf("9999999999w"), 1'000'000'000);
  EXPECT_EQ(SecondsOf("5 x"), -1);
  EXPECT_EQ(SecondsOf(""), -1);
  EXPECT_THAT(VersionOf("3.12-20260821"), ElementsAre(3, 12, 20260821));
  EXPECT_THAT(VersionOf("x"), IsEmpty());
}

TEST(MilterListTest, ReadsAndWritesEntries) {
  const auto milters = ReadMilters(
      "{ unix:/a , default_action = accept,content_timeout=1s}, inet:[::1]:8891 {inet:x:1}");
  ASSERT_EQ(milters.size(), 3u);
  EXPECT_EQ(milters[0].address, "unix:/a");
  EXPECT_EQ(milters[0].settings.at("default_action"), "accept");
  EXPECT_EQ(WriteMilters(milters),
            "{ unix:/a, content_timeout=1s, default_action=accept }, inet:[::1]:8891, inet:x:1");
  EXPECT_TRUE(ReadMilters("{}, { }, ,").empty());
}

TEST(MilterListTest, SocketsAsEachMtaWritesThem) {
  EXPECT_EQ(PostfixSocket("unix:/run/w/s", "/var/spool/postfix"), "unix:/run/w/s");
  EXPECT_EQ(PostfixSocket("unix:/var/spool/postfix/w/s", "/var/spool/postfix"), "unix:w/s");
  EXPECT_EQ(PostfixSocket("inet:8899@127.0.0.1", ""), "inet:127.0.0.1:8899");
  EXPECT_EQ(PostfixSocket("inet6:8899@::1", ""), "inet:[::1]:8899");
  EXPECT_EQ(SendmailSocket("unix:/run/w/s"), "local:/run/w/s");
  EXPECT_EQ(SendmailSocket("inet:8899@127.0.0.1"), "inet:8899@127.0.0.1");
}

TEST(MilterListTest, WhereAnAddressLeads) {
  const auto leads = [](const char* address, bool chroot) {
    return WhereLeads(address, "unix:/q/w/s", "/q", chroot);
  };
  EXPECT_EQ(leads("unix:w/s", true), Leads::kHere);
  EXPECT_EQ(leads("unix:w/s", false), Leads::kHere);
  EXPECT_EQ(leads("unix:/w/s", true), Leads::kHere);
  EXPECT_EQ(leads("unix:/w/s", false), Leads::kAstray);
  EXPECT_EQ(leads("unix:/q/w//./s", false), Leads::kHere);
  EXPECT_EQ(leads("unix:/q/w/s", true), Leads::kAstray);
  EXPECT_EQ(leads("unix:/q/w/t", false), Leads::kAway);
  EXPECT_EQ(leads("unix:/nowhere/warifu.sock", false), Leads::kAstray);
  EXPECT_EQ(leads("inet:127.0.0.1:8899", false), Leads::kAway);
  EXPECT_EQ(leads("", false), Leads::kAway);
  EXPECT_EQ(leads(":", false), Leads::kAway);
  EXPECT_EQ(WhereLeads("inet:[::1]:8899", "inet6:8899@::1", "", false), Leads::kHere);
  EXPECT_EQ(WhereLeads("inet:mail:8899", "inet:8899@0.0.0.0", "", false), Leads::kHere);
}

}  // namespace
}  // namespace warifu::cli
