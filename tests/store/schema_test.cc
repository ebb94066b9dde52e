// Older, newer and foreign stores, on both engines.
#include "store/schema.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::HasSubstr;

// The frozen SQL of an old version, spelled for the engine.
std::string OldSchema(const std::string& engine) {
  std::ifstream file(WARIFU_SOURCE_DIR "/tests/store/schema_1.sql");
  std::stringstream stream;
  stream << file.rdbuf();
  std::string sql = stream.str();
  const bool sqlite = engine == "sqlite";
  const std::pair<std::string, std::string> words[] = {
      {"$id", sqlite ? "INTEGER PRIMARY KEY AUTOINCREMENT"
                     : "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"},
      {"$text", sqlite ? "TEXT" : "TEXT COLLATE \"C\""},
      {"$number", sqlite ? "INTEGER" : "BIGINT"},
      {"$clustered", sqlite ? "STRICT, WITHOUT ROWID" : ""},
      {"$plain", sqlite ? "STRICT" : ""}};
  for (const auto& [word, meaning] : words) {
    for (auto at = sql.find(word); at != std::string::npos; at = sql.find(word)) {
      sql.replace(at, word.size(), meaning);
    }
  }
  return sqlite ? sql : "CREATE SCHEMA warifu;" + sql;
}

class SchemaTest : public StoreTest {
 protected:
  void SetUp() override {
    place_ = Place::On(GetParam());
    if (place_ == nullptr) GTEST_SKIP() << "SKIPPED: WARIFU_PG names no PostgreSQL";
  }
};
WARIFU_ON_BOTH_ENGINES(SchemaTest);

TEST_P(SchemaTest, AnOlderStoreIsMigratedWithItsRows) {
  place_->Execute(OldSchema(GetParam()));
  const auto store = Reopen();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(Must(store->Check(true)).schema, static_cast<int>(Migrations().size()));
  const AddressRecord record = Must(store->Find("a@x"));
  EXPECT_EQ(record.Owners(), Accounts{"anna"});
  EXPECT_EQ(record.proven[0].reference, "OLD-1");
  ASSERT_TRUE(record.dispute);
  EXPECT_EQ(record.dispute->kind, DisputeKind::kFlow);
  EXPECT_EQ(Must(store->LocksOf("bert", At(1))).at(0).reason, "old lock");
  EXPECT_EQ(Must(store->History({.account = "anna"})).size(), 1U);
  Must(store->Enrol("c@x", {"carl"}, "mail", By("mail", 1)));
  EXPECT_TRUE(Must(store->Check(true)).problems.empty());
}

TEST_P(SchemaTest, ANewerStoreIsRefusedAndBothVersionsAreNamed) {
  {
    ASSERT_NE(Reopen(), nullptr);
  }
  place_->Execute("UPDATE meta SET value = 4711 WHERE name = 'schema'");
  const auto refused = Open(place_->At());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().text, HasSubstr("4711"));
  EXPECT_THAT(refused.error().text, HasSubstr("knows " + std::to_string(Migrations().size())));
}

TEST_P(SchemaTest, AStoreThatIsMigratedUnderADaemonIsNotWritten) {
  if (GetParam() == "sqlite") GTEST_SKIP() << "one host: a package upgrade restarts its daemon";
  const auto store = Reopen();
  place_->Execute("UPDATE meta SET value = 4711 WHERE name = 'schema'");
  EXPECT_EQ(store->Enrol("a@x", {"anna"}, "mail", By("mail", 1)).error().kind, ErrorKind::kInvalid);
}

TEST_P(SchemaTest, TablesOfAnotherProgramAreNoStore) {
  const std::string schema = GetParam() == "sqlite" ? "" : "CREATE SCHEMA warifu;";
  place_->Execute(schema + "CREATE TABLE cats (name TEXT)");
  const auto refused = Open(place_->At());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(refused.error().text, HasSubstr("another program"));
  place_->Execute("INSERT INTO cats VALUES ('tama')");  // left as it was
}

TEST_P(SchemaTest, AMigrationThatFailsLeavesTheOldVersion) {
  place_->Execute(OldSchema(GetParam()));
  place_->Execute("CREATE INDEX alarms_by_account ON alarms (account)");  // in the way
  EXPECT_FALSE(Open(place_->At()));
  place_->Execute("DROP INDEX alarms_by_account");
  const auto store = Reopen();
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(Must(store->Find("b@x")).Owners(), Accounts{"bert"});
}

TEST(OpenTest, RefusesAnUnknownUrl) {
  for (const char* url : {"", "mysql:host=x", "sqlite:", "/var/lib/warifu.db"}) {
    const auto refused = Open({.url = url});
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalid);
  }
  const auto wrong = Open({.url = "postgresql:nonsense=1 password=geheim"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(wrong.error().text, testing::Not(HasSubstr("geheim")));
}

}  // namespace
}  // namespace warifu::store
