#include "daemon/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "fake_inspector.h"
#include "fake_mta.h"

namespace warifu::daemon {
namespace {

using namespace std::chrono_literals;
using test::Refuse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SessionTest : public testing::Test {
 protected:
  test::FakeInspector inspector_;
  test::FakeMta mta_;
  Traffic traffic_{10, 10};
  KeepAlive keep_alive_{20ms};
  Session session_{inspector_, traffic_, keep_alive_};

  void Begin() {
    session_.Connect(mta_, "client.example", "192.0.2.1");
    session_.Helo("client.example");
  }
  // One whole message; the answer to its end.
  Response Send(const std::string& sender = "<a@example.jp>",
                const std::vector<std::string>& recipients = {"<b@example.com>"},
                const std::string& body = "hello\r\n") {
    if (const Response mail = session_.Mail(mta_, sender); mail != Response::kContinue) return mail;
    for (const std::string& recipient : recipients) session_.Rcpt(mta_, recipient);
    session_.Header("From", " a@example.jp");
    session_.Header("Subject", " test");
    if (!body.empty()) session_.Body(body);
    return session_.EndOfMessage(mta_);
  }
};

TEST_F(SessionTest, FactsReachTheInspector) {
  mta_.macros = {{"{daemon_name}", "submission"}, {"{auth_authen}", "taro"},
                 {"{auth_type}", "PLAIN"},        {"{cert_subject}", "scanner"},
                 {"{cert_issuer}", "our CA"},     {"{cert_fp}", "ab:cd"}};
  session_.set_leading_space(true);
  session_.set_own_macros(true);
  Begin();
  ASSERT_EQ(session_.Mail(mta_, "<taro@example.jp>"), Response::kContinue);
  ASSERT_EQ(session_.Rcpt(mta_, "<x@example.com>"), Response::kContinue);
  mta_.macros["i"] = "4ABC";  // Postfix has a queue id after the first recipient only
  ASSERT_EQ(session_.Rcpt(mta_, "<y@example.com>"), Response::kContinue);
  session_.Header("From", " taro@example.jp");
  session_.Header("Subject", " one\n two");
  session_.Body("line 1\r\nli");
  session_.Body("ne 2\r\n");
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kContinue);

