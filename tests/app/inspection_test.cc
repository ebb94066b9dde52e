// Inspection: a mail from MAIL to its event, with real rules, directory and event file.
#include "app/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <new>

#include "gateway.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(Inspection, OrdinaryMailPassesUntouchedAndWithoutAnEvent) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("Hello, how are you?"));
  EXPECT_EQ(sent.action(), kAccept);
  EXPECT_EQ(sent.would(), kAccept);
  EXPECT_THAT(sent.end.add_fields, IsEmpty());
  EXPECT_FALSE(sent.end.replace_body);
  EXPECT_THAT(gateway.Events(), IsEmpty());
  EXPECT_EQ(gateway.counters.Read().Verdicts()["accept"], 1u);
}

TEST(Inspection, APasswordIsHeldWithAReferenceAndAnEvent) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("Your password: Xk29vmQ1"));
  EXPECT_EQ(sent.action(), kHold);
  const auto event = gateway.LastEvent();
  EXPECT_EQ(event["stage"], "end");
  EXPECT_EQ(event["action"], "hold");
  EXPECT_EQ(event["direction"], "outbound");
  EXPECT_EQ(event["account"], "taro");
  EXPECT_EQ(event["listener"], "submission");
  EXPECT_EQ(event["queue_id"], "4XyZabc");
  EXPECT_EQ(event["sender"], "taro@example.jp");
  EXPECT_EQ(event["recipients"][0], "friend@example.com");
  EXPECT_EQ(event["authors"][0], "taro@example.jp");
  EXPECT_EQ(event["message_id"], "<1@example.jp>");
  EXPECT_EQ(event["findings"][0]["rule"], "password-label");
  EXPECT_EQ(event["findings"][0]["preview"], "Xk******");
  EXPECT_EQ(event["findings"][0]["region"], "body");
  EXPECT_EQ(event["findings"][0]["would"], "hold");
  const std::string reference = event["reference"];
  EXPECT_EQ(sent.end.hold_reason, "warifu " + reference);
  ASSERT_EQ(sent.end.add_fields.size(), 1u);
  EXPECT_EQ(sent.end.add_fields[0].name, "X-Warifu");
  EXPECT_EQ(sent.end.add_fields[0].body, "hold; class=content; reference=" + reference);
  EXPECT_THAT(gateway.log.text(), HasSubstr("hold reference=" + reference));
  EXPECT_GT(event["microseconds"].size(), 4u);
}

TEST(Inspection, InObserveNothingIsDoneAndTheEventSaysWhatWould) {
  Gateway gateway("mode = \"observe\";");
  const Sent sent = gateway.Send(PlainMail("password: Xk29vmQ1", "X-Warifu: forged\n"));
  EXPECT_EQ(sent.action(), kAccept);
  EXPECT_EQ(sent.would(), kHold);
  EXPECT_THAT(sent.end.add_fields, IsEmpty());
  EXPECT_THAT(sent.end.delete_fields, IsEmpty());
  EXPECT_EQ(sent.end.hold_reason, "");
  EXPECT_EQ(gateway.LastEvent()["action"], "accept");
  EXPECT_EQ(gateway.LastEvent()["would"], "hold");
  EXPECT_EQ(gateway.LastEvent()["mode"], "observe");

  // A sender that is refused elsewhere passes here, too, and the event at the end knows it.
  const Sent forged = gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  EXPECT_EQ(forged.mail.action, kAccept);
  EXPECT_EQ(forged.mail.would, kReject);
  EXPECT_EQ(gateway.LastEvent()["would"], "reject");
}

