// Notices on their way through the gateway.
#include <gmock/gmock.h>

#include "../scan/temp_dir.h"
#include "gateway.h"
#include "notice_mails.h"

namespace warifu::app {
namespace {

using ::testing::HasSubstr;

constexpr const char* kToken = "Kf83hTq0Zm27Lw9e";

// The portal's client, which is not one of our own networks unless a test says so.
Envelop FromPortal(const std::string& recipient) {
  return {.login = "",
          .sender = "<bounce@portal.example.jp>",
          .recipients = {"<" + recipient + ">"},
          .client = "192.0.2.10",
          .daemon_name = ""};
}

class NoticeGateway : public ::testing::Test {
 protected:
  std::string Conf(const std::string& more = "") {
    return "notices = { paths = [ \"" + declarations_ + "\" ]; };\n" + more;
  }
  static std::string Check(const nlohmann::json& event, const std::string& name,
                           const std::string& member) {
    for (const auto& check : event["checks"]) {
      if (check["check"] == name) return check[member];
    }
    return "absent";
  }

  scan::TempDir dir_;
  std::string declarations_ = dir_.Write("portal.toml", kPortalNotices);
};

TEST_F(NoticeGateway, GoesToTheAccountThatItNames) {
  Gateway gateway(Conf());
  const Sent own =
      gateway.Send(ResetMail("taro@example.jp", kToken), FromPortal("taro@example.jp"));
  EXPECT_EQ(own.action(), Action::kAccept);
  const Sent shared =
      gateway.Send(ResetMail("taro@example.jp", kToken), FromPortal("office@example.jp"));
  EXPECT_EQ(shared.action(), Action::kAccept) << "taro is one of its owners";
  const Sent other =
      gateway.Send(ResetMail("taro@example.jp", kToken), FromPortal("hanako@example.jp"));
  EXPECT_EQ(other.action(), Action::kHold);
  EXPECT_THAT(other.end.hold_reason, HasSubstr("warifu "));
  const auto event = gateway.LastEvent();
  EXPECT_EQ(Check(event, "notice", "outcome"), "fail");
  EXPECT_EQ(Check(event, "notice", "subject"), "hanako@example.jp");
  EXPECT_THAT(Check(event, "notice", "reason"),
              HasSubstr("'portal-reset' is for taro, and the address belongs to hanako"));
}

TEST_F(NoticeGateway, EveryRecipientIsBound) {
  Gateway gateway(Conf());
  Envelop both = FromPortal("taro@example.jp");
  both.recipients.emplace_back("<hanako@example.jp>");
  EXPECT_EQ(gateway.Send(ResetMail("taro@example.jp", kToken), both).action(), Action::kHold);
  both.recipients = {"<taro@example.jp>", "<taro+portal@example.jp>"};
  EXPECT_EQ(gateway.Send(ResetMail("taro@example.jp", kToken), both).action(), Action::kAccept);
  both.recipients = {"<taro@example.net>"};
  EXPECT_EQ(gateway.Send(ResetMail("taro@example.jp", kToken), both).action(), Action::kHold);
  EXPECT_THAT(Check(gateway.LastEvent(), "notice", "reason"), HasSubstr("bound to no account"));
}

TEST_F(NoticeGateway, NamesAnAccountByItsOwnName) {
  Gateway gateway(Conf());
  EXPECT_EQ(gateway.Send(PointsMail("taro"), FromPortal("taro@example.jp")).action(),
            Action::kAccept);
  EXPECT_EQ(gateway.Send(PointsMail("Taro"), FromPortal("taro@example.jp")).action(),
            Action::kAccept);
  EXPECT_EQ(gateway.Send(PointsMail("taro"), FromPortal("hanako@example.jp")).action(),
            Action::kHold);
}

TEST_F(NoticeGateway, HoldsWhatCannotBeRead) {
  Gateway gateway(Conf());
  const std::string changed_template =
      PortalMail("no-reply@portal.example.jp", "パスワードの再設定について",
                 "ようこそ。https://portal.example.jp/reset?t=Kf83hTq0Zm27Lw9e\n", {});
  EXPECT_EQ(gateway.Send(changed_template, FromPortal("taro@example.jp")).action(), Action::kHold);
  EXPECT_THAT(Check(gateway.LastEvent(), "notice", "reason"), HasSubstr("is not in the mail"));
  const Sent two = gateway.Send(
      ResetMail("taro@example.jp", kToken, {}, "ログイン用アドレス：hanako@example.jp\n"),
      FromPortal("taro@example.jp"));
  EXPECT_EQ(two.action(), Action::kHold);
}

// Other mail of the portal, and notices without a condition that holds, are ordinary mail.
TEST_F(NoticeGateway, LeavesOtherMailAlone) {
  Gateway gateway(Conf());
  const std::string news =
      PortalMail("no-reply@portal.example.jp", "メンテナンスのお知らせ", "お知らせ\n", {});
  EXPECT_EQ(gateway.Send(news, FromPortal("hanako@example.jp")).would(), Action::kAccept);
  EXPECT_EQ(gateway.Send(PlainMail("hello")).would(), Action::kAccept);
}

TEST_F(NoticeGateway, ASecretInANoticeBelongsToItsRecipient) {
  Gateway gateway(Conf("trusted_networks = [ \"192.0.2.0/24\" ];\n"));
  const std::string mail = ResetMail("taro@example.jp", kToken, {}, "仮パスワード：Xk29vmQ1pp\n");
  EXPECT_EQ(gateway.Send(mail, FromPortal("taro@example.jp")).action(), Action::kAccept);
  auto event = gateway.LastEvent();
  ASSERT_EQ(event["findings"].size(), 1u);
  EXPECT_EQ(event["findings"][0]["ownership"], "only-recipient");
  EXPECT_EQ(event["findings"][0]["owner"], "taro");
  // The same to somebody else is a leak beside.
  EXPECT_EQ(gateway.Send(mail, FromPortal("hanako@example.jp")).action(), Action::kHold);
  event = gateway.LastEvent();
  EXPECT_EQ(event["findings"][0]["ownership"], "unknown");
  EXPECT_THAT(event["reasons"].dump(), HasSubstr("rule:password-label"));
  // A record that names another member is no secret of the recipient's.
  const std::string record =
      ResetMail("taro@example.jp", kToken, {}, "login=hanako&secret=Zq8wK2mv\n");
  EXPECT_EQ(gateway.Send(record, FromPortal("taro@example.jp")).action(), Action::kReject);
}

TEST_F(NoticeGateway, ACompletionIsNotToCarrySecrets) {
  Gateway gateway(Conf("trusted_networks = [ \"192.0.2.0/24\" ];\n"));
  const std::string mail = PortalMail(
      "no-reply@portal.example.jp", "パスワード変更完了",
      "ログイン用アドレス：taro@example.jp\n受付番号：Kf83hTq0Zm27Lw9e\nパスワード：Xk29vmQ1pp\n",
      {});
  EXPECT_EQ(gateway.Send(mail, FromPortal("taro@example.jp")).action(), Action::kHold);
}

TEST_F(NoticeGateway, AStrangersLookAlikeIsNone) {
  Gateway gateway(Conf());
  Envelop stranger = FromPortal("hanako@example.jp");
  stranger.client = "198.51.100.66";
  const Sent sent = gateway.Send(ResetMail("taro@example.jp", kToken), stranger);
  EXPECT_EQ(sent.action(), Action::kTag);
  const auto event = gateway.LastEvent();
  EXPECT_EQ(Check(event, "notice", "outcome"), "absent");
  EXPECT_THAT(event["reasons"].dump(), HasSubstr("check:spoof"));
}

TEST_F(NoticeGateway, ObservesAndExempts) {
  {
    Gateway gateway(Conf("checks = { notice = { mode = \"observe\"; }; };\n"));
    const Sent sent =
        gateway.Send(ResetMail("taro@example.jp", kToken), FromPortal("hanako@example.jp"));
    EXPECT_EQ(sent.action(), Action::kAccept);
    EXPECT_EQ(sent.would(), Action::kHold);
  }
  Gateway gateway(
      Conf("exemptions = ( { name = \"desk\"; recipients = [ \"hanako@example.jp\" ]; "
           "exempts = [ \"notice\" ]; } );\n"));
  EXPECT_EQ(
      gateway.Send(ResetMail("taro@example.jp", kToken), FromPortal("hanako@example.jp")).action(),
      Action::kAccept);
}

TEST_F(NoticeGateway, ReadsEveryCharset) {
  Gateway gateway(Conf());
  for (const std::string charset : {"UTF-8", "ISO-2022-JP", "Shift_JIS"}) {
    const std::string mail = ResetMail("taro@example.jp", kToken, {.charset = charset});
    EXPECT_EQ(gateway.Send(mail, FromPortal("taro@example.jp")).action(), Action::kAccept)
        << charset;
    EXPECT_EQ(gateway.Send(mail, FromPortal("hanako@example.jp")).action(), Action::kHold)
        << charset;
  }
}

}  // namespace
}  // namespace warifu::app
