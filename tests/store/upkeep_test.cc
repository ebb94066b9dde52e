// Check, backup, prune and erase.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class UpkeepTest : public StoreTest {
 protected:
  void Fill() {
    Must(store_->Enrol("anna@x", {"anna"}, "mail", By("mail", 10)));
    Must(store_->Enrol("bert@x", {"bert"}, "mail", By("mail", 20)));
    Must(store_->Enrol("team@x", {"anna", "bert"}, "mail", By("mail", 30)));
    Must(store_->AddIncident(
        {.reference = "W-1", .at = At(10), .account = "bert", .recipients = "x@y, anna@x"}));
    Must(store_->AddIncident({.reference = "W-2", .at = At(10), .account = "bert"}));
    Must(store_->SettleIncident("W-2", "closed", By("p", 40)));
    Must(store_->AddFlowStep(
        "t", {.notice = "reset", .account = "anna", .address = "bert@x", .at = At(10)}, At(50)));
    Must(store_->AddFanIn("bert@x", "anna", "reset", At(10), At(0)));
    Must(store_->AddAlarm("all", "anna", At(10), At(0), 9));
    Must(store_->AddLocks({{.account = "anna"}}, By("p", 50)));
    Must(store_->AddGrant({.account = "anna", .target = "@x"}, By("p", 60)));
    Must(store_->Announce({{.address = "bert@x",
                            .from = "bert",
                            .to = "anna",
                            .reference = "C",
                            .announced = At(1),
                            .valid_until = At(20)}},
                          By("p", 70)));
    Must(store_->ExpireChanges(At(80)));
  }
};
WARIFU_ON_BOTH_ENGINES(UpkeepTest);

TEST_P(UpkeepTest, CountsWhatIsThere) {
  Fill();
  const Store::Health health = Must(store_->Check(true));
  EXPECT_EQ(health.kind, GetParam());
  EXPECT_GE(health.schema, 2);
  EXPECT_EQ(health.addresses, 3U);
  EXPECT_EQ(health.accounts, 2U);
  EXPECT_EQ(health.locks, 1U);
  EXPECT_EQ(health.open_incidents, 1U);
  EXPECT_EQ(health.open_changes, 0U);
  EXPECT_GE(health.history, 7U);
  EXPECT_THAT(health.problems, IsEmpty());
}

TEST_P(UpkeepTest, RowsOfAWrongShapeAreErrorsAndFound) {
  Fill();
  place_->Execute("INSERT INTO marks VALUES ('anna@x', NULL, 77, 1, '', '')");
  place_->Execute("INSERT INTO locks VALUES ('bert', 9, '', '', '', 1, NULL)");
  store_ = Reopen();
  EXPECT_EQ(store_->Find("anna@x").error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(store_->Find("anna@x").error().text, HasSubstr("wrong shape"));
  EXPECT_EQ(store_->LocksOf("bert", At(1)).error().kind, ErrorKind::kInvalid);
  EXPECT_THAT(Must(store_->Check(false)).problems, SizeIs(2));
  EXPECT_TRUE(store_->Find("bert@x")) << "others go on";
}

TEST_P(UpkeepTest, PrunesWhatIsOldAndKeepsTheLedger) {
  Fill();
  const auto pruned = Must(store_->Prune(At(45), At(60), By("prune", 100)));
  EXPECT_EQ(pruned.history, 4U);
  EXPECT_EQ(pruned.incidents, 1U) << "the open one stays";
  EXPECT_EQ(pruned.changes, 0U) << "settled later";
  EXPECT_EQ(pruned.flows, 1U);
  EXPECT_EQ(pruned.fan_in, 1U);
  EXPECT_EQ(Must(store_->Prune(At(90), At(60), By("prune", 100))).changes, 1U);
  EXPECT_EQ(Must(store_->Check(true)).addresses, 3U);
  EXPECT_EQ(Must(store_->History({.limit = 1})).at(0).kind, "prune");
  EXPECT_THAT(Must(store_->History({.address = "anna@x"})), IsEmpty());
}

TEST_P(UpkeepTest, PrunesManyInPortions) {
  std::vector<Lock> locks;
  for (int i = 0; i < 6'000; ++i) locks.push_back({.account = "a" + std::to_string(i)});
  Must(store_->AddLocks(locks, By("p", 10)));
  EXPECT_EQ(Must(store_->Prune(At(20), At(20), By("prune", 30))).history, 6'000U);
  EXPECT_EQ(Must(store_->Check(false)).history, 1U);
}

TEST_P(UpkeepTest, ErasesOneAccountAndSaysSoWithoutItsName) {
  Fill();
  EXPECT_GT(Must(store_->Erase("anna", By("uid 0", 90))), 8U);
  EXPECT_THAT(Must(store_->Find("anna@x")).proven, IsEmpty());
  EXPECT_EQ(Must(store_->Find("team@x")).Owners(), Accounts{"bert"});
  EXPECT_EQ(Must(store_->Find("bert@x")).Owners(), Accounts{"bert"});
  EXPECT_THAT(Must(store_->LocksOf("anna", At(1))), IsEmpty());
  EXPECT_THAT(Must(store_->GrantsOf("anna", At(1))), IsEmpty());
  EXPECT_THAT(Must(store_->Incidents({.text = "anna@x"})), IsEmpty());
  EXPECT_THAT(Must(store_->Incidents({})), SizeIs(1));
  EXPECT_THAT(Must(store_->ListAccounts({.notice = "reset"})).accounts, IsEmpty());
  EXPECT_THAT(Must(store_->History({.account = "anna"})), IsEmpty());
  for (const HistoryRow& row : Must(store_->History({}))) {
    for (const std::string& text : {row.address, row.account, row.before, row.after}) {
      EXPECT_THAT(text, testing::Not(HasSubstr("anna"))) << row.kind;
    }
  }
  const HistoryRow last = Must(store_->History({.limit = 1})).at(0);
  EXPECT_EQ(last.kind, "erase");
  EXPECT_EQ(last.act.reference, "T-1");
  EXPECT_TRUE(Must(store_->Check(true)).problems.empty());
}

TEST_P(UpkeepTest, ABackupOpensAsAStore) {
  Fill();
  const Scratch scratch;
  const std::string path = scratch.path() / "copy.db";
  const auto done = store_->Backup(path);
  if (GetParam() == "postgresql") {
    EXPECT_EQ(done.error().kind, ErrorKind::kInvalid);
    EXPECT_THAT(done.error().text, HasSubstr("pg_dump"));
    return;
  }
  Must(done);
  struct stat status = {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_EQ(store_->Backup(path).error().kind, ErrorKind::kInvalid) << "never over another file";
  EXPECT_EQ(store_->Backup("/nowhere/copy.db").error().kind, ErrorKind::kSystem);
  const auto copy = Must(Open({.url = "sqlite:" + path}));
  EXPECT_EQ(Must(copy->Find("team@x")).proven.size(), 2U);
  EXPECT_TRUE(Must(copy->Check(true)).problems.empty());
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

}  // namespace
}  // namespace warifu::store