TEST(Inspection, ModesOfListenerCheckAndRule) {
  Gateway listener("listeners = ( { name = \"any\"; mode = \"observe\"; } );");
  EXPECT_EQ(listener.Send(PlainMail("password: Xk29vmQ1")).action(), kAccept);

  Gateway check("checks = { sender = { mode = \"observe\"; }; };");
  EXPECT_EQ(check.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"}).action(), kAccept);
  EXPECT_EQ(check.LastEvent()["would"], "reject");
  EXPECT_EQ(check.Send(PlainMail("password: Xk29vmQ1")).action(), kHold);

  Gateway scratch;
  Gateway rule("rules = { paths = [ \"" + scratch.Path("rules.toml") +
               "\" ]; observed = [ \"password-label\" ]; };");
  EXPECT_EQ(rule.Send(PlainMail("password: Xk29vmQ1")).action(), kAccept);
  EXPECT_EQ(rule.LastEvent()["findings"][0]["mode"], "observe");
  EXPECT_EQ(rule.Send(PlainMail("tagtoken-0123456789")).action(), kTag);
}

// A rule's own action, its last day and its share of the mails, as the daemon applies them.
TEST(Inspection, ARulesLife) {
  Gateway scratch;
  const auto rules = [&](const std::string& mail) {
    std::ofstream(scratch.Path("life.toml"))
        << "[[rules]]\nid = \"life\"\nregex = '''life-\\d{8}'''\n"
           "[rules.mail]\nseverity = \"critical\"\n"
        << mail;
    return "rules = { paths = [ \"" + scratch.Path("life.toml") + "\" ]; };";
  };
  const std::string leak = PlainMail("life-12345678");

  Gateway observed(rules("action = \"observe\"\n"));
  EXPECT_EQ(observed.Send(leak).action(), kAccept);
  EXPECT_EQ(observed.LastEvent()["findings"][0]["mode"], "observe");
  EXPECT_EQ(observed.LastEvent()["would"], "reject");

  Gateway tagged(rules("action = \"tag\"\n"));
  EXPECT_EQ(tagged.Send(leak).action(), kTag);

  // It expires while the daemon runs, without a reload.
  Gateway expiring(rules("action = \"hold\"\nuntil = 2026-06-30\n"));
  EXPECT_EQ(expiring.Send(leak).action(), kHold);
  expiring.clock.later = std::chrono::hours(24 * 60);
  EXPECT_EQ(expiring.Send(leak).action(), kAccept);
  EXPECT_EQ(expiring.LastEvent()["findings"][0]["mode"], "observe");
  EXPECT_EQ(expiring.LastEvent()["would"], "hold");

  // The Message-ID decides, so a mail that is sent again meets the same fate.
  Gateway sampled(rules("action = \"hold\"\nsample = 0.5\n"));
  int held = 0;
  for (int i = 0; i < 60; ++i) {
    const std::string mail = "From: taro@example.jp\nTo: friend@example.com\nMessage-ID: <" +
                             std::to_string(i) + "@example.jp>\n\nlife-12345678\n";
    const Action first = sampled.Send(mail).action();
    EXPECT_EQ(sampled.Send(mail).action(), first);
    EXPECT_EQ(sampled.LastEvent()["would"], "hold");
    held += first == kHold ? 1 : 0;
  }
  EXPECT_GT(held, 10);
  EXPECT_LT(held, 50);
}

TEST(Inspection, AnIgnoredFindingPassesAndIsNamed) {
  Gateway first;
  first.Send(PlainMail("password: Xk29vmQ1"));
  const std::string fingerprint = first.LastEvent()["findings"][0]["fingerprint"];
  std::ofstream(first.Path("ignore.toml"))
      << "[[ignore]]\nrule = \"password-label\"\nfingerprint = \"" << fingerprint
      << "\"\nreason = \"public demo\"\nuntil = 2026-06-30\n";
  Gateway gateway("fingerprint = { key_file = \"" + first.Path("key") +
                  "\"; };\nrules = { paths = [ \"" + first.Path("rules.toml") +
                  "\" ]; ignore = [ \"" + first.Path("ignore.toml") + "\" ]; };");
  const Sent sent = gateway.Send(PlainMail("password: Xk29vmQ1"));
  EXPECT_EQ(sent.action(), kAccept);
  EXPECT_EQ(sent.would(), kAccept);
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["ignored"], "public demo");
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["would"], "accept");
  EXPECT_EQ(gateway.LastEvent()["reasons"][0], "ignored:password-label");
  EXPECT_EQ(gateway.counters.Read().ignored.value(), 1u);
  EXPECT_TRUE(gateway.counters.Read().Findings().empty());
  // Another secret beside it is no business of the list.
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1\npassword: pQ83kdm2")).action(), kHold);
  gateway.clock.later = std::chrono::hours(24 * 60);
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1")).action(), kHold);
}

TEST(Inspection, NoLoginWhereOneIsRequired) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("hi"), {.login = ""});
  EXPECT_EQ(sent.mail.action, kReject);
  EXPECT_EQ(sent.reply().code, 530);
  EXPECT_EQ(sent.reply().enhanced, "5.7.0");
  EXPECT_EQ(gateway.LastEvent()["stage"], "mail");
  EXPECT_EQ(gateway.LastEvent()["reasons"][0], "check:session");
}

