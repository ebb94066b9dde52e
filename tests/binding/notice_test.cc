// Notices, flows and fan-in: the checks alone, on a store in memory.
#include "binding/notice.h"

#include <gmock/gmock.h>

#include <map>

#include "fake_store.h"

namespace warifu::binding {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr WallTime kNow{std::chrono::seconds(1'780'000'000)};

Address At(const std::string& text) {
  return ParseAddrSpec(text, {}).value_or(Address{});
}

NoticeFacts About(const std::string& account, const std::string& token = "") {
  NoticeFacts facts;
  facts.id = "reset";
  facts.account = account;
  facts.has_token = !token.empty();
  facts.token = token;
  return facts;
}

class NoticeTest : public ::testing::Test {
 protected:
  void Own(const std::string& address, const store::Accounts& accounts) {
    owners_[address] = {Outcome::kPass, accounts, ""};
    store_.Prove(address, accounts);
  }
  Named Who(const NoticeFacts& facts) { return WhoIsNamed(facts, bound_, options_); }
  std::vector<CheckResult> Notice(const NoticeFacts& facts,
                                  const std::vector<Address>& recipients) {
    return CheckNotice(facts, Who(facts), recipients, bound_);
  }
  FlowResult Flow(const NoticeFacts& facts, const std::string& recipient, WallTime now = kNow) {
    auto flow = CheckFlow(facts, Who(facts), {At(recipient)}, bound_, store_, now, 1h);
    EXPECT_TRUE(flow);
    return flow ? *flow : FlowResult{};
  }
  std::vector<CheckResult> FanIn(const std::string& account, const std::string& mailbox,
                                 WallTime now = kNow) {
    const NoticeFacts facts = About(account);
    return CheckFanIn(facts, Who(facts), {At(mailbox)}, store_, now, {2, 24h});
  }

  std::map<std::string, Bound> owners_;
  BoundTo bound_ = [this](const Address& address) {
    const auto it = owners_.find(address.ToString());
    return it == owners_.end() ? Bound{} : it->second;
  };
  Options options_{.address = {}, .realm = {}, .local_domains = {"x.jp"}};
  store::FakeStore store_;
};

TEST_F(NoticeTest, NamesByAddressOrByAccount) {
  Own("a@x.jp", {"1001"});
  Own("office@x.jp", {"1001", "1002"});
  EXPECT_THAT(Who(About("A@X.JP")).accounts, ElementsAre("1001"));
  EXPECT_TRUE(Who(About("a+shop@x.jp")).address);
  EXPECT_THAT(Who(About("office@x.jp")).accounts, ElementsAre("1001", "1002"));
  EXPECT_THAT(Who(About("Sato")).accounts, ElementsAre("sato"));
  // An address that is nobody's is a login with a realm.
  EXPECT_THAT(Who(About("sato@realm")).accounts, ElementsAre("sato@realm"));
  EXPECT_FALSE(Who(About("sato@realm")).address);
  options_.realm = {RealmOptions::Rule::kStrip, ""};
  EXPECT_THAT(Who(About("sato@realm")).accounts, ElementsAre("sato"));
}

TEST_F(NoticeTest, EveryRecipientSharesAnOwner) {
  Own("a@x.jp", {"1001"});
  Own("b@x.jp", {"1002"});
  Own("office@x.jp", {"1001", "1002"});
  const NoticeFacts facts = About("1001");
  EXPECT_EQ(Notice(facts, {At("a@x.jp"), At("office@x.jp")})[0].outcome, Outcome::kPass);
  const auto failed = Notice(facts, {At("a@x.jp"), At("b@x.jp"), At("nobody@x.jp")});
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_EQ(failed[0].subject, "b@x.jp");
  EXPECT_EQ(failed[0].outcome, Outcome::kFail);
  EXPECT_THAT(failed[1].reason, HasSubstr("bound to no account"));
}

TEST_F(NoticeTest, DoubtIsNeitherPassNorFail) {
  Own("a@x.jp", {"1001"});
  owners_["b@x.jp"] = {Outcome::kUnavailable, {}, "no answer"};
  owners_["c@x.jp"] = {Outcome::kFail, {}, "disputed"};
  EXPECT_EQ(Notice(About("1001"), {At("b@x.jp")})[0].outcome, Outcome::kUnavailable);
  EXPECT_EQ(Notice(About("1001"), {At("c@x.jp")})[0].outcome, Outcome::kFail);
  EXPECT_EQ(Notice(About("b@x.jp"), {At("a@x.jp")})[0].outcome, Outcome::kUnavailable);
  EXPECT_EQ(Notice(About("c@x.jp"), {At("a@x.jp")})[0].outcome, Outcome::kFail);
  NoticeFacts unread = About("");
  unread.problem = "is not in the mail";
  const auto result = Notice(unread, {At("a@x.jp")});
  ASSERT_THAT(result, SizeIs(1));
  EXPECT_EQ(result[0].outcome, Outcome::kFail);
  EXPECT_THAT(result[0].reason, HasSubstr("the account of notice 'reset' is not in the mail"));
}

TEST_F(NoticeTest, LocksHoldWhatIsGuarded) {
  NoticeFacts facts = About("1001");
  EXPECT_FALSE(CheckNoticeLock(facts, Who(facts), store_, kNow));
  facts.guarded = true;
  EXPECT_EQ(CheckNoticeLock(facts, Who(facts), store_, kNow)->outcome, Outcome::kPass);
  store_.locks.push_back({"1001", store::LockScope::kSend, "abuse", "", "", kNow - 1h, {}});
  EXPECT_EQ(CheckNoticeLock(facts, Who(facts), store_, kNow)->outcome, Outcome::kPass);
  store_.locks.push_back({"1001", store::LockScope::kReceive, "abuse", "", "", kNow - 1h, {}});
  const auto locked = CheckNoticeLock(facts, Who(facts), store_, kNow);
  EXPECT_EQ(locked->outcome, Outcome::kFail);
  EXPECT_EQ(locked->at_most, Action::kHold);
  EXPECT_EQ(locked->subject, "1001");
  store_.down = true;
  EXPECT_EQ(CheckNoticeLock(facts, Who(facts), store_, kNow)->outcome, Outcome::kUnavailable);
}

TEST_F(NoticeTest, AFlowNamesOneAccount) {
  Own("a@x.jp", {"1001"});
  Own("b@x.jp", {"1002"});
  EXPECT_EQ(Flow(About("a@x.jp", "t1"), "a@x.jp").check.outcome, Outcome::kPass);
  EXPECT_EQ(Flow(About("1001", "t1"), "a@x.jp").check.outcome, Outcome::kPass);
  EXPECT_EQ(Flow(About("1002", "t2"), "b@x.jp").check.outcome, Outcome::kPass);
  // The request named one, the confirmation the other.
  const FlowResult crossed = Flow(About("b@x.jp", "t1"), "b@x.jp", kNow + 5min);
  EXPECT_EQ(crossed.check.outcome, Outcome::kFail);
  EXPECT_THAT(crossed.disputed, UnorderedElementsAre("a@x.jp", "b@x.jp"));
  EXPECT_THAT(crossed.detail, HasSubstr("reset named 1001 to a@x.jp at 2026-"));
  EXPECT_THAT(crossed.detail, HasSubstr("reset named 1002 to b@x.jp at 2026-"));
  // And any later one, for as long as the flow lives.
  EXPECT_EQ(Flow(About("1001", "t1"), "a@x.jp", kNow + 6min).check.outcome, Outcome::kFail);
  EXPECT_EQ(Flow(About("1002", "t1"), "b@x.jp", kNow + 3h).check.outcome, Outcome::kPass);
}

// The confirmation goes to the thief's own mailbox: the victim's addresses are in doubt even so.
TEST_F(NoticeTest, AFlowDisputesTheAddressesOfAnAccountThatItDidNotReach) {
  Own("a@x.jp", {"1001"});
  Own("b@x.jp", {"1002"});
  Own("b2@x.jp", {"1002"});
  Flow(About("1001", "t"), "a@x.jp");
  EXPECT_THAT(Flow(About("1002", "t"), "a@x.jp").disputed,
              UnorderedElementsAre("a@x.jp", "b@x.jp", "b2@x.jp"));
}

TEST_F(NoticeTest, SharedAddressesAgreeWhereAnOwnerDoes) {
  Own("office@x.jp", {"1001", "1002"});
  Own("a@x.jp", {"1001"});
  Own("c@x.jp", {"1003"});
  EXPECT_EQ(Flow(About("office@x.jp", "t"), "office@x.jp").check.outcome, Outcome::kPass);
  EXPECT_EQ(Flow(About("1001", "t"), "a@x.jp").check.outcome, Outcome::kPass);
  // 1001 by now, so 1002 is another.
  EXPECT_EQ(Flow(About("1002", "t"), "office@x.jp").check.outcome, Outcome::kFail);
}

TEST_F(NoticeTest, AFlowNeedsItsToken) {
  NoticeFacts facts = About("1001");
  EXPECT_FALSE(CheckFlow(facts, Who(facts), {At("a@x.jp")}, bound_, store_, kNow, 1h));
  facts.has_token = true;
  facts.token_problem = "is not in the mail";
  const FlowResult missing = Flow(facts, "a@x.jp");
  EXPECT_EQ(missing.check.outcome, Outcome::kFail);
  EXPECT_THAT(missing.disputed, IsEmpty());
  EXPECT_THAT(store_.flows, IsEmpty());
  store_.down = true;
  EXPECT_EQ(Flow(About("1001", "t"), "a@x.jp").check.outcome, Outcome::kUnavailable);
}

TEST_F(NoticeTest, AMailboxGetsNoticesForFewAccounts) {
  EXPECT_EQ(FanIn("1", "drop@x.jp")[0].outcome, Outcome::kPass);
  EXPECT_EQ(FanIn("1", "drop@x.jp")[0].outcome, Outcome::kPass) << "the same again";
  EXPECT_EQ(FanIn("2", "drop+2@x.jp")[0].outcome, Outcome::kPass);
  const auto third = FanIn("3", "drop+3@x.jp");
  EXPECT_EQ(third[0].outcome, Outcome::kFail);
  EXPECT_EQ(third[0].subject, "drop@x.jp");
  EXPECT_THAT(third[0].reason, HasSubstr("for 3 accounts"));
  EXPECT_EQ(FanIn("3", "other@x.jp")[0].outcome, Outcome::kPass);
  EXPECT_EQ(FanIn("4", "drop@x.jp", kNow + 25h)[0].outcome, Outcome::kPass) << "a day later";
  store_.down = true;
  EXPECT_EQ(FanIn("1", "drop@x.jp")[0].outcome, Outcome::kUnavailable);
}

TEST_F(NoticeTest, AnAddressOfSeveralOwnersCountsOnce) {
  Own("office@x.jp", {"1", "2", "3", "4"});
  EXPECT_EQ(FanIn("office@x.jp", "office@x.jp")[0].outcome, Outcome::kPass);
}

TEST_F(NoticeTest, NobodyNamedLeavesNoTrace) {
  NoticeFacts facts = About("", "t");
  facts.problem = "is not in the mail";
  EXPECT_FALSE(CheckFlow(facts, Who(facts), {At("a@x.jp")}, bound_, store_, kNow, 1h));
  EXPECT_THAT(CheckFanIn(facts, Who(facts), {At("a@x.jp")}, store_, kNow, {}), IsEmpty());
  EXPECT_THAT(store_.flows, IsEmpty());
  EXPECT_THAT(store_.fan_in, IsEmpty());
}

}  // namespace
}  // namespace warifu::binding
