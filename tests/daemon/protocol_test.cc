// What an MTA sees of the running daemon, spoken raw.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>

#include "milter_client.h"
#include "process.h"

namespace warifu::test {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using std::string_literals::operator""s;

std::string Commands(const std::vector<Packet>& packets) {
  std::string out;
  for (const Packet& packet : packets) out += packet.command != 0 ? packet.command : '0';
  return out;
}

Mail WithTest(const std::string& words) {
  Mail mail;
  mail.fields.emplace_back("X-Test", " " + words);
  return mail;
}

class Protocol : public testing::TestWithParam<const char*> {
 protected:
  ScratchDirectory directory_;
  std::string address_, option_;
  std::unique_ptr<DaemonProcess> daemon_;

  void Start(std::vector<std::string> more = {"--say-ends", "1"}) {
    const std::string kind = GetParam();
    const std::string port = std::to_string(FreePort());
    if (kind == "unix") {
      address_ = option_ = "unix:" + (directory_ / "m.sock");
    } else if (kind == "inet") {
      option_ = "inet:" + port + "@127.0.0.1";
      address_ = "inet:127.0.0.1:" + port;
    } else {
      address_ = option_ = "inet:[::1]:" + port;
    }
    more.insert(more.begin(), {"--socket", option_});
    daemon_ = std::make_unique<DaemonProcess>(directory_, FAKE_DAEMON, more);
    ASSERT_TRUE(daemon_->ready()) << daemon_->Log();
  }
  // It serves a whole mail: whatever came before has not hurt it.
  void ExpectServes() {
    MilterClient client(address_);
    ASSERT_TRUE(client.Open());
    EXPECT_EQ(Commands(client.Message({})), "c");
  }
};

TEST_P(Protocol, AgreesOnlyToWhatItUses) {
  Start();
  MilterClient client(address_);
  const Agreed agreed = client.Negotiate();
  ASSERT_TRUE(agreed.ok);
  EXPECT_EQ(agreed.version, 6u);
  EXPECT_EQ(agreed.actions, 0x133u);  // ADDHDRS CHGBODY CHGHDRS QUARANTINE SETSYMLIST
  const bool silent = GetParam() == "unix"s;
  EXPECT_EQ(agreed.protocol, silent ? 0x1833C0u : 0x100340u);
  EXPECT_EQ(agreed.macro_lists.size(), 4u);
  for (const auto& [stage, list] : agreed.macro_lists) {
    EXPECT_THAT(list, HasSubstr("{daemon_name}")) << stage;
  }
  EXPECT_THAT(agreed.macro_lists.at(2), HasSubstr("{auth_authen}"));
  EXPECT_THAT(agreed.macro_lists.at(2), HasSubstr("{cert_subject} {cert_issuer}"));
  EXPECT_THAT(agreed.macro_lists.at(5), HasSubstr("i"));
}

TEST_P(Protocol, EveryOfferIsEnoughToServe) {
  Start();
  struct Offer {
    std::uint32_t version, actions, protocol;
  };
  for (const Offer& offer : {Offer{6, 0x1FF, 0x1FFFFF}, Offer{6, 0, 0}, Offer{2, 0x3F, 0x7F},
                             Offer{6, 0x1FF & ~0x20u, 0x1FFFFF & ~0x100000u},
                             Offer{6, 0x1FF & ~0x100u, 0x1FFFFF & ~0x80u}, Offer{4, 0x3F, 0x3FF}}) {
    MilterClient client(address_);
    const Agreed agreed = client.Negotiate(offer.version, offer.actions, offer.protocol);
    ASSERT_TRUE(agreed.ok) << std::hex << offer.actions << " " << offer.protocol;
    EXPECT_EQ(agreed.actions & ~(offer.actions != 0 ? offer.actions : 0xFu), 0u);
    EXPECT_EQ(agreed.protocol & ~(offer.protocol != 0 ? offer.protocol : 0x3Fu), 0u);
    EXPECT_EQ(client.Connect(), 'c');
    EXPECT_EQ(client.Helo(), 'c');
    EXPECT_EQ(Commands(client.Message({})), "c");
    EXPECT_EQ(Commands(client.Message(WithTest("reject"))), "y");
  }
  EXPECT_THAT(daemon_->Log(), HasSubstr("does not let a filter"));
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("internal fault")));
}

