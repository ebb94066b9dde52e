// The binding checks through a whole inspection, on a real SQLite store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fake_store.h"
#include "gateway.h"

namespace warifu::app {
namespace {

using enum Action;
using store::Accounts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view kSwapped =
    "taro@example.jp hanako\nhanako@example.jp taro\noffice@example.jp taro, hanako\n";
constexpr std::string_view kMended =
    "taro@example.jp taro\nhanako@example.jp hanako\noffice@example.jp taro, hanako\n";

Accounts Proven(const Gateway& gateway, std::string_view address) {
  const auto record = gateway.store()->Find(address);
  EXPECT_TRUE(record.has_value());
  return record ? record->Owners() : Accounts{};
}

void Prove(const Gateway& gateway, std::string_view address, const Accounts& accounts) {
  const store::Act act{.who = "test", .at = gateway.clock.Now()};
  EXPECT_TRUE(gateway.store()->Enrol(address, accounts, "import", act).value_or(false));
}

std::size_t Rows(const Gateway& gateway) {
  return gateway.store()
      ->History({.address = "", .account = "", .since = {}, .limit = 1000})
      ->size();
}

bool Disputed(const Gateway& gateway, std::string_view address) {
  return gateway.store()->Find(address)->dispute.has_value();
}

// What the last event says of a check; what is wrong first.
nlohmann::json CheckOf(const Gateway& gateway, const std::string& name) {
  const nlohmann::json event = gateway.LastEvent();
  nlohmann::json passed;
  for (const auto& check : event["checks"]) {
    if (check["check"] != name) continue;
    if (check["outcome"] != "pass") return check;
    passed = check;
  }
  return passed;
}

const Envelop kMx{.login = "",
                  .sender = "<friend@example.com>",
                  .recipients = {"<taro@example.jp>"},
                  .client = "203.0.113.7",
                  .daemon_name = "mx"};

Envelop Inbound(std::vector<std::string> recipients) {
  Envelop envelope = kMx;
  envelope.recipients = std::move(recipients);
  return envelope;
}

TEST(Learning, FirstAcceptedMailEnrolsAndOrdinaryMailWritesNothing) {
  Gateway gateway;
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_THAT(Proven(gateway, "taro@example.jp"), ElementsAre("taro"));
  const std::size_t rows = Rows(gateway);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_EQ(Rows(gateway), rows);
  EXPECT_THAT(gateway.Events(), IsEmpty());
}

TEST(Learning, AuthorsAreLearnedToo) {
  Gateway gateway;
  gateway.Send("From: office@example.jp\nTo: x@example.com\n\nhi\n");
  EXPECT_THAT(Proven(gateway, "office@example.jp"), ElementsAre("hanako", "taro"));
}

TEST(Learning, StrangersAndRefusedMailTeachNothing) {
  Gateway gateway;
  gateway.Send("From: taro@example.jp\n\nhi\n", kMx);
  gateway.Send(PlainMail("password: Xk29vmQ1"));
  gateway.Send("From: hanako@example.jp\n\nhi\n");
  gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  EXPECT_EQ(Rows(gateway), 0u);
  Gateway observing("mode = \"observe\";");
  observing.Send(PlainMail("password: Xk29vmQ1"));
  EXPECT_EQ(Rows(observing), 0u) << "what would not pass teaches nothing";
  observing.Send(PlainMail("hi"));
  EXPECT_THAT(Proven(observing, "taro@example.jp"), ElementsAre("taro"));
}

TEST(Learning, ImportOnly) {
  Gateway gateway("pin = { enrol = \"import\"; unproven = \"tag\"; };");
  const Sent sent = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(sent.action(), kTag);
  EXPECT_EQ(Rows(gateway), 0u);
  Prove(gateway, "taro@example.jp", {"taro"});
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
}

TEST(Owner, OfARecordWhoseAddressIsSwappedCannotBeTold) {
  Gateway gateway;
  Prove(gateway, "taro@example.jp", {"taro"});
  gateway.UseMembers(kSwapped);
  const std::string record = PlainMail("login=taro@example.jp&secret=Zq8wK2mv");
  const Envelop hanako{.login = "hanako", .sender = "<>", .recipients = {"<hanako@example.jp>"}};
  gateway.Send(record, hanako);
  const nlohmann::json event = gateway.LastEvent();
  EXPECT_EQ(event["findings"][0]["ownership"], "unknown") << event;
  EXPECT_EQ(event["findings"][0]["owner"], "");
  ASSERT_FALSE(event["faults"].empty()) << event;
  EXPECT_EQ(event["faults"][0]["cause"], "directory");
  EXPECT_THAT(std::string(event["faults"][0]["detail"]), HasSubstr("disputed"));
}

TEST(Pin, ASwappedSenderIsDeferredAtMailWithAnIncident) {
  Gateway gateway;
  gateway.Send(PlainMail("hi"));
  gateway.UseMembers(kSwapped);
  const Sent sent = gateway.Send(PlainMail("hi"), {.login = "hanako"});
  EXPECT_EQ(sent.mail.action, kDefer);
  EXPECT_EQ(sent.reply().code, 451);
  EXPECT_EQ(sent.reply().enhanced, "4.7.1");
  EXPECT_THAT(sent.reply().text, HasSubstr("Ownership of this address"));
  const nlohmann::json event = gateway.LastEvent();
  EXPECT_EQ(event["stage"], "mail");
  EXPECT_EQ(CheckOf(gateway, "pin")["subject"], "taro@example.jp");
  EXPECT_THAT(CheckOf(gateway, "pin")["reason"],
              HasSubstr("directory says hanako, proven is taro"));
  EXPECT_TRUE(Disputed(gateway, "taro@example.jp"));
  const auto incidents = gateway.Incidents();
  ASSERT_THAT(incidents, SizeIs(1));
  EXPECT_EQ(incidents[0].reference, event["reference"]);
  EXPECT_EQ(incidents[0].kind, "dispute");
  EXPECT_EQ(incidents[0].action, "defer");
  EXPECT_EQ(incidents[0].gateway, "mx1.example.jp");
  EXPECT_THAT(incidents[0].summary, HasSubstr("directory says hanako, proven is taro"));
  EXPECT_THAT(sent.reply().text, HasSubstr(incidents[0].reference));

  // Again: deferred under the same reference, and no second dispute or incident.
  const Sent again = gateway.Send(PlainMail("hi"), {.login = "hanako"});
  EXPECT_EQ(again.mail.action, kDefer);
  EXPECT_EQ(again.reply().text, sent.reply().text);
  ASSERT_THAT(gateway.Incidents(), SizeIs(1));
  EXPECT_EQ(gateway.Incidents()[0].times, 2u);
  gateway.UseMembers(kMended);
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_FALSE(Disputed(gateway, "taro@example.jp"));
  EXPECT_THAT(Proven(gateway, "taro@example.jp"), ElementsAre("taro"));
}

TEST(Pin, TheProvenOwnerOfASwappedAddressIsAskedToTryAgain) {
  Gateway gateway;
  gateway.Send(PlainMail("hi"));
  gateway.UseMembers(kSwapped);
  const Sent proven = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(proven.mail.action, kDefer);
  EXPECT_EQ(proven.reply().code, 451);
  EXPECT_THAT(CheckOf(gateway, "sender")["reason"], HasSubstr("proven to be this account's"));
  const Sent stranger = gateway.Send(PlainMail("hi"), {.login = "jiro"});
  EXPECT_EQ(stranger.mail.action, kReject);
  EXPECT_EQ(stranger.reply().code, 553);
}

TEST(Pin, TheProvenOwnersMailIsHeldWherePinOnlyObserves) {
  Gateway gateway("checks = { pin = { mode = \"observe\"; }; };");
  gateway.Send(PlainMail("hi"));
  gateway.UseMembers(kSwapped);
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kHold);
  const std::string reason = CheckOf(gateway, "sender")["reason"];
  const std::string word = "disputed";
  EXPECT_EQ(reason.find(word), reason.rfind(word)) << "said once: " << reason;
  EXPECT_THAT(reason, HasSubstr(word));
}

TEST(Pin, ASwappedRecipientIsDeferredAndTheOthersPass) {
  Gateway gateway;
  Prove(gateway, "taro@example.jp", {"taro"});
  Prove(gateway, "hanako@example.jp", {"jiro"});
  const Sent sent = gateway.Send("From: friend@example.com\n\nhi\n",
                                 Inbound({"<taro@example.jp>", "<hanako@example.jp>",
                                          "<list@example.jp>", "<x@example.com>"}));
  ASSERT_THAT(sent.rcpt, SizeIs(4));
  EXPECT_EQ(sent.rcpt[0].action, kAccept);
  EXPECT_EQ(sent.rcpt[1].action, kDefer);
  EXPECT_EQ(sent.rcpt[1].reply.code, 451);
  EXPECT_EQ(sent.rcpt[1].reply.enhanced, "4.7.1");
  EXPECT_EQ(sent.rcpt[2].action, kAccept) << "a list is nobody's address";
  EXPECT_EQ(sent.rcpt[3].action, kAccept);
  EXPECT_EQ(sent.end.verdict.action, kAccept);
  const nlohmann::json event = gateway.LastEvent();
  EXPECT_EQ(event["stage"], "rcpt");
  EXPECT_EQ(event["recipients"], nlohmann::json({"hanako@example.jp"}));
  ASSERT_THAT(gateway.Incidents(), SizeIs(1));
  EXPECT_EQ(gateway.Incidents()[0].recipients, "hanako@example.jp");
  EXPECT_EQ(gateway.counters.Read().Recipients()["defer"], 1u);
  EXPECT_EQ(gateway.counters.Read().Messages(), 1u);
}

// A client that is told 451 comes back for days.
TEST(Retries, OfARecipientAreOneIncidentUntilItIsSettled) {
  Gateway gateway;
  Prove(gateway, "hanako@example.jp", {"jiro"});
  const Envelop mail = Inbound({"<hanako@example.jp>"});
  std::set<std::string> told;
  for (int i = 0; i < 20; ++i) {
    gateway.clock.later = std::chrono::minutes(10 * i);
    const Sent sent = gateway.Send("From: friend@example.com\n\nhi\n", mail);
    ASSERT_EQ(sent.rcpt[0].action, kDefer);
    told.insert(sent.rcpt[0].reply.text);
  }
  EXPECT_THAT(told, SizeIs(1)) << "one reference";
  auto incidents = gateway.Incidents();
  ASSERT_THAT(incidents, SizeIs(1));
  EXPECT_EQ(incidents[0].kind, "dispute");
  EXPECT_EQ(incidents[0].times, 20u);
  EXPECT_EQ(incidents[0].latest, incidents[0].at + std::chrono::minutes(190));
  EXPECT_EQ(gateway.LastEvent()["reference"], incidents[0].reference);
  EXPECT_EQ(gateway.counters.Read().Recipients()["defer"], 20u);
  EXPECT_THAT(gateway.Events(), SizeIs(20)) << "each stands in the event log";

  Envelop other = mail;
  other.sender = "<other@example.com>";
  gateway.Send("From: other@example.com\n\nhi\n", other);
  EXPECT_THAT(gateway.Incidents(), SizeIs(2)) << "of another sender it is another";

  const store::Act act{.who = "uid 0", .at = gateway.clock.Now()};
  ASSERT_TRUE(gateway.store()->SettleIncident(incidents[0].reference, "closed", act));
  gateway.Send("From: friend@example.com\n\nhi\n", mail);
  EXPECT_THAT(gateway.Incidents(), SizeIs(2)) << "counted where its client was told";
  gateway.Send("From: friend@example.com\n\nhi\n", mail);
  EXPECT_THAT(gateway.Incidents(), SizeIs(3)) << "and then it is a new matter";
}

TEST(Retries, OfAMailAreOneIncidentAtItsEnd) {
  Gateway gateway("submission = { hold_doubt = false; };");
  Prove(gateway, "office@example.jp", {"jiro"});
  const std::string first = "From: office@example.jp\nMessage-ID: <1@example.jp>\n\nhi\n";
  const Sent sent = gateway.Send(first);
  ASSERT_EQ(sent.action(), kDefer);
  EXPECT_EQ(gateway.Send(first).reply().text, sent.reply().text);
  ASSERT_THAT(gateway.Incidents(), SizeIs(1));
  EXPECT_EQ(gateway.Incidents()[0].times, 2u);
  gateway.Send("From: office@example.jp\nMessage-ID: <2@example.jp>\n\nhi\n");
  EXPECT_THAT(gateway.Incidents(), SizeIs(2)) << "another mail";
  for (int i = 0; i < 2; ++i) gateway.Send("From: office@example.jp\n\nhi\n");
  EXPECT_THAT(gateway.Incidents(), SizeIs(4)) << "a mail that nothing names is always another";
}

TEST(Retries, AreIncidentsEachWhereThatIsWanted) {
  Gateway gateway("incident = { repeat = \"0s\"; };");
  for (int i = 0; i < 3; ++i) gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  EXPECT_THAT(gateway.Incidents(), SizeIs(3));
  Gateway usual;
  for (int i = 0; i < 3; ++i) usual.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  ASSERT_THAT(usual.Incidents(), SizeIs(1));
  EXPECT_EQ(usual.Incidents()[0].times, 3u);
  EXPECT_EQ(usual.Incidents()[0].action, "reject");
}

TEST(Pin, DoubtAtTheEndOfAUsersMailIsHeldAndRecorded) {
  Gateway gateway;
  Prove(gateway, "office@example.jp", {"jiro"});
  const Sent sent = gateway.Send("From: office@example.jp\nTo: x@example.com\n\nhi\n");
  EXPECT_EQ(sent.mail.action, kAccept);
  EXPECT_EQ(sent.action(), kHold);
  const auto incidents = gateway.Incidents();
  ASSERT_THAT(incidents, SizeIs(1));
  EXPECT_EQ(incidents[0].action, "hold");
  EXPECT_EQ(incidents[0].kind, "dispute");
  EXPECT_EQ(incidents[0].queue_id, "4XyZabc");
  EXPECT_EQ(sent.end.hold_reason, "warifu " + incidents[0].reference);
  EXPECT_EQ(incidents[0].reference, gateway.LastEvent()["reference"]);
}

TEST(Pin, LocalSubmissionIsNeverAnsweredAtRcpt) {
  Gateway gateway;
  Prove(gateway, "hanako@example.jp", {"jiro"});
  const Envelop cron{.login = "",
                     .sender = "root@example.jp",
                     .recipients = {"taro@example.jp", "hanako@example.jp"},
                     .client = "127.0.0.1",
                     .daemon_name = "mx"};
  const Sent sent = gateway.Send("From: root@example.jp\n\nhi\n", cron);
  EXPECT_THAT(sent.rcpt, ElementsAre(testing::Field(&policy::Verdict::action, kAccept),
                                     testing::Field(&policy::Verdict::action, kAccept)));
  EXPECT_EQ(sent.end.verdict.action, kDefer) << "at its end it is";
  EXPECT_EQ(sent.reply().enhanced, "4.7.1");
}

TEST(Pin, ABounceOfOurOwnIsNeverRefused) {
  Gateway gateway("lock = { receive = \"all\"; };");
  const store::Lock lock{.account = "taro", .reason = "abused", .by = "test"};
  ASSERT_TRUE(gateway.store()->AddLocks({lock}, {.who = "test", .at = gateway.clock.Now()}));
  Envelop bounce = kMx;
  EXPECT_EQ(gateway.Send("From: x@example.com\n\nhi\n", bounce).rcpt[0].action, kReject);
  bounce.sender = "<>";
  bounce.client = "127.0.0.1";
  const Sent sent = gateway.Send("From: MAILER-DAEMON@example.jp\n\nhi\n", bounce);
  EXPECT_EQ(sent.rcpt[0].action, kAccept);
  EXPECT_EQ(sent.end.verdict.action, kHold);
}

TEST(Pin, AnAnnouncedChangeMovesOnceAndEverythingPasses) {
  Gateway gateway;
  Prove(gateway, "taro@example.jp", {"taro"});
  store::Change change;
  change.address = "taro@example.jp";
  change.from = "taro";
  change.to = "hanako";
  change.reference = "T-1";
  change.announced = gateway.clock.Now();
  change.valid_until = gateway.clock.Now() + std::chrono::hours(24);
  ASSERT_TRUE(gateway.store()->Announce({change}, {.who = "test", .at = gateway.clock.Now()}));
  gateway.UseMembers(kSwapped);
  EXPECT_EQ(gateway.Send("From: a@example.com\n\nhi\n", Inbound({"<taro@example.jp>"})).action(),
            kAccept);
  EXPECT_THAT(Proven(gateway, "taro@example.jp"), ElementsAre("hanako"));
  gateway.UseMembers(kMended);
  EXPECT_EQ(
      gateway.Send("From: a@example.com\n\nhi\n", Inbound({"<taro@example.jp>"})).rcpt[0].action,
      kDefer)
      << "back again is another move";
}

TEST(Pin, InObserveTheDisputeIsNotedAndTheMailPasses) {
  Gateway gateway("mode = \"observe\";");
  Prove(gateway, "taro@example.jp", {"jiro"});
  const Sent sent = gateway.Send("From: a@example.com\n\nhi\n", Inbound({"<taro@example.jp>"}));
  EXPECT_EQ(sent.action(), kAccept);
  EXPECT_EQ(gateway.LastEvent()["stage"], "end");
  EXPECT_EQ(gateway.LastEvent()["would"], "defer");
  EXPECT_TRUE(Disputed(gateway, "taro@example.jp"));
  ASSERT_THAT(gateway.Incidents(), SizeIs(1));
  EXPECT_EQ(gateway.Incidents()[0].kind, "dispute");
  EXPECT_EQ(gateway.Incidents()[0].action, "accept");
}

TEST(Lock, AnAccountIsStoppedAtTheNextMailOfAnOpenSession) {
  Gateway gateway;
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  store::Lock lock{.account = "taro", .reason = "phished", .reference = "SEC-1", .by = "test"};
  lock.until = gateway.clock.Now() + std::chrono::hours(1);
  ASSERT_TRUE(gateway.store()->AddLocks({lock}, {.who = "test", .at = gateway.clock.Now()}));
  const Sent sent = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(sent.mail.action, kReject);
  EXPECT_EQ(sent.reply().code, 550);
  EXPECT_EQ(sent.reply().enhanced, "5.7.1");
  EXPECT_THAT(sent.reply().text, HasSubstr("locked"));
  EXPECT_THAT(CheckOf(gateway, "lock")["reason"], HasSubstr("phished (SEC-1)"));
  EXPECT_THAT(gateway.Incidents(), SizeIs(1));
  gateway.clock.later = std::chrono::hours(2);
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept) << "it has ended";
}

