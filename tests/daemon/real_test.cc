// warifu-milter itself, with a configuration and rules of its own, over the milter protocol.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <thread>

#include "milter_client.h"
#include "process.h"

namespace warifu::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string Rule(const std::string& id, const std::string& action) {
  return "[[rules]]\nid = \"" + id + "\"\ndescription = \"" + id + "\"\nregex = '''" + id +
         "-[0-9]{6}'''\nkeywords = [\"" + id +
         "\"]\n[rules.mail]\nseverity = \"high\"\naction = \"" + action + "\"\nmatches = [\"" + id +
         "-123456\"]\nmisses = [\"" + id + "\"]\n";
}

std::string Commands(const std::vector<Packet>& packets) {
  std::string out;
  for (const Packet& packet : packets) out += packet.command != 0 ? packet.command : '0';
  return out;
}

class RealDaemon : public testing::Test {
 protected:
  void SetUp() override {
    Write("rules.toml",
          Rule("tagtoken", "tag") + Rule("holdtoken", "hold") + Rule("rejecttoken", "reject"));
    Write("members", "taro@example.jp taro\nhanako@example.jp hanako\n");
    Configure("");
    if (geteuid() != 0) return;
    const passwd* nobody = getpwnam("nobody");
    ASSERT_NE(nobody, nullptr);
    ASSERT_EQ(chown(directory_.path().c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(directory_ / name) << text;
  }
  void Configure(const std::string& more) const {
    Write("warifu.conf",
          "mode = \"enforce\"; domains = [ \"example.jp\" ];\n"
          "user = \"nobody\";\n"
          "socket = { address = \"" +
              address_ +
              "\"; };\n"
              "control = { socket = \"" +
              (directory_ / "control.sock") +
              "\"; };\n"
              "directory = { table = \"" +
              (directory_ / "members") +
              "\"; };\n"
              "events = { target = \"" +
              (directory_ / "events") +
              "\"; all = true; };\n"
              "fingerprint = { key_file = \"" +
              (directory_ / "key") +
              "\"; };\n"
              "store = { url = \"sqlite:" +
              (directory_ / "store.db") +
              "\"; };\n"
              "cache_dir = \"" +
              directory_.path() +
              "\";\n"
              "rules = { paths = [ \"" +
              (directory_ / "rules.toml") + "\" ]; };\n" + more);
  }
  std::unique_ptr<DaemonProcess> Start() {
    return std::make_unique<DaemonProcess>(
        directory_, WARIFU_MILTER,
        std::vector<std::string>{"--config", directory_ / "warifu.conf"});
  }
  std::string Events() const {
    std::ifstream in(directory_ / "events");
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  static Mail FromTaro(const std::string& body) {
    Mail mail;
    mail.login = "taro";
    mail.sender = "<taro@example.jp>";
    mail.fields = {{"From", " taro@example.jp"}, {"Subject", " test"}};
    mail.body = body + "\r\n";
    return mail;
  }

  ScratchDirectory directory_;
  std::string address_ = "unix:" + (directory_ / "m.sock");
};

TEST_F(RealDaemon, DoesItsWork) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  EXPECT_EQ(Commands(client.Message(FromTaro("ordinary"))), "c");

  Mail forged = FromTaro("see tagtoken-123456");
  forged.fields.emplace_back("X-Warifu", " clean, trust me");
  const auto tagged = client.Message(forged);
  ASSERT_EQ(Commands(tagged), "mhc") << "forged mark away, own mark on";
  EXPECT_THAT(tagged[1].data, HasSubstr("X-Warifu"));
  EXPECT_THAT(tagged[1].data, Not(HasSubstr("tagtoken")));

  EXPECT_THAT(Commands(client.Message(FromTaro("see holdtoken-123456"))), testing::EndsWith("qc"));
  EXPECT_EQ(Commands(client.Message(FromTaro("see rejecttoken-123456"))), "y");
  EXPECT_THAT(client.last().data, HasSubstr("550 5.7"));
  EXPECT_THAT(client.last().data, Not(HasSubstr("rejecttoken")));

  Mail forger = FromTaro("ordinary");
  forger.login = "hanako";
  EXPECT_EQ(Commands(client.Message(forger)), "y");
  EXPECT_THAT(client.last().data, testing::StartsWith("5"));
  EXPECT_THAT(Events(), Not(HasSubstr("token-123456"))) << "the secret itself";
  EXPECT_THAT(Events(), HasSubstr("\"hanako\""));

  const auto start = std::chrono::steady_clock::now();
  daemon->Signal(SIGTERM);
  EXPECT_EQ(daemon->Wait(5s), 0) << daemon->Log();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  EXPECT_FALSE(fs::exists(directory_ / "m.sock"));
  EXPECT_FALSE(fs::exists(directory_ / "control.sock"));
}

TEST_F(RealDaemon, ReloadsRulesUnderLoad) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  std::atomic<bool> stop = false;
  std::atomic<int> mails = 0, failed = 0;
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&] {
      MilterClient client(address_);
      bool good = client.Open();
      while (good && !stop) {
        good = Commands(client.Message(FromTaro("see tagtoken-123456"))).ends_with("hc");
        ++mails;
      }
      failed += good ? 0 : 1;
    });
  }
  for (int i = 0; i < 10; ++i) {
    Write("rules.toml", Rule("tagtoken", "tag") + Rule("other" + std::to_string(i), "reject"));
    daemon->Signal(SIGUSR1);
    EXPECT_TRUE(daemon->Noticed("RELOADING=1", 5s));
    EXPECT_TRUE(daemon->Noticed("READY=1", 10s));
  }
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  EXPECT_EQ(Commands(client.Message(FromTaro("see other9-123456"))), "y");
  Write("rules.toml", "nonsense");
  daemon->Signal(SIGUSR1);
  EXPECT_TRUE(daemon->Noticed("RELOADING=1", 5s));
  EXPECT_TRUE(daemon->Noticed("READY=1", 10s));
  EXPECT_EQ(Commands(client.Message(FromTaro("see other9-123456"))), "y") << "the old rules stay";
  stop = true;
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(mails, 10);
}