// Holding without QUARANTINE: the mail must not pass as if nothing had been wanted.
TEST_P(Protocol, AMissingActionBecomesATemporaryFailure) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Negotiate(6, 0x1FF & ~0x20u, 0x1FFFFF).ok);
  client.Connect();
  client.Helo();
  EXPECT_EQ(Commands(client.Message(WithTest("hold"))), "y");
  EXPECT_THAT(client.last().data, HasSubstr("451 4.3.0 "));
  EXPECT_EQ(Commands(client.Message({})), "c");
}

TEST_P(Protocol, EveryAnswer) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  Mail mail;
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  mail.sender = "<reject@example.jp>";
  EXPECT_EQ(Commands(client.Message(mail)), "y");
  EXPECT_EQ(client.last().data, "550 5.7.1 refused 100%%, ref R1\0"s);
  mail.sender = "<defer@example.jp>";
  EXPECT_EQ(Commands(client.Message(mail)), "y");
  EXPECT_EQ(client.last().data, "451 4.7.1 later, ref D1\0"s);
  EXPECT_EQ(Commands(client.Message(WithTest("reject"))), "y");
  EXPECT_EQ(client.last().data, "550 5.7.1 ref R2\0"s);
  EXPECT_EQ(Commands(client.Message(WithTest("defer"))), "y");
  EXPECT_EQ(client.last().data, "451 4.7.1 ref D2\0"s);
  const auto held = client.Message(WithTest("tag hold"));
  ASSERT_EQ(Commands(held), "hqc");
  EXPECT_EQ(held[0].data, "X-Warifu\0 tag; ref=T1\0"s);
  EXPECT_EQ(held[1].data, "warifu ref=H1\0"s);
}

TEST_P(Protocol, EditsComeInOrderAndTheBodyInOneRun) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  Mail mail = WithTest("unforge retype tag body=200000");
  mail.fields.emplace_back("X-Warifu", " forged 1");
  mail.fields.emplace_back("x-warifu", " forged 2");
  mail.fields.emplace_back("Content-Type", " text/html");
  const auto packets = client.Message(mail);
  ASSERT_EQ(Commands(packets), "mmmhbbbbc");
  EXPECT_EQ(packets[0].data, "\0\0\0\2X-Warifu\0\0"s);
  EXPECT_EQ(packets[1].data, "\0\0\0\1X-Warifu\0\0"s);
  EXPECT_EQ(packets[2].data, "\0\0\0\1Content-Type\0 text/plain\0"s);
  std::size_t body = 0;
  for (const Packet& packet : packets) body += packet.command == 'b' ? packet.data.size() : 0;
  EXPECT_EQ(body, 200002u);
}

TEST_P(Protocol, SeveralMessagesLoginsAndRefusedRecipients) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Negotiate().ok);
  client.Connect("client.example", "2001:db8::7", "submission");
  client.Helo();
  Mail mail;
  mail.queue_id = "Q1";
  mail.recipients = {"<reject@example.com>", "<x@example.com>", "<defer@example.com>"};
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  client.Helo("after-starttls.example");
  mail.login = "taro";
  mail.queue_id = "Q2";
  mail.recipients = {"<y@example.com>"};
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  mail.login = "";
  mail.queue_id = "Q3";
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  const std::string log = daemon_->Log();
  EXPECT_THAT(log, HasSubstr("end Q1 <x@example.com> login= listener=smtpd client=2001:db8::7\n"));
  EXPECT_THAT(log, HasSubstr("end Q2 <y@example.com> login=taro "));
  EXPECT_THAT(log, HasSubstr("end Q3 <y@example.com> login= ")) << "the login outlived its session";
}