TEST(Lock, SecretsToALockedAccountAreHeldAndOrdinaryMailPasses) {
  Gateway gateway;
  const store::Lock lock{.account = "hanako", .reason = "phished", .by = "test"};
  ASSERT_TRUE(gateway.store()->AddLocks({lock}, {.who = "test", .at = gateway.clock.Now()}));
  const Envelop to{.recipients = {"<hanako@example.jp>"}};
  EXPECT_EQ(gateway.Send(PlainMail("hi"), to).action(), kAccept);
  EXPECT_EQ(gateway.Send(PlainMail("tagtoken-0123456789"), to).action(), kHold);
  EXPECT_EQ(CheckOf(gateway, "lock")["subject"], "hanako@example.jp");
}

TEST(Grants, LetAnAccountSendAsAndTeachNothing) {
  Gateway gateway;
  const Envelop shop{.sender = "<shop@example.jp>"};
  const std::string mail = "From: shop@example.jp\nTo: x@example.com\n\nhi\n";
  EXPECT_EQ(gateway.Send(mail, shop).action(), kReject);
  store::Grant grant{.account = "taro", .target = "shop@example.jp", .by = "test"};
  grant.until = gateway.clock.Now() + std::chrono::hours(1);
  ASSERT_TRUE(gateway.store()->AddGrant(grant, {.who = "test", .at = gateway.clock.Now()}));
  const std::size_t rows = Rows(gateway);
  EXPECT_EQ(gateway.Send(mail, shop).action(), kAccept);
  EXPECT_EQ(Rows(gateway), rows);
  gateway.clock.later = std::chrono::hours(2);
  EXPECT_EQ(gateway.Send(mail, shop).action(), kReject);
}