TEST(Inspection, ASenderThatIsAnothersIsRefusedAtMail) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  EXPECT_EQ(sent.mail.action, kReject);
  EXPECT_EQ(sent.reply().code, 553);
  EXPECT_EQ(sent.reply().enhanced, "5.7.1");
  EXPECT_THAT(sent.reply().text, Not(HasSubstr("hanako")));
  EXPECT_EQ(gateway.LastEvent()["checks"][1]["subject"], "hanako@example.jp");
  EXPECT_EQ(gateway.Events().size(), 1u);

  for (const char* own : {"<taro@example.jp>", "taro@example.jp", "<Taro+x@EXAMPLE.JP>",
                          "<office@example.jp>", "<>", ""}) {
    EXPECT_EQ(gateway.Send(PlainMail("hi"), {.sender = own}).action(), kAccept) << own;
  }
  EXPECT_EQ(gateway.Send(PlainMail("hi"), {.sender = "<no address at all"}).reply().enhanced,
            "5.1.7");
}

TEST(Inspection, AnAuthorThatIsAnothersIsRefusedAtTheEnd) {
  Gateway gateway;
  const Sent sent = gateway.Send("From: Hanako <hanako@example.jp>\nTo: x@example.com\n\nhi\n", {});
  EXPECT_EQ(sent.action(), kReject);
  EXPECT_EQ(sent.reply().code, 550);
  EXPECT_EQ(sent.reply().enhanced, "5.7.1");

  const Sent two =
      gateway.Send("From: taro@example.jp\nFrom: hanako@example.jp\nTo: x@example.com\n\nhi\n", {});
  EXPECT_EQ(two.action(), kReject);
  EXPECT_EQ(gateway.LastEvent()["checks"][2]["outcome"], "malformed");

  // Null sender of a logged-in user: the author is asked all the same.
  EXPECT_EQ(gateway.Send("From: hanako@example.jp\n\nhi\n", {.sender = "<>"}).action(), kReject);
}

TEST(Inspection, AnotherLocalAddressInADisplayNameIsTagged) {
  Gateway gateway;
  const Sent sent =
      gateway.Send("From: \"hanako@example.jp\" <taro@example.jp>\nTo: x@example.com\n\nhi\n", {});
  EXPECT_EQ(sent.action(), kTag);
  EXPECT_THAT(sent.delivered, HasSubstr("X-Warifu: tag; class=binding; reference="));
}