  ASSERT_EQ(inspector_.ends.size(), 1u);
  const app::Transaction& end = inspector_.ends[0];
  EXPECT_EQ(end.session.client_name, "client.example");
  EXPECT_EQ(end.session.client_address, "192.0.2.1");
  EXPECT_EQ(end.session.helo, "client.example");
  EXPECT_EQ(end.session.daemon_name, "submission");
  EXPECT_EQ(end.auth_login, "taro");
  EXPECT_EQ(end.auth_type, "PLAIN");
  EXPECT_EQ(end.cert_subject, "scanner");
  EXPECT_EQ(end.cert_issuer, "our CA");
  EXPECT_EQ(end.cert_fingerprint, "ab:cd");
  EXPECT_EQ(end.sender, "<taro@example.jp>");
  EXPECT_THAT(end.recipients, ElementsAre("<x@example.com>", "<y@example.com>"));
  EXPECT_EQ(end.queue_id, "4ABC");
  EXPECT_TRUE(end.leading_space);
  EXPECT_EQ(inspector_.mails[0].queue_id, "");
  EXPECT_EQ(inspector_.raws[0],
            "From: taro@example.jp\r\nSubject: one\r\n two\r\n\r\nline 1\r\nline 2\r\n");
}

TEST_F(SessionTest, AMailWithoutABodyIsWholeToo) {
  session_.set_leading_space(true);
  Begin();
  EXPECT_EQ(Send("<a@example.jp>", {"<b@example.com>"}, ""), Response::kContinue);
  EXPECT_THAT(inspector_.raws, ElementsAre("From: a@example.jp\r\nSubject: test\r\n\r\n"));
}

TEST_F(SessionTest, SeveralMessagesShareTheConnectionAndNothingElse) {
  Begin();
  mta_.macros["i"] = "ONE";
  EXPECT_EQ(Send("<one@example.jp>", {"<x@example.com>"}, "first\r\n"), Response::kContinue);
  mta_.macros.clear();
  EXPECT_EQ(Send("<two@example.jp>", {"<y@example.com>"}, "second\r\n"), Response::kContinue);
  ASSERT_EQ(inspector_.ends.size(), 2u);
  EXPECT_EQ(inspector_.ends[1].sender, "<two@example.jp>");
  EXPECT_THAT(inspector_.ends[1].recipients, ElementsAre("<y@example.com>"));
  EXPECT_EQ(inspector_.ends[1].queue_id, "");
  EXPECT_EQ(inspector_.ends[1].session.client_address, "192.0.2.1");
  EXPECT_THAT(inspector_.raws[1], HasSubstr("second"));
  EXPECT_THAT(inspector_.raws[1], testing::Not(HasSubstr("first")));
  EXPECT_EQ(inspector_.begun, 2);
  EXPECT_EQ(inspector_.destroyed, 2);
}

TEST_F(SessionTest, AnAbortDropsTheMessageAndKeepsTheConnection) {
  Begin();
  ASSERT_EQ(session_.Mail(mta_, "<a@example.jp>"), Response::kContinue);
  session_.Rcpt(mta_, "<dropped@example.com>");
  session_.Header("Subject", " dropped");
  EXPECT_EQ(traffic_.messages(), 1u);
  session_.Abort();
  EXPECT_EQ(traffic_.messages(), 0u);
  session_.Abort();  // Postfix aborts between messages too
  EXPECT_EQ(Send(), Response::kContinue);
  EXPECT_EQ(inspector_.ends.size(), 1u);
  EXPECT_THAT(inspector_.ends[0].recipients, ElementsAre("<b@example.com>"));
  EXPECT_EQ(inspector_.ends[0].session.helo, "client.example");
  EXPECT_THAT(inspector_.raws[0], testing::Not(HasSubstr("dropped")));
}

TEST_F(SessionTest, MailAfterMailBeginsAnew) {
  Begin();
  session_.Mail(mta_, "<one@example.jp>");
  session_.Rcpt(mta_, "<lost@example.com>");
  EXPECT_EQ(Send("<two@example.jp>"), Response::kContinue);
  EXPECT_THAT(inspector_.ends[0].recipients, ElementsAre("<b@example.com>"));
  EXPECT_EQ(traffic_.messages(), 0u);
}

// STARTTLS: the same connection says EHLO again; what it said before is void, a login comes later.
TEST_F(SessionTest, StartTlsAndALateLogin) {
  Begin();
  EXPECT_EQ(Send("<before@example.jp>"), Response::kContinue);
  session_.Mail(mta_, "<interrupted@example.jp>");
  session_.Helo("inside-tls.example");
  EXPECT_EQ(traffic_.messages(), 0u);
  mta_.macros["{auth_authen}"] = "taro";
  EXPECT_EQ(Send("<after@example.jp>"), Response::kContinue);
  ASSERT_EQ(inspector_.ends.size(), 2u);
  EXPECT_EQ(inspector_.ends[0].auth_login, "");
  EXPECT_EQ(inspector_.ends[1].auth_login, "taro");
  EXPECT_EQ(inspector_.ends[1].session.helo, "inside-tls.example");
  EXPECT_EQ(inspector_.ends[1].session.client_address, "192.0.2.1");
  mta_.macros.erase("{auth_authen}");
  EXPECT_EQ(Send("<later@example.jp>"), Response::kContinue);
  EXPECT_EQ(inspector_.ends[2].auth_login, "") << "a login must not outlive its session";
}

TEST_F(SessionTest, ASecondConnectForgetsTheFirst) {
  mta_.macros["{daemon_name}"] = "submission";
  Begin();
  mta_.macros.clear();
  session_.Connect(mta_, "other.example", "2001:db8::1");
  EXPECT_EQ(Send(), Response::kContinue);
  EXPECT_EQ(inspector_.ends[0].session.helo, "");
  EXPECT_EQ(inspector_.ends[0].session.daemon_name, "");
  EXPECT_EQ(inspector_.ends[0].session.client_address, "2001:db8::1");
}

TEST_F(SessionTest, AProbeThatOnlyConnectsAsksNothing) {
  session_.Connect(mta_, "probe", "127.0.0.1");
  EXPECT_EQ(inspector_.begun, 0);
}

TEST_F(SessionTest, TheNullSenderIsInspectedLikeAnyOther) {
  Begin();
  for (const char* sender : {"<>", ""}) {
    inspector_.on_end = [](const auto&, const auto&, const auto&) {
      app::EndActions out;
      out.verdict = Refuse(Action::kReject, 550, "5.7.1", "ref");
      return out;
    };
    ASSERT_EQ(session_.Mail(mta_, sender), Response::kContinue);
    session_.Rcpt(mta_, "<b@example.com>");
    EXPECT_EQ(session_.EndOfMessage(mta_), Response::kReject);
  }
  EXPECT_EQ(inspector_.ends.size(), 2u);
}

TEST_F(SessionTest, ARefusedRecipientIsNotCounted) {
  inspector_.on_rcpt = [](const auto&, std::string_view recipient) {
    if (recipient == "<no@example.com>") return Refuse(Action::kReject, 550, "5.7.1", "ref 1");
    if (recipient == "<later@example.com>") return Refuse(Action::kDefer, 451, "4.7.1", "ref 2");
    return policy::Verdict{};
  };
  Begin();
  session_.Mail(mta_, "<a@example.jp>");
  EXPECT_EQ(session_.Rcpt(mta_, "<no@example.com>"), Response::kReject);
  EXPECT_EQ(mta_.reply.code, "550");
  EXPECT_EQ(mta_.reply.text, "ref 1");
  EXPECT_EQ(session_.Rcpt(mta_, "<yes@example.com>"), Response::kContinue);
  EXPECT_EQ(session_.Rcpt(mta_, "<later@example.com>"), Response::kTempFail);
  EXPECT_EQ(mta_.reply.code, "451");
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kContinue);
  EXPECT_THAT(inspector_.ends[0].recipients, ElementsAre("<yes@example.com>"));
}