TEST(Spoof, AStrangerWhoUsesALocalAuthorIsTagged) {
  Gateway gateway("spoof = { forwarders = [ \"198.51.100.0/24\" ]; };");
  const std::string mail = "From: taro@example.jp\nTo: x@example.jp\n\nhi\n";
  EXPECT_EQ(gateway.Send(mail, kMx).action(), kTag);
  EXPECT_EQ(CheckOf(gateway, "spoof")["subject"], "taro@example.jp");
  EXPECT_EQ(gateway.Send("List-Id: <l.example.com>\n" + mail, kMx).action(), kAccept);
  Envelop forwarder = kMx;
  forwarder.client = "198.51.100.9";
  EXPECT_EQ(gateway.Send(mail, forwarder).action(), kAccept);
  Envelop printer = kMx;
  printer.client = "127.0.0.1";
  EXPECT_EQ(gateway.Send(mail, printer).action(), kAccept) << "our own network";
}

class SilentDirectory final : public binding::Directory {
 public:
  binding::Owners OwnersOf(const Address&) const override {
    return {.status = binding::Lookup::kTryLater, .detail = "timed out"};
  }
  std::size_t size() const override { return 0; }
};

TEST(Outage, TheLedgerAnswersForAnHourAndSaysSo) {
  Gateway gateway;
  Prove(gateway, "taro@example.jp", {"taro"});
  gateway.editable().directory = std::make_shared<SilentDirectory>();
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_EQ(CheckOf(gateway, "sender")["stale"], true);
  EXPECT_EQ(CheckOf(gateway, "author")["stale"], true);
  EXPECT_EQ(CheckOf(gateway, "pin")["stale"], true);
  EXPECT_EQ(gateway.counters.Read().stale.value(), 1u);
  EXPECT_EQ(gateway.Send("From: a@example.com\n\nhi\n", Inbound({"<taro@example.jp>"})).action(),
            kAccept);
  // Not the thief, and not what was never proven.
  EXPECT_EQ(gateway.Send(PlainMail("hi"), {.login = "hanako"}).mail.action, kReject);
  EXPECT_EQ(
      gateway.Send("From: a@example.com\n\nhi\n", Inbound({"<hanako@example.jp>"})).rcpt[0].action,
      kDefer);
  gateway.clock.later = std::chrono::minutes(61);
  const Sent late = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(late.mail.action, kDefer);
  EXPECT_EQ(late.reply().enhanced, "4.3.0");
}

