// What can be wrong with the file, and that the store goes on by itself once it is mended.
#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "fixture.h"
#include "process.h"

namespace warifu::store {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

class SqliteFaultsTest : public testing::Test {
 protected:
  std::filesystem::path File() const { return scratch_.path() / "store.db"; }
  Options At() const { return {.url = "sqlite:" + File().string(), .timeout = milliseconds(300)}; }
  static Result<bool> Enrol(Store& store, int i) {
    return store.Enrol("a" + std::to_string(i) + "@x", {"anna"}, "mail", By("mail", 1));
  }

  Scratch scratch_;
};

// Another program on the same file.
class Other {
 public:
  explicit Other(const std::filesystem::path& file) { sqlite3_open(file.c_str(), &handle_); }
  ~Other() { sqlite3_close(handle_); }
  void Execute(const char* sql) {
    ASSERT_EQ(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle_);
  }

 private:
  sqlite3* handle_ = nullptr;
};

TEST_F(SqliteFaultsTest, TheFileIsItsOwnersAlone) {
  const auto store = Must(Open(At()));
  Must(Enrol(*store, 1));
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat status = {};
    ASSERT_EQ(::stat((File().string() + end).c_str(), &status), 0) << end;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << end;
  }
  std::filesystem::permissions(File(), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(Must(store->Check(false)).problems, testing::ElementsAre(HasSubstr("chmod 600")));
}

TEST_F(SqliteFaultsTest, ACommitIsSyncedBeforeItReturns) {
  const auto store = Must(Open(At()));
  Must(Enrol(*store, 1));
  // The header of a file in WAL mode says 2 for writing and reading.
  std::ifstream file(File(), std::ios::binary);
  std::string header(20, '\0');
  ASSERT_TRUE(file.read(header.data(), 20));
  EXPECT_EQ(header[18], 2);
  EXPECT_EQ(header[19], 2);
}

TEST_F(SqliteFaultsTest, WhatIsNoStoreIsLeftAlone) {
  std::ofstream(File()) << "Dear diary, " << std::string(5'000, 'x');
  const auto refused = Open(At());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().text, HasSubstr(File().string()));
  std::string first;
  std::ifstream(File()) >> first;
  EXPECT_EQ(first, "Dear");
  EXPECT_EQ(Open({.url = "sqlite:" + scratch_.path().string()}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(Open({.url = "sqlite:/nowhere/at/all.db"}).error().kind, ErrorKind::kSystem);
}

TEST_F(SqliteFaultsTest, WhoeverWaitsForAnImportIsToldOfIt) {
  const auto store = Must(Open(At()));
  std::size_t next = 0;
  const auto rows = [&next](DirectoryRow* row) -> Result<bool> {
    if (next == 60'000) return false;
    *row = {"b" + std::to_string(next++) + "@x", {"bert"}};
    return true;
  };
  std::string told;
  ImportOptions options;
  options.progress = [&](std::uint64_t, std::uint64_t) {
    const auto busy = told.empty() ? Enrol(*store, 1) : Result<bool>(true);
    if (busy) return;
    EXPECT_EQ(busy.error().kind, ErrorKind::kTemporary);
    told = busy.error().text;
  };
  Must(store->Import(rows, options, By("import", 1)));
  EXPECT_THAT(told, HasSubstr("warifu itself has been at work on the whole store for 0 s"));
  EXPECT_THAT(told, HasSubstr("try again when that has ended"));
}

TEST_F(SqliteFaultsTest, AWriterElsewhereCostsTheTimeOutAndNoMore) {
  const auto store = Must(Open(At()));
  Must(Enrol(*store, 1));
  Other other(File());
  other.Execute("BEGIN IMMEDIATE");
  const auto begin = std::chrono::steady_clock::now();
  const auto busy = Enrol(*store, 2);
  const auto took = std::chrono::steady_clock::now() - begin;
  ASSERT_FALSE(busy);
  EXPECT_EQ(busy.error().kind, ErrorKind::kTemporary);
  EXPECT_GE(took, milliseconds(200));
  EXPECT_LT(took, milliseconds(2'000));
  EXPECT_TRUE(store->Find("a1@x")) << "reading goes on";
  Must(store->Refresh());
  other.Execute("ROLLBACK");
  EXPECT_TRUE(Must(Enrol(*store, 2)));
}

TEST_F(SqliteFaultsTest, AFileThatIsLockedWholeOpensLater) {
  {
    Must(Enrol(*Must(Open(At())), 1));
  }
  Process holder([&](const Process::Say& say) {
    Other other(File());
    other.Execute("PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE meta SET value = value");
    say(1);
    ::pause();
    return 0;
  });
  std::uint32_t said = 0;
  ASSERT_TRUE(holder.Hear(&said));
  const auto locked = Open(At());
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().kind, ErrorKind::kTemporary) << locked.error().ToString();
  holder.Kill();
  const auto store = Open(At());
  ASSERT_TRUE(store) << store.error().ToString();
  EXPECT_EQ(Must((*store)->Find("a1@x")).Owners(), Accounts{"anna"});
}

TEST_F(SqliteFaultsTest, AFileThatIsMovedAwayIsNeverMadeAnew) {
  const auto store = Must(Open(At()));
  Must(Enrol(*store, 1));
  const std::filesystem::path aside = scratch_.path() / "aside.db";
  for (const char* end : {"", "-wal", "-shm"}) {
    std::filesystem::rename(File().string() + end, aside.string() + end);
  }
  for (int i = 0; i < 8; ++i) {
    const auto refused = Enrol(*store, 100 + i);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kSystem) << refused.error().ToString();
  }
  EXPECT_FALSE(std::filesystem::exists(File()));
  for (const char* end : {"", "-wal", "-shm"}) {
    if (std::filesystem::exists(aside.string() + end)) {
      std::filesystem::rename(aside.string() + end, File().string() + end);
    }
  }
  EXPECT_TRUE(Must(Enrol(*store, 2)));
  EXPECT_EQ(Must(store->Find("a1@x")).Owners(), Accounts{"anna"});
}

TEST_F(SqliteFaultsTest, ABackupThatIsPutInPlaceIsRead) {
  const auto store = Must(Open(At()));
  Must(Enrol(*store, 1));
  const std::string copy = (scratch_.path() / "copy.db").string();
  Must(store->Backup(copy));
  Must(Enrol(*store, 2));
  EXPECT_EQ(Must(store->Find("a2@x")).Owners(), Accounts{"anna"});
  for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(File().string() + end);
  std::filesystem::rename(copy, File());
  Must(store->Refresh());
  EXPECT_TRUE(Must(store->Find("a2@x")).proven.empty()) << "not in the copy, nor in memory";
  EXPECT_EQ(Must(store->Find("a1@x")).Owners(), Accounts{"anna"});
  EXPECT_TRUE(Must(Enrol(*store, 3)));
  Other writer(File());
  writer.Execute("BEGIN EXCLUSIVE");
  EXPECT_TRUE(store->Refresh()) << "a copy has no log that reads go past a writer by";
}

TEST_F(SqliteFaultsTest, AReadOnlyFileIsNamedAndOpensWhenMended) {
  if (::geteuid() != 0) GTEST_SKIP() << "SKIPPED: only root can make a file that is another's";
  {
    Must(Enrol(*Must(Open(At())), 1));
  }
  std::filesystem::permissions(scratch_.path(), std::filesystem::perms::all);
  const auto as_nobody = [&] {
    Process child([&](const Process::Say&) {
      if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 9;
      const auto store = Open(At());
      if (store) return (*store)->Find("a1@x") ? 0 : 8;
      return store.error().kind == ErrorKind::kSystem ? 1 : 7;
    });
    return child.Wait();
  };
  std::filesystem::permissions(File(), std::filesystem::perms(0444));
  EXPECT_EQ(as_nobody(), 1);
  std::filesystem::permissions(File(), std::filesystem::perms(0666));
  EXPECT_EQ(as_nobody(), 0);
}

TEST_F(SqliteFaultsTest, AFullDiskIsPassingAndMendsItself) {
  const std::filesystem::path disk = scratch_.path() / "disk";
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
    GTEST_SKIP() << "SKIPPED: a small disk can only be made by root outside of a container";
  }
  {
    const auto store =
        Must(Open({.url = "sqlite:" + (disk / "store.db").string(), .timeout = milliseconds(300)}));
    int i = 0;
    Result<bool> full = true;
    for (; full && i < 20'000; ++i) full = Enrol(*store, i);
    if (full) {
      ADD_FAILURE() << "1 MiB must be full by now";
    } else {
      EXPECT_EQ(full.error().kind, ErrorKind::kTemporary) << full.error().ToString();
    }
    EXPECT_EQ(Must(store->Find("a0@x")).Owners(), Accounts{"anna"});
    EXPECT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=16m"), 0);
    EXPECT_TRUE(Must(Enrol(*store, 100'000)));
    const auto health = Must(store->Check(true));
    EXPECT_TRUE(health.problems.empty());
    EXPECT_EQ(health.addresses, static_cast<std::uint64_t>(i)) << "all that were acknowledged";
  }
  ::umount(disk.c_str());
}

TEST_F(SqliteFaultsTest, DamageIsFoundByTheDeepCheck) {
  {
    const auto store = Must(Open(At()));
    std::vector<Lock> locks;
    for (int i = 0; i < 2'000; ++i) locks.push_back({.account = "a" + std::to_string(i)});
    Must(store->AddLocks(locks, By("p", 1)));
    EXPECT_TRUE(Must(store->Check(true)).problems.empty());
  }
  const auto size = std::filesystem::file_size(File());
  {
    std::fstream file(File(), std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = size / 2; at < size; at += 4096) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(600, '\x5a');
    }
  }
  const auto store = Open(At());
  if (!store) {
    EXPECT_EQ(store.error().kind, ErrorKind::kInvalid);
    return;
  }
  EXPECT_FALSE(Must((*store)->Check(true)).problems.empty());
}

}  // namespace
}  // namespace warifu::store
