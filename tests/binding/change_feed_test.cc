// Announced changes out of an SQLite database that a provisioning system writes.
#include "binding/change_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "binding/directory.h"
#include "binding/settle.h"
#include "fake_store.h"

namespace warifu::binding {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kQuery =
    "select address, old, new, ticket, starts, ends from moves order by rowid";
constexpr WallTime kNow{seconds(1'780'000'000)};

std::string At(std::int64_t later) {
  return std::to_string(1'780'000'000 + later);
}

class ChangeFeedTest : public testing::Test {
 protected:
  ChangeFeedTest() {
    std::string name = testing::TempDir() + "warifu-changes-XXXXXX";
    folder_ = mkdtemp(name.data());
    EXPECT_EQ(sqlite3_open(Path().c_str(), &db_), SQLITE_OK);
    Execute("create table moves (address, old, new, ticket, starts, ends, changed integer)");
    auto store = store::Open({.url = "sqlite:" + folder_ + "/store.db"});
    EXPECT_TRUE(store.has_value());
    store_ = *std::move(store);
    Use(kQuery);
  }
  ~ChangeFeedTest() override {
    sqlite3_close(db_);
    std::filesystem::remove_all(folder_);
  }

  std::string Path() const { return folder_ + "/provisioning.db"; }

  void Execute(const std::string& sql) const {
    char* why = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, &why), SQLITE_OK) << sql << why;
    sqlite3_free(why);
  }
  // Cells as SQL writes them.
  void Add(const std::string& cells) const {
    Execute("insert into moves (address, old, new, ticket, starts, ends) values (" + cells + ")");
  }
  void Use(std::string_view query) {
    auto opened = OpenChangeSource(
        {.sql = {.url = "sqlite:" + Path(), .password_file = ""}, .query = std::string(query)});
    ASSERT_TRUE(opened.has_value()) << opened.error().ToString();
    source_ = *std::move(opened);
  }

  Fed Read(WallTime now = kNow) {
    const Result<Fed> fed = feed_.Read(*source_, *store_, options_, now);
    EXPECT_TRUE(fed.has_value()) << fed.error().ToString();
    return fed.value_or(Fed{});
  }

  std::vector<store::Change> Open() const {
    return store_->Changes("", store::ChangeState::kOpen, 100)
        .value_or(std::vector<store::Change>{});
  }

  std::string folder_;
  sqlite3* db_ = nullptr;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<const ChangeSource> source_;
  Options options_;
  ChangeFeed feed_;
};

TEST_F(ChangeFeedTest, ARowIsAnnouncedOnce) {
  Add("'Taro@Example.JP', 'Taro', 'hanako', 'T-1', NULL, " + At(3600));
  Fed fed = Read();
  EXPECT_EQ(fed.rows, 1u);
  EXPECT_EQ(fed.announced, 1u);
  EXPECT_THAT(fed.lines, IsEmpty());
  ASSERT_EQ(Open().size(), 1u);
  const store::Change change = Open()[0];
  EXPECT_EQ(change.address, "taro@example.jp");
  EXPECT_EQ(change.from, "taro");
  EXPECT_EQ(change.to, "hanako");
  EXPECT_EQ(change.reference, "T-1");
  EXPECT_EQ(change.by, "provisioning");
  EXPECT_EQ(change.announced, kNow);
  EXPECT_EQ(change.valid_until, kNow + hours(1));

  EXPECT_EQ(Read().announced, 0u) << "read again";
  feed_ = {};
  EXPECT_EQ(Read(kNow + seconds(5)).announced, 0u) << "after a restart, or on another gateway";
  EXPECT_EQ(Open().size(), 1u);
}

TEST_F(ChangeFeedTest, ItTakesEffectAsOneOfAPersonAndNeverAgain) {
  const store::Act act{.who = "test", .at = kNow};
  ASSERT_TRUE(store_->Enrol("taro@example.jp", {"taro"}, "import", act));
  Add("'taro@example.jp', 'taro', 'hanako', 'T-1', NULL, " + At(3600));
  Read();
  const std::string table = folder_ + "/members";
  std::ofstream(table) << "taro@example.jp hanako\n";
  auto directory = OpenTextTable(table, {});
  ASSERT_TRUE(directory.has_value());
  const Ledger ledger(*store_, {}, {});
  const auto settle = [&] {
    const auto settled = Settle(*store_, ledger, **directory, kNow, [] { return false; });
    return settled ? settled->moved : 0;
  };
  EXPECT_EQ(settle(), 1u);
  EXPECT_EQ(store_->Find("taro@example.jp")->Owners(), store::Accounts{"hanako"});

  // It goes back by hand; the old row does not move it once more.
  ASSERT_TRUE(store_->Resolve("taro@example.jp", "taro", act));
  feed_ = {};
  EXPECT_EQ(Read().announced, 0u);
  EXPECT_THAT(Open(), IsEmpty());
  EXPECT_EQ(settle(), 0u);
}

TEST_F(ChangeFeedTest, ARowThatIsWrongIsToldOnceAndStopsNoOther) {
  const std::string end = ", NULL, " + At(3600);
  Add("'no address', 'a', 'b', 'T-1'" + end);
  Add("'taro', 'a', 'b', 'T-2'" + end);
  Add("'x@example.jp', 'a', 'a', 'T-3'" + end);
  Add("'x@example.jp', NULL, '', 'T-4'" + end);
  Add("'x@example.jp', 'a', 'b', NULL" + end);
  Add("'x@example.jp', 'a', 'b', 'T-6', 'soon', " + At(3600));
  Add("'x@example.jp', 'a', 'b', 'T-7', NULL, NULL");
  Add("'x@example.jp', 'a', 'b', 'T-8', " + At(60) + ", " + At(30));
  Add("'x@example.jp', 'a', 'b' || char(10), 'T-9'" + end);
  Add("NULL, 'a', 'b', 'T-10'" + end);
  Add("'good@example.jp', NULL, 'b', 'T-11'" + end);
  Add("'given-up@example.jp', 'a', NULL, 'T-12'" + end);
  Fed fed = Read();
  EXPECT_EQ(fed.rows, 12u);
  EXPECT_EQ(fed.wrong, 10u);
  EXPECT_EQ(fed.announced, 2u);
  EXPECT_THAT(
      fed.lines,
      ElementsAre(HasSubstr("change T-1 of 'no address': no address"), HasSubstr("no domain"),
                  HasSubstr("from and to one account"), HasSubstr("names no account"),
                  HasSubstr("change without a reference of 'x@example.jp': has no reference"),
                  HasSubstr("valid from is no time"), HasSubstr("valid until is no time"),
                  HasSubstr("ends before it begins"), HasSubstr("an account is none"),
                  HasSubstr("change T-10 of ''")));
  fed = Read();
  EXPECT_EQ(fed.wrong, 10u) << "counted again";
  EXPECT_THAT(fed.lines, IsEmpty()) << "told once";
  Execute("update moves set new = 'b' where ticket = 'T-3'");
  fed = Read();
  EXPECT_EQ(fed.wrong, 9u);
  EXPECT_EQ(fed.announced, 1u) << "mended";
}

TEST_F(ChangeFeedTest, AReferenceNamesOneMoveOfAnAddress) {
  Add("'x@example.jp', 'a', 'b', 'T-1', NULL, " + At(3600));
  Read();
  Execute("update moves set new = 'c'");
  Fed fed = Read();
  EXPECT_EQ(fed.announced, 0u);
  EXPECT_THAT(fed.lines, ElementsAre(HasSubstr("has been announced from a to b")));
  EXPECT_EQ(Open().size(), 1u);
  Execute("update moves set ticket = 'T-2'");
  EXPECT_EQ(Read().announced, 1u);
  Add("'y@example.jp', 'a', 'b', 'T-3', NULL, " + At(3600));
  Add("'y@example.jp', 'a', 'c', 'T-3', NULL, " + At(3600));
  fed = Read();
  EXPECT_EQ(fed.announced, 1u);
  EXPECT_EQ(fed.wrong, 1u) << "also inside of one reading";
}

TEST_F(ChangeFeedTest, ItsTimeHasToComeAndNotToBeOver) {
  Add("'x@example.jp', 'a', 'b', 'T-1', " + At(60) + ", " + At(3600));
  Add("'y@example.jp', 'a', 'b', 'T-2', NULL, " + At(-1));
  Fed fed = Read();
  EXPECT_EQ(fed.announced, 0u);
  EXPECT_EQ(fed.ahead, 1u);
  EXPECT_EQ(fed.wrong, 0u);
  fed = Read(kNow + seconds(61));
  EXPECT_EQ(fed.announced, 1u);
  ASSERT_EQ(Open().size(), 1u);
  EXPECT_EQ(Open()[0].reference, "T-1");
}

TEST_F(ChangeFeedTest, SinceStandsStillWhileSomethingIsLeftBehind) {
  Use("select address, old, new, ticket, starts, ends from moves where changed >= :since");
  Add("'x@example.jp', 'a', 'b', 'T-1', NULL, " + At(36'000));
  Add("'y@example.jp', 'a', 'b', 'T-2', " + At(7200) + ", " + At(36'000));
  Execute("update moves set changed = " + At(-7200));
  EXPECT_EQ(Read().rows, 2u) << "from the beginning";
  EXPECT_EQ(Read(kNow + hours(1)).rows, 2u) << "one is ahead";
  EXPECT_EQ(Read(kNow + hours(3)).announced, 1u);
  EXPECT_EQ(Read(kNow + hours(3)).rows, 0u);
  // Committed late: it was written an hour before the last reading.
  Execute("insert into moves values ('z@example.jp', 'a', 'b', 'T-3', NULL, " + At(36'000) + ", " +
          At(3600 * 2 + 60) + ")");
  EXPECT_EQ(Read(kNow + hours(3)).announced, 1u);
}

TEST_F(ChangeFeedTest, ManyAreAnnouncedInPortions) {
  Execute(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200) "
      "insert into moves select 'a' || i || '@example.jp', 'a', 'b', 'T-' || i, NULL, " +
      At(3600) + ", 0 from n");
  EXPECT_EQ(Read().announced, 1200u);
  EXPECT_EQ(Read().announced, 0u);
}

TEST_F(ChangeFeedTest, AQueryThatIsWrongIsAPersonsToMend) {
  for (const char* query :
       {"select * from nowhere", "select address, old from moves", "nonsense"}) {
    Use(query);
    const Result<Fed> fed = feed_.Read(*source_, *store_, options_, kNow);
    ASSERT_FALSE(fed.has_value()) << query;
    EXPECT_EQ(fed.error().kind, ErrorKind::kInvalid) << query << ": " << fed.error().text;
  }
  EXPECT_FALSE(OpenChangeSource(
      {.sql = {.url = "sqlite:" + Path(), .password_file = ""}, .query = "select :unknown"}));
  EXPECT_FALSE(
      OpenChangeSource({.sql = {.url = "file:/x", .password_file = ""}, .query = "select 1"}));
  EXPECT_EQ(OpenChangeSource({})->get(), nullptr);
}

TEST_F(ChangeFeedTest, ItOnlyReads) {
  Add("'x@example.jp', 'a', 'b', 'T-1', NULL, " + At(3600));
  Use("delete from moves returning address, old, new, ticket, starts, ends");
  EXPECT_FALSE(feed_.Read(*source_, *store_, options_, kNow).has_value());
  Use(kQuery);
  EXPECT_EQ(Read().rows, 1u);
}

// A store whose writes fail.
TEST_F(ChangeFeedTest, AStoreThatFailsLosesNothing) {
  Add("'x@example.jp', 'a', 'b', 'T-1', NULL, " + At(3600));
  store::FakeStore broken;
  broken.down = true;
  const Result<Fed> fed = feed_.Read(*source_, broken, options_, kNow);
  ASSERT_FALSE(fed.has_value());
  EXPECT_THAT(fed.error().text, HasSubstr("the store: "));
  EXPECT_EQ(Read().announced, 1u);
}

}  // namespace
}  // namespace warifu::binding
