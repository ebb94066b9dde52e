// Compiled tables as the formats' own libraries write them; those of the real postmap are asked in
// served_test.cc.
#include <cdb.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <lmdb.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_fd.h"
#include "binding/directory.h"

namespace warifu::binding {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Rows = std::vector<std::pair<std::string, std::string>>;

const std::vector<std::string> kDomains = {"corp.example", "xn--r8jz45g.xn--zckzah"};

enum class Nul { kYes, kNo };

void WriteLmdb(const std::string& path, const Rows& rows, Nul nul) {
  const std::size_t more = nul == Nul::kYes ? 1 : 0;
  MDB_env* env = nullptr;
  ASSERT_EQ(mdb_env_create(&env), 0);
  ASSERT_EQ(mdb_env_set_mapsize(env, 64 << 20), 0);
  ASSERT_EQ(mdb_env_open(env, path.c_str(), MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0644), 0);
  MDB_txn* txn = nullptr;
  ASSERT_EQ(mdb_txn_begin(env, nullptr, 0, &txn), 0);
  MDB_dbi dbi = 0;
  ASSERT_EQ(mdb_dbi_open(txn, nullptr, 0, &dbi), 0);
  ASSERT_EQ(mdb_drop(txn, dbi, 0), 0);
  for (auto [key, value] : rows) {
    MDB_val k{key.size() + more, key.data()}, v{value.size() + more, value.data()};
    ASSERT_EQ(mdb_put(txn, dbi, &k, &v, 0), 0);
  }
  ASSERT_EQ(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

void WriteCdb(const std::string& path, const Rows& rows, Nul nul) {
  const unsigned more = nul == Nul::kYes ? 1 : 0;
  const std::string temporary = path + ".tmp";
  const UniqueFd fd(::open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644));
  ASSERT_TRUE(fd);
  cdb_make make{};
  ASSERT_EQ(cdb_make_start(&make, fd.get()), 0);
  for (const auto& [key, value] : rows) {
    ASSERT_EQ(cdb_make_add(&make, key.c_str(), static_cast<unsigned>(key.size()) + more,
                           value.c_str(), static_cast<unsigned>(value.size()) + more),
              0);
  }
  ASSERT_EQ(cdb_make_finish(&make), 0);
  std::filesystem::rename(temporary, path);
}

struct Format {
  PostfixTableType type;
  Nul nul;
};

class PostfixTableTest : public testing::TestWithParam<Format> {
 protected:
  PostfixTableTest() { std::filesystem::create_directory(folder_); }
  ~PostfixTableTest() override { std::filesystem::remove_all(folder_); }

  void Write(const Rows& rows) const {
    if (GetParam().type == PostfixTableType::kLmdb) {
      WriteLmdb(path_, rows, GetParam().nul);
    } else {
      WriteCdb(path_, rows, GetParam().nul);
    }
  }
  std::unique_ptr<const Directory> Open() const {
    return OpenPostfixTable(GetParam().type, path_, milliseconds(200), kDomains);
  }
  static Owners Ask(const Directory& directory, std::string_view address) {
    return directory.OwnersOf(ParsePath(address, {}).value());
  }

  std::string folder_ = testing::TempDir() + "warifu_tables_" + std::to_string(::getpid());
  std::string path_ = folder_ + "/table";
};

TEST_P(PostfixTableTest, GivesFourAnswers) {
  Write({{"taro@corp.example", "TARO"}, {"info@corp.example", "taro, hanako,jiro"}});
  const auto table = Open();
  EXPECT_TRUE(table->Probe());
  EXPECT_EQ(table->size(), 2u);
  EXPECT_THAT(Ask(*table, "Taro@Corp.Example").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*table, "info@corp.example").accounts, ElementsAre("hanako", "jiro", "taro"));
  EXPECT_EQ(Ask(*table, "nobody@corp.example").status, Lookup::kNotFound);
  EXPECT_EQ(Ask(*table, "").status, Lookup::kNotFound);

  std::filesystem::remove(path_);
  const Owners gone = Ask(*table, "taro@corp.example");
  EXPECT_EQ(gone.status, Lookup::kMisconfigured);
  EXPECT_THAT(gone.detail, HasSubstr(path_));
  EXPECT_EQ(table->Probe().error().kind, ErrorKind::kNotFound);

  std::ofstream(path_) << std::string(10000, 'x');
  const Owners broken = Ask(*table, "taro@corp.example");
  EXPECT_NE(broken.status, Lookup::kFound);
  EXPECT_NE(broken.status, Lookup::kNotFound) << "could not tell is never nothing found";
  EXPECT_FALSE(broken.detail.empty());
  std::ofstream(path_) << "";
  EXPECT_NE(Ask(*table, "taro@corp.example").status, Lookup::kNotFound);

  std::filesystem::remove(path_);
  Write({{"taro@corp.example", "back"}});
  EXPECT_THAT(Ask(*table, "taro@corp.example").accounts, ElementsAre("back"));
}

TEST_P(PostfixTableTest, LooksUpInTheOrderOfPostfix) {
  Write({{"taro@corp.example", "taro"},
         {"taro+boss@corp.example", "boss"},
         {"hanako", "hanako"},
         {"hanako+x", "x"},
         {"@corp.example", "everybody"},
         {"@example.net", "admin"}});
  const auto table = Open();
  EXPECT_THAT(Ask(*table, "taro+news@corp.example").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*table, "taro+boss@corp.example").accounts, ElementsAre("boss"));
  EXPECT_THAT(Ask(*table, "hanako+x@corp.example").accounts, ElementsAre("x"));
  EXPECT_THAT(Ask(*table, "hanako+y@corp.example").accounts, ElementsAre("hanako"));
  EXPECT_FALSE(Ask(*table, "hanako@corp.example").by_domain);
  EXPECT_TRUE(Ask(*table, "other@corp.example").by_domain);
  EXPECT_THAT(Ask(*table, "hanako@example.net").accounts, ElementsAre("admin"));
  EXPECT_THAT(Ask(*table, "hanako").accounts, ElementsAre("hanako"));
}