TEST(Outage, AStoreThatIsDownIsAFaultWithItsOutcome) {
  store::FakeStore store;
  store.down = true;
  Gateway gateway;
  gateway.UseStore(&store);
  const Sent sent = gateway.Send(PlainMail("hi"));
  EXPECT_EQ(sent.mail.action, kDefer);
  EXPECT_EQ(sent.reply().enhanced, "4.3.0");
  EXPECT_EQ(gateway.LastEvent()["faults"][0]["cause"], "store");
  store.down = false;
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept) << "it recovers by itself";

  Gateway lax("faults = { store = \"accept\"; };");
  store.down = true;
  lax.UseStore(&store);
  EXPECT_EQ(lax.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_EQ(lax.LastEvent()["faults"][0]["cause"], "store");
}

TEST(Incidents, AMailThatNobodyCouldFindIsNotHeld) {
  store::FakeStore store;
  store.incidents_down = true;
  Gateway gateway;
  gateway.UseStore(&store);
  const Sent sent = gateway.Send(PlainMail("password: Xk29vmQ1"));
  EXPECT_EQ(sent.action(), kDefer);
  EXPECT_EQ(sent.reply().code, 451);
  EXPECT_EQ(gateway.LastEvent()["action"], "defer");
  EXPECT_THAT(gateway.LastEvent()["faults"][0]["detail"], HasSubstr("was not recorded"));
  // What the client keeps is refused all the same, and counted.
  EXPECT_EQ(gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"}).mail.action, kReject);
}

// What lets a mail off the rules lets it off nothing else.
TEST(Incidents, NorIsOneThatContentRulesLetPass) {
  store::FakeStore store;
  store.incidents_down = true;
  Gateway gateway(
      "exemptions = ( { name = \"news\"; accounts = [ \"taro\" ]; exempts = [ \"content\" ]; } );\n"
      "checks = { author = { action = \"hold\"; }; };\n");
  gateway.UseStore(&store);
  EXPECT_EQ(gateway.Send(PlainMail("password: Xk29vmQ1")).action(), kAccept);
  EXPECT_EQ(gateway.Send("From: hanako@example.jp\n\nhi\n").action(), kDefer);

  const auto inspection = gateway.Begin();
  Transaction transaction = Gateway::TransactionOf({});
  ASSERT_EQ(inspection->Mail(transaction).action, kAccept);
  transaction.recipients = {"<friend@example.com>"};
  store.down = true;
  mail::MessageBuffer buffer(inspection->limits());
  buffer.AddHeader("From", "taro@example.jp", false);
  buffer.EndHeaders();
  EXPECT_EQ(inspection->End(transaction, buffer, {}).verdict.action, kDefer) << "pin was not asked";
}

TEST(Incidents, AHoldThatTheMtaDidNotTakeIsClosed) {
  Gateway gateway;
  const auto inspection = gateway.Begin();
  Transaction transaction = Gateway::TransactionOf({});
  inspection->Mail(transaction);
  transaction.queue_id = "4XyZabc";
  transaction.recipients = {"<friend@example.com>"};
  mail::MessageBuffer buffer(inspection->limits());
  buffer.AddHeader("From", "taro@example.jp", false);
  buffer.EndHeaders();
  buffer.AddBody("password: Xk29vmQ1");
  EXPECT_EQ(inspection->End(transaction, buffer, {}).verdict.action, kHold);
  EXPECT_EQ(gateway.Incidents().at(0).state, "open");
  inspection->Failed(transaction, "the MTA closed the connection");
  const auto incidents = gateway.Incidents();
  ASSERT_THAT(incidents, SizeIs(1));
  EXPECT_EQ(incidents[0].state, "closed");
  EXPECT_THAT(incidents[0].settled.why, HasSubstr("was not held but deferred"));
}

TEST(Incidents, HeldAndRefusedMailIsFoundByItsReference) {
  Gateway gateway;
  gateway.Send(PlainMail("password: Xk29vmQ1"));
  gateway.Send(PlainMail("hi"), {.sender = "<hanako@example.jp>"});
  const auto incidents = gateway.Incidents();
  ASSERT_THAT(incidents, SizeIs(2));
  for (const store::Incident& incident : incidents) {
    EXPECT_EQ(incident.kind, "mail");
    EXPECT_EQ(incident.account, "taro");
    EXPECT_EQ(incident.client, "203.0.113.7");
    EXPECT_EQ(incident.state, "open");
    EXPECT_THAT(incident.summary, Not(HasSubstr("Xk29vmQ1")));
  }
  EXPECT_THAT(*gateway.store()->Incidents({.text = "4XyZabc", .state = "", .since = {}}),
              SizeIs(1));
}

TEST(Breaker, LeaksOfAnAccountStopItsOutboundMailAlone) {
  Gateway gateway("breaker = { account_alarms = 2; exempt = [ \"soc@example.com\" ]; };");
  const auto leak = [&](int i) {
    const std::string body = "password: Xk29vmQ" + std::to_string(i);
    return gateway.Send(PlainMail(body), {}, "Q" + std::to_string(i)).action();
  };
  EXPECT_EQ(leak(1), kHold);
  EXPECT_EQ(gateway.Send(PlainMail("hi")).action(), kAccept);
  EXPECT_EQ(leak(2), kHold);
  const nlohmann::json event = gateway.LastEvent();
  EXPECT_EQ(event["stage"], "breaker");
  EXPECT_EQ(event["checks"][0]["subject"], "account:taro");
  EXPECT_THAT(gateway.log.text(), HasSubstr("breaker account:taro opened"));

  const Sent stopped = gateway.Send(PlainMail("hi"));
  ASSERT_THAT(stopped.rcpt, SizeIs(1));
  EXPECT_EQ(stopped.rcpt[0].action, kDefer);
  EXPECT_EQ(stopped.rcpt[0].reply.enhanced, "4.7.1");
  EXPECT_THAT(stopped.rcpt[0].reply.text, HasSubstr("stopped for now"));
  const auto passes = [&](const Envelop& envelope, const std::string& mail) {
    return gateway.Send(mail, envelope).action() == kAccept;
  };
  const std::string mail = PlainMail("hi");
  EXPECT_TRUE(passes({.recipients = {"<hanako@example.jp>"}}, mail)) << "internal";
  EXPECT_TRUE(passes({.recipients = {"<postmaster@example.com>"}}, mail));
  EXPECT_TRUE(passes({.recipients = {"<soc@example.com>"}}, mail));
  EXPECT_TRUE(passes({.sender = "<>"}, mail));
  EXPECT_TRUE(passes({.login = "hanako", .sender = "<hanako@example.jp>"},
                     "From: hanako@example.jp\nTo: x@example.com\n\nhi\n"))
      << "another account";
  ASSERT_TRUE(
      *gateway.store()->CloseBreaker("account:taro", {.who = "test", .at = gateway.clock.Now()}));
  EXPECT_TRUE(passes({}, mail));
}

TEST(Breaker, ALocalSubmissionIsStoppedAtItsEnd) {
  Gateway gateway;
  store::Breaker breaker{
      .scope = "all", .opened = gateway.clock.Now(), .reason = "drill", .by = "test"};
  ASSERT_TRUE(*gateway.store()->OpenBreaker(breaker, {.who = "test", .at = gateway.clock.Now()}));
  const Envelop cron{.login = "",
                     .sender = "root@example.jp",
                     .recipients = {"x@example.com"},
                     .client = "127.0.0.1",
                     .daemon_name = "mx"};
  const Sent sent = gateway.Send("From: root@example.jp\n\nhi\n", cron);
  EXPECT_EQ(sent.rcpt[0].action, kAccept);
  EXPECT_EQ(sent.end.verdict.action, kDefer);
  EXPECT_EQ(gateway.Send("From: a@example.com\n\nhi\n", kMx).action(), kAccept) << "inbound";
}

TEST(Exemptions, LetOffPinAndLock) {
  Gateway gateway(
      "exemptions = ( { name = \"drill\"; accounts = [ \"hanako\" ]; exempts = [ \"pin\" ]; } );");
  Prove(gateway, "taro@example.jp", {"taro"});
  gateway.UseMembers(kSwapped);
  EXPECT_EQ(gateway.Send(PlainMail("hi"), {.login = "hanako"}).action(), kAccept);
  EXPECT_EQ(CheckOf(gateway, "pin")["exemption"], "drill");
}

}  // namespace
}  // namespace warifu::app