TEST(Inspection, WithoutATableThereAreNoBindingChecks) {
  Gateway gateway("directory = { };");
  EXPECT_EQ(gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"}).action(), kAccept);
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1")).action(), kHold);
}

TEST(Inspection, InboundMailIsNotScannedUnlessSo) {
  const Envelop stranger = {.login = "",
                            .sender = "<a@example.com>",
                            .recipients = {"<taro@example.jp>"},
                            .daemon_name = "mx"};
  const std::string mail = "From: a@example.com\nTo: taro@example.jp\n\npassword: Xk29vmQ1\n";
  Gateway standard;
  EXPECT_EQ(standard.Send(mail, stranger).action(), kAccept);
  EXPECT_THAT(standard.Events(), IsEmpty());
  Gateway inbound("scan = { directions = [ \"inbound\" ]; };");
  EXPECT_EQ(inbound.Send(mail, stranger).action(), kHold);
  EXPECT_EQ(inbound.LastEvent()["direction"], "inbound");
  EXPECT_EQ(inbound.Send(PlainMail("password: Xk29vmQ1")).action(), kAccept);
}

TEST(Inspection, AForgedHeaderOfOursIsRemovedFromAnyMail) {
  Gateway gateway;
  const Sent own = gateway.Send(PlainMail("hi", "x-warifu: tag; reference=forged\n"));
  EXPECT_EQ(own.action(), kAccept);
  EXPECT_THAT(own.delivered, Not(HasSubstr("forged")));
  const Sent stranger = gateway.Send("From: a@example.com\nX-Warifu: forged\n\nhi\n",
                                     {.login = "",
                                      .sender = "<a@example.com>",
                                      .recipients = {"<taro@example.jp>"},
                                      .daemon_name = "mx"});
  EXPECT_THAT(stranger.delivered, Not(HasSubstr("forged")));
  const Sent tagged = gateway.Send(PlainMail("tagtoken-0123456789", "X-Warifu: forged\n"));
  EXPECT_THAT(tagged.delivered, Not(HasSubstr("forged")));
  EXPECT_THAT(tagged.delivered, HasSubstr("X-Warifu: tag; class=content; reference="));
}

TEST(Inspection, ANoticeOfTheMtaItselfIsHeldAndNotLost) {
  Gateway gateway;
  const std::string notice =
      "From: MAILER-DAEMON@example.jp\nTo: friend@example.com\n\n"
      "login=hanako&secret=Zq8wK2mv\n";
  const Envelop bounce = {.login = "", .sender = "<>", .client = "127.0.0.1", .daemon_name = "mx"};
  EXPECT_EQ(gateway.Send(notice, bounce).action(), kHold);
  Envelop user = bounce;
  user.login = "taro";
  EXPECT_EQ(gateway.Send(notice, user).action(), kReject) << "a null sender that logged in";
  Envelop mail = bounce;
  mail.sender = "<cron@example.jp>";
  EXPECT_EQ(gateway.Send(notice, mail).action(), kReject);
  mail.sender = "<not an address";
  EXPECT_EQ(gateway.Send(notice, mail).action(), kReject);
  EXPECT_EQ(gateway.LastEvent()["sender"], "<not an address");
}

TEST(Inspection, WhoseRecordItIs) {
  Gateway gateway;
  const std::string hanakos = PlainMail("login=hanako&secret=Zq8wK2mv");
  EXPECT_EQ(gateway.Send(hanakos).action(), kReject);
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["owner"], "hanako");
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["ownership"], "stranger");

  EXPECT_EQ(gateway.Send(hanakos, {.recipients = {"<hanako@example.jp>"}}).action(), kAccept)
      << "her own record to herself alone";
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["ownership"], "only-recipient");

  EXPECT_EQ(gateway.Send(PlainMail("login=taro@example.jp&secret=Zq8wK2mv")).action(), kTag)
      << "the sender's own record is not somebody else's";
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["ownership"], "self-disclosure");

  EXPECT_EQ(
      gateway.Send(PlainMail("login=taro&secret=Zq8wK2mv\nlogin=hanako&secret=Qq8wK2mv")).action(),
      kReject)
      << "his own beside somebody else's";
}

TEST(Inspection, RecipientsAreThoseOfTheEnvelope) {
  Gateway gateway;
  const std::string hanakos = "login=hanako&secret=Zq8wK2mv";
  const std::string to_her = PlainMail(hanakos, "To: hanako@example.jp\nCc: office@example.jp\n");
  const std::string to_all = PlainMail(hanakos, "To: friend@example.com\n");
  EXPECT_EQ(gateway.Send(to_her, {.recipients = {"<hanako@example.jp>"}}).action(), kAccept);
  EXPECT_EQ(gateway.Send(to_all, {.recipients = {"<hanako@example.jp>"}}).action(), kAccept);
  EXPECT_EQ(
      gateway.Send(to_her, {.recipients = {"<hanako@example.jp>", "<x@example.com>"}}).action(),
      kReject)
      << "a blind copy";
}

TEST(Inspection, ExemptionsAreSaidInTheEvent) {
  Gateway gateway(R"(exemptions = (
    { name = "office"; accounts = [ "taro" ]; networks = [ "192.0.2.0/24" ];
      exempts = [ "content", "sender" ]; },
    { name = "abuse"; recipients = [ "abuse@example.com" ]; exempts = [ "content" ]; } );)");
  const std::string mail = PlainMail("password: Xk29vmQ1");
  EXPECT_EQ(gateway.Send(mail, {.client = "192.0.2.5"}).action(), kAccept);
  EXPECT_THAT(gateway.LastEvent()["reasons"], ElementsAre("exempt:office"));
  EXPECT_EQ(gateway.LastEvent()["findings"].size(), 1u);

  EXPECT_EQ(gateway.Send(mail, {.sender = "<hanako@example.jp>", .client = "192.0.2.5"}).action(),
            kAccept);
  EXPECT_EQ(gateway.LastEvent()["checks"][1]["exemption"], "office");
  EXPECT_EQ(gateway.Send(mail).action(), kHold);
  EXPECT_EQ(gateway.Send(mail, {.recipients = {"<abuse@example.com>"}}).action(), kAccept);
  EXPECT_EQ(gateway.Send(mail, {.recipients = {"<abuse@example.com>", "<x@example.com>"}}).action(),
            kHold);
}

