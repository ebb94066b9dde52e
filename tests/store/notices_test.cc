// Flows, fan-in, incidents and history, on both engines.
#include <gmock/gmock.h>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NoticesTest : public StoreTest {
 protected:
  std::size_t Step(const std::string& account, std::int64_t at, std::int64_t expires = 1'000,
                   const std::string& token = "t1") {
    return Must(
               store_->AddFlowStep(
                   token,
                   {.notice = "reset", .account = account, .address = account + "@x", .at = At(at)},
                   At(expires)))
        .size();
  }
  std::vector<std::string> Search(const IncidentQuery& query) {
    std::vector<std::string> references;
    for (const Incident& found : Must(store_->Incidents(query))) {
      references.push_back(found.reference);
    }
    return references;
  }
};
WARIFU_ON_BOTH_ENGINES(NoticesTest);

TEST_P(NoticesTest, AFlowKeepsItsStepsInOrder) {
  EXPECT_EQ(Step("anna", 1), 1U);
  EXPECT_EQ(Step("anna", 2), 1U) << "the client tried again";
  EXPECT_EQ(Step("bert", 3), 2U);
  EXPECT_EQ(Step("carl", 3, 1'000, "t2"), 1U) << "another flow";
  const auto steps = Must(store_->AddFlowStep(
      "t1", {.notice = "otp", .account = "anna", .address = "anna@x", .at = At(4)}, At(1'000)));
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].account, "anna");
  EXPECT_EQ(steps[0].at, At(1));
  EXPECT_EQ(steps[2].notice, "otp");
  EXPECT_EQ(steps[2].address, "anna@x");
}

TEST_P(NoticesTest, AFlowThatHasRunOutBeginsAnew) {
  EXPECT_EQ(Step("anna", 1, 100), 1U);
  EXPECT_EQ(Step("bert", 99, 100), 2U);
  EXPECT_EQ(Step("bert", 100, 200), 1U);
}

TEST_P(NoticesTest, AMailboxIsCountedByAccounts) {
  const auto add = [&](const std::string& account, const std::string& notice, std::int64_t at,
                       std::int64_t since) {
    return Must(store_->AddFanIn("drop@x", account, notice, At(at), At(since)));
  };
  EXPECT_THAT(add("anna", "reset", 10, 0), ElementsAre("anna"));
  EXPECT_THAT(add("anna", "otp", 11, 0), ElementsAre("anna"));
  EXPECT_THAT(add("bert", "reset", 20, 0), ElementsAre("anna", "bert"));
  EXPECT_THAT(add("carl", "reset", 30, 15), ElementsAre("bert", "carl"));
  EXPECT_THAT(add("bert", "reset", 5, 15), ElementsAre("bert", "carl")) << "the latest counts";
}

TEST_P(NoticesTest, AccountsAreListedByLockAndNotice) {
  for (const char* account : {"anna", "bert", "carl", "dora"}) {
    Must(store_->AddFanIn(std::string(account) + "@x", account, "points", At(10), At(0)));
  }
  Must(store_->AddFanIn("drop@x", "bert", "points", At(20), At(0)));
  Must(store_->AddFanIn("carl@x", "carl", "reset", At(30), At(0)));
  Must(store_->AddLocks({{.account = "bert", .scope = LockScope::kSend, .reason = "abused"},
                         {.account = "bert", .scope = LockScope::kReceive, .reason = "abused"},
                         {.account = "dora", .until = At(40)},
                         {.account = "ernst", .reason = "abused"}},
                        By("uid 0", 25)));
  const auto list = [&](const AccountQuery& query) {
    const AccountList found = Must(store_->ListAccounts(query));
    std::vector<std::string> names;
    for (const ListedAccount& account : found.accounts) names.push_back(account.account);
    EXPECT_EQ(found.total, names.size());
    return names;
  };
  EXPECT_THAT(list({.notice = "points"}), ElementsAre("anna", "bert", "carl", "dora"));
  EXPECT_THAT(list({.notice = "points", .since = At(11)}), ElementsAre("bert"));
  EXPECT_THAT(list({.locked = true, .now = At(39)}), ElementsAre("bert", "dora", "ernst"));
  EXPECT_THAT(list({.locked = true, .now = At(40)}), ElementsAre("bert", "ernst"));
  EXPECT_THAT(list({.locked = true, .notice = "points", .now = At(39)}),
              ElementsAre("bert", "dora"));
  EXPECT_THAT(list({.locked = true, .notice = "points", .now = At(40)}), ElementsAre("bert"));
  EXPECT_THAT(list({.locked = true, .notice = "reset"}), IsEmpty());

  const AccountList bert =
      Must(store_->ListAccounts({.locked = true, .notice = "points", .now = At(39), .limit = 1}));
  EXPECT_EQ(bert.total, 2U);
  ASSERT_EQ(bert.accounts.size(), 1U);
  EXPECT_EQ(bert.accounts[0].locks.size(), 2U);
  ASSERT_EQ(bert.accounts[0].notices.size(), 2U);
  EXPECT_EQ(bert.accounts[0].notices[0].mailbox, "drop@x");
  EXPECT_EQ(bert.accounts[0].notices[0].at, At(20));
  EXPECT_THAT(Must(store_->ListAccounts({.notice = "poinst"})).known_notices,
              ElementsAre("points", "reset"));
  for (const auto& account : Must(store_->ListAccounts({.notice = "points"})).accounts) {
    EXPECT_EQ(account.locks.size(), account.account == "bert" ? 2U : account.account == "dora");
  }
}

TEST_P(NoticesTest, IncidentsAreFoundByWhatAPersonHas) {
  Must(store_->AddIncident({.reference = "W-1",
                            .at = At(10),
                            .kind = "mail",
                            .action = "hold",
                            .gateway = "mx1",
                            .queue_id = "4XYZ12",
                            .account = "anna",
                            .client = "192.0.2.1",
                            .sender = "Anna@x",
                            .recipients = "b_b@y, 鈴木@例え.jp, 100%@y",
                            .reasons = "rule:password",
                            .summary = "2 findings"}));
  Must(store_->AddIncident(
      {.reference = "W-2", .at = At(20), .kind = "dispute", .account = "bert"}));
  EXPECT_THAT(Search({}), ElementsAre("W-2", "W-1"));
  for (const char* text : {"W-1", "4XYZ12", "anna", "anna@x", "B_B@Y", "鈴木@例え.jp", "100%@y"}) {
    EXPECT_THAT(Search({.text = text}), ElementsAre("W-1")) << text;
  }
  for (const char* text : {"b@y", "bxb@y", "100@y", "%", "x", "' OR 1=1 --"}) {
    EXPECT_THAT(Search({.text = text}), IsEmpty()) << text;
  }
  EXPECT_THAT(Search({.since = At(11)}), ElementsAre("W-2"));
  EXPECT_THAT(Search({.limit = 1}), ElementsAre("W-2"));
  const Incident first = Must(store_->Incidents({.text = "W-1"}))[0];
  EXPECT_EQ(first.client, "192.0.2.1");
  EXPECT_EQ(first.recipients, "b_b@y, 鈴木@例え.jp, 100%@y");
  EXPECT_EQ(first.state, "open");
  EXPECT_EQ(store_->AddIncident(first).error().kind, ErrorKind::kInvalid);
}

TEST_P(NoticesTest, AnIncidentIsSettledOnce) {
  Must(store_->AddIncident({.reference = "W-1", .at = At(10), .account = "anna"}));
  EXPECT_TRUE(Must(store_->SettleIncident("W-1", "released", By("uid 0", 20))));
  EXPECT_FALSE(Must(store_->SettleIncident("W-1", "closed", By("uid 0", 30))));
  EXPECT_FALSE(Must(store_->SettleIncident("W-9", "closed", By("uid 0", 30))));
  EXPECT_EQ(store_->SettleIncident("W-1", "open", By("uid 0", 30)).error().kind,
            ErrorKind::kInvalid);
  const Incident settled = Must(store_->Incidents({.state = "released"})).at(0);
  EXPECT_EQ(settled.settled.who, "uid 0");
  EXPECT_EQ(settled.settled.at, At(20));
  EXPECT_EQ(settled.settled.why, "test");
  EXPECT_THAT(Search({.state = "open"}), IsEmpty());
  EXPECT_EQ(Must(store_->History({.account = "anna"})).at(0).kind, "incident");
}

TEST_P(NoticesTest, AnIncidentThatHappensAgainIsCounted) {
  Must(store_->AddIncident({.reference = "W-1", .at = At(10), .account = "anna"}));
  EXPECT_EQ(Must(store_->Incidents({}))[0].times, 1U);
  EXPECT_FALSE(Must(store_->Incidents({}))[0].latest);
  EXPECT_TRUE(Must(store_->RepeatIncident({.reference = "W-1", .at = At(40)})));
  EXPECT_TRUE(Must(store_->RepeatIncident({.reference = "W-1", .at = At(50)})));
  Incident row = Must(store_->Incidents({})).at(0);
  EXPECT_EQ(row.times, 3U);
  EXPECT_EQ(row.at, At(10));
  EXPECT_EQ(row.latest, At(50));
  EXPECT_EQ(row.account, "anna");
  EXPECT_THAT(Search({.since = At(45)}), ElementsAre("W-1")) << "it goes on";
  EXPECT_THAT(Search({.since = At(51)}), IsEmpty());

  Must(store_->SettleIncident("W-1", "closed", By("uid 0", 60)));
  EXPECT_FALSE(Must(store_->RepeatIncident({.reference = "W-1", .at = At(70)})));
  EXPECT_EQ(Must(store_->Incidents({})).at(0).state, "closed");
  EXPECT_TRUE(Must(store_->RepeatIncident({.reference = "W-2", .at = At(80), .account = "bert"})))
      << "a row that was lost comes with the next time";
  EXPECT_EQ(Must(store_->Incidents({.text = "bert"})).at(0).times, 1U);
}

TEST_P(NoticesTest, BytesThatAreNoTextAreMadeFit) {
  Must(store_->AddIncident({.reference = "W-1",
                            .at = At(10),
                            .sender = std::string("a\xff\0b\n@x", 7),
                            .recipients = std::string(3'000, 'r')}));
  const Incident stored = Must(store_->Incidents({})).at(0);
  EXPECT_EQ(stored.sender, "a\xEF\xBF\xBD b @x");
  EXPECT_EQ(stored.recipients.size(), 1'000U);
}

TEST_P(NoticesTest, HistoryIsReadBySinceAndLimit) {
  for (int i = 0; i < 5; ++i) {
    Must(store_->Enrol("a" + std::to_string(i) + "@x", {"anna"}, "mail", By("mail", i)));
  }
  const auto rows = Must(store_->History({.account = "anna", .since = At(2), .limit = 2}));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].address, "a4@x");
  EXPECT_EQ(rows[0].act.reference, "T-1");
  EXPECT_EQ(rows[0].act.why, "test");
  EXPECT_EQ(rows[1].address, "a3@x");
  EXPECT_EQ(Must(store_->History({.address = "a1@x", .account = "anna"})).size(), 1U);
  EXPECT_EQ(Must(store_->History({.since = At(3)})).size(), 2U);
}

}  // namespace
}  // namespace warifu::store
