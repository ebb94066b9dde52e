// The ledger: proofs, releases and disputes, on both engines.
#include <gmock/gmock.h>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LedgerTest : public StoreTest {
 protected:
  Accounts Owners(const std::string& address) { return Must(store_->Find(address)).Owners(); }
  void Enrol(const std::string& address, const Accounts& accounts) {
    EXPECT_TRUE(Must(store_->Enrol(address, accounts, "mail", By("mail", 100))));
  }
  std::vector<std::string> Kinds(const std::string& address) {
    std::vector<std::string> kinds;
    for (const HistoryRow& row : Must(store_->History({.address = address, .account = {}}))) {
      kinds.insert(kinds.begin(), row.kind);
    }
    return kinds;
  }
};
WARIFU_ON_BOTH_ENGINES(LedgerTest);

TEST_P(LedgerTest, KnowsNothingOfAStranger) {
  const AddressRecord record = Must(store_->Find("nobody@example.jp"));
  EXPECT_THAT(record.proven, IsEmpty());
  EXPECT_FALSE(record.released);
  EXPECT_FALSE(record.dispute);
}

TEST_P(LedgerTest, EnrolsOnceWithProof) {
  EXPECT_TRUE(Must(store_->Enrol("佐藤@例え.jp", {"sato", "b", "sato"}, "mail", By("mail", 100))));
  EXPECT_FALSE(Must(store_->Enrol("佐藤@例え.jp", {"other"}, "mail", By("mail", 200))));
  for (const auto& store : {std::move(store_), Reopen()}) {
    const AddressRecord record = Must(store->Find("佐藤@例え.jp"));
    EXPECT_THAT(record.Owners(), ElementsAre("b", "sato"));
    EXPECT_EQ(record.proven[0].since, At(100));
    EXPECT_EQ(record.proven[0].source, "mail");
    EXPECT_EQ(record.proven[0].reference, "T-1");
  }
}

