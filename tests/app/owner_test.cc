// Owner: whose record it is, as seen from sender and recipients.
#include "app/owner.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "gateway.h"

namespace warifu::app {
namespace {

class FakeDirectory final : public binding::Directory {
 public:
  binding::Owners OwnersOf(const Address& address) const override {
    ++asked;
    if (down || silent.contains(address.ToString())) {
      return {.status = binding::Lookup::kTryLater, .accounts = {}, .detail = "down"};
    }
    const auto it = rows.find(address.ToString());
    if (it != rows.end()) return {binding::Lookup::kFound, it->second, false, ""};
    const auto domain = rows.find("@" + address.domain);
    if (domain != rows.end()) return {binding::Lookup::kFound, domain->second, true, ""};
    return {};
  }
  std::size_t size() const override { return rows.size(); }

  std::map<std::string, std::vector<std::string>> rows;
  std::set<std::string> silent;  // of these it does not answer
  bool down = false;
  mutable int asked = 0;
};

class OwnerTest : public ::testing::Test {
 protected:
  OwnerTest() {
    directory_.rows = {{"taro@example.jp", {"u1001"}},
                       {"hanako@example.jp", {"u1002"}},
                       {"family@example.jp", {"u1001", "u1003"}},
                       {"@lists.example.jp", {"u9000"}}};
    options_.local_domains = {"other.example", "example.jp"};
  }

  // Ownership of a record of `written` that `account` sends to `recipients`.
  Finding Judge(std::string written, std::string account, std::vector<std::string> recipients) {
    Envelope envelope;
    envelope.account = std::move(account);
    envelope.recipients = CanonicalRecipients(recipients, {});
    envelope.complete = true;
    std::vector<Finding> findings(1);
    findings[0].account = std::move(written);
    findings[0].mode = mode_;
    findings[0].ignored = ignored_;
    faults_ = Ask(envelope, &findings);
    return findings[0];
  }

  Faults Ask(const Envelope& envelope, std::vector<Finding>* findings) {
    Budget budget(clock_, budget_, {});
    const AskOwners ask = [this](const Address& address) { return directory_.OwnersOf(address); };
    return AssignOwners(envelope, ask, options_, budget, findings);
  }

  FakeClock clock_;
  std::chrono::milliseconds budget_{1000};
  Mode mode_ = Mode::kEnforce;
  std::string ignored_;
  Faults faults_;  // of the last Judge()

