// The ledger on a store: what is written when, races, faults, and what mail may teach.
#include "binding/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "binding/live.h"
#include "fake_store.h"

namespace warifu::binding {
namespace {

using store::Accounts;
using store::FakeStore;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeDirectory final : public Directory {
 public:
  Owners OwnersOf(const Address& address) const override {
    ++asked;
    if (silent) return {.status = Lookup::kTryLater, .detail = "timed out"};
    auto row = rows.find(address.ToString() + address.sub_address);
    if (row == rows.end()) row = rows.find(address.ToString());
    if (row != rows.end()) return {.status = Lookup::kFound, .accounts = row->second};
    const auto domain = rows.find("@" + address.domain);
    if (domain == rows.end()) return {};
    return {.status = Lookup::kFound, .accounts = domain->second, .by_domain = true};
  }
  std::size_t size() const override { return rows.size(); }
  std::map<std::string, Accounts> rows;
  bool silent = false;
  mutable int asked = 0;
};

class LedgerTest : public testing::Test {
 protected:
  Look See(std::string_view path = "taro@example.jp") {
    const Result<Look> look = ledger_.See(ParsePath(path, {}).value(), directory_, act_);
    EXPECT_TRUE(look.has_value());
    return look.value_or(Look{});
  }
  bool Learn(std::string_view account, std::string_view path = "taro@example.jp") {
    return ledger_.Learn(See(path), account, act_).value_or(false);
  }
  Accounts Proven(const std::string& address = "taro@example.jp") {
    return store_.rows[address].Owners();
  }
  void Announce(const std::string& from, const std::string& to) {
    store::Change change;
    change.address = "taro@example.jp";
    change.from = from;
    change.to = to;
    change.reference = "T-1";
    change.valid_until = act_.at + std::chrono::hours(24);
    ASSERT_TRUE(store_.Announce({change}, act_).has_value());
  }

  FakeStore store_;
  FakeDirectory directory_;
  store::Act act_{.who = "mail",
                  .at = WallTime(std::chrono::seconds(1'780'000'000)),
                  .reference = "k3f9z-27qm1",
                  .why = ""};
  Ledger ledger_{store_, {}, {}};
};

TEST_F(LedgerTest, OrdinaryMailOfAProvenOwnerWritesNothing) {
  directory_.rows["taro@example.jp"] = {"taro"};
  store_.Prove("taro@example.jp", {"taro"});
  EXPECT_EQ(See().answer.which, PinCase::kSame);
  EXPECT_FALSE(Learn("taro"));
  EXPECT_EQ(store_.writes, 0);
  EXPECT_EQ(store_.finds, 2);
}

TEST_F(LedgerTest, OnlyALiveOwnerTeaches) {
  directory_.rows["taro@example.jp"] = {"hanako", "taro"};
  EXPECT_FALSE(Learn("stranger"));
  EXPECT_FALSE(Learn(""));
  EXPECT_TRUE(Learn("taro"));
  EXPECT_THAT(Proven(), ElementsAre("hanako", "taro"));
  EXPECT_EQ(store_.rows["taro@example.jp"].proven[0].source, "mail");
  EXPECT_FALSE(Learn("taro"));
}

TEST_F(LedgerTest, TheDifferenceIsRecordedByMail) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako", "taro"};
  EXPECT_TRUE(Learn("taro"));
  EXPECT_THAT(Proven(), ElementsAre("hanako", "taro"));
}

TEST_F(LedgerTest, ADoubtfulObservationNeverOverwritesAProvenOne) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"thief"};
  EXPECT_FALSE(Learn("thief"));
  EXPECT_THAT(Proven(), ElementsAre("taro"));
  const Look look = See();
  EXPECT_EQ(look.answer.which, PinCase::kDisputed);
  EXPECT_FALSE(look.new_dispute);
}

TEST_F(LedgerTest, NothingIsLearnedWhileUnexplainedMovesAreOpen) {
  directory_.rows["new@example.jp"] = {"shin"};
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"thief"};
  See();
  EXPECT_FALSE(Learn("shin", "new@example.jp"));
  directory_.rows["taro@example.jp"] = {"taro"};
  See();
  EXPECT_TRUE(Learn("shin", "new@example.jp"));

  directory_.rows["newer@example.jp"] = {"shin"};
  store::Breaker breaker;
  breaker.scope = "all";
  store_.breakers = {breaker};
  EXPECT_FALSE(Learn("shin", "newer@example.jp"));
}

TEST_F(LedgerTest, ADisputeOfANoticeStopsNobodyElse) {
  directory_.rows["new@example.jp"] = {"shin"};
  store_.rows["other@example.jp"].dispute = store::Dispute{store::DisputeKind::kFlow, {}, "", ""};
  EXPECT_TRUE(Learn("shin", "new@example.jp"));
}

