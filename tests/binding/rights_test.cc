// Grants, locks and spoofed authors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "binding/checks.h"
#include "binding/grants.h"
#include "binding/lock.h"
#include "binding/spoof.h"

namespace warifu::binding {
namespace {

using ::testing::HasSubstr;

store::Grant GrantFor(std::string target) {
  store::Grant grant;
  grant.account = "taro";
  grant.target = std::move(target);
  return grant;
}

Address At(std::string_view path) {
  return ParsePath(path, {}).value();
}

TEST(Grants, CoverAddressDomainOrAll) {
  const store::Grant address[] = {GrantFor("shop@example.jp")};
  EXPECT_TRUE(Covers(address, At("shop@example.jp")));
  EXPECT_TRUE(Covers(address, At("Shop+x@Example.jp")));
  EXPECT_FALSE(Covers(address, At("shops@example.jp")));
  const store::Grant domain[] = {GrantFor("@example.jp")};
  EXPECT_TRUE(Covers(domain, At("any@example.jp")));
  EXPECT_FALSE(Covers(domain, At("any@sub.example.jp")));
  EXPECT_FALSE(Covers(domain, At("ceo%example.org@example.jp")));
  EXPECT_FALSE(Covers(address, At("shop+ceo%example.org@example.jp")));
  const store::Grant all[] = {GrantFor("*")};
  EXPECT_TRUE(Covers(all, At("who@example.org")));
  EXPECT_FALSE(Covers(all, {})) << "the null sender is nobody's to grant";
  EXPECT_FALSE(Covers({}, At("shop@example.jp")));
  const store::Grant bare[] = {GrantFor("@"), GrantFor("")};
  EXPECT_FALSE(Covers(bare, At("shop@example.jp")));
}

// Nobody owns anything here.
class NoDirectory final : public Directory {
 public:
  Owners OwnersOf(const Address&) const override { return {}; }
  std::size_t size() const override { return 0; }
};

TEST(Grants, LetSenderAuthorAndDisplayPass) {
  const NoDirectory directory;
  const Options options{.address = {}, .realm = {}, .local_domains = {"example.jp"}};
  const store::Grant grants[] = {GrantFor("shop@example.jp")};
  EXPECT_EQ(CheckSender("taro", At("shop@example.jp"), directory, options, grants).outcome,
            Outcome::kPass);
  EXPECT_EQ(CheckSender("taro", At("boss@example.jp"), directory, options, grants).outcome,
            Outcome::kFail);
  const Fields shop = {{"From", "\"shop@example.jp\" <shop@example.jp>"}};
  EXPECT_EQ(CheckAuthor("taro", shop, directory, options, grants)[0].outcome, Outcome::kPass);
  EXPECT_EQ(CheckDisplay("taro", shop, directory, options, grants)[0].outcome, Outcome::kPass);
  EXPECT_EQ(CheckAuthor("taro", shop, directory, options)[0].outcome, Outcome::kFail);
}

store::Lock LockOf(store::LockScope scope) {
  store::Lock lock;
  lock.account = "taro";
  lock.scope = scope;
  lock.reason = "abused";
  lock.reference = "SEC-1";
  return lock;
}

TEST(Lock, ScopesAreApart) {
  const store::Lock send[] = {LockOf(store::LockScope::kSend)};
  const store::Lock receive[] = {LockOf(store::LockScope::kReceive)};
  const store::Lock both[] = {LockOf(store::LockScope::kBoth)};
  EXPECT_EQ(CheckSendLock("taro", send).outcome, Outcome::kFail);
  EXPECT_THAT(CheckSendLock("taro", send).reason, HasSubstr("abused (SEC-1)"));
  EXPECT_EQ(CheckSendLock("taro", receive).outcome, Outcome::kPass);
  EXPECT_EQ(CheckSendLock("taro", both).outcome, Outcome::kFail);
  EXPECT_EQ(CheckSendLock("taro", {}).outcome, Outcome::kPass);
  EXPECT_EQ(CheckSendLock("", {}).outcome, Outcome::kNotApplicable);
  EXPECT_FALSE(LocksReceiving(send));
  EXPECT_TRUE(LocksReceiving(receive));
  EXPECT_TRUE(LocksReceiving(both));
}

Outcome Spoof(const Fields& fields) {
  return CheckSpoof(fields, {.address = {}, .realm = {}, .local_domains = {"example.jp"}}).outcome;
}

TEST(Spoof, ALocalAuthorOfAStranger) {
  EXPECT_EQ(Spoof({{"From", "Boss <boss@example.jp>"}}), Outcome::kFail);
  EXPECT_EQ(Spoof({{"From", "x@example.org"}, {"From", "boss@EXAMPLE.jp"}}), Outcome::kFail);
  EXPECT_EQ(Spoof({{"From", "x@example.org, boss@example.jp"}}), Outcome::kFail);
  EXPECT_EQ(Spoof({{"From", "x@example.org"}}), Outcome::kPass);
  EXPECT_EQ(Spoof({{"From", "x@sub.example.jp"}}), Outcome::kPass) << "another domain";
  EXPECT_EQ(Spoof({{"Sender", "boss@example.jp"}, {"From", "x@example.org"}}), Outcome::kPass);
  EXPECT_EQ(Spoof({}), Outcome::kPass);
}

TEST(Spoof, WhatCannotBeReadAndShowsALocalDomain) {
  EXPECT_EQ(Spoof({{"From", "<boss@example.jp> <x@example.org>"}}), Outcome::kFail);
  EXPECT_EQ(Spoof({{"From", "<x@example.org> <y@example.org>"}}), Outcome::kPass);
}

TEST(Spoof, ListsAndSealedMailPass) {
  EXPECT_EQ(Spoof({{"From", "boss@example.jp"}, {"List-ID", "<dev.lists.example.org>"}}),
            Outcome::kPass);
  EXPECT_EQ(Spoof({{"ARC-Seal", "i=1; a=rsa-sha256"}, {"From", "boss@example.jp"}}),
            Outcome::kPass);
}

}  // namespace
}  // namespace warifu::binding