TEST_P(Protocol, AbortAndQuitInAnyOrder) {
  Start();
  for (const char* script :
       {"",      "C", "CH", "CHM", "CHMR", "CHMRL", "CHMRLB",   "CHMRLBA", "CHMA",
        "CHAAA", "A", "Q",  "AQ",  "CQ",   "CHMRQ", "CHMRLBAQ", "B",       "E",
        "L",     "R", "CE", "CHE", "CHML", "CHMHM", "CHCM",     "MM"}) {
    MilterClient client(address_);
    ASSERT_TRUE(client.Negotiate().ok);
    for (const char* step = script; *step != '\0'; ++step) {
      if (*step == 'C') client.Send('C', "h\0U"s);
      if (*step == 'H') client.Send('H', "h\0"s);
      if (*step == 'M') client.Send('M', "<a@example.jp>\0"s);
      if (*step == 'R') client.Send('R', "<b@example.com>\0"s);
      if (*step == 'L') client.Send('L', "Subject\0 x\0"s);
      if (*step == 'B') client.Send('B', "body\r\n");
      if (std::strchr("AEQ", *step) != nullptr) client.Send(*step);
    }
    client.Close();
  }
  ExpectServes();
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("internal fault")));
}

// Postfix aborts after a finished message; the next one must be whole again.
TEST_P(Protocol, AbortBetweenMessages) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.MailFrom({}), 'c');
    EXPECT_EQ(client.RcptTo("<dropped@example.com>", ""), 'c');
    client.Send('A');
    Mail mail;
    mail.queue_id = "N" + std::to_string(i);
    EXPECT_EQ(Commands(client.Message(mail)), "c");
    client.Send('A');
    EXPECT_THAT(daemon_->Log(), HasSubstr("end " + mail.queue_id + " <b@example.com> "));
  }
}

// "Quit, but a new connection follows" (K): no negotiation before the next SMTP client.
TEST_P(Protocol, ANewClientOnTheSameConnection) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  Mail mail;
  mail.queue_id = "K1";
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  client.Send('K');
  EXPECT_EQ(client.Connect("second.example", "198.51.100.9"), 'c');
  EXPECT_EQ(client.Helo(), 'c');
  mail.queue_id = "K2";
  EXPECT_EQ(Commands(client.Message(mail)), "c");
  EXPECT_EQ(Commands(client.Message(WithTest("reject"))), "y");
  EXPECT_THAT(daemon_->Log(),
              HasSubstr("end K2 <b@example.com> login= listener=smtpd client=198.51.100.9"));
}

TEST_P(Protocol, GarbageClosesItsConnectionOnly) {
  Start();
  const std::vector<std::string> garbage = {
      "GET / HTTP/1.0\r\n\r\n"s,
      "\0\0\0\0"s,
      "\0\0\0\0\0\0\0\0"s,
      "\xff\xff\xff\xffO"s,
      "\x7f\xff\xff\xffO"s,
      "\0\1\0\1B"s,                            // one byte beyond the largest packet
      "\0\0\0\1O"s,                            // negotiation without its words
      "\0\0\0\5O\0\0\0\6"s,                    // too short
      "\0\0\0\x0dO\0\0\0\1\0\0\0\1\0\0\0\1"s,  // version 1
      "\0\0\0\2Z\0"s,                          // no such command
      "\0\0\0\6Hhello"s,                       // HELO before all else
      std::string(100000, '\xff'),
  };
  for (const std::string& bytes : garbage) {
    MilterClient client(address_, 300);
    ASSERT_TRUE(client.connected());
    client.SendRaw(bytes);
  }
  for (const std::string& bytes :
       {"\0\0\0\3Chx"s,
        "\0\0\0\x0a"
        "Ch\0"
        "4\0\0abcd"s,
        "\0\0\0\1M"s, "\0\0\0\2Mx"s, "\0\0\0\3Lab"s, "\0\0\0\4La\0b"s, "\0\0\0\1R"s}) {
    MilterClient client(address_, 300);
    ASSERT_TRUE(client.Negotiate().ok);
    client.SendRaw(bytes);
    client.ReadsEnd();
  }
  ExpectServes();
  EXPECT_EQ(daemon_->Wait(0ms), -1000) << "the daemon died";
}

