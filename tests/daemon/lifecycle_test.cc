// Start, reload, stop and handover of the running daemon, and what it does when things run short.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "milter_client.h"
#include "process.h"

namespace warifu::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::Not;

// Seconds. Not a figure of speed: libmilter left to itself takes 5 s or never ends, and a busy
// machine adds a second to anything.
constexpr double kPromptly = 4.0;

char LastOf(const std::vector<Packet>& packets) {
  return packets.empty() ? '\0' : packets.back().command;
}

Mail WithTest(const std::string& words) {
  Mail mail;
  mail.fields.emplace_back("X-Test", " " + words);
  return mail;
}

double SecondsSince(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

class Lifecycle : public testing::Test {
 protected:
  ScratchDirectory directory_;
  std::string path_ = directory_ / "m.sock";
  std::string address_ = "unix:" + path_;

  std::unique_ptr<DaemonProcess> Start(std::vector<std::string> more = {},
                                       DaemonProcess::Limits limits = {}) {
    more.insert(more.begin(), {"--socket", address_});
    return std::make_unique<DaemonProcess>(directory_, FAKE_DAEMON, more, limits);
  }
  std::vector<std::string> SocketFiles() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(directory_.path())) {
      const std::string name = entry.path().filename();
      if (name.starts_with("m.sock")) out.push_back(name);
    }
    return out;
  }
  // Seconds that a stop took, and nothing is left behind.
  double Stop(DaemonProcess& daemon, int expected = 0) {
    const auto start = steady_clock::now();
    daemon.Signal(SIGTERM);
    EXPECT_EQ(daemon.Wait(20s), expected) << daemon.Log();
    return SecondsSince(start);
  }
};

TEST_F(Lifecycle, StartsAndStops) {
  const auto daemon = Start({"--mode", "0600", "--pid-file", directory_ / "pid"});
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_TRUE(S_ISSOCK(status.st_mode));
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  std::ifstream pid_file(directory_ / "pid");
  long pid = 0;
  pid_file >> pid;
  EXPECT_EQ(pid, daemon->pid());
  EXPECT_THAT(daemon->Log(), HasSubstr("smtpd_milters = unix:" + path_));
  EXPECT_THAT(daemon->Log(), HasSubstr("S=local:" + path_));
  EXPECT_LT(Stop(*daemon), kPromptly);
  EXPECT_TRUE(daemon->Noticed("STOPPING=1", 1s));
  EXPECT_THAT(SocketFiles(), testing::IsEmpty());
  EXPECT_FALSE(fs::exists(directory_ / "pid"));
}

TEST_F(Lifecycle, StopsPromptlyOverTcpToo) {
  const int port = FreePort();
  address_ = "inet:" + std::to_string(port) + "@127.0.0.1";
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  MilterClient idle("inet:127.0.0.1:" + std::to_string(port));
  ASSERT_TRUE(idle.Open());
  EXPECT_LT(Stop(*daemon), kPromptly);
}

TEST_F(Lifecycle, IdleConnectionsCostNoThreads) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  std::vector<std::unique_ptr<MilterClient>> clients;
  for (int i = 0; i < 500; ++i) {
    clients.push_back(std::make_unique<MilterClient>(address_));
    ASSERT_TRUE(clients.back()->Open()) << i;
  }
  const int threads = daemon->Threads();
  std::cout << "threads with 500 idle connections: " << threads << ", resident "
            << daemon->ResidentKiB() << " KiB\n";
  // libmilter starts a worker when none is idle, and lets the surplus go after 10 s.
  EXPECT_LE(threads, 50);
  EXPECT_GE(daemon->Descriptors(), 500);
  for (const auto& client : clients) ASSERT_EQ(LastOf(client->Message({})), 'c');
  EXPECT_LE(daemon->Threads(), 50);
  const double seconds = Stop(*daemon);
  std::cout << "stop with 500 idle connections: " << seconds * 1000 << " ms\n";
  EXPECT_LT(seconds, kPromptly);
}