TEST(Inspection, AttachmentsAreReadByWhatTheyAre) {
  const auto with = [](std::string_view type, std::string_view name, std::string_view content) {
    return "From: taro@example.jp\nTo: x@example.com\nMIME-Version: 1.0\n"
           "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n"
           "--b\nContent-Type: " +
           std::string(type) + "\nContent-Disposition: attachment; filename=\"" +
           std::string(name) + "\"\n\n" + std::string(content) + "\n--b--\n";
  };
  Gateway gateway;
  EXPECT_EQ(gateway
                .Send(with("application/octet-stream", "x.bin",
                           "name,value\nserver,db1\npassword: Xk29vmQ1\n"))
                .action(),
            kHold)
      << "text, whatever it is called";
  auto event = gateway.LastEvent();
  EXPECT_EQ(event["findings"][0]["region"], "attachment");
  EXPECT_EQ(event["attachments"][0]["name"], "x.bin");
  EXPECT_EQ(event["attachments"][0]["declared"], "application/octet-stream");
  EXPECT_THAT(event["attachments"][0]["actual"], StartsWith("text/"));

  EXPECT_EQ(gateway.Send(with("text/plain", "notes.txt", "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj"))
                .action(),
            kAccept)
      << "recognised, not opened: an event by default";
  event = gateway.LastEvent();
  EXPECT_EQ(event["attachments"][0]["actual"], "application/pdf");
  EXPECT_EQ(event["faults"][0]["cause"], "unread-type");

  Gateway strict("faults = { unread-type = \"hold\"; };");
  EXPECT_EQ(strict.Send(with("text/plain", "a", "%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj")).action(),
            kHold);
}

