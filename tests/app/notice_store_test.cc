// Flows, mailboxes and locks of notices through a whole inspection, on a real SQLite store: the
// failures of 2012 and 2014 in small, and strangers who can switch nothing.
#include <gmock/gmock.h>

#include <chrono>
#include <fstream>
#include <set>
#include <sstream>

#include "../scan/temp_dir.h"
#include "app/transport.h"
#include "fake_store.h"
#include "gateway.h"
#include "notice_mails.h"

namespace warifu::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

std::string Member(int number) {
  return "m" + std::to_string(number) + "@example.jp";
}

std::string Account(int number) {
  return "acc" + std::to_string(number);
}

std::string Token(int number) {
  std::string digits = std::to_string(number);
  return "Tk" + std::string(18 - digits.size(), 'x') + digits;
}

std::string Members(int count) {
  std::string table;
  for (int i = 0; i < count; ++i) table += Member(i) + " " + Account(i) + "\n";
  return table;
}

Form FormOf(int number) {
  static const char* const kCharsets[] = {"UTF-8", "ISO-2022-JP", "Shift_JIS"};
  static const char* const kEncodings[] = {"base64", "quoted-printable", "8bit"};
  return {kCharsets[number % 3], kEncodings[number / 3 % 3], number % 5 == 0};
}

Envelop Portal(const std::string& recipient, const std::string& client = "192.0.2.10") {
  return {.login = "",
          .sender = "<bounce@portal.example.jp>",
          .recipients = {"<" + recipient + ">"},
          .client = client,
          .daemon_name = ""};
}

Envelop Friend(const std::string& recipient) {
  return {.login = "",
          .sender = "<friend@example.com>",
          .recipients = {"<" + recipient + ">"},
          .client = "203.0.113.7",
          .daemon_name = ""};
}