TEST_F(Lifecycle, AMessageUnderWayMayEnd) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  MilterClient busy(address_), between(address_), idle(address_);
  ASSERT_TRUE(busy.Open());
  ASSERT_TRUE(between.Open());
  ASSERT_TRUE(idle.Open());
  char result = 0;
  std::thread working([&] { result = LastOf(busy.Message(WithTest("sleep=700"))); });
  ASSERT_EQ(between.MailFrom({}), 'c');  // its message waits for the client, not for us
  std::this_thread::sleep_for(200ms);
  const auto start = steady_clock::now();
  daemon->Signal(SIGTERM);
  std::this_thread::sleep_for(200ms);
  EXPECT_FALSE(fs::exists(path_)) << "no new connections";
  EXPECT_EQ(idle.MailFrom({}), 'y') << "no new messages";
  EXPECT_THAT(idle.last().data, HasSubstr("421 4.3.2"));
  EXPECT_EQ(between.RcptTo("<b@example.com>", ""), 'c');
  EXPECT_EQ(between.Header("Subject", " x"), 'c');
  EXPECT_EQ(LastOf(between.End()), 'c');
  working.join();
  EXPECT_EQ(result, 'c');
  EXPECT_EQ(daemon->Wait(5s), 0) << daemon->Log();
  EXPECT_LT(SecondsSince(start), kPromptly);
}

TEST_F(Lifecycle, TheGraceIsBounded) {
  const auto daemon = Start({"--grace", "300"});
  ASSERT_TRUE(daemon->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  ASSERT_EQ(client.MailFrom({}), 'c');
  const double seconds = Stop(*daemon);
  EXPECT_GE(seconds, 0.3);
  EXPECT_LT(seconds, kPromptly);
  EXPECT_THAT(daemon->Log(), HasSubstr("1 messages still under way"));
}

// The inspection itself hangs: nothing it uses may be pulled away under it, so the process leaves.
TEST_F(Lifecycle, AHangingInspectionDoesNotHoldTheStop) {
  const auto daemon = Start({"--grace", "300"});
  ASSERT_TRUE(daemon->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  std::thread working([&] { EXPECT_EQ(LastOf(client.Message(WithTest("sleep=30000"))), 0); });
  std::this_thread::sleep_for(200ms);
  EXPECT_LT(Stop(*daemon, 3), kPromptly);
  working.join();
}

TEST_F(Lifecycle, ASecondTermEndsThePatience) {
  const auto daemon = Start({"--grace", "20000"});
  ASSERT_TRUE(daemon->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  ASSERT_EQ(client.MailFrom({}), 'c');
  daemon->Signal(SIGTERM);
  EXPECT_EQ(daemon->Wait(500ms), -1000);
  EXPECT_LT(Stop(*daemon), kPromptly);
}

TEST_F(Lifecycle, InterruptStopsToo) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  daemon->Signal(SIGINT);
  EXPECT_EQ(daemon->Wait(1s), 0);
}

TEST_F(Lifecycle, UsrOneReloadsAndTellsSystemd) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  EXPECT_THAT(client.Message(WithTest("generation"))[0].data, HasSubstr(" 1"));
  daemon->Signal(SIGUSR1);
  EXPECT_TRUE(daemon->Noticed("RELOADING=1", 2s));
  EXPECT_TRUE(daemon->Noticed("READY=1", 2s));
  EXPECT_THAT(client.Message(WithTest("generation"))[0].data, HasSubstr(" 2"));
}

TEST_F(Lifecycle, HangUpIsIgnored) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  for (int i = 0; i < 200; ++i) {
    daemon->Signal(SIGHUP);
    daemon->Signal(SIGUSR1);
    ASSERT_EQ(LastOf(client.Message({})), 'c') << i << daemon->Log();
  }
  EXPECT_EQ(daemon->Wait(300ms), -1000) << "HUP must not stop it";
  EXPECT_LT(Stop(*daemon), kPromptly);
}

TEST_F(Lifecycle, TermDuringALongReload) {
  const auto daemon = Start({"--reload-ms", "400"});
  ASSERT_TRUE(daemon->ready());
  daemon->Signal(SIGUSR1);
  ASSERT_TRUE(daemon->Noticed("RELOADING=1", 2s));
  EXPECT_LT(Stop(*daemon), kPromptly);
}

// One of its threads waits for TERM, too, and may take one that comes while it starts.
TEST_F(Lifecycle, ATermThatLibmilterTakesStopsItAsSoon) {
  const auto daemon = Start({});
  ASSERT_TRUE(daemon->ready());
  std::this_thread::sleep_for(100ms);
  const auto start = steady_clock::now();
  const std::string tasks = "/proc/" + std::to_string(daemon->pid()) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    const pid_t thread = std::stoi(task.path().filename());
    if (thread != daemon->pid()) syscall(SYS_tgkill, daemon->pid(), thread, SIGTERM);
  }
  EXPECT_EQ(daemon->Wait(20s), 0) << daemon->Log();
  EXPECT_LT(SecondsSince(start), kPromptly);
}

// What clients of several threads saw.
struct Tally {
  std::atomic<int> connections = 0, refused = 0, mails = 0, failed = 0;
};