TEST_P(PostfixTableTest, KnowsBothSpellingsOfNamesAndDomains) {
  Write({{"\"t y\"@corp.example", "quoted"},
         {"h h@corp.example", "plain"},
         {"太郎@例え.テスト", "taro"},
         {"hanako@xn--r8jz45g.xn--zckzah", "hanako"}});
  const auto table = Open();
  EXPECT_THAT(Ask(*table, "\"t y\"@corp.example").accounts, ElementsAre("quoted"));
  EXPECT_THAT(Ask(*table, "\"h h\"@corp.example").accounts, ElementsAre("plain"));
  EXPECT_THAT(Ask(*table, "太郎@xn--r8jz45g.xn--zckzah").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*table, "hanako@例え.テスト").accounts, ElementsAre("hanako"));
}

TEST_P(PostfixTableTest, SeesAFileThatTakesItsPlace) {
  Write({{"taro@corp.example", "taro"}});
  const auto table = Open();
  EXPECT_THAT(Ask(*table, "taro@corp.example").accounts, ElementsAre("taro"));
  const std::string path = path_;
  path_ += ".new";
  Write({{"taro@corp.example", "hanako"}});
  std::filesystem::rename(path_, path);
  path_ = path;
  EXPECT_THAT(Ask(*table, "taro@corp.example").accounts, ElementsAre("hanako"));
  Write({{"taro@corp.example", "jiro"}});  // postmap's own way
  EXPECT_THAT(Ask(*table, "taro@corp.example").accounts, ElementsAre("jiro"));
}

TEST_P(PostfixTableTest, ListsItsMailboxes) {
  Write({{"taro@corp.example", "taro"},
         {"info@corp.example", "taro,hanako"},
         {"taro+boss@corp.example", "boss"},
         {"@corp.example", "everybody"},
         {"bare", "bare"},
         {"no address", "x"},
         {"\"t y\"@Corp.Example", "ty"}});
  const auto table = Open();
  std::vector<std::string> seen;
  const auto listed = table->ForEach({}, [&](const store::DirectoryRow& row) -> Result<void> {
    seen.push_back(row.address + "=" + testing::PrintToString(row.accounts));
    return {};
  });
  ASSERT_TRUE(listed) << listed.error().text;
  EXPECT_THAT(seen, UnorderedElementsAre("taro@corp.example={ \"taro\" }",
                                         "info@corp.example={ \"hanako\", \"taro\" }",
                                         "bare@corp.example={ \"bare\" }",
                                         "bare@xn--r8jz45g.xn--zckzah={ \"bare\" }",
                                         "\"no address\"@corp.example={ \"x\" }",
                                         "\"no address\"@xn--r8jz45g.xn--zckzah={ \"x\" }",
                                         "\"t y\"@corp.example={ \"ty\" }"));
}

TEST_P(PostfixTableTest, ManyReadWhileItIsReplaced) {
  Write({{"taro@corp.example", "a"}});
  const auto table = Open();
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0, right = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const Owners owners = Ask(*table, "taro@corp.example");
        const bool fits = owners.status == Lookup::kFound && owners.accounts.size() == 1 &&
                          (owners.accounts[0] == "a" || owners.accounts[0] == "b");
        ++(fits ? right : wrong);
      }
    });
  }
  const std::string path = path_;
  for (int i = 0; i < 40; ++i) {
    path_ = path + ".new";
    Write({{"taro@corp.example", i % 2 == 0 ? "b" : "a"}});
    std::filesystem::rename(path_, path);
  }
  while (right < 100 && wrong == 0) std::this_thread::yield();
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
}

INSTANTIATE_TEST_SUITE_P(Formats, PostfixTableTest,
                         testing::Values(Format{PostfixTableType::kLmdb, Nul::kYes},
                                         Format{PostfixTableType::kLmdb, Nul::kNo},
                                         Format{PostfixTableType::kCdb, Nul::kYes},
                                         Format{PostfixTableType::kCdb, Nul::kNo}));

TEST(LmdbTable, WaitsForPostmapNoLongerThanItsTime) {
  const std::string path = testing::TempDir() + "warifu_lmdb_" + std::to_string(::getpid());
  WriteLmdb(path, {{"taro@corp.example", "taro"}}, Nul::kYes);
  const auto table = OpenPostfixTable(PostfixTableType::kLmdb, path, milliseconds(30), kDomains);
  const Address taro = ParsePath("taro@corp.example", {}).value();
  {
    const UniqueFd postmap(::open(path.c_str(), O_RDWR));
    ASSERT_EQ(::flock(postmap.get(), LOCK_EX), 0);
    EXPECT_EQ(table->OwnersOf(taro).status, Lookup::kTryLater);
  }
  EXPECT_EQ(table->OwnersOf(taro).status, Lookup::kFound);
  std::remove(path.c_str());
}

TEST(LmdbTable, RefusesKeysThatItCannotHold) {
  const std::string path = testing::TempDir() + "warifu_lmdb_" + std::to_string(::getpid());
  WriteLmdb(path, {{"taro@corp.example", "taro"}}, Nul::kYes);
  const auto table = OpenPostfixTable(PostfixTableType::kLmdb, path, milliseconds(30), kDomains);
  const Address longest = ParsePath(std::string(510, 'a') + "@corp.example", {}).value();
  EXPECT_EQ(table->OwnersOf(longest).status, Lookup::kNotFound);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace warifu::binding