class NoticeStore : public ::testing::Test {
 protected:
  std::string Conf(const std::string& more = "") {
    return "notices = { paths = [ \"" + dir_.Write("portal.toml", kPortalNotices) + "\" ]; };\n" +
           more;
  }
  static std::set<std::string> Disputed(const Gateway& gateway) {
    std::set<std::string> out;
    const auto rows = gateway.store()->Disputes(10'000);
    EXPECT_TRUE(rows);
    for (const auto& [address, dispute] : *rows) {
      EXPECT_EQ(dispute.kind, store::DisputeKind::kFlow);
      out.insert(address);
    }
    return out;
  }
  // What expires when all has expired: every flow and count that there was.
  static store::Store::Pruned Traces(const Gateway& gateway) {
    const auto pruned = gateway.store()->Prune({}, gateway.clock.Now() + std::chrono::years(5),
                                               {"test", {}, "", ""});
    EXPECT_TRUE(pruned);
    return pruned.value_or(store::Store::Pruned{});
  }
  static store::Act By(const std::string& who) {
    return {who, WallTime(1'780'000'000s), "T-1", "looked into"};
  }

  scan::TempDir dir_;
};

// 2012: a reset that was asked for with one address could be finished with another.
TEST_F(NoticeStore, FindsEveryCrossedResetAndNoOther) {
  constexpr int kFlows = 120, kEvery = 15;
  Gateway gateway(Conf());
  gateway.UseMembers(Members(2 * kFlows));
  std::set<std::string> victims, thieves;
  for (int i = 0; i < kFlows; ++i) {
    const bool crossed = i % kEvery == 7;
    const int asks = 2 * i, gets = crossed ? 2 * i + 1 : 2 * i;
    const Sent asked =
        gateway.Send(ResetMail(Member(asks), Token(i), FormOf(i)), Portal(Member(asks)));
    ASSERT_EQ(asked.action(), Action::kAccept) << i << asked.reply().text;
    gateway.clock.later += 60s;
    const Sent done =
        gateway.Send(ChangedMail(Member(gets), Token(i), FormOf(i + 1)), Portal(Member(gets)));
    EXPECT_EQ(done.action(), crossed ? Action::kHold : Action::kAccept) << i;
    if (!crossed) continue;
    thieves.insert(Member(asks));
    victims.insert(Member(gets));
    const auto event = gateway.LastEvent();
    EXPECT_THAT(event.dump(), HasSubstr("portal-reset named " + Account(asks) + " to " +
                                        Member(asks) + " at 2026-"));
    EXPECT_THAT(event.dump(), HasSubstr("portal-changed named " + Account(gets)));
  }
  ASSERT_THAT(victims, SizeIs(kFlows / kEvery));
  std::set<std::string> both = victims;
  both.insert(thieves.begin(), thieves.end());
  EXPECT_EQ(Disputed(gateway), both);
  EXPECT_THAT(gateway.Incidents(), SizeIs(victims.size()));

  // Nobody reads a victim's mail with the stolen password, until a person has settled it.
  const std::string victim = *victims.begin();
  const std::string mail = "From: friend@example.com\n\nhello\n";
  const Sent before = gateway.Send(mail, Friend(victim));
  ASSERT_THAT(before.rcpt, SizeIs(1));
  EXPECT_EQ(before.rcpt[0].action, Action::kDefer);
  EXPECT_EQ(gateway.Send(mail, Friend(Member(4))).rcpt[0].action, Action::kAccept);
  const std::string owner = Account(std::stoi(victim.substr(1)));
  ASSERT_TRUE(gateway.store()->Resolve(victim, owner, By("uid 0")));
  EXPECT_EQ(gateway.Send(mail, Friend(victim)).rcpt[0].action, Action::kAccept);
  EXPECT_EQ(gateway.Send(mail, Friend(*thieves.begin())).rcpt[0].action, Action::kDefer);
}

// The confirmation goes to the thief, so that the victim's own address is in no envelope.
TEST_F(NoticeStore, DisputesAVictimWhoGotNoMail) {
  Gateway gateway(Conf());
  gateway.UseMembers(Members(3));
  ASSERT_TRUE(
      gateway.store()->Enrol(Member(1), {Account(1)}, "import", By("import")).value_or(false));
  EXPECT_EQ(gateway.Send(ResetMail(Member(0), Token(1)), Portal(Member(0))).action(),
            Action::kAccept);
  EXPECT_EQ(gateway.Send(ChangedMail(Member(1), Token(1)), Portal(Member(0))).action(),
            Action::kHold);
  EXPECT_THAT(Disputed(gateway), ElementsAre(Member(0), Member(1)));
}

TEST_F(NoticeStore, FlowsExpireAndStayApart) {
  Gateway gateway(Conf("flow = { expires = \"1h\"; };\n"));
  gateway.UseMembers(Members(3));
  const auto reset = [&](int member, const std::string& token) {
    return gateway.Send(ResetMail(Member(member), token), Portal(Member(member))).action();
  };
  EXPECT_EQ(reset(0, Token(1)), Action::kAccept);
  EXPECT_EQ(reset(1, Token(2)), Action::kAccept) << "another token";
  gateway.clock.later += 2h;
  EXPECT_EQ(reset(1, Token(1)), Action::kAccept) << "a flow of yesterday";
  EXPECT_EQ(reset(1, Token(1)), Action::kAccept) << "the same mail again";
  EXPECT_EQ(reset(2, Token(1)), Action::kHold);
}

TEST_F(NoticeStore, SharedAddressesKeepTheirFlow) {
  Gateway gateway(Conf());
  gateway.UseMembers("office@example.jp acc1, acc2\nm1@example.jp acc1\n");
  const std::string office = "office@example.jp";
  EXPECT_EQ(gateway.Send(ResetMail(office, Token(1)), Portal(office)).action(), Action::kAccept);
  EXPECT_EQ(gateway.Send(ChangedMail(office, Token(1)), Portal(office)).action(), Action::kAccept);
  EXPECT_EQ(gateway.Send(ChangedMail("m1@example.jp", Token(1)), Portal(office)).action(),
            Action::kAccept);
}

TEST_F(NoticeStore, ObservedFlowsDisputeNobody) {
  Gateway gateway(Conf("checks = { flow = { mode = \"observe\"; }; };\n"));
  gateway.UseMembers(Members(2));
  gateway.Send(ResetMail(Member(0), Token(1)), Portal(Member(0)));
  const Sent crossed = gateway.Send(ChangedMail(Member(1), Token(1)), Portal(Member(1)));
  EXPECT_EQ(crossed.action(), Action::kAccept);
  EXPECT_EQ(crossed.would(), Action::kHold);
  EXPECT_THAT(Disputed(gateway), IsEmpty());
}

// 2014: accounts taken over, points exchanged, the news of it collected in one mailbox.
TEST_F(NoticeStore, HoldsNoticesForLockedAccounts) {
  Gateway gateway(Conf());
  gateway.UseMembers(Members(6));
  std::vector<store::Lock> locks;
  for (int i = 0; i < 3; ++i) {
    locks.push_back({Account(i), store::LockScope::kBoth, "impersonation", "T-1", "uid 0",
                     gateway.clock.Now(), std::nullopt});
  }
  ASSERT_EQ(gateway.store()->AddLocks(locks, By("uid 0")).value_or(0), 3u);
  for (int i = 0; i < 6; ++i) {
    const Sent sent = gateway.Send(PointsMail(Account(i), FormOf(i)), Portal(Member(i)));
    EXPECT_EQ(sent.action(), i < 3 ? Action::kHold : Action::kAccept) << i;
    // A notice of a reset carries a secret.
    EXPECT_EQ(gateway.Send(ResetMail(Member(i), Token(i)), Portal(Member(i))).action(),
              i < 3 ? Action::kHold : Action::kAccept);
    // Word that something is done does not.
    EXPECT_EQ(gateway.Send(ChangedMail(Member(i), Token(i)), Portal(Member(i))).action(),
              Action::kAccept);
  }
  EXPECT_EQ(gateway.store()->ListAccounts({.notice = "points"})->total, 6u);
  ASSERT_EQ(gateway.store()->RemoveLocks({Account(0)}, By("uid 0")).value_or(0), 1u);
  EXPECT_EQ(gateway.Send(PointsMail(Account(0)), Portal(Member(0))).action(), Action::kAccept);
}

TEST_F(NoticeStore, FindsAMailboxThatCollects) {
  Gateway gateway(Conf("fan_in = { accounts = 5; window = \"7d\"; };\n"));
  std::string owners;
  for (int i = 0; i < 30; ++i) owners += (i == 0 ? "" : ", ") + Account(i);
  gateway.UseMembers("drop@example.jp " + owners + "\n" + Members(30));
  int held = 0;
  for (int i = 0; i < 30; ++i) {
    held +=
        gateway.Send(PointsMail(Account(i)), Portal("drop@example.jp")).action() == Action::kHold;
    EXPECT_EQ(gateway.Send(PointsMail(Account(i)), Portal(Member(i))).action(), Action::kAccept);
    gateway.clock.later += 1h;
  }
  EXPECT_EQ(held, 25);
  EXPECT_THAT(gateway.Events().back().dump(), HasSubstr("notices for 30 accounts"));
  EXPECT_EQ(gateway.store()->ListAccounts({.notice = "points"})->total, 30u);
  gateway.clock.later += 24h * 8;
  EXPECT_EQ(gateway.Send(PointsMail(Account(1)), Portal("drop@example.jp")).action(),
            Action::kAccept);
}

// 10,000 forged notices from outside: every kind, crossed flows and collected ones, of members and
// of nobody, over several clients, some with a login of their own.
TEST_F(NoticeStore, StrangersSwitchNothing) {
  constexpr int kForged = 10'000;
  Gateway gateway(Conf());
  gateway.UseMembers(Members(50) + "thief@example.jp thief\n");
  const std::size_t history = gateway.store()->History({})->size();
  for (int i = 0; i < kForged; ++i) {
    const std::string target = Member(i % 50);
    const std::string other = Member((i + 7) % 50);
    const std::string token = Token(i / 4);
    const std::string mail = i % 4 == 0   ? ResetMail(target, token, FormOf(i))
                             : i % 4 == 1 ? ChangedMail(other, token, FormOf(i))
                             : i % 4 == 2 ? PointsMail(Account(i % 50), FormOf(i))
                                          : ResetMail(other, token, FormOf(i));
    Envelop envelope =
        Portal(i % 3 == 0 ? "m1@example.jp" : target, "198.51.100." + std::to_string(i % 250));
    if (i % 100 == 99) envelope = {.login = "thief", .sender = "<thief@example.jp>"};
    gateway.Send(mail, envelope);
  }
  EXPECT_EQ(gateway.store()->History({})->size(), history);
  const store::Store::Pruned traces = Traces(gateway);
  EXPECT_EQ(traces.flows, 0u);
  EXPECT_EQ(traces.fan_in, 0u);
  EXPECT_THAT(*gateway.store()->Disputes(10), IsEmpty());
  EXPECT_THAT(*gateway.store()->Breakers(gateway.clock.Now()), IsEmpty());
  // The portal's own flows go on, with the very tokens that strangers have used.
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(gateway.Send(ResetMail(Member(i), Token(i)), Portal(Member(i))).action(),
              Action::kAccept);
    EXPECT_EQ(gateway.Send(ChangedMail(Member(i), Token(i)), Portal(Member(i))).action(),
              Action::kAccept);
  }
}

TEST_F(NoticeStore, KeepsNoTokenInClear) {
  Gateway gateway(Conf());
  gateway.UseMembers(Members(2));
  gateway.Send(ResetMail(Member(0), Token(1)), Portal(Member(0)));
  gateway.Send(ChangedMail(Member(1), Token(1)), Portal(Member(1)));
  for (const std::string name : {"store.db", "store.db-wal", "events"}) {
    std::ostringstream text;
    text << std::ifstream(gateway.Path(name), std::ios::binary).rdbuf();
    EXPECT_FALSE(text.view().empty()) << name;
    EXPECT_EQ(text.view().find(Token(1)), std::string::npos) << name;
  }
  EXPECT_GT(Traces(gateway).flows, 0u);
}

TEST_F(NoticeStore, WhatTheStoreCannotTellIsHeld) {
  store::FakeStore down;
  Gateway gateway(Conf());
  gateway.UseMembers(Members(2));
  gateway.UseStore(&down);
  down.down = true;
  const Sent sent = gateway.Send(ResetMail(Member(0), Token(1)), Portal(Member(0)));
  EXPECT_GE(std::max(sent.action(), sent.rcpt.empty() ? Action::kAccept : sent.rcpt[0].action),
            Action::kHold);
}

class Transport : public NoticeStore {
 protected:
  using Kind = TransportAnswer::Kind;
  static Kind Ask(const Gateway& gateway, const std::string& key) {
    return AskTransport(gateway.context(), key).kind;
  }
  static void Dispute(Gateway& gateway, const std::string& address) {
    ASSERT_TRUE(gateway.store()->AddDispute(
        address, {store::DisputeKind::kPerson, gateway.clock.Now(), "T-1", "asked"}, By("uid 0")));
  }
};

TEST_F(Transport, DefersWhatIsDisputedOrSwapped) {
  Gateway gateway(Conf());
  gateway.UseMembers(Members(4));
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        gateway.store()->Enrol(Member(i), {Account(i)}, "import", By("import")).value_or(false));
  }
  for (const std::string key :
       {"m0@example.jp", "m3@example.jp", "nobody@example.jp", "m0@example.com", "example.jp", "*",
        "", "@", "a b@example.jp", "\xff@example.jp", "MAILER-DAEMON"}) {
    EXPECT_EQ(Ask(gateway, key), Kind::kNotFound) << key;
  }
  Dispute(gateway, Member(0));
  EXPECT_EQ(Ask(gateway, "m0@example.jp"), Kind::kDefer);
  EXPECT_EQ(Ask(gateway, "M0+news@Example.JP"), Kind::kDefer);
  EXPECT_EQ(Ask(gateway, "m1@example.jp"), Kind::kNotFound);