// Connects, sends one to three mails, leaves; until told to stop.
void KeepSending(const std::string& address, const std::atomic<bool>& stop, Tally& tally) {
  for (int turn = 0; !stop; ++turn) {
    MilterClient client(address, 5000);
    ++tally.connections;
    if (!client.connected() || !client.Open()) {
      ++tally.refused;
      continue;
    }
    for (int i = 0; i <= turn % 3; ++i) {
      const bool done = LastOf(client.Message({})) == 'c';
      ++(done ? tally.mails : tally.failed);
    }
    client.Send('Q');
  }
}

class Load {
 public:
  Load(const std::string& address, int threads) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, address] { KeepSending(address, stop_, tally_); });
    }
  }
  const Tally& Finish() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return tally_;
  }
  ~Load() { Finish(); }

 private:
  std::atomic<bool> stop_ = false;
  Tally tally_;
  std::vector<std::thread> threads_;
};

TEST_F(Lifecycle, AHandoverRefusesNoConnection) {
  auto current = Start({"--grace", "10000"});
  ASSERT_TRUE(current->ready());
  Load load(address_, 6);
  constexpr int kHandovers = 10;
  for (int i = 0; i < kHandovers; ++i) {
    std::this_thread::sleep_for(100ms);
    auto next = Start({"--grace", "10000"});
    ASSERT_TRUE(next->ready()) << next->Log();
    EXPECT_LT(Stop(*current), kPromptly);
    EXPECT_TRUE(fs::exists(path_)) << "the old one removed its successor's socket";
    current = std::move(next);
  }
  const Tally& tally = load.Finish();
  std::cout << kHandovers << " handovers under load: " << tally.connections << " connections, "
            << tally.refused << " refused, " << tally.mails << " mails, " << tally.failed
            << " failed\n";
  EXPECT_EQ(tally.refused, 0);
  EXPECT_EQ(tally.failed, 0);
  EXPECT_GT(tally.mails, 100);
  EXPECT_LT(Stop(*current), kPromptly);
  EXPECT_THAT(SocketFiles(), testing::IsEmpty());
}

TEST_F(Lifecycle, AfterAHandoverTheOldOneServesItsSessions) {
  const auto old = Start();
  ASSERT_TRUE(old->ready());
  MilterClient client(address_);
  ASSERT_TRUE(client.Open());
  const auto fresh = Start();
  ASSERT_TRUE(fresh->ready());
  EXPECT_THAT(fresh->Log(), HasSubstr("taking over"));
  EXPECT_THAT(old->Log(), Not(HasSubstr("taking over")));
  old->Signal(SIGTERM);
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(old->Wait(0ms), -1000);
  EXPECT_EQ(LastOf(client.Message({})), 'c') << "a whole new message, in the old session";
  MilterClient other(address_);
  ASSERT_TRUE(other.Open());
  client.Send('Q');
  EXPECT_EQ(old->Wait(2s), 0) << "the last session has gone";
  EXPECT_EQ(LastOf(other.Message({})), 'c');
}

TEST_F(Lifecycle, ReloadsAndHangUpsUnderLoadLoseNothing) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready());
  Load load(address_, 4);
  for (int i = 0; i < 100; ++i) {
    daemon->Signal(i % 2 == 0 ? SIGUSR1 : SIGHUP);
    std::this_thread::sleep_for(10ms);
  }
  const Tally& tally = load.Finish();
  EXPECT_EQ(tally.refused, 0);
  EXPECT_EQ(tally.failed, 0);
  EXPECT_GT(tally.mails, 100);
  EXPECT_LT(Stop(*daemon), kPromptly);
}

TEST_F(Lifecycle, AKilledDaemonsSocketIsReplaced) {
  {
    const auto killed = Start();
    ASSERT_TRUE(killed->ready());
    killed->Signal(SIGKILL);
    killed->Wait(5s);
  }
  EXPECT_FALSE(MilterClient(address_).connected());
  // As one leaves it that dies before it takes the public name.
  ASSERT_EQ(rename(path_.c_str(), (path_ + ".999999999").c_str()), 0);
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  EXPECT_THAT(SocketFiles(), testing::ElementsAre("m.sock"));
  MilterClient client(address_);
  EXPECT_TRUE(client.Open());
}

// Sendmail takes a socket with a second name for a trap and does not start with it.
TEST_F(Lifecycle, TheSocketHasOneName) {
  const auto daemon = Start();
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  const auto successor = Start();
  ASSERT_TRUE(successor->ready()) << successor->Log();
  EXPECT_THAT(SocketFiles(), testing::ElementsAre("m.sock"));
  struct stat status;
  ASSERT_EQ(lstat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_nlink, 1u);
}

