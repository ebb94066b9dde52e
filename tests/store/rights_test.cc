// Changes, grants, locks and breakers, on both engines.
#include <gmock/gmock.h>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class RightsTest : public StoreTest {
 protected:
  static Change FromTo(std::string from, std::string to, std::int64_t until = 1'000) {
    return {.address = "a@x",
            .from = std::move(from),
            .to = std::move(to),
            .reference = "CHG-1",
            .by = "uid 0",
            .announced = At(10),
            .valid_until = At(until)};
  }
  void Announce(const Change& change) {
    EXPECT_EQ(Must(store_->Announce({change}, By("uid 0", 10))), 1U);
  }
};
WARIFU_ON_BOTH_ENGINES(RightsTest);

TEST_P(RightsTest, AChangeIsUsedOnce) {
  Must(store_->Enrol("a@x", {"anna"}, "mail", By("mail", 1)));
  Announce(FromTo("anna", "bert"));
  EXPECT_EQ(Must(store_->Announce({FromTo("anna", "bert")}, By("uid 0", 11))), 0U) << "known";
  const auto open = Must(store_->ChangesOf("a@x", At(20)));
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].reference, "CHG-1");
  EXPECT_EQ(open[0].by, "uid 0");
  EXPECT_THAT(Must(store_->ChangesOf("a@x", At(1'001))), IsEmpty()) << "has run out";
  const std::int64_t id = open[0].id;
  EXPECT_EQ(Must(store_->Move("a@x", {"anna"}, {"bert"}, id, "change", By("mail", 30))),
            Moved::kMoved);
  EXPECT_EQ(Must(store_->Move("a@x", {"bert"}, {"anna"}, 0, "person", By("p", 31))), Moved::kMoved);
  EXPECT_EQ(Must(store_->Move("a@x", {"anna"}, {"bert"}, id, "change", By("mail", 32))),
            Moved::kRaced);
  EXPECT_THAT(Must(store_->ChangesOf("a@x", At(20))), IsEmpty());
  EXPECT_EQ(Must(store_->Announce({FromTo("anna", "bert")}, By("uid 0", 40))), 0U)
      << "used: the provisioning system still lists it";
  const auto used = Must(store_->Changes("a@x", ChangeState::kUsed, 10));
  ASSERT_EQ(used.size(), 1U);
  EXPECT_EQ(used[0].settled, At(30));
}

TEST_P(RightsTest, AChangeMovesOnlyWhatItNames) {
  Must(store_->Enrol("a@x", {"anna"}, "mail", By("mail", 1)));
  Announce(FromTo("anna", "bert"));
  const std::int64_t id = Must(store_->ChangesOf("a@x", At(20)))[0].id;
  EXPECT_EQ(store_->Move("a@x", {"anna"}, {"carl"}, id, "change", By("m", 30)).error().kind,
            ErrorKind::kInvalid);
  EXPECT_EQ(Must(store_->Find("a@x")).Owners(), Accounts{"anna"});
  Must(store_->Enrol("b@x", {"anna"}, "mail", By("mail", 1)));
  EXPECT_EQ(Must(store_->Move("b@x", {"anna"}, {"bert"}, id, "change", By("m", 30))),
            Moved::kRaced);
}

TEST_P(RightsTest, AnnouncesAllOrNone) {
  Change wrong = FromTo("anna", "anna");
  EXPECT_EQ(store_->Announce({FromTo("anna", "bert"), wrong}, By("p", 1)).error().kind,
            ErrorKind::kInvalid);
  EXPECT_THAT(Must(store_->Changes("", ChangeState::kOpen, 10)), IsEmpty());
  wrong = FromTo("anna", "bert", 10);
  EXPECT_FALSE(store_->Announce({wrong}, By("p", 1)));
  EXPECT_THAT(Must(store_->History({})), IsEmpty());
}

TEST_P(RightsTest, ExpiredAndWithdrawnChangesSaySo) {
  Announce(FromTo("anna", "bert", 100));
  Announce(FromTo("anna", "carl", 200));
  const auto expired = Must(store_->ExpireChanges(At(150)));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].to, "bert");
  EXPECT_THAT(Must(store_->ExpireChanges(At(150))), IsEmpty());
  EXPECT_EQ(Must(store_->History({.address = "a@x", .limit = 1}))[0].kind, "expire");
  Announce(FromTo("anna", "bert", 300));  // with a later end it is a new one
  const auto open = Must(store_->Changes("", ChangeState::kOpen, 10));
  ASSERT_EQ(open.size(), 2U);
  EXPECT_TRUE(Must(store_->WithdrawChange(open[0].id, By("p", 160))));
  EXPECT_FALSE(Must(store_->WithdrawChange(open[0].id, By("p", 160))));
  EXPECT_EQ(Must(store_->Changes("a@x", ChangeState::kWithdrawn, 10)).size(), 1U);
}

TEST_P(RightsTest, GrantsHoldUntilTheyEnd) {
  Must(store_->AddGrant({.account = "list", .target = "@x", .until = At(100)}, By("p", 1)));
  Must(store_->AddGrant({.account = "list", .target = "a@y", .reference = "T-2"}, By("p", 1)));
  EXPECT_EQ(Must(store_->GrantsOf("list", At(99))).size(), 2U);
  const auto later = Must(store_->GrantsOf("list", At(100)));
  ASSERT_EQ(later.size(), 1U);
  EXPECT_EQ(later[0].reference, "T-2");
  Must(store_->AddGrant({.account = "list", .target = "@x"}, By("p", 1)));
  EXPECT_EQ(Must(store_->GrantsOf("list", At(100))).size(), 2U) << "granted again without end";
  EXPECT_TRUE(Must(store_->RemoveGrant("list", "@x", By("p", 2))));
  EXPECT_FALSE(Must(store_->RemoveGrant("list", "@x", By("p", 2))));
  EXPECT_EQ(Must(store_->GrantsOf("list", At(1))).size(), 1U);
  EXPECT_THAT(Must(store_->GrantsOf("other", At(1))), IsEmpty());
}

TEST_P(RightsTest, LocksHoldUntilTheyEnd) {
  EXPECT_EQ(Must(store_->AddLocks(
                {{.account = "anna", .scope = LockScope::kSend, .reason = "leak", .since = At(5)},
                 {.account = "bert", .reason = "leak", .since = At(5), .until = At(50)}},
                By("uid 0", 5))),
            2U);
  EXPECT_EQ(Must(store_->AddLocks({{.account = "bert", .reason = "more", .until = At(60)}},
                                  By("uid 0", 6))),
            0U)
      << "one that is locked already";
  ASSERT_EQ(Must(store_->LocksOf("bert", At(59))).size(), 1U);
  EXPECT_EQ(Must(store_->LocksOf("bert", At(59)))[0].reason, "more");
  EXPECT_THAT(Must(store_->LocksOf("bert", At(60))), IsEmpty());
  EXPECT_EQ(Must(store_->ListAccounts({.locked = true, .now = At(59)})).total, 2U);
  EXPECT_EQ(Must(store_->ListAccounts({.locked = true, .now = At(60)})).total, 1U);
  EXPECT_EQ(Must(store_->AddLocks({{.account = "bert"}}, By("uid 0", 70))), 1U);
  EXPECT_EQ(Must(store_->RemoveLocks({"anna", "bert", "carl"}, By("uid 0", 80))), 2U);
  EXPECT_THAT(Must(store_->LocksOf("anna", At(81))), IsEmpty());
  const auto rows = Must(store_->History({.account = "anna"}));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].kind, "unlock");
  EXPECT_EQ(rows[0].before, "send: leak");
  EXPECT_EQ(rows[1].act.who, "uid 0");
}

