// A PostgreSQL that stops answering, goes away and comes back. Needs served.store.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/mount.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "fixture.h"

namespace warifu::store {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

// The time-out of these tests is 500 ms; without one each would wait until the server goes on. The
// rest is for a busy machine.
constexpr milliseconds kBounded{3000};

// The server's process and its children: one a connection.
std::vector<pid_t> Family(pid_t parent) {
  std::vector<pid_t> family = {parent};
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string stat;
    std::getline(file, stat);
    const std::size_t end = stat.rfind(')');
    if (end == std::string::npos) continue;
    pid_t of = 0;
    if (std::sscanf(stat.c_str() + end + 1, " %*c %d", &of) == 1 && of == parent) {
      family.push_back(std::stoi(name));
    }
  }
  return family;
}

class PostgresqlFaultsTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* pid = std::getenv("WARIFU_PG_PID");
    place_ = Place::On("postgresql");
    if (place_ == nullptr || pid == nullptr) {
      GTEST_SKIP() << "SKIPPED: WARIFU_PG names no PostgreSQL; see served.store";
    }
    server_ = std::stoi(pid);
    options_ = place_->At();
    options_.timeout = milliseconds(500);
    store_ = Must(Open(options_));
    Must(store_->Enrol("a@x", {"anna"}, "mail", By("mail", 1)));
  }
  void TearDown() override {
    if (server_ != 0) Signal(SIGCONT);
  }
  void Signal(int number) {
    for (const pid_t pid : Family(server_)) ::kill(pid, number);
  }
  static milliseconds Since(Steady::time_point begin) {
    return std::chrono::duration_cast<milliseconds>(Steady::now() - begin);
  }

  std::unique_ptr<Place> place_;
  pid_t server_ = 0;
  Options options_;
  std::unique_ptr<Store> store_;
};

TEST_F(PostgresqlFaultsTest, AServerThatIsStoppedCostsTheTimeOutAndNoMore) {
  const auto uncached = [&] { return store_->AddressesOf("anna", 10); };
  Must(uncached());
  Signal(SIGSTOP);
  for (int i = 0; i < 3; ++i) {
    const auto begin = Steady::now();
    const auto answer = uncached();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().kind, ErrorKind::kTemporary) << answer.error().ToString();
    EXPECT_LT(Since(begin), kBounded);
  }
  const auto begin = Steady::now();
  EXPECT_FALSE(store_->Enrol("b@x", {"bert"}, "mail", By("mail", 1)));
  EXPECT_FALSE(store_->Refresh());
  EXPECT_LT(Since(begin), 2 * kBounded);
  Signal(SIGCONT);
  Result<std::vector<std::string>> again = uncached();
  for (const auto until = Steady::now() + std::chrono::seconds(20); !again && Steady::now() < until;
       again = uncached()) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(Must(again), std::vector<std::string>{"a@x"}) << "recovers by itself";
}