TEST_P(LedgerTest, RefusesNamesThatCannotBeStoredWhole) {
  const Act act = By("mail", 1);
  EXPECT_EQ(store_->Enrol("", {"a"}, "mail", act).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store_->Enrol("a@b", {}, "mail", act).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store_->Enrol("a@b", {""}, "mail", act).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store_->Enrol(std::string("a@b\0c", 5), {"a"}, "mail", act).error().kind,
            ErrorKind::kInvalid);
  EXPECT_EQ(store_->Find("a\xff@b").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(store_->Find(std::string("a@b\0c", 5)).error().kind, ErrorKind::kInvalid);
}

TEST_P(LedgerTest, SqlInNamesIsText) {
  const std::string hostile = "'; DROP TABLE proofs; -- :x @b";
  Enrol(hostile, {"o'brien\" OR 1=1"});
  EXPECT_THAT(Owners(hostile), ElementsAre("o'brien\" OR 1=1"));
}

TEST_P(LedgerTest, MovesFromExactlyWhatItSaid) {
  Enrol("a@x", {"anna", "bert"});
  EXPECT_EQ(Must(store_->Move("a@x", {"anna"}, {"carl"}, 0, "person", By("p", 200))),
            Moved::kRaced);
  EXPECT_EQ(
      Must(store_->Move("a@x", {"bert", "anna"}, {"carl", "anna"}, 0, "person", By("p", 200))),
      Moved::kMoved);
  const AddressRecord record = Must(store_->Find("a@x"));
  EXPECT_THAT(record.Owners(), ElementsAre("anna", "carl"));
  EXPECT_EQ(record.proven[0].since, At(100)) << "who stays keeps the proof";
  EXPECT_EQ(record.proven[1].since, At(200));
  const auto rows = Must(store_->History({.address = "a@x", .account = {}}));
  EXPECT_EQ(rows[0].kind, "move");
  EXPECT_EQ(rows[0].before, "anna, bert");
  EXPECT_EQ(rows[0].after, "anna, carl");
  EXPECT_EQ(rows[0].act.who, "p");
  for (const char* account : {"anna", "bert", "carl"}) {
    EXPECT_EQ(Must(store_->History({.address = {}, .account = account}))[0].kind, "move");
  }
}

TEST_P(LedgerTest, ReleasesAndReturns) {
  Must(store_->MarkReleased("a@x", By("mail", 1)));
  EXPECT_FALSE(Must(store_->Find("a@x")).released) << "nothing to release";
  Enrol("a@x", {"anna"});
  Must(store_->MarkReleased("a@x", By("dir", 200)));
  Must(store_->MarkReleased("a@x", By("dir", 300)));
  EXPECT_EQ(Must(store_->Find("a@x")).released, At(200));
  Must(store_->ClearReleased("a@x", By("dir", 400)));
  EXPECT_FALSE(Must(store_->Find("a@x")).released);
  EXPECT_THAT(Owners("a@x"), ElementsAre("anna"));
  EXPECT_THAT(Kinds("a@x"), ElementsAre("enrol", "release", "return"));
}

TEST_P(LedgerTest, GivenUpByAChangeItStaysKnownWhoseItWas) {
  ASSERT_TRUE(Must(store_->Enrol("a@b", {"sato"}, "mail", By("mail", 100))));
  Change change;
  change.address = "a@b";
  change.from = "sato";
  change.reference = "T-9";
  change.announced = At(100);
  change.valid_until = At(1000);
  ASSERT_EQ(Must(store_->Announce({change}, By("ops", 100))), 1u);
  const std::int64_t id = Must(store_->ChangesOf("a@b", At(200))).at(0).id;
  EXPECT_EQ(Must(store_->Move("a@b", {"sato"}, {}, id, "change", By("warifu", 200))),
            Moved::kMoved);
  const AddressRecord record = Must(Reopen()->Find("a@b"));
  EXPECT_THAT(record.Owners(), ElementsAre("sato"));
  EXPECT_EQ(record.released, At(200));
  EXPECT_THAT(Must(store_->ChangesOf("a@b", At(200))), IsEmpty());
}

TEST_P(LedgerTest, KeepsTheStrongerDispute) {
  Enrol("a@x", {"anna"});
  const auto dispute = [&](DisputeKind kind, std::int64_t at) {
    return Must(store_->AddDispute(
        "a@x", {.kind = kind, .since = At(at), .reference = "I-9", .detail = "because"},
        By("mail", at)));
  };
  EXPECT_TRUE(dispute(DisputeKind::kPin, 1));
  EXPECT_FALSE(dispute(DisputeKind::kPin, 2));
  EXPECT_TRUE(dispute(DisputeKind::kFlow, 3));
  EXPECT_FALSE(dispute(DisputeKind::kNotice, 4));
  EXPECT_FALSE(dispute(DisputeKind::kPin, 5));
  const AddressRecord record = Must(store_->Find("a@x"));
  ASSERT_TRUE(record.dispute);
  EXPECT_EQ(record.dispute->kind, DisputeKind::kFlow);
  EXPECT_EQ(record.dispute->since, At(3));
  EXPECT_EQ(record.dispute->reference, "I-9");
  EXPECT_FALSE(Must(store_->EndPinDispute("a@x", By("mail", 6))));
  EXPECT_EQ(Must(store_->Disputes(10)).size(), 1U);
  Must(store_->Resolve("a@x", "bert", By("uid 0", 7)));
  EXPECT_FALSE(Must(store_->Find("a@x")).dispute);
  EXPECT_THAT(Owners("a@x"), ElementsAre("bert"));
  EXPECT_THAT(Must(store_->Disputes(10)), IsEmpty());
}

TEST_P(LedgerTest, APinDisputeEndsByItself) {
  Enrol("a@x", {"anna"});
  Must(store_->AddDispute("a@x", {.since = At(1), .reference = {}, .detail = {}}, By("mail", 1)));
  EXPECT_TRUE(Must(store_->EndPinDispute("a@x", By("mail", 2))));
  EXPECT_FALSE(Must(store_->EndPinDispute("a@x", By("mail", 3))));
  EXPECT_THAT(Kinds("a@x"), ElementsAre("enrol", "dispute", "settle"));
}

TEST_P(LedgerTest, ADisputedAddressIsNotEnrolled) {
  Must(store_->AddDispute(
      "a@x", {.kind = DisputeKind::kPerson, .since = At(1), .reference = {}, .detail = {}},
      By("p", 1)));
  EXPECT_FALSE(Must(store_->Enrol("a@x", {"anna"}, "mail", By("mail", 2))));
  Must(store_->Resolve("a@x", "anna", By("p", 3)));
  EXPECT_THAT(Owners("a@x"), ElementsAre("anna"));
  EXPECT_EQ(store_->Resolve("b@x", "anna", By("p", 3)).error().kind, ErrorKind::kNotFound);
}

TEST_P(LedgerTest, SeesWhatAnotherProcessDidAfterRefresh) {
  Enrol("a@x", {"anna"});
  const auto other = Reopen();
  EXPECT_THAT(Must(other->Find("a@x")).Owners(), ElementsAre("anna"));
  EXPECT_THAT(Must(other->LocksOf("anna", At(1))), IsEmpty());
  EXPECT_THAT(Must(other->Breakers(At(1))), IsEmpty());
  EXPECT_EQ(Must(store_->Move("a@x", {"anna"}, {"bert"}, 0, "person", By("p", 2))), Moved::kMoved);
  EXPECT_EQ(Must(store_->AddLocks({{.account = "anna", .reason = {}, .reference = {}, .by = {}}},
                                  By("p", 2))),
            1U);
  EXPECT_TRUE(Must(
      store_->OpenBreaker({.scope = "all", .reason = {}, .reference = {}, .by = {}}, By("p", 2))));
  Must(other->Refresh());
  EXPECT_THAT(Must(other->Find("a@x")).Owners(), ElementsAre("bert"));
  EXPECT_EQ(Must(other->LocksOf("anna", At(1))).size(), 1U);
  EXPECT_EQ(Must(other->Breakers(At(1))).size(), 1U);
}

TEST_P(LedgerTest, RenamesAtOneMoment) {
  Enrol("a@x", {"anna"});
  Enrol("b@x", {"bert"});
  Enrol("c@x", {"anna", "bert"});
  Must(
      store_->AddGrant({.account = "anna", .target = "@y", .reference = {}, .by = {}}, By("p", 1)));
  EXPECT_EQ(Must(store_->RenameAccounts({{"anna", "bert"}, {"bert", "anna"}}, By("p", 2))), 4U);
  EXPECT_THAT(Owners("a@x"), ElementsAre("bert"));
  EXPECT_THAT(Owners("b@x"), ElementsAre("anna"));
  EXPECT_THAT(Owners("c@x"), ElementsAre("anna", "bert"));
  EXPECT_EQ(Must(store_->GrantsOf("bert", At(1))).size(), 1U);
  EXPECT_EQ(Must(store_->RenameAccounts({{"anna", "anna2"}, {"bert", "bert2"}}, By("p", 3))), 4U);
  EXPECT_THAT(Must(store_->AddressesOf("anna2", 10)), ElementsAre("b@x", "c@x"));
}

TEST_P(LedgerTest, RenamesAllOrNone) {
  Enrol("a@x", {"anna"});
  Enrol("b@x", {"bert"});
  const auto refused = [&](const std::vector<std::pair<std::string, std::string>>& names) {
    return store_->RenameAccounts(names, By("p", 2)).error().kind;
  };
  EXPECT_EQ(refused({{"anna", "new"}, {"carl", "bert"}}), ErrorKind::kInvalid);
  EXPECT_EQ(refused({{"anna", "new"}, {"carl", "new"}}), ErrorKind::kInvalid);
  EXPECT_EQ(refused({{"anna", "new"}, {"anna", "new2"}}), ErrorKind::kInvalid);
  EXPECT_EQ(refused({{"anna", ""}}), ErrorKind::kInvalid);
  EXPECT_THAT(Owners("a@x"), ElementsAre("anna"));
}

}  // namespace
}  // namespace warifu::store