TEST_F(SessionTest, ARefusedSenderEndsTheMessage) {
  inspector_.on_mail = [](const app::Transaction& transaction) {
    return transaction.sender == "<no@example.jp>"
               ? Refuse(Action::kReject, 553, "5.7.1", "not yours, ref 3")
               : policy::Verdict{};
  };
  Begin();
  EXPECT_EQ(session_.Mail(mta_, "<no@example.jp>"), Response::kReject);
  EXPECT_EQ(mta_.reply.code, "553");
  EXPECT_EQ(traffic_.messages(), 0u);
  EXPECT_EQ(session_.Rcpt(mta_, "<b@example.com>"), Response::kTempFail) << "nothing to add it to";
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kTempFail);
  EXPECT_EQ(Send("<yes@example.jp>"), Response::kContinue);
}

// What is to be done at the end only must not be done, nor the message accepted, before.
TEST_F(SessionTest, MildVerdictsBeforeTheEndChangeNothing) {
  for (const Action action : {Action::kTag, Action::kStrip, Action::kHold}) {
    inspector_.on_mail = [action](const auto&) { return Refuse(action, 0, "", ""); };
    inspector_.on_rcpt = [action](const auto&, std::string_view) {
      return Refuse(action, 0, "", "");
    };
    Begin();
    EXPECT_EQ(session_.Mail(mta_, "<a@example.jp>"), Response::kContinue);
    EXPECT_EQ(session_.Rcpt(mta_, "<b@example.com>"), Response::kContinue);
    session_.Abort();
  }
  EXPECT_THAT(mta_.steps, IsEmpty());
}

TEST_F(SessionTest, HoldIsQuarantineAndGoOn) {
  inspector_.on_end = [](const auto&, const auto&, const auto&) {
    app::EndActions out;
    out.verdict.action = Action::kHold;
    out.hold_reason = "warifu ref=77";
    out.add_fields = {{"X-Warifu", " hold"}};
    return out;
  };
  Begin();
  EXPECT_EQ(Send(), Response::kContinue);
  EXPECT_THAT(mta_.steps, ElementsAre("add X-Warifu:hold", "hold warifu ref=77"));
  EXPECT_THAT(inspector_.failures, IsEmpty());
}

TEST_F(SessionTest, ForgedMarksAreCountedAsReceived) {
  inspector_.on_end = [](const auto&, const auto&, const auto&) {
    app::EndActions out;
    out.delete_fields = {"X-Warifu"};
    return out;
  };
  Begin();
  session_.Mail(mta_, "<a@example.jp>");
  session_.Rcpt(mta_, "<b@example.com>");
  for (const char* name : {"X-Warifu", "From", "x-warifu", "X-Warifu-Not"})
    session_.Header(name, "x");
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kContinue);
  EXPECT_THAT(mta_.steps, ElementsAre("delete X-Warifu[2]", "delete X-Warifu[1]"));
}

TEST_F(SessionTest, ARejectionMakesNoEdits) {
  inspector_.on_end = [](const auto&, const auto&, const auto&) {
    app::EndActions out;
    out.verdict = Refuse(Action::kReject, 550, "5.7.1", "100% refused, ref 9");
    out.add_fields = {{"X-Warifu", " reject"}};
    return out;
  };
  Begin();
  EXPECT_EQ(Send(), Response::kReject);
  EXPECT_EQ(mta_.reply.text, "100%% refused, ref 9");
  EXPECT_THAT(mta_.steps, IsEmpty());
}

TEST_F(SessionTest, AFailedStepIsATemporaryFailureThatTheEventLearns) {
  inspector_.on_end = [](const auto&, const auto&, const auto&) {
    app::EndActions out;
    out.verdict.action = Action::kHold;
    out.add_fields = {{"X-Warifu", " hold"}};
    return out;
  };
  mta_.fail_on = "hold";
  Begin();
  EXPECT_EQ(Send(), Response::kTempFail);
  EXPECT_EQ(mta_.reply.code, "451");
  EXPECT_EQ(mta_.reply.enhanced, "4.3.0");
  EXPECT_THAT(inspector_.failures, ElementsAre(HasSubstr("hold")));
}

