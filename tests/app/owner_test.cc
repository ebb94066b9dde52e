// Owner: whose record it is, as seen from sender and recipients.
#include "app/owner.h"

#include <gtest/gtest.h>

#include <map>

namespace warifu::app {
namespace {

class FakeDirectory final : public binding::Directory {
 public:
  binding::Owners OwnersOf(const Address& address) const override {
    if (down) return {.status = binding::Lookup::kTryLater, .accounts = {}, .detail = "down"};
    const auto it = rows.find(address.ToString());
    if (it != rows.end()) return {binding::Lookup::kFound, it->second, false, ""};
    const auto domain = rows.find("@" + address.domain);
    if (domain != rows.end()) return {binding::Lookup::kFound, domain->second, true, ""};
    return {};
  }
  std::size_t size() const override { return rows.size(); }

  std::map<std::string, std::vector<std::string>> rows;
  bool down = false;
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
    AssignOwners(envelope, directory_, options_, &findings);
    return findings[0];
  }

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
  directory_.down = true;
  EXPECT_EQ(Judge("hanako", "u1001", {"<hanako@example.jp>"}).ownership, Ownership::kUnknown);
}

}  // namespace
}  // namespace warifu::app
