// The breaker: what trips it, in which scope, and what it stops.
#include "incident/breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_store.h"

namespace warifu::incident {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr WallTime kNow{std::chrono::seconds(1'780'000'000)};

class BreakerTest : public testing::Test {
 protected:
  std::vector<Tripped> Raise(std::string account, std::string mark, WallTime at = kNow) {
    auto tripped = RaiseAlarm(store_, options_,
                              {.account = std::move(account),
                               .domain = "example.jp",
                               .mark = std::move(mark),
                               .what = "leak",
                               .reference = "k3f9z-27qm1",
                               .at = at});
    EXPECT_TRUE(tripped.has_value());
    return tripped.value_or(std::vector<Tripped>{});
  }
  store::FakeStore store_;
  BreakerOptions options_{
      .acts_on = {Scope::kAccount}, .account_alarms = 3, .domain_accounts = 2, .all_accounts = 3};
};

TEST_F(BreakerTest, AnAccountOpensItsOwnAtItsThreshold) {
  EXPECT_THAT(Raise("taro", "Q1"), SizeIs(0));
  EXPECT_THAT(Raise("taro", "Q2"), SizeIs(0));
  EXPECT_THAT(Raise("taro", "Q2"), SizeIs(0)) << "the same mail once more";
  const auto tripped = Raise("taro", "Q3");
  ASSERT_THAT(tripped, SizeIs(1));
  EXPECT_EQ(tripped[0].scope, "account:taro");
  EXPECT_TRUE(tripped[0].opened);
  EXPECT_THAT(tripped[0].reason, HasSubstr("3 alarms in 60 minutes"));
  ASSERT_THAT(store_.breakers, SizeIs(1));
  EXPECT_EQ(store_.breakers[0].reference, "k3f9z-27qm1");
  EXPECT_FALSE(store_.breakers[0].until);
  EXPECT_THAT(Raise("taro", "Q4"), SizeIs(0)) << "open already";
}

TEST_F(BreakerTest, TheWindowMoves) {
  Raise("taro", "Q1");
  Raise("taro", "Q2");
  EXPECT_THAT(Raise("taro", "Q3", kNow + std::chrono::hours(2)), SizeIs(0));
}

TEST_F(BreakerTest, OneAccountNeverStopsTheOthers) {
  options_.acts_on = {Scope::kAccount, Scope::kDomain, Scope::kAll};
  for (int i = 0; i < 100; ++i) Raise("taro", "Q" + std::to_string(i));
  ASSERT_THAT(store_.breakers, SizeIs(1));
  EXPECT_EQ(store_.breakers[0].scope, "account:taro");
}

TEST_F(BreakerTest, WiderScopesAreReportedOnceAndStopNothingUnlessTheyAreSet) {
  EXPECT_THAT(Raise("a", "1"), SizeIs(0));
  const auto domain = Raise("b", "2");
  ASSERT_THAT(domain, SizeIs(1));
  EXPECT_EQ(domain[0].scope, "domain:example.jp");
  EXPECT_FALSE(domain[0].opened);
  EXPECT_THAT(Raise("b", "2a"), SizeIs(0)) << "of an account that was counted";
  EXPECT_THAT(Raise("c", "3"), SizeIs(1)) << "all";
  EXPECT_THAT(Raise("d", "4"), SizeIs(0));
  EXPECT_THAT(store_.breakers, SizeIs(0));
}

TEST_F(BreakerTest, WiderScopesActWhereTheyAreSetAndMayExpire) {
  options_.acts_on = {Scope::kAll};
  options_.open_for = std::chrono::minutes(30);
  Raise("a", "1");
  Raise("b", "2");
  const auto tripped = Raise("c", "3");
  ASSERT_THAT(store_.breakers, SizeIs(1));
  EXPECT_EQ(store_.breakers[0].scope, "all");
  EXPECT_EQ(store_.breakers[0].until, kNow + std::chrono::minutes(30));
}

TEST_F(BreakerTest, WithoutAnAccountNothingCounts) {
  for (int i = 0; i < 100; ++i) Raise("", "Q" + std::to_string(i));
  EXPECT_TRUE(store_.alarms.empty());
}

TEST_F(BreakerTest, AStoreThatIsDownIsAnError) {
  store_.down = true;
  EXPECT_FALSE(RaiseAlarm(store_, options_,
                          {.account = "taro",
                           .domain = "",
                           .mark = "Q",
                           .what = "leak",
                           .reference = "",
                           .at = kNow})
                   .has_value());
}

TEST(Stopping, ByAccountDomainOrAll) {
  const auto scope = [](std::string name) {
    store::Breaker breaker;
    breaker.scope = std::move(name);
    return std::vector<store::Breaker>{breaker};
  };
  EXPECT_NE(Stopping(scope("account:taro"), "taro", "example.jp"), nullptr);
  EXPECT_EQ(Stopping(scope("account:taro"), "taro2", "example.jp"), nullptr);
  EXPECT_EQ(Stopping(scope("account:taro"), "", "example.jp"), nullptr);
  EXPECT_NE(Stopping(scope("domain:example.jp"), "", "example.jp"), nullptr);
  EXPECT_EQ(Stopping(scope("domain:example.jp"), "taro", "example.com"), nullptr);
  EXPECT_EQ(Stopping(scope("domain:"), "taro", ""), nullptr);
  EXPECT_NE(Stopping(scope("all"), "", ""), nullptr);
  EXPECT_EQ(Stopping({}, "taro", "example.jp"), nullptr);
}

}  // namespace
}  // namespace warifu::incident