TEST_F(Lifecycle, RefusesToStartInABadPlace) {
  std::ofstream(path_) << "precious";
  auto daemon = Start();
  EXPECT_EQ(daemon->Wait(2s), 1);
  EXPECT_THAT(daemon->Log(), HasSubstr("is not a socket"));
  EXPECT_EQ(fs::file_size(path_), 8u) << "what stood there must stay";

  fs::create_directory(directory_ / "open");
  chmod((directory_ / "open").c_str(), 0777);
  address_ = "unix:" + (directory_ / "open/m.sock");
  daemon = Start();
  EXPECT_EQ(daemon->Wait(2s), 1);
  EXPECT_THAT(daemon->Log(), HasSubstr("written by everybody"));

  address_ = "unix:" + (directory_ / "missing/m.sock");
  daemon = Start();
  EXPECT_EQ(daemon->Wait(2s), 1);
  EXPECT_THAT(daemon->Log(), HasSubstr("No such file"));

  address_ = "unix:" + (directory_ / "n.sock");
  daemon = Start({"--group", "no-such-group-here"});
  EXPECT_EQ(daemon->Wait(2s), 1);
  EXPECT_THAT(daemon->Log(), HasSubstr("there is no group"));
  EXPECT_FALSE(fs::exists(directory_ / "n.sock"));
}

TEST_F(Lifecycle, AUsedPortIsAPlainError) {
  const int port = FreePort();
  address_ = "inet:" + std::to_string(port) + "@127.0.0.1";
  const auto first = Start();
  ASSERT_TRUE(first->ready());
  const auto second = Start();
  EXPECT_EQ(second->Wait(2s), 1);
  EXPECT_THAT(second->Log(), HasSubstr("Address already in use"));
}

// Sessions are shed before descriptors run out; running out all the same is survived.
TEST_F(Lifecycle, SurvivesTooFewDescriptors) {
  for (const unsigned long limit : {60ul, 220ul}) {
    const auto daemon = Start({}, {limit});
    ASSERT_TRUE(daemon->ready());
    {
      std::vector<std::unique_ptr<MilterClient>> clients;
      int served = 0;
      for (int i = 0; i < 300; ++i) {
        clients.push_back(std::make_unique<MilterClient>(address_, served > 40 ? 20 : 2000));
        served += clients.back()->Open() ? 1 : 0;
      }
      EXPECT_GT(served, 30) << limit;
      EXPECT_LT(served, 300) << limit;
      EXPECT_EQ(LastOf(clients[0]->Message({})), 'c') << "who is in is served";
    }
    std::this_thread::sleep_for(200ms);
    MilterClient later(address_);
    ASSERT_TRUE(later.Open()) << daemon->Log();
    EXPECT_EQ(LastOf(later.Message({})), 'c');
    EXPECT_LT(Stop(*daemon), kPromptly);
  }
}

std::string StatusLine(pid_t pid, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + ":")) return line.substr(name.size() + 2);
  }
  return "";
}

TEST_F(Lifecycle, RootIsGivenUpForGood) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to start from";
  const passwd* nobody = getpwnam("nobody");
  ASSERT_NE(nobody, nullptr);
  ASSERT_EQ(chown(directory_.path().c_str(), nobody->pw_uid, nobody->pw_gid), 0);
  const auto daemon = Start({"--user", "nobody"});
  ASSERT_TRUE(daemon->ready()) << daemon->Log();
  const std::string uid = std::to_string(nobody->pw_uid);
  EXPECT_EQ(StatusLine(daemon->pid(), "Uid"), uid + "\t" + uid + "\t" + uid + "\t" + uid);
  EXPECT_EQ(StatusLine(daemon->pid(), "NoNewPrivs"), "1");
  EXPECT_THAT(StatusLine(daemon->pid(), "CapEff"), HasSubstr("0000000000000000"));
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, nobody->pw_uid);
  EXPECT_LT(Stop(*daemon), kPromptly);
  EXPECT_THAT(SocketFiles(), testing::IsEmpty());
}

TEST_F(Lifecycle, WillNotBeRoot) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to start from";
  for (const char* user : {"", "root", "no-such-user-here"}) {
    const auto daemon = Start({"--user", user});
    EXPECT_EQ(daemon->Wait(2s), 2) << user;
    EXPECT_FALSE(fs::exists(path_));
  }
}

}  // namespace
}  // namespace warifu::test