TEST_F(SessionTest, TheSizeLimitHoldsWhileTheBodyArrives) {
  inspector_.limits.message_bytes = 1000;
  bool truncated = false;
  inspector_.on_end = [&](const auto&, const mail::MessageBuffer& message, const auto&) {
    truncated = message.truncated();
    return app::EndActions{};
  };
  Begin();
  session_.Mail(mta_, "<a@example.jp>");
  session_.Rcpt(mta_, "<b@example.com>");
  session_.Header("Subject", " big");
  for (int i = 0; i < 1000; ++i) session_.Body(std::string(65535, 'x'));
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kContinue);
  EXPECT_TRUE(truncated);
  EXPECT_LE(inspector_.raws[0].size(), 1000u);
  EXPECT_EQ(Send(), Response::kContinue);
  EXPECT_FALSE(truncated) << "the next message has its own limit";
}

TEST_F(SessionTest, ALostEventPoisonsItsMessageOnly) {
  Begin();
  session_.Mail(mta_, "<a@example.jp>");
  session_.Rcpt(mta_, "<b@example.com>");
  session_.Poison();
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kTempFail);
  EXPECT_EQ(inspector_.ends.size(), 0u) << "half a message must not be judged";
  EXPECT_EQ(inspector_.failures.size(), 1u);
  EXPECT_EQ(Send(), Response::kContinue);
  session_.Mail(mta_, "<a@example.jp>");
  session_.Poison();
  session_.Abort();
  EXPECT_EQ(Send(), Response::kContinue);
}

TEST_F(SessionTest, LostFactsPoisonTheConnection) {
  Begin();
  session_.Poison();
  EXPECT_EQ(Send(), Response::kTempFail);
  EXPECT_EQ(Send(), Response::kTempFail);
  Begin();
  EXPECT_EQ(Send(), Response::kContinue);
}

TEST_F(SessionTest, AThrowingInspectorLeavesACleanSession) {
  inspector_.on_end = [](const auto&, const auto&, const auto&) -> app::EndActions {
    throw std::runtime_error("defect");
  };
  Begin();
  EXPECT_THROW(Send(), std::runtime_error);
  EXPECT_EQ(traffic_.messages(), 0u);
  inspector_.on_end = [](const auto&, const auto&, const auto&) { return app::EndActions{}; };
  EXPECT_EQ(Send(), Response::kContinue);
}

TEST_F(SessionTest, TooManyMessagesAreShedWithATemporaryFailure) {
  Traffic narrow(1, 10);
  Session first(inspector_, narrow, keep_alive_), second(inspector_, narrow, keep_alive_);
  EXPECT_EQ(first.Mail(mta_, "<a@example.jp>"), Response::kContinue);
  EXPECT_EQ(second.Mail(mta_, "<a@example.jp>"), Response::kTempFail);
  EXPECT_EQ(mta_.reply.enhanced, "4.3.2");
  EXPECT_EQ(narrow.TakeShed(), 1u);
  EXPECT_EQ(narrow.TakeShed(), 0u);
  first.Abort();
  EXPECT_EQ(second.Mail(mta_, "<a@example.jp>"), Response::kContinue);
}

TEST_F(SessionTest, AStopLetsMessagesEndButNoneBegin) {
  Begin();
  ASSERT_EQ(session_.Mail(mta_, "<a@example.jp>"), Response::kContinue);
  session_.Rcpt(mta_, "<b@example.com>");
  traffic_.Drain();
  EXPECT_EQ(session_.EndOfMessage(mta_), Response::kContinue);
  EXPECT_EQ(Send(), Response::kTempFail);
  EXPECT_EQ(mta_.reply.code, "421");
}

TEST_F(SessionTest, TheMtaHearsOfLongWork) {
  inspector_.on_end = [](const auto&, const auto&, const auto& progress) {
    std::this_thread::sleep_for(150ms);  // one long call that never comes by
    EXPECT_TRUE(progress());
    return app::EndActions{};
  };
  Begin();
  EXPECT_EQ(Send(), Response::kContinue);
  EXPECT_GE(mta_.progressed, 3);
  const int heard = mta_.progressed;
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(mta_.progressed, heard) << "silent once the answer is out";
}

TEST_F(SessionTest, AnMtaThatHasGoneStopsTheWork) {
  inspector_.on_end = [&](const auto&, const auto&, const auto& progress) {
    mta_.connected = false;
    for (int i = 0; i < 500 && progress(); ++i) std::this_thread::sleep_for(5ms);
    EXPECT_FALSE(progress());
    return app::EndActions{};
  };
  Begin();
  EXPECT_EQ(Send(), Response::kTempFail);
  EXPECT_EQ(mta_.progressed, 1);
  EXPECT_THAT(inspector_.failures, ElementsAre(HasSubstr("closed")));
}

}  // namespace
}  // namespace warifu::daemon