TEST_F(PostgresqlFaultsTest, NoCallHangsWhenTheServerIsStoppedUnderLoad) {
  std::atomic<bool> done{false};
  std::atomic<int> answered{0}, refused{0};
  std::atomic<std::int64_t> longest{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; !done; ++i) {
        const std::string name = std::to_string(caller) + "-" + std::to_string(i);
        const auto begin = Steady::now();
        const bool ok = i % 3 == 0
                            ? store_->Enrol(name + "@x", {"n"}, "mail", By("mail", 1)).has_value()
                            : store_->Refresh().has_value() && store_->Find(name).has_value();
        // Refresh and Find are two calls.
        const std::int64_t took = Since(begin).count() / (i % 3 == 0 ? 1 : 2);
        for (std::int64_t seen = longest; took > seen;) {
          if (longest.compare_exchange_weak(seen, took)) break;
        }
        ++(ok ? answered : refused);
        if (!ok) std::this_thread::sleep_for(milliseconds(5));
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(500));
  Signal(SIGSTOP);
  std::this_thread::sleep_for(milliseconds(2'500));
  EXPECT_GT(answered, 0);
  EXPECT_GT(refused, 0);
  Signal(SIGCONT);
  const int before = answered;
  for (const auto until = Steady::now() + std::chrono::seconds(30);
       answered < before + 50 && Steady::now() < until;) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  done = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_GE(answered, before + 50) << "it goes on by itself";
  EXPECT_LT(longest, kBounded.count()) << "the time-out, and the slowness of this machine";
}

TEST_F(PostgresqlFaultsTest, OpeningAServerThatIsStoppedEnds) {
  store_.reset();
  Signal(SIGSTOP);
  const auto begin = Steady::now();
  const auto refused = Open(options_);
  EXPECT_LT(Since(begin), milliseconds(6'000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kTemporary);
}

TEST_F(PostgresqlFaultsTest, AServerThatIsStoppedAtTheStartIsOpenedWhenItAnswers) {
  store_.reset();
  Signal(SIGSTOP);
  std::optional<Error> late;
  const auto store = Must(OpenSoon(options_, &late));
  ASSERT_TRUE(late.has_value());
  const auto begin = Steady::now();
  EXPECT_FALSE(store->Refresh());
  EXPECT_LT(Since(begin), kBounded);
  Signal(SIGCONT);
  Result<AddressRecord> record = store->Find("a@x");
  for (const auto until = Steady::now() + std::chrono::seconds(20);
       !record && Steady::now() < until; record = store->Find("a@x")) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_EQ(Must(record).Owners(), Accounts{"anna"});
}

TEST_F(PostgresqlFaultsTest, LostConnectionsAreMadeAnewWithoutAnError) {
  for (int i = 0; i < 3; ++i) {
    place_->Execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'warifu'");
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_EQ(Must(store_->AddressesOf("anna", 10)).size(), 1U);
    place_->Execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'warifu'");
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(
        Must(store_->Enrol("n" + std::to_string(i) + "@x", {"anna2"}, "mail", By("mail", 1))));
  }
}

TEST_F(PostgresqlFaultsTest, AWriterElsewhereCostsTheTimeOut) {
  std::thread holder(
      [&] { place_->Execute("BEGIN; SELECT * FROM meta FOR UPDATE; SELECT pg_sleep(4); COMMIT"); });
  std::this_thread::sleep_for(milliseconds(200));
  const auto begin = Steady::now();
  const auto busy = store_->Enrol("b@x", {"bert"}, "mail", By("mail", 1));
  EXPECT_LT(Since(begin), kBounded);
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, ErrorKind::kTemporary);
  EXPECT_TRUE(store_->AddressesOf("anna", 10)) << "reading goes on";
  holder.join();
  EXPECT_TRUE(Must(store_->Enrol("b@x", {"bert"}, "mail", By("mail", 1))));
}

// A file system of its own for a tablespace, which the server's user may write.
class SmallDisk {
 public:
  SmallDisk() {
    const std::string options =
        "size=16m,mode=0700,uid=" + std::to_string(65534) + ",gid=" + std::to_string(65534);
    std::filesystem::permissions(folder_.path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(path());
    mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  std::string path() const { return folder_.path() / "disk"; }
  void Fill() const {
    std::ofstream ballast(path() + "/ballast", std::ios::binary);
    const std::string page(4'096, 'x');
    while (ballast << page << std::flush) {
    }
  }
  void MakeRoom() const { std::filesystem::remove(path() + "/ballast"); }

 private:
  const Scratch folder_;
  bool mounted_ = false;
};

TEST_F(PostgresqlFaultsTest, AFullDiskIsPassingAndMendsItself) {
  const SmallDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "SKIPPED: a small disk can only be made by root";
  const auto move = [this](const std::string& from, const std::string& to) {
    for (const char* kind : {"TABLE", "INDEX"}) {
      place_->Execute("ALTER " + std::string(kind) + " ALL IN TABLESPACE " + from +
                      " SET TABLESPACE " + to);
    }
  };
  place_->Execute("CREATE TABLESPACE small LOCATION '" + disk.path() + "'");
  move("pg_default", "small");
  disk.Fill();
  int i = 0;
  const auto enrol = [&] {
    const std::string name = std::to_string(++i) + std::string(200, 'x');
    return store_->Enrol(name + "@x", {"bert"}, "mail", By("mail", 1));
  };
  Result<bool> full = true;
  while (full && i < 2'000) full = enrol();
  ASSERT_FALSE(full) << "no more than what was left of the last pages";
  EXPECT_EQ(full.error().kind, ErrorKind::kTemporary) << full.error().ToString();
  EXPECT_THAT(full.error().text, testing::HasSubstr("No space left on device"));
  EXPECT_EQ(Must(store_->AddressesOf("anna", 10)).size(), 1U) << "reading goes on";
  EXPECT_EQ(Must(store_->Find("a@x")).Owners(), Accounts{"anna"});
  disk.MakeRoom();
  EXPECT_TRUE(Must(enrol()));
  EXPECT_EQ(Must(store_->AddressesOf("bert", 10'000)).size(), static_cast<std::size_t>(i - 1))
      << "all that were acknowledged, and no other";
  move("small", "pg_default");
  place_->Execute("DROP TABLESPACE small");
}

TEST_F(PostgresqlFaultsTest, AReadOnlyServerIsNamed) {
  Options standby = options_;
  standby.url += " options='-c default_transaction_read_only=on'";
  const auto reader = Must(Open(standby));
  const auto refused = reader->Enrol("b@x", {"bert"}, "mail", By("mail", 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kSystem) << refused.error().ToString();
  EXPECT_EQ(Must(reader->Find("a@x")).Owners(), Accounts{"anna"});
}

TEST_F(PostgresqlFaultsTest, ARefusedLoginIsForAPersonToMend) {
  const Scratch folder;
  const std::string pass_file = folder.path() / "pgpass";
  std::ofstream(pass_file) << "*:*:*:*:not it\n";
  std::filesystem::permissions(pass_file, std::filesystem::perms::owner_read);
  for (const char* wrong : {" user=nobody_here", " dbname=nowhere", " password='' passfile="}) {
    Options options = options_;
    options.url += wrong;
    if (options.url.ends_with("passfile=")) options.url += pass_file;
    std::optional<Error> late;
    const auto refused = OpenSoon(options, &late);
    ASSERT_FALSE(refused) << wrong << ": the daemon would start with a store that never answers";
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << refused.error().ToString();
    EXPECT_THAT(refused.error().text, testing::HasSubstr("mend store.url"));
  }
}

// The password is changed at the server first, and in the file a little later.
TEST_F(PostgresqlFaultsTest, ARotatedPasswordIsTakenOverByItself) {
  const Scratch folder;
  const std::string pass_file = folder.path() / "pgpass";
  const auto write = [&](const std::string& password) {
    std::filesystem::remove(pass_file);
    std::ofstream(pass_file) << "*:*:*:*:" << password << '\n';
    std::filesystem::permissions(pass_file, std::filesystem::perms::owner_read);
  };
  place_->Execute("CREATE ROLE rotating LOGIN SUPERUSER PASSWORD 'first'");
  write("first");
  Options options = options_;
  options.url += " user=rotating password='' passfile=" + pass_file;
  const auto store = Must(Open(options));
  place_->Execute("ALTER ROLE rotating PASSWORD 'second'");
  place_->Execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'rotating'");
  std::this_thread::sleep_for(milliseconds(100));
  for (int i = 0; i < 3; ++i) {
    const auto refused = store->AddressesOf("anna", 10);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid) << refused.error().ToString();
  }
  write("second");
  EXPECT_EQ(Must(store->AddressesOf("anna", 10)).size(), 1U) << "with the next call";
}

TEST_F(PostgresqlFaultsTest, WordsWithBlanksAndQuotesReachTheServer) {
  Options options = options_;
  options.url += " application_name='a ''b'' \\\\ & % c'";
  const auto store = Open(options);
  EXPECT_FALSE(store) << "two quotes are not libpq's way";
  options = options_;
  options.url += " application_name='a \\'b\\' \\\\ & % c'";
  Must(Must(Open(options))->Refresh());
}

}  // namespace
}  // namespace warifu::store
