// The password of an encrypted archive, mailed to whom the archive was mailed.
#include "app/archive_tie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway.h"
#include "mail/transfer.h"

namespace warifu::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kRules = R"(
[[rules]]
id = "password-label-ja"
description = "Password"
regex = '''(?:パスワード|refused)[:は]([!-~]{6,32})'''
keywords = ["パスワード", "refused"]
[rules.mail]
severity = "medium"

[[rules]]
id = "refused"
description = "Refused"
regex = '''refused:([!-~]{6,32})'''
keywords = ["refused"]
[rules.mail]
action = "reject"
)";
constexpr std::string_view kTie = R"(
[[rules]]
id = "ppap-password"
description = "Password of an encrypted archive"
tags = ["ppap"]
[rules.mail]
severity = "medium"
)";
constexpr std::string_view kPassword = "パスワードはXk29vmQ1です。\n";

class ArchiveTieTest : public ::testing::Test {
 protected:
  explicit ArchiveTieTest(std::string_view conf = "") : gateway(conf) { Use(std::string(kTie)); }

  // `tie`: the rule of the tie; "" for none.
  void Use(const std::string& tie) {
    scan::RuleSource source;
    source.path = "r.toml";
    source.text = std::string(kRules) + tie;
    scan::LoadOptions options;
    options.sources = {source};
    const auto rules = scan::Load(options);
    ASSERT_TRUE(rules.has_value()) << rules.error()[0].ToString();
    gateway.editable().rules = *rules;
  }

  // The head of a ZIP file with one member.
  static std::string Archive(bool encrypted, std::string_view text = "ご確認ください。\n") {
    std::string zip(
        "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\x05\0\0\0\x05\0\0\0a.txthello", 40);
    zip[6] = encrypted ? 1 : 0;
    return "From: taro@example.jp\nTo: friend@example.com\nSubject: x\nMIME-Version: 1.0\n"
           "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
           "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" +
           std::string(text) +
           "\n--b\nContent-Type: application/zip; name=a.zip\n"
           "Content-Disposition: attachment; filename=a.zip\n"
           "Content-Transfer-Encoding: base64\n\n" +
           mail::EncodeTransfer(zip, mail::Transfer::kBase64) + "\n--b--\n";
  }

  static std::string Mail(std::string_view body) { return PlainMail(body); }

  // Findings of the rule in the event of the last mail.
  nlohmann::json Tied() const {
    nlohmann::json out = nlohmann::json::array();
    const auto events = gateway.Events();
    if (events.empty()) return out;
    for (const auto& finding : events.back()["findings"]) {
      if (finding["rule"] == "ppap-password") out.push_back(finding);
    }
    return out;
  }

  std::size_t Send(const std::string& raw, const Envelop& envelope = {}) {
    sent = gateway.Send(raw, envelope);
    return Tied().size();
  }

  Gateway gateway;
  Sent sent;
};

TEST_F(ArchiveTieTest, PasswordBehindItsArchiveIsFound) {
  EXPECT_EQ(Send(Archive(true)), 0u);
  EXPECT_EQ(gateway.LastEvent()["attachments"][0]["encrypted"], "yes");
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  EXPECT_EQ(sent.action(), Action::kTag);
  const auto finding = Tied()[0];
  EXPECT_EQ(finding["severity"], "medium");
  EXPECT_EQ(finding["preview"], "Xk******");
  EXPECT_EQ(finding["ownership"], "unknown");
  EXPECT_EQ(finding["owner"], "");
  EXPECT_EQ(gateway.LastEvent()["findings"].size(), 2u) << "beside the rule that found it";
  EXPECT_THAT(gateway.LastEvent().dump(), Not(HasSubstr("Xk29vmQ1")));
}

TEST_F(ArchiveTieTest, ArchiveBehindItsPasswordIsFound) {
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
  const auto password = gateway.LastEvent()["findings"][0];
  EXPECT_EQ(Send(Archive(true)), 1u);
  EXPECT_EQ(sent.action(), Action::kTag);
  const auto finding = Tied()[0];
  EXPECT_EQ(finding["part"], "2");
  EXPECT_EQ(finding["region"], "attachment");
  EXPECT_EQ(finding["length"], 0);
  EXPECT_EQ(finding["preview"], "Xk******");
  EXPECT_EQ(finding["fingerprint"], password["fingerprint"]);
}