TEST_P(RightsTest, LocksManyFromAFile) {
  std::vector<Lock> locks;
  for (int i = 0; i < 1'265; ++i) {
    locks.push_back({.account = "account" + std::to_string(i), .reason = "incident"});
  }
  EXPECT_EQ(Must(store_->AddLocks(locks, By("uid 0", 1))), 1'265U);
  locks.push_back({.account = ""});
  locks[0].account = "one more";
  EXPECT_FALSE(store_->AddLocks(locks, By("uid 0", 2)));
  EXPECT_THAT(Must(store_->LocksOf("one more", At(2))), IsEmpty());
  EXPECT_EQ(Must(store_->ListAccounts({.locked = true, .now = At(2)})).total, 1'265U);
}

TEST_P(RightsTest, ABreakerOpensOnceAndSurvives) {
  const Breaker all{.scope = "all", .opened = At(1), .until = At(100), .reason = "many"};
  EXPECT_TRUE(Must(store_->OpenBreaker(all, By("mail", 1))));
  EXPECT_FALSE(Must(store_->OpenBreaker(all, By("mail", 2))));
  store_ = Reopen();
  ASSERT_EQ(Must(store_->Breakers(At(99))).size(), 1U);
  EXPECT_EQ(Must(store_->Breakers(At(99)))[0].reason, "many");
  EXPECT_THAT(Must(store_->Breakers(At(100))), IsEmpty());
  EXPECT_TRUE(Must(store_->OpenBreaker({.scope = "all"}, By("mail", 100))));
  EXPECT_TRUE(Must(store_->CloseBreaker("all", By("uid 0", 110))));
  EXPECT_FALSE(Must(store_->CloseBreaker("all", By("uid 0", 111))));
  EXPECT_THAT(Must(store_->Breakers(At(120))), IsEmpty());
}

TEST_P(RightsTest, AlarmsCountDistinctAccounts) {
  const AlarmCount first = Must(store_->AddAlarm("all", "anna", At(10), At(0), 9));
  EXPECT_EQ(first.accounts, 1U);
  EXPECT_TRUE(first.added);
  const AlarmCount again = Must(store_->AddAlarm("all", "anna", At(20), At(0), 9));
  EXPECT_EQ(again.accounts, 1U);
  EXPECT_FALSE(again.added);
  EXPECT_EQ(Must(store_->AddAlarm("all", "bert", At(15), At(0), 9)).accounts, 2U);
  EXPECT_EQ(Must(store_->AddAlarm("domain:x", "carl", At(15), At(0), 9)).accounts, 1U);
  EXPECT_EQ(Must(store_->AddAlarm("all", "carl", At(30), At(16), 9)).accounts, 2U)
      << "bert's is too old";
  EXPECT_EQ(Must(store_->AddAlarm("all", "dora", At(31), At(16), 2)).accounts, 2U)
      << "no more are counted";
}

TEST_P(RightsTest, ClosingABreakerCountsAnew) {
  for (const std::string_view account : {"anna", "bert"}) {
    Must(store_->AddAlarm("all", account, At(10), At(0), 9));
    Must(store_->AddAlarm("domain:x", account, At(10), At(0), 9));
  }
  EXPECT_FALSE(Must(store_->CloseBreaker("all", By("uid 0", 20)))) << "it is not open";
  EXPECT_EQ(Must(store_->AddAlarm("all", "carl", At(20), At(0), 9)).accounts, 3U);
  Must(store_->OpenBreaker({.scope = "all"}, By("mail", 30)));
  EXPECT_TRUE(Must(store_->CloseBreaker("all", By("uid 0", 40))));
  EXPECT_EQ(Must(store_->AddAlarm("all", "dora", At(50), At(0), 9)).accounts, 1U);
  EXPECT_EQ(Must(store_->AddAlarm("domain:x", "dora", At(50), At(0), 9)).accounts, 3U);
}

}  // namespace
}  // namespace warifu::store
