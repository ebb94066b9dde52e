// A store that cannot be opened yet when the daemon starts.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "fixture.h"
#include "store/engine.h"

namespace warifu::store {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using Steady = std::chrono::steady_clock;

// Another program that keeps the file for itself.
class Locked {
 public:
  explicit Locked(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
  }
  ~Locked() { sqlite3_close(db_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

TEST(OpenSoonTest, AFileThatIsLockedAtTheStartIsOpenedWhenItIsFree) {
  const Scratch folder;
  const std::string path = folder.path() / "store.db";
  const Options options{.url = "sqlite:" + path, .timeout = milliseconds(100)};
  std::optional<Error> late;
  std::unique_ptr<Store> store;
  {
    const Locked locked(path);
    store = Must(OpenSoon(options, &late));
    ASSERT_TRUE(late.has_value());
    EXPECT_EQ(late->kind, ErrorKind::kTemporary);
    const auto refused = store->Find("a@x");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kTemporary);
    EXPECT_THAT(refused.error().text, HasSubstr("not opened since the start"));
    EXPECT_FALSE(store->Check(false));
    EXPECT_FALSE(store->Announce(std::vector<Change>(100), By("test", 1)));
  }
  for (const auto until = Steady::now() + std::chrono::seconds(20);
       !store->Refresh() && Steady::now() < until;) {
    std::this_thread::sleep_for(milliseconds(20));
  }
  EXPECT_TRUE(Must(store->Enrol("a@x", {"anna"}, "mail", By("mail", 1))));
  EXPECT_EQ(Must(store->Find("a@x")).Owners(), Accounts{"anna"});
  EXPECT_EQ(Must(store->Check(false)).kind, "sqlite");
  Must(OpenSoon(options, &late));
  EXPECT_FALSE(late.has_value());
}

TEST(OpenSoonTest, WhatAPersonMustMendRefusesTheStart) {
  const Scratch folder;
  std::optional<Error> late;
  const auto missing = OpenSoon({.url = "sqlite:/nowhere/store.db"}, &late);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().kind, ErrorKind::kSystem);
  EXPECT_FALSE(late.has_value());
  EXPECT_FALSE(OpenSoon({.url = "nonsense:"}, &late));
}

// Opens nothing before it may.
class Gate {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

TEST(LateEngineTest, AnOpeningThatHangsHoldsNobodyAndItsAnswerIsTaken) {
  const Scratch folder;
  const std::string path = folder.path() / "store.db";
  const Options options{.url = "sqlite:" + path, .timeout = milliseconds(100)};
  const auto gate = std::make_shared<Gate>();
  const auto opened = std::make_shared<std::atomic<int>>(0);
  const auto engine = MakeLateEngine(
      "sqlite",
      [=] {
        gate->Await();
        ++*opened;
        return OpenSqlite(path, options);
      },
      options);
  const Work nothing = [](Connection&) {};
  const auto begin = Steady::now();
  for (int i = 0; i < 4; ++i) {
    const auto done = engine->Run(nothing);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, ErrorKind::kTemporary);
  }
  EXPECT_LT(Steady::now() - begin, milliseconds(4'000));
  gate->Open();
  for (const auto until = Steady::now() + std::chrono::seconds(20);
       !engine->Run(nothing) && Steady::now() < until;) {
    std::this_thread::sleep_for(milliseconds(10));
  }
  Must(engine->Run(nothing));
  EXPECT_EQ(*opened, 1) << "and is opened no more";
}

}  // namespace
}  // namespace warifu::store