TEST_F(LedgerTest, MoreDisputesThanAreReadStopLearning) {
  directory_.rows["taro@example.jp"] = {"taro"};
  for (int i = 0; i < 2000; ++i) {
    store_.rows["a" + std::to_string(i) + "@example.jp"].dispute =
        store::Dispute{store::DisputeKind::kFlow, {}, "", ""};
  }
  store_.rows["z@example.jp"].dispute = store::Dispute{store::DisputeKind::kPin, {}, "", ""};
  EXPECT_FALSE(Learn("taro"));
  EXPECT_THAT(Proven(), ElementsAre());
}

TEST_F(LedgerTest, SwappedIsDisputedOnceAndEndsByItself) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"thief"};
  const Look first = See();
  EXPECT_EQ(first.answer.which, PinCase::kSwapped);
  EXPECT_TRUE(first.new_dispute);
  EXPECT_EQ(store_.rows["taro@example.jp"].dispute->reference, "k3f9z-27qm1");
  EXPECT_EQ(PinResult(first).outcome, Outcome::kFail);
  EXPECT_THAT(PinResult(first).reason, HasSubstr("directory says thief, proven is taro"));
  See();
  EXPECT_EQ(store_.writes, 1);
  directory_.rows["taro@example.jp"] = {"taro"};
  EXPECT_EQ(See().answer.outcome, Outcome::kPass);
  EXPECT_FALSE(store_.rows["taro@example.jp"].dispute);
  EXPECT_EQ(store_.history.back().kind, "settle");
}

TEST_F(LedgerTest, AnAnnouncedChangeIsUsedOnce) {
  store_.Prove("taro@example.jp", {"taro"});
  Announce("taro", "hanako");
  EXPECT_EQ(See().answer.outcome, Outcome::kPass) << "the directory has not moved yet";
  directory_.rows["taro@example.jp"] = {"hanako"};
  EXPECT_EQ(See().answer.which, PinCase::kExplained);
  EXPECT_THAT(Proven(), ElementsAre("hanako"));
  EXPECT_EQ(store_.history.back().act.reference, "T-1");
  EXPECT_EQ(See().answer.which, PinCase::kSame);
  // Back again is another move, which nobody has announced.
  directory_.rows["taro@example.jp"] = {"taro"};
  EXPECT_EQ(See().answer.which, PinCase::kSwapped);
}

TEST_F(LedgerTest, TwoGatewaysUseOneChangeTogether) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako"};
  Announce("taro", "hanako");
  store_.race = [this] { EXPECT_EQ(See().answer.which, PinCase::kExplained); };
  EXPECT_EQ(See().answer.which, PinCase::kSame);
  EXPECT_EQ(store_.writes, 1);
  EXPECT_THAT(Proven(), ElementsAre("hanako"));
}

// Between the reading of the row and of the changes.
TEST_F(LedgerTest, AChangeThatAnotherJustUsedIsNoSwap) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako"};
  Announce("taro", "hanako");
  store_.race_at_changes = [this] { EXPECT_EQ(See().answer.which, PinCase::kExplained); };
  EXPECT_EQ(See().answer.which, PinCase::kSame);
  EXPECT_EQ(store_.writes, 1);
  EXPECT_FALSE(store_.rows["taro@example.jp"].dispute);
}

TEST_F(LedgerTest, ADisputeThatAChangeJustEndedIsNone) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako"};
  EXPECT_EQ(See().answer.which, PinCase::kSwapped);
  Announce("taro", "hanako");
  store_.race_at_changes = [this] { EXPECT_EQ(See().answer.which, PinCase::kExplained); };
  EXPECT_EQ(See().answer.which, PinCase::kSame);
}

TEST_F(LedgerTest, AnExpiredChangeExplainsNothing) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako"};
  Announce("taro", "hanako");
  act_.at += std::chrono::hours(25);
  EXPECT_EQ(See().answer.which, PinCase::kSwapped);
}

TEST_F(LedgerTest, ReleasedAndBack) {
  store_.Prove("taro@example.jp", {"taro"});
  EXPECT_EQ(See().answer.which, PinCase::kReleased);
  EXPECT_EQ(store_.rows["taro@example.jp"].released, act_.at);
  See();
  EXPECT_EQ(store_.writes, 1);
  directory_.rows["taro@example.jp"] = {"taro"};
  See();
  EXPECT_FALSE(store_.rows["taro@example.jp"].released);
}

TEST_F(LedgerTest, ARowForTheDomainNeverEnrols) {
  directory_.rows["@example.jp"] = {"taro"};
  EXPECT_FALSE(Learn("taro"));
  EXPECT_TRUE(store_.rows.empty());
}

TEST_F(LedgerTest, ASubAddressOfOthersIsAnAddressOfItsOwn) {
  directory_.rows["taro@example.jp"] = {"taro"};
  EXPECT_TRUE(Learn("taro", "taro+news@example.jp"));
  EXPECT_THAT(Proven(), ElementsAre("taro"));
  // Postfix looks the whole form up first.
  directory_.rows["taro@example.jp+boss"] = {"boss"};
  EXPECT_TRUE(Learn("boss", "taro+boss@example.jp"));
  EXPECT_THAT(Proven("taro+boss@example.jp"), ElementsAre("boss"));
  EXPECT_THAT(Proven(), ElementsAre("taro"));
}