TEST(Inspection, MailBeyondTheLimitIsTaggedAndNeverClean) {
  Gateway gateway("limits = { message = \"64K\"; header = \"16K\"; };");
  const Sent sent = gateway.Send(PlainMail(std::string(70'000, 'a') + "\npassword: Xk29vmQ1"));
  EXPECT_EQ(sent.action(), kTag);
  EXPECT_EQ(gateway.LastEvent()["faults"][0]["cause"], "too-large");
  EXPECT_THAT(sent.delivered, HasSubstr("class=unscanned"));
}

// A second From behind the limit of the head would never be seen.
TEST(Inspection, AuthorsOfATruncatedHeadCannotBeTold) {
  Gateway gateway("limits = { message = \"64K\"; header = \"16K\"; };");
  std::string padding;
  for (int i = 0; i < 400; ++i) padding += "X-Padding: " + std::string(60, 'p') + "\n";
  const Sent sent = gateway.Send(PlainMail("hi", padding + "From: hanako@example.jp\n"));
  EXPECT_EQ(sent.action(), kReject);
  EXPECT_EQ(sent.reply().enhanced, "5.6.0");
}

TEST(Inspection, TimeThatRunsOutIsAFault) {
  Gateway gateway("scan = { budget = \"1s\"; };");
  gateway.clock.step = std::chrono::milliseconds(700);
  const Sent user = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(user.action(), kHold) << "the MTA has a user's mail";
  EXPECT_EQ(gateway.LastEvent()["faults"][0]["cause"], "timeout");
  const Sent relay = gateway.Send(PlainMail("hi"), {.daemon_name = "mx"});
  EXPECT_EQ(relay.action(), kDefer);
  EXPECT_EQ(relay.reply().code, 451);
}

TEST(Inspection, AnMtaThatHasGoneStopsTheWork) {
  Gateway gateway;
  const auto inspection = gateway.Begin();
  Transaction transaction = Gateway::TransactionOf({});
  ASSERT_EQ(inspection->Mail(transaction).action, kAccept);
  transaction.recipients = {"<x@example.com>"};
  mail::MessageBuffer buffer(inspection->limits());
  buffer.AddHeader("From", "taro@example.jp", false);
  buffer.EndHeaders();
  buffer.AddBody("hi\r\n");
  inspection->End(transaction, buffer, [] { return false; });
  EXPECT_EQ(gateway.LastEvent()["faults"][0]["cause"], "timeout");
}

class BrokenRules final : public scan::PatternSet {
 public:
  std::function<scan::ScanResult()> answer;
  scan::ScanResult Scan(std::span<const Segment>, const scan::ScanContext&,
                        scan::StageTimes*) const override {
    return answer();
  }
  const std::vector<scan::RuleInfo>& rules() const override { return rules_; }
  const std::string& version() const override { return version_; }
  const std::vector<std::string>& notes() const override { return notes_; }
  scan::ScratchUse scratch() const override { return {}; }
  bool from_cache() const override { return false; }
  std::vector<scan::RuleProblem> CheckExamples() const override { return {}; }

 private:
  std::vector<scan::RuleInfo> rules_;
  std::string version_ = "broken";
  std::vector<std::string> notes_;
};

TEST(Inspection, WhateverBreaksIsAFaultWithItsOutcome) {
  const std::vector<std::pair<std::function<scan::ScanResult()>, std::string>> cases = {
      {[]() -> scan::ScanResult { throw std::runtime_error("boom\nInjected"); }, "internal"},
      {[]() -> scan::ScanResult { throw std::bad_alloc(); }, "resources"},
      {[]() -> scan::ScanResult { throw 42; }, "internal"},
      {[] { return scan::ScanResult{{}, {{FaultCause::kEngine, "1", "engine"}}}; }, "engine"},
  };
  for (const auto& [answer, cause] : cases) {
    SCOPED_TRACE(cause);
    Gateway gateway;
    const auto rules = std::make_shared<BrokenRules>();
    rules->answer = answer;
    gateway.editable().rules = rules;
    const Sent user = gateway.Send(PlainMail("hi"));
    EXPECT_EQ(user.action(), kHold);
    EXPECT_THAT(user.end.hold_reason, StartsWith("warifu "));
    EXPECT_EQ(gateway.LastEvent()["faults"][0]["cause"], cause);
    EXPECT_EQ(gateway.Send(PlainMail("hi"), {.daemon_name = "mx"}).action(), kDefer);
    EXPECT_EQ(gateway.counters.Read().Faults()[cause], 2u);
    gateway.editable().settings.policy.mode = Mode::kObserve;
    EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
    EXPECT_EQ(gateway.LastEvent()["would"], "hold");
  }
}

class DownDirectory final : public binding::Directory {
 public:
  binding::Owners OwnersOf(const Address&) const override {
    return {binding::Lookup::kTryLater, {}, false, "connection refused"};
  }
  std::size_t size() const override { return 0; }
};

TEST(Inspection, ADirectoryThatDoesNotAnswerIsDoubt) {
  Gateway gateway;
  gateway.editable().directory = std::make_shared<DownDirectory>();
  const Sent at_mail = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(at_mail.mail.action, kDefer);
  EXPECT_EQ(at_mail.reply().code, 451);
  EXPECT_EQ(at_mail.reply().enhanced, "4.3.0");
  EXPECT_THAT(at_mail.reply().text, HasSubstr("try again later"));
  // The null sender passes MAIL; the author is then in doubt at the end.
  const Sent at_end = gateway.Send(PlainMail("hi"), {.sender = "<>"});
  EXPECT_EQ(at_end.action(), kHold);
}

TEST(Inspection, ASessionWithoutALoginHasTheAccountOfItsCertificateOrLease) {
  Gateway gateway;
  const std::string folder = ::testing::TempDir();
  binding::IdentityOptions options;
  options.certificate_table = folder + "warifu_certificates";
  options.lease.table = folder + "warifu_leases";
  std::ofstream(options.certificate_table) << "\"the scanner\" \"our CA\" taro\n";
  std::ofstream(options.lease.table) << "203.0.113.7 taro\n203.0.113.8 hanako\n"
                                        "203.0.113.9 taro\n203.0.113.9 hanako\n";
  auto opened = binding::Identities::Open(options);
  ASSERT_TRUE(opened);
  gateway.editable().identities = *opened;

  const auto mail = [&](const std::string& client, const std::string& subject) {
    Transaction transaction = Gateway::TransactionOf({.login = "", .client = client});
    transaction.cert_subject = subject;
    transaction.cert_issuer = "our CA";
    return gateway.Begin()->Mail(transaction);
  };
  EXPECT_EQ(mail("198.51.100.1", "the scanner").action, kAccept);
  EXPECT_EQ(mail("198.51.100.1", "another").reply.code, 530) << "nobody";
  EXPECT_EQ(mail("203.0.113.7", "").action, kAccept) << "taro's lease, and taro's address";
  EXPECT_EQ(mail("203.0.113.8", "").reply.code, 553) << "hanako's lease, and taro's address";
  const policy::Verdict two = mail("203.0.113.9", "");
  EXPECT_EQ(two.action, kDefer);
  EXPECT_EQ(two.reply.code, 451);
  std::remove(options.lease.table.c_str());
  EXPECT_EQ(mail("203.0.113.7", "").reply.code, 451) << "the leases do not answer";
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept) << "a login needs no lease";
  std::remove(options.certificate_table.c_str());
}

class LostEvents final : public incident::EventLog {
 public:
  Result<void> Write(const incident::Event& event) override {
    if (IsClean(event)) return {};
    ++failures_;
    return Fail(ErrorKind::kTemporary, "No space left on device");
  }
  Result<void> Reopen() override { return {}; }
  std::uint64_t failures() const override { return failures_; }

 private:
  std::uint64_t failures_ = 0;
};

TEST(Inspection, AnEventThatIsLostIsAFault) {
  Gateway gateway;
  gateway.UseEvents(std::make_shared<LostEvents>());
  EXPECT_EQ(gateway.Send(PlainMail("tagtoken-0123456789")).action(), kHold);
  EXPECT_EQ(gateway.Send(PlainMail("tagtoken-0123456789"), {.daemon_name = "mx"}).action(), kDefer);
  EXPECT_EQ(gateway.Send(PlainMail("ordinary mail")).action(), kAccept);
  const Counts counts = gateway.counters.Read();
  EXPECT_EQ(counts.event_failures.value(), 2u);
  EXPECT_EQ(counts.Faults().at("event-log"), 2u);
  EXPECT_EQ(counts.Verdicts().at("hold"), 1u);
  EXPECT_THAT(gateway.log.text(), HasSubstr("No space left on device"));

  Gateway tolerant("faults = { event-log = \"accept\"; };");
  tolerant.UseEvents(std::make_shared<LostEvents>());
  EXPECT_EQ(tolerant.Send(PlainMail("tagtoken-0123456789")).action(), kTag);
}

TEST(Inspection, AMessageThatIsGivenUpBehindAFailedCheckLeavesAnEvent) {
  Gateway gateway("checks = { sender = { mode = \"observe\"; }; };");
  {
    const auto inspection = gateway.Begin();
    const auto verdict =
        inspection->Mail(Gateway::TransactionOf({.sender = "<hanako@example.jp>"}));
    EXPECT_EQ(verdict.action, kAccept);
  }
  EXPECT_EQ(gateway.LastEvent()["stage"], "abort");
  EXPECT_EQ(gateway.LastEvent()["would"], "reject");
  {
    const auto inspection = gateway.Begin();
    inspection->Mail(Gateway::TransactionOf({}));
  }
  {
    const auto never_used = gateway.Begin();
  }
  EXPECT_EQ(gateway.Events().size(), 1u);
}

TEST(Inspection, WhatTheSessionCouldNotDoAmendsTheEvent) {
  Gateway gateway;
  const auto inspection = gateway.Begin();
  Transaction transaction = Gateway::TransactionOf({});
  inspection->Mail(transaction);
  transaction.recipients = {"<x@example.com>"};
  mail::MessageBuffer buffer(inspection->limits());
  buffer.AddHeader("From", "taro@example.jp", false);
  buffer.EndHeaders();
  buffer.AddBody("password: Xk29vmQ1\r\n");
  EXPECT_EQ(inspection->End(transaction, buffer, {}).verdict.action, kHold);
  inspection->Failed(transaction, "quarantine was refused");
  const auto events = gateway.Events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["reference"], events[1]["reference"]);
  EXPECT_EQ(events[1]["stage"], "failed");
  EXPECT_EQ(events[1]["action"], "defer");
  EXPECT_EQ(events[1]["faults"][0]["detail"], "quarantine was refused");
  EXPECT_EQ(events[1]["findings"].size(), 1u);
}

TEST(Inspection, EveryMessageOfAConnectionIsJudgedByItself) {
  Gateway gateway;
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1")).action(), kHold);
  EXPECT_EQ(gateway.Send(PlainMail("ordinary")).action(), kAccept);
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1")).action(), kHold);
  EXPECT_NE(gateway.Events()[0]["reference"], gateway.Events()[1]["reference"]);
  EXPECT_EQ(gateway.Events()[0]["findings"][0]["fingerprint"],
            gateway.Events()[1]["findings"][0]["fingerprint"]);
}

}  // namespace
}  // namespace warifu::app