  gateway.UseMembers("m1@example.jp acc2\nm2@example.jp acc1\n");
  EXPECT_EQ(Ask(gateway, "m1@example.jp"), Kind::kDefer);
  EXPECT_EQ(gateway.Incidents().size(), 1u) << "it was this lookup that found it";
  EXPECT_EQ(gateway.LastEvent()["stage"], "transport");
  EXPECT_EQ(Ask(gateway, "m1@example.jp"), Kind::kDefer);
  EXPECT_EQ(gateway.Incidents().size(), 1u);
  gateway.UseMembers(Members(4));
  EXPECT_EQ(Ask(gateway, "m1@example.jp"), Kind::kNotFound) << "mended";
  EXPECT_EQ(Ask(gateway, "m0@example.jp"), Kind::kDefer) << "a person's word";
}

TEST_F(Transport, KeepsToModeActionAndExemptions) {
  for (const std::string conf :
       {"mode = \"observe\";\n", "checks = { pin = { mode = \"observe\"; }; };\n",
        "checks = { pin = { action = \"tag\"; }; };\n", "store = { url = \"\"; };\n",
        "exemptions = ( { name = \"x\"; recipients = [ \"m0@example.jp\" ]; exempts = [ \"pin\" ]; "
        "} );\n"}) {
    Gateway gateway(Conf(conf));
    gateway.UseMembers(Members(2));
    if (gateway.store() != nullptr) Dispute(gateway, Member(0));
    EXPECT_EQ(Ask(gateway, "m0@example.jp"), Kind::kNotFound) << conf;
  }
}

TEST_F(Transport, SaysThatItCannotTell) {
  store::FakeStore down;
  down.down = true;
  {
    Gateway gateway(Conf());
    gateway.UseMembers(Members(2));
    gateway.UseStore(&down);
    EXPECT_EQ(Ask(gateway, "m0@example.jp"), Kind::kUnavailable);
    EXPECT_EQ(Ask(gateway, "m0@example.com"), Kind::kNotFound) << "nothing to ask";
  }
  Gateway gateway(Conf("socketmap = { unavailable = \"accept\"; };\n"));
  gateway.UseMembers(Members(2));
  gateway.UseStore(&down);
  EXPECT_EQ(Ask(gateway, "m0@example.jp"), Kind::kNotFound);
}

}  // namespace
}  // namespace warifu::app