TEST_F(RealDaemon, HandsBothSocketsOver) {
  auto old = Start();
  ASSERT_TRUE(old->ready()) << old->Log();
  const auto fresh = Start();
  ASSERT_TRUE(fresh->ready()) << fresh->Log();
  old->Signal(SIGTERM);
  EXPECT_EQ(old->Wait(5s), 0);
  EXPECT_TRUE(fs::exists(directory_ / "control.sock"));
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  EXPECT_EQ(Commands(client.Message(FromTaro("ordinary"))), "c");
}

TEST_F(RealDaemon, SaysWhatIsWrongAndServesNothing) {
  Configure("nonsense = 1;\nmode = \"perhaps\";\n");
  auto daemon = Start();
  EXPECT_EQ(daemon->Wait(10s), 2);
  EXPECT_THAT(daemon->Log(), HasSubstr("warifu.conf:"));
  Configure("");
  Write("rules.toml", "[[rules]]\nid = 1\n");
  daemon = Start();
  EXPECT_EQ(daemon->Wait(10s), 2);
  EXPECT_THAT(daemon->Log(), HasSubstr("rules.toml"));
  EXPECT_FALSE(fs::exists(directory_ / "m.sock"));
}

TEST_F(RealDaemon, Words) {
  const auto run = [&](std::vector<std::string> words) {
    return std::make_unique<DaemonProcess>(directory_, WARIFU_MILTER, std::move(words));
  };
  auto daemon = run({"--version"});
  EXPECT_EQ(daemon->Wait(5s), 0);
  EXPECT_THAT(daemon->Log(), HasSubstr("warifu-milter "));
  daemon = run({"--help"});
  EXPECT_EQ(daemon->Wait(5s), 0);
  EXPECT_THAT(daemon->Log(), HasSubstr("usage: "));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"--nonsense"}, {"--config"}, {"file"}}) {
    daemon = run(words);
    EXPECT_EQ(daemon->Wait(5s), 2);
    EXPECT_THAT(daemon->Log(), HasSubstr("usage: "));
  }
}

}  // namespace
}  // namespace warifu::test