TEST_F(ArchiveTieTest, BothInOneMailAreOneFinding) {
  EXPECT_EQ(Send(Archive(true, kPassword)), 1u);
  EXPECT_EQ(Send(Archive(true, kPassword)), 1u) << "and again";
}

TEST_F(ArchiveTieTest, ArchiveWithoutPasswordIsNone) {
  EXPECT_EQ(Send(Archive(false)), 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
  EXPECT_EQ(Send(Archive(false)), 0u);
}

TEST_F(ArchiveTieTest, OneCommonRecipientIsEnough) {
  Envelop both;
  both.recipients = {"<Friend@example.com>", "<other@example.com>"};
  EXPECT_EQ(Send(Archive(true), both), 0u);
  Envelop two;
  two.recipients = {"<third@example.com>", "<other@example.com>"};
  EXPECT_EQ(Send(Mail(kPassword), two), 1u);
}

TEST_F(ArchiveTieTest, OtherRecipientsAreNotTied) {
  EXPECT_EQ(Send(Archive(true)), 0u);
  Envelop other;
  other.recipients = {"<other@example.com>"};
  EXPECT_EQ(Send(Mail(kPassword), other), 0u);
  EXPECT_EQ(Send(Archive(true)), 0u);
}

TEST_F(ArchiveTieTest, OtherAccountsAreNotTied) {
  EXPECT_EQ(Send(Archive(true)), 0u);
  Envelop hanako;
  hanako.login = "hanako";
  hanako.sender = "<hanako@example.jp>";
  EXPECT_EQ(Send(Mail(kPassword), hanako), 0u);
}

TEST_F(ArchiveTieTest, OurOwnWithoutAnAccountAreTiedByTheirSender) {
  Envelop device;
  device.login = "";
  device.client = "127.0.0.1";
  device.daemon_name = "mx";
  EXPECT_EQ(Send(Archive(true), device), 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 0u) << "an account of that address is somebody else";
  EXPECT_EQ(Send(Mail(kPassword), device), 1u);
}

TEST_F(ArchiveTieTest, WindowEnds) {
  EXPECT_EQ(Send(Archive(true)), 0u);
  gateway.clock.later = std::chrono::hours(24);
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  gateway.clock.later += std::chrono::hours(24) + std::chrono::seconds(1);
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
  EXPECT_EQ(gateway.archives.counts().pairs, 1u) << "what was over is gone";
  EXPECT_EQ(gateway.archives.counts().forgotten, 0u);
}

TEST_F(ArchiveTieTest, RefusedMailIsNotRemembered) {
  EXPECT_EQ(Send(Archive(true, "refused:Xk29vmQ1\n")), 1u) << "the mail itself is looked at";
  EXPECT_EQ(sent.action(), Action::kReject);
  EXPECT_EQ(gateway.archives.counts().pairs, 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
}

TEST_F(ArchiveTieTest, RuleHoldsOrObservesAsItSays) {
  Use(std::string(kTie) + "action = \"hold\"\n");
  EXPECT_EQ(Send(Archive(true)), 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  EXPECT_EQ(sent.action(), Action::kHold);
  Use(std::string(kTie) + "action = \"hold\"\nuntil = 2001-01-01\n");
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  EXPECT_EQ(Tied()[0]["mode"], "observe");
  EXPECT_EQ(sent.action(), Action::kTag) << "by the rule that found it";
  Use("");
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
}

TEST_F(ArchiveTieTest, WhatCannotBeMaskedIsHeldAsConfigured) {
  Use(std::string(kTie) + "action = \"redact\"\n");
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
  EXPECT_EQ(Send(Archive(true)), 1u);
  EXPECT_EQ(sent.action(), Action::kHold) << "redact.otherwise: the password is in another mail";
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  EXPECT_EQ(sent.action(), Action::kRedact);
  EXPECT_THAT(sent.delivered, Not(HasSubstr("Xk29vmQ1")));
}

class ArchiveTieAlarmTest : public ArchiveTieTest {
 protected:
  ArchiveTieAlarmTest() : ArchiveTieTest("breaker = { account_alarms = 1; };") {}
};

TEST_F(ArchiveTieAlarmTest, IsNoStrangersRecord) {
  Use(std::string(kTie) + "action = \"hold\"\n");
  EXPECT_EQ(Send(Archive(true)), 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 1u);
  EXPECT_EQ(sent.action(), Action::kHold);
  EXPECT_TRUE(gateway.store()->Breakers(gateway.clock.Now()).value().empty());
}

class ArchiveTieOffTest : public ArchiveTieTest {
 protected:
  ArchiveTieOffTest() : ArchiveTieTest("ppap = { window = \"0s\"; };") {}
};

TEST_F(ArchiveTieOffTest, NothingIsTiedOrRemembered) {
  EXPECT_EQ(Send(Archive(true, kPassword)), 0u);
  EXPECT_EQ(Send(Mail(kPassword)), 0u);
  EXPECT_EQ(gateway.archives.counts().pairs, 0u);
}

class ArchiveTieRulesTest : public ArchiveTieTest {
 protected:
  ArchiveTieRulesTest() : ArchiveTieTest("ppap = { rules = [ \"another\" ]; };") {}
};

TEST_F(ArchiveTieRulesTest, OtherRulesFindNoSuchPassword) {
  EXPECT_EQ(Send(Archive(true, kPassword)), 0u);
}

TEST(ArchiveMemory, IsBoundedAndForgetsTheOldest) {
  ArchiveMemory memory;
  const std::chrono::hours window(1);
  const WallTime now = WallTime(std::chrono::seconds(1'780'000'000));
  std::vector<Address> addresses;
  for (int i = 0; i < 30; ++i) {
    addresses.push_back(ParseAddrSpec("r" + std::to_string(i) + "@example.com", {}).value());
  }
  memory.Note("taro", addresses, {.archive = true}, window, 10, now);
  EXPECT_EQ(memory.counts().pairs, 10u);
  EXPECT_EQ(memory.counts().forgotten, 20u);
  const auto asked = [&](std::size_t i) {
    return memory.Ask("taro", {&addresses[i], 1}, window, now).archive;
  };
  EXPECT_FALSE(asked(19));
  EXPECT_TRUE(asked(20));
  // One that is noted again is not the oldest any more.
  memory.Note("taro", {&addresses[20], 1}, {.archive = true}, window, 10, now);
  memory.Note("taro", {&addresses[0], 1}, {.archive = true}, window, 10, now);
  EXPECT_TRUE(asked(20));
  EXPECT_FALSE(asked(21));
  EXPECT_TRUE(asked(0));
  memory.Note("taro", addresses, {}, window, 10, now + window + std::chrono::seconds(1));
  EXPECT_EQ(memory.counts().pairs, 0u);
  EXPECT_EQ(memory.counts().forgotten, 21u) << "what was over is not counted";
}

TEST(ArchiveMemory, KnowsTheLastPasswordOfEach) {
  ArchiveMemory memory;
  const std::chrono::hours window(1);
  const WallTime now = WallTime(std::chrono::seconds(1'780'000'000));
  const std::vector<Address> to = {ParseAddrSpec("a@example.com", {}).value(),
                                   ParseAddrSpec("b@example.com", {}).value()};
  memory.Note("taro", {&to[0], 1}, {.password = SentPassword{"r", "aa******", "1"}}, window, 10,
              now);
  memory.Note("taro", {&to[1], 1}, {.password = SentPassword{"r", "bb******", "2"}}, window, 10,
              now + std::chrono::seconds(1));
  const auto sent = memory.Ask("taro", to, window, now + std::chrono::seconds(2));
  EXPECT_FALSE(sent.archive);
  ASSERT_NE(sent.password, nullptr);
  EXPECT_EQ(sent.password->fingerprint, "2");
  EXPECT_EQ(memory.Ask("hanako", to, window, now).password, nullptr);
}

}  // namespace
}  // namespace warifu::app