TEST_P(Protocol, ATruncatedPacketIsNoMessage) {
  Start();
  {
    MilterClient client(address_);
    ASSERT_TRUE(client.Open());
    client.MailFrom({});
    client.RcptTo("<b@example.com>", "");
    client.Header("Subject", " x");
    client.SendRaw(
        "\0\0\xff\xff"
        "Bhalf a chunk"s);
  }
  ExpectServes();
  EXPECT_THAT(daemon_->Log(), Not(HasSubstr("end 4QID <b@example.com> login= listener=smtpd "
                                            "client=192.0.2.1\nend 4QID")));
}

TEST_P(Protocol, AThrowingInspectorIsATemporaryFailure) {
  Start();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  Mail mail;
  mail.sender = "<throw@example.jp>";
  EXPECT_EQ(Commands(client.Message(mail)), "y");
  EXPECT_THAT(client.last().data, HasSubstr("451 4.3.0 "));
  mail = {};
  mail.recipients = {"<throw@example.com>"};
  EXPECT_EQ(Commands(client.Message(mail)), "y");
  EXPECT_EQ(Commands(client.Message(WithTest("throw"))), "y");
  EXPECT_EQ(Commands(client.Message({})), "c");
  EXPECT_THAT(daemon_->Log(), HasSubstr("internal fault in mail: asked to throw"));
  EXPECT_THAT(daemon_->Log(), HasSubstr("internal fault in rcpt"));
  EXPECT_THAT(daemon_->Log(), HasSubstr("internal fault in end"));
}

TEST_P(Protocol, LongWorkSaysThatItIsAlive) {
  Start({"--progress", "100"});
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  const auto packets = client.Message(WithTest("sleep=650 tag"));
  EXPECT_THAT(Commands(packets), AnyOf("pppphc", "ppppphc", "pppppphc"));
}

// Over TCP, steps without an answer cost 44 ms a mail: the MTA's next small packet waits for an
// acknowledgement that the kernel on our side delays.
TEST_P(Protocol, ManyMailsDoNotStall) {
  Start({});
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  Mail mail;
  for (int i = 0; i < 10; ++i) mail.fields.emplace_back("X-" + std::to_string(i), " some value");
  mail.body = std::string(4000, 'x') + "\r\n";
  constexpr int kMails = 100;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kMails; ++i) ASSERT_EQ(Commands(client.Message(mail)), "c");
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
  std::cout << GetParam() << ": " << took.count() / kMails << " us a mail\n";
  EXPECT_LT(took.count() / kMails, 20000);
}

TEST_P(Protocol, TooManyMessagesAreShed) {
  Start({"--max-messages", "1"});
  MilterClient first(address_), second(address_);
  ASSERT_TRUE(first.Open());
  ASSERT_TRUE(second.Open());
  EXPECT_EQ(first.MailFrom({}), 'c');
  EXPECT_EQ(second.MailFrom({}), 'y');
  EXPECT_THAT(second.last().data, HasSubstr("451 4.3.2 "));
  first.Send('A');
  first.MailFrom({});  // answered only after the abort has been worked off
  first.Send('A');
  EXPECT_EQ(Commands(first.Message({})), "c");
}

INSTANTIATE_TEST_SUITE_P(Sockets, Protocol, testing::Values("unix", "inet", "inet6"),
                         [](const auto& socket) { return std::string(socket.param); });

}  // namespace
}  // namespace warifu::test