TEST_F(LedgerTest, RealmsAreMapped) {
  const Ledger ledger(store_, {}, {RealmOptions::Rule::kStrip, ""});
  directory_.rows["taro@example.jp"] = {"taro@example.jp"};
  const Result<Look> look = ledger.See(ParsePath("taro@example.jp", {}).value(), directory_, act_);
  ASSERT_TRUE(look.has_value());
  EXPECT_TRUE(ledger.Learn(*look, "taro", act_).value_or(false));
  EXPECT_THAT(Proven(), ElementsAre("taro"));
}

TEST_F(LedgerTest, AStoreThatIsDownIsNoPass) {
  directory_.rows["taro@example.jp"] = {"taro"};
  store_.down = true;
  EXPECT_FALSE(ledger_.See(ParsePath("taro@example.jp", {}).value(), directory_, act_).has_value());
}

class LiveTest : public LedgerTest {
 protected:
  Owners Ask(std::chrono::seconds later, std::string_view path = "taro@example.jp") {
    const LiveDirectory live(directory_, outage_, {&store_, std::chrono::hours(1), {}},
                             act_.at + later);
    return live.OwnersOf(ParsePath(path, {}).value());
  }
  Outage outage_;
};

TEST_F(LiveTest, TheLedgerAnswersForAWhile) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"taro"};
  EXPECT_FALSE(Ask({}).stale);
  directory_.silent = true;
  const Owners stale = Ask(std::chrono::minutes(10));
  EXPECT_TRUE(stale.stale);
  EXPECT_THAT(stale.accounts, ElementsAre("taro"));
  EXPECT_TRUE(Ask(std::chrono::minutes(69)).stale);
  EXPECT_FALSE(Ask(std::chrono::minutes(70)).stale) << "an hour since it fell silent";
  EXPECT_EQ(Ask(std::chrono::minutes(70)).status, Lookup::kTryLater);
  directory_.silent = false;
  EXPECT_EQ(Ask(std::chrono::minutes(71)).status, Lookup::kFound);
  directory_.silent = true;
  EXPECT_TRUE(Ask(std::chrono::minutes(80)).stale) << "another outage";
}

TEST_F(LiveTest, NothingAnswersForWhatIsNotProven) {
  directory_.silent = true;
  EXPECT_EQ(Ask({}).status, Lookup::kTryLater);
  store_.Prove("taro@example.jp", {"taro"});
  store_.rows["taro@example.jp"].released = act_.at;
  EXPECT_EQ(Ask({}).status, Lookup::kTryLater);
  store_.rows["taro@example.jp"].released.reset();
  store_.down = true;
  EXPECT_EQ(Ask({}).status, Lookup::kTryLater);
}

TEST_F(LiveTest, OneDecisionAsksOnce) {
  directory_.rows["taro@example.jp"] = {"taro"};
  const LiveDirectory live(directory_, outage_, {}, act_.at);
  for (int i = 0; i < 3; ++i) live.OwnersOf(ParsePath("taro@example.jp", {}).value());
  EXPECT_EQ(directory_.asked, 1);
}

// The directory moves, and another session uses the change, after this one has asked.
TEST_F(LiveTest, ASwapIsLookedAtTwice) {
  const Address taro = ParsePath("taro@example.jp", {}).value();
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"taro"};
  Announce("taro", "hanako");
  const LiveDirectory live(directory_, outage_, {&store_, std::chrono::hours(1), {}}, act_.at);
  EXPECT_THAT(live.OwnersOf(taro).accounts, ElementsAre("taro"));
  directory_.rows["taro@example.jp"] = {"hanako"};
  EXPECT_EQ(See().answer.which, PinCase::kExplained);
  const Result<Look> look = ledger_.See(taro, live, act_);
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->answer.which, PinCase::kSame);
  EXPECT_FALSE(look->new_dispute);
}

TEST_F(LiveTest, StaleAnswersTeachNothing) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.silent = true;
  const LiveDirectory live(directory_, outage_, {&store_, std::chrono::hours(1), {}}, act_.at);
  const Result<Look> look = ledger_.See(ParsePath("taro@example.jp", {}).value(), live, act_);
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->answer.which, PinCase::kStale);
  EXPECT_TRUE(PinResult(*look).stale);
  EXPECT_FALSE(ledger_.Learn(*look, "taro", act_).value_or(true));
  EXPECT_EQ(CheckSender("taro", ParsePath("taro@example.jp", {}).value(), live, {}).outcome,
            Outcome::kPass);
  EXPECT_TRUE(CheckSender("taro", ParsePath("taro@example.jp", {}).value(), live, {}).stale);
  EXPECT_EQ(CheckSender("thief", ParsePath("taro@example.jp", {}).value(), live, {}).outcome,
            Outcome::kFail);
}

}  // namespace
}  // namespace warifu::binding
