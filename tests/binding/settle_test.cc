// What is settled without mail: changes that happened, ran out, were given up; disputes that ended.
#include "binding/settle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "fake_store.h"

namespace warifu::binding {
namespace {

using store::Accounts;
using store::ChangeState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr WallTime kNow{std::chrono::seconds(1'780'000'000)};

class FakeDirectory final : public Directory {
 public:
  Owners OwnersOf(const Address& address) const override {
    ++asked;
    if (silent) return {.status = Lookup::kTryLater, .detail = "timed out"};
    const auto row = rows.find(address.ToString());
    if (row == rows.end()) return {};
    return {.status = Lookup::kFound, .accounts = row->second};
  }
  std::size_t size() const override { return rows.size(); }
  std::map<std::string, Accounts> rows;
  bool silent = false;
  mutable int asked = 0;
};

class SettleTest : public testing::Test {
 protected:
  Settled Round(WallTime now = kNow) {
    const auto settled = Settle(store_, ledger_, directory_, now, [this] { return stop_; });
    EXPECT_TRUE(settled.has_value());
    return settled.value_or(Settled{});
  }
  void Announce(const std::string& from, const std::string& to) {
    store::Change change;
    change.address = "taro@example.jp";
    change.from = from;
    change.to = to;
    change.reference = "T-1";
    change.valid_until = kNow + std::chrono::hours(24);
    ASSERT_TRUE(store_.Announce({change}, {.who = "uid 0", .at = kNow}).has_value());
  }
  Accounts Proven() { return store_.rows["taro@example.jp"].Owners(); }

  store::FakeStore store_;
  FakeDirectory directory_;
  Ledger ledger_{store_, {}, {}};
  bool stop_ = false;
};

TEST_F(SettleTest, AChangeSettlesWithoutMail) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"taro"};
  Announce("taro", "hanako");
  EXPECT_EQ(Round().moved, 0u);
  directory_.rows["taro@example.jp"] = {"hanako"};
  const Settled settled = Round();
  EXPECT_EQ(settled.moved, 1u);
  EXPECT_THAT(settled.lines, ElementsAre(HasSubstr("T-1: taro@example.jp now belongs to hanako")));
  EXPECT_THAT(Proven(), ElementsAre("hanako"));
  EXPECT_EQ(store_.changes[0].state, ChangeState::kUsed);
}

TEST_F(SettleTest, ANewOwnerBesideTheOldOne) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako", "taro"};
  Announce("taro", "hanako");
  EXPECT_EQ(Round().moved, 1u);
  EXPECT_THAT(Proven(), ElementsAre("hanako", "taro"));
}

TEST_F(SettleTest, ANewAddress) {
  directory_.rows["taro@example.jp"] = {"taro"};
  Announce("", "taro");
  EXPECT_EQ(Round().moved, 1u);
  EXPECT_THAT(Proven(), ElementsAre("taro"));
}

TEST_F(SettleTest, AtTheLastMoment) {
  store_.Prove("taro@example.jp", {"taro"});
  Announce("taro", "hanako");
  directory_.rows["taro@example.jp"] = {"hanako"};
  // The directory moved in time, but the round comes late.
  const Settled settled = Round(kNow + std::chrono::hours(24) + std::chrono::seconds(10));
  EXPECT_EQ(settled.moved, 1u);
  EXPECT_EQ(settled.expired, 0u);
  EXPECT_THAT(Proven(), ElementsAre("hanako"));
}

TEST_F(SettleTest, OneThatExpiresUnusedSaysSo) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"taro"};
  Announce("taro", "hanako");
  const Settled settled = Round(kNow + std::chrono::hours(25));
  EXPECT_EQ(settled.expired, 1u);
  EXPECT_THAT(settled.lines, ElementsAre(HasSubstr("was never used and has expired")));
  EXPECT_EQ(store_.changes[0].state, ChangeState::kExpired);
}

TEST_F(SettleTest, GivenUp) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"taro"};
  Announce("taro", "");
  EXPECT_EQ(Round().moved, 0u);
  directory_.rows.clear();
  EXPECT_EQ(Round().moved, 1u);
  EXPECT_EQ(store_.changes[0].state, ChangeState::kUsed);
  EXPECT_THAT(Proven(), ElementsAre("taro")) << "for the cool-off";
  EXPECT_TRUE(store_.rows["taro@example.jp"].released);
}

TEST_F(SettleTest, DisputesOfPinEndByThemselvesAndNoOthers) {
  store_.Prove("taro@example.jp", {"taro"});
  store_.Prove("jiro@example.jp", {"jiro"});
  for (const char* address : {"taro@example.jp", "jiro@example.jp"}) {
    store_.rows[address].dispute = store::Dispute{store::DisputeKind::kPin, kNow, "k3f9z", ""};
  }
  store_.Prove("hanako@example.jp", {"hanako"});
  store_.rows["hanako@example.jp"].dispute =
      store::Dispute{store::DisputeKind::kFlow, kNow, "k3f9z", ""};
  directory_.rows = {{"taro@example.jp", {"taro"}},
                     {"jiro@example.jp", {"thief"}},
                     {"hanako@example.jp", {"hanako"}}};
  EXPECT_EQ(Round().ended, 1u);
  EXPECT_FALSE(store_.rows["taro@example.jp"].dispute);
  EXPECT_TRUE(store_.rows["jiro@example.jp"].dispute);
  EXPECT_TRUE(store_.rows["hanako@example.jp"].dispute);
}

TEST_F(SettleTest, ASilentDirectoryIsAskedOnceAndSettlesNothing) {
  store_.Prove("taro@example.jp", {"taro"});
  Announce("taro", "hanako");
  Announce("taro", "jiro");
  directory_.silent = true;
  const Settled settled = Round(kNow + std::chrono::hours(25));
  EXPECT_EQ(directory_.asked, 1);
  EXPECT_EQ(settled.expired, 0u);
  EXPECT_EQ(store_.changes[0].state, ChangeState::kOpen);
}

TEST_F(SettleTest, ARowThatMakesNoSenseStopsNobodyElse) {
  store_.Prove("taro@example.jp", {"taro"});
  directory_.rows["taro@example.jp"] = {"hanako"};
  store::Change broken;
  broken.address = "no address at all";
  broken.to = "hanako";
  broken.reference = "T-0";
  broken.valid_until = kNow + std::chrono::hours(1);
  ASSERT_TRUE(store_.Announce({broken}, {.who = "uid 0", .at = kNow}).has_value());
  Announce("taro", "hanako");
  const Settled settled = Round();
  EXPECT_EQ(settled.moved, 1u);
  EXPECT_THAT(settled.lines[0], HasSubstr("T-0 of no address at all cannot be settled"));
}

TEST_F(SettleTest, StopsWhenTold) {
  store_.Prove("taro@example.jp", {"taro"});
  Announce("taro", "hanako");
  stop_ = true;
  Round();
  EXPECT_EQ(directory_.asked, 0);
}

TEST_F(SettleTest, AStoreThatIsDownIsAnError) {
  store_.down = true;
  EXPECT_FALSE(Settle(store_, ledger_, directory_, kNow, [] { return false; }).has_value());
}

}  // namespace
}  // namespace warifu::binding
