// Offline: what the tool shows on a stored mail is what the gateway does with it.
#include "app/offline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::IsEmpty;

TEST(Offline, ContentRulesAlwaysRun) {
  Gateway gateway;
  const OfflineReport report =
      InspectStoredMail(gateway.editable(), gateway.clock, PlainMail("password: Xk29vmQ1"), {});
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].rule, "password-label");
  EXPECT_EQ(report.verdict.action, kHold);
  EXPECT_THAT(report.checks, IsEmpty());
  EXPECT_THAT(gateway.Events(), IsEmpty()) << "nothing is written";
}

TEST(Offline, BindingChecksForANamedAccount) {
  Gateway gateway;
  const std::string forged = "From: hanako@example.jp\nTo: x@example.com\n\nhi\n";
  EXPECT_EQ(InspectStoredMail(gateway.editable(), gateway.clock, forged, {}).verdict.would,
            kAccept);
  const OfflineReport report =
      InspectStoredMail(gateway.editable(), gateway.clock, forged, {.account = "Taro"});
  EXPECT_EQ(report.verdict.would, kReject);
  ASSERT_FALSE(report.checks.empty());
  EXPECT_EQ(report.checks[0].check, Check::kAuthor);
}

TEST(Offline, ToAndCcStandInForTheEnvelope) {
  Gateway gateway;
  const auto inspect = [&](std::string_view to) {
    return InspectStoredMail(
               gateway.editable(), gateway.clock,
               "From: taro@example.jp\n" + std::string(to) + "\n\nlogin=hanako&secret=Zq8wK2mv\n",
               {.account = "taro"})
        .verdict.would;
  };
  EXPECT_EQ(inspect("To: Hanako <hanako@example.jp>"), kAccept);
  EXPECT_EQ(inspect("To: hanako@example.jp\nCc: x@example.com"), kReject);
}

TEST(Offline, TheSameVerdictAsTheGateways) {
  Gateway gateway;
  for (const char* body : {"ordinary", "password: Xk29vmQ1", "tagtoken-0123456789",
                           "hi\n-- \nstriptoken-0123456789", "login=hanako&secret=Zq8wK2mv"}) {
    const std::string mail = PlainMail(body);
    EXPECT_EQ(InspectStoredMail(gateway.editable(), gateway.clock, mail, {.account = "taro"})
                  .verdict.action,
              gateway.Send(mail).action())
        << body;
  }
}

TEST(Offline, LineEndsDoNotMatter) {
  Gateway gateway;
  std::string crlf;
  for (const char c : PlainMail("hi\n-- \nstriptoken-0123456789")) {
    if (c == '\n') crlf += '\r';
    crlf += c;
  }
  const OfflineReport report = InspectStoredMail(gateway.editable(), gateway.clock, crlf, {});
  EXPECT_EQ(report.verdict.would, kStrip);
}

TEST(Offline, APlainFile) {
  Gateway gateway;
  const OfflineReport report =
      InspectPlainFile(gateway.editable(), gateway.clock, "a,b\npassword: Xk29vmQ1\n", "list.csv");
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].part, "1");
  EXPECT_EQ(report.findings[0].content.begin, 14u);
  EXPECT_EQ(report.findings[0].content.size(), 8u);
}

TEST(Offline, AnyBytesGetAnAnswer) {
  Gateway gateway;
  for (const std::string& raw :
       {std::string(), std::string("\0\0\0", 3), std::string("\r\n\r\n"), std::string(5000, '\xff'),
        std::string("Content-Type: multipart/mixed; boundary=\n\n--\n")}) {
    const OfflineReport mail = InspectStoredMail(gateway.editable(), gateway.clock, raw, {});
    EXPECT_THAT(mail.findings, IsEmpty());
    const OfflineReport file = InspectPlainFile(gateway.editable(), gateway.clock, raw, "x");
    EXPECT_THAT(file.findings, IsEmpty());
  }
}

TEST(Offline, AFileBeyondTheLimitIsSaidToBe) {
  Gateway gateway("limits = { message = \"64K\"; header = \"16K\"; };");
  const OfflineReport report = InspectStoredMail(gateway.editable(), gateway.clock,
                                                 PlainMail(std::string(100'000, 'a')), {});
  ASSERT_FALSE(report.faults.empty());
  EXPECT_EQ(report.faults[0].cause, FaultCause::kTooLarge);
}

}  // namespace
}  // namespace warifu::app