  FakeDirectory directory_;
  binding::Options options_;
};

TEST_F(OwnerTest, ByAddressOrByLogin) {
  for (const char* written : {"taro@example.jp", "Taro@EXAMPLE.jp", "taro"}) {
    const Finding finding = Judge(written, "u1002", {"<x@example.com>"});
    EXPECT_EQ(finding.owner, "u1001") << written;
    EXPECT_EQ(finding.ownership, Ownership::kStranger) << written;
  }
}

TEST_F(OwnerTest, TheSendersOwnRecordIsNotSomebodyElses) {
  EXPECT_EQ(Judge("taro", "u1001", {"<x@example.com>"}).ownership, Ownership::kSelfDisclosure);
  EXPECT_EQ(Judge("hanako", "u1001", {"<x@example.com>"}).ownership, Ownership::kStranger);
}

TEST_F(OwnerTest, TheOwnerAsOnlyRecipientIsNoLeak) {
  EXPECT_EQ(Judge("hanako", "u1001", {"<hanako@example.jp>"}).ownership, Ownership::kOnlyRecipient);
  EXPECT_EQ(Judge("hanako", "", {"<hanako@example.jp>"}).ownership, Ownership::kOnlyRecipient);
  EXPECT_EQ(Judge("taro", "u1002", {"<taro@example.jp>", "<family@example.jp>"}).ownership,
            Ownership::kOnlyRecipient)
      << "both mailboxes are his";
  EXPECT_EQ(Judge("hanako", "u1001", {"<hanako@example.jp>", "<x@example.com>"}).ownership,
            Ownership::kStranger)
      << "any stranger among the recipients";
  EXPECT_EQ(Judge("hanako", "u1002", {"<hanako@example.jp>", "<x@example.com>"}).ownership,
            Ownership::kSelfDisclosure);
  EXPECT_EQ(Judge("hanako", "u1002", {}).ownership, Ownership::kSelfDisclosure)
      << "no recipient is not the owner alone";
}

TEST_F(OwnerTest, ALoginThatTakesPartIsKnown) {
  EXPECT_EQ(Judge("u1001", "u1001", {"<x@example.com>"}).ownership, Ownership::kSelfDisclosure);
  EXPECT_EQ(Judge("u1002", "u1001", {"<hanako@example.jp>"}).ownership, Ownership::kOnlyRecipient);
  EXPECT_EQ(Judge("u4711", "u1001", {"<x@example.com>"}).ownership, Ownership::kUnknown);
}

TEST_F(OwnerTest, SeveralOwnersAreASet) {
  const Finding finding = Judge("family@example.jp", "u1003", {"<x@example.com>"});
  EXPECT_EQ(finding.owner, "u1001,u1003");
  EXPECT_EQ(finding.ownership, Ownership::kSelfDisclosure);
}

TEST_F(OwnerTest, ADomainsRowNamesNobody) {
  EXPECT_EQ(Judge("anybody@lists.example.jp", "u9000", {"<x@example.com>"}).ownership,
            Ownership::kUnknown);
}

TEST_F(OwnerTest, WhatCannotBeToldStaysUnknown) {
  EXPECT_EQ(Judge("", "u1001", {"<x@example.com>"}).ownership, Ownership::kUnknown);
  EXPECT_EQ(Judge("no such@@address", "u1001", {"<x@example.com>"}).ownership, Ownership::kUnknown);
  EXPECT_TRUE(faults_.empty()) << "nobody's is not the same as could not tell";
}

// Senders and recipients of every kind against a record of taro's (u1001): o owner alone, d his own
// doing, s a stranger has a part in it.
TEST_F(OwnerTest, EverySenderAndRecipient) {
  struct Row {
    const char* what;
    std::vector<std::string> recipients;
    const char* as;  // sent by: taro, hanako, a member of his family, nobody known
  };
  const std::string taro = "<taro@example.jp>", hanako = "<hanako@example.jp>",
                    family = "<family@example.jp>", list = "<all@example.jp>",
                    domain = "<x@lists.example.jp>", remote = "<x@example.com>";
  for (const Row& row : std::vector<Row>{
           {"to himself", {taro}, "oooo"},
           {"to himself, cased and tagged", {"<Taro@EXAMPLE.jp>"}, "oooo"},
           {"to a mailbox of his and another's", {family}, "oooo"},
           {"to both", {taro, family}, "oooo"},
           {"twice to himself", {taro, taro}, "oooo"},
           {"to another", {hanako}, "dsss"},
           {"to himself, and another in copy", {taro, hanako}, "dsss"},
           {"to another, and himself in blind copy", {hanako, taro}, "dsss"},
           {"to a list or role without an owner", {list}, "dsss"},
           {"to himself and a list", {taro, list}, "dsss"},
           {"where a row for the domain answers", {domain}, "dsss"},
           {"to himself and there", {taro, domain}, "dsss"},
           {"to somebody elsewhere", {remote}, "dsss"},
           {"to himself and elsewhere", {taro, remote}, "dsss"},
           {"to what is no address", {"<@@>"}, "dsss"},
           {"to nobody", {}, "dsss"},
       }) {
    std::string as;
    for (const char* account : {"u1001", "u1002", "u1003", ""}) {
      for (const char* written : {"taro", "taro@example.jp"}) {
        const Finding finding = Judge(written, account, row.recipients);
        EXPECT_EQ(finding.owner, "u1001") << row.what;
        const char letter = finding.ownership == Ownership::kOnlyRecipient    ? 'o'
                            : finding.ownership == Ownership::kSelfDisclosure ? 'd'
                            : finding.ownership == Ownership::kStranger       ? 's'
                                                                              : '?';
        if (written == std::string_view("taro")) as += letter;
        EXPECT_EQ(as.back(), letter) << row.what;
      }
    }
    EXPECT_EQ(as, row.as) << row.what;
    EXPECT_TRUE(faults_.empty()) << row.what;
  }
}

TEST_F(OwnerTest, EachRecordHasItsOwnOwner) {
  Envelope envelope;
  envelope.account = "u1001";
  envelope.recipients = CanonicalRecipients({"<hanako@example.jp>"}, {});
  std::vector<Finding> findings(5);
  findings[0].account = "hanako";
  findings[1].account = "taro";
  findings[2].account = "nobody-known";
  findings[3].account = "hanako";
  EXPECT_TRUE(Ask(envelope, &findings).empty());
  const std::vector<Ownership> wanted = {Ownership::kOnlyRecipient, Ownership::kSelfDisclosure,
                                         Ownership::kUnknown, Ownership::kOnlyRecipient,
                                         Ownership::kUnknown};
  for (std::size_t i = 0; i < findings.size(); ++i) {
    EXPECT_EQ(findings[i].ownership, wanted[i]) << i;
  }
}

TEST_F(OwnerTest, LoginsWithARealm) {
  directory_.rows["hanako@example.jp"] = {"hanako@isp.example"};
  options_.realm = {binding::RealmOptions::Rule::kAdd, "isp.example"};
  for (const char* written : {"hanako", "hanako@example.jp", "hanako@isp.example"}) {
    const Finding finding = Judge(written, "hanako@isp.example", {"<x@example.com>"});
    EXPECT_EQ(finding.owner, "hanako@isp.example") << written;
    EXPECT_EQ(finding.ownership, Ownership::kSelfDisclosure) << written;
  }
  directory_.rows["hanako@example.jp"] = {"hanako"};
  options_.realm = {binding::RealmOptions::Rule::kStrip, ""};
  EXPECT_EQ(Judge("Hanako@isp.example", "hanako", {"<x@example.com>"}).ownership,
            Ownership::kSelfDisclosure);
}

TEST_F(OwnerTest, WhatCouldNotBeToldIsAFault) {
  const auto faulty = [this](std::string written, std::string account,
                             std::vector<std::string> recipients) {
    const Finding finding = Judge(std::move(written), std::move(account), std::move(recipients));
    EXPECT_EQ(finding.ownership, Ownership::kUnknown);
    return faults_.size() == 1 && faults_[0].cause == FaultCause::kDirectory;
  };
  directory_.silent = {"hanako@example.jp"};  // an outage, or a dispute
  EXPECT_TRUE(faulty("hanako", "u1001", {"<taro@example.jp>"})) << "whose record it is";
  EXPECT_TRUE(faulty("hanako@example.jp", "u1002", {"<x@example.com>"}));
  EXPECT_TRUE(faulty("taro", "u1002", {"<hanako@example.jp>"})) << "whose mailbox it is";
  EXPECT_TRUE(faulty("taro", "u1001", {"<taro@example.jp>", "<hanako@example.jp>"}));
  // One stranger is enough, whoever the others are.
  EXPECT_EQ(Judge("taro", "u1002", {"<hanako@example.jp>", "<x@example.com>"}).ownership,
            Ownership::kStranger);
  EXPECT_TRUE(faults_.empty());
  directory_.down = true;
  EXPECT_TRUE(faulty("taro", "u1001", {"<taro@example.jp>"}));
  EXPECT_TRUE(faulty("u1001", "u1001", {"<taro@example.jp>"})) << "his, but is it only to him?";
  mode_ = Mode::kObserve;
  Judge("taro", "u1001", {"<taro@example.jp>"});
  EXPECT_TRUE(faults_.empty()) << "a rule that only observes holds no mail up";
  mode_ = Mode::kEnforce;
  ignored_ = "a known example";
  Judge("taro", "u1001", {"<taro@example.jp>"});
  EXPECT_TRUE(faults_.empty()) << "nor does what an ignore list lets pass";
}

TEST_F(OwnerTest, AsksOnceForEachAccountAndNoLongerThanTheBudget) {
  Envelope envelope;
  envelope.account = "u1001";
  envelope.recipients = CanonicalRecipients({"<taro@example.jp>"}, {});
  std::vector<Finding> findings(1000);
  for (Finding& finding : findings) finding.account = "hanako@example.jp";
  EXPECT_TRUE(Ask(envelope, &findings).empty());
  EXPECT_EQ(directory_.asked, 2);
  clock_.step = std::chrono::milliseconds(100);
  for (std::size_t i = 0; i < findings.size(); ++i) {
    findings[i] = {};
    findings[i].account = "m" + std::to_string(i) + "@example.jp";
  }
  directory_.asked = 0;
  const Faults faults = Ask(envelope, &findings);
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].cause, FaultCause::kTimeout);
  EXPECT_LT(directory_.asked, 12);
}

}  // namespace
}  // namespace warifu::app
