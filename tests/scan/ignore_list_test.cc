// Lists of known findings.
#include "scan/ignore_list.h"

#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr WallTime kNow{std::chrono::seconds(1'790'000'000)};  // September 2026

class IgnoreListTest : public ::testing::Test {
 protected:
  std::expected<IgnoreList, Errors> Read(const std::string& toml) {
    const std::string path = dir_.Write("ignore.toml", toml);
    return LoadIgnoreLists({&path, 1}, key_, kNow, &warnings_);
  }

  static std::string Entry(const std::string& more = "") {
    return "[[ignore]]\nrule = \"a\"\nfingerprint = \"0123456789abcdef\"\nreason = \"demo\"\n" +
           more;
  }

  TempDir dir_;
  FingerprintKey key_ = FingerprintKey::Random();
  std::vector<std::string> warnings_;
};

TEST_F(IgnoreListTest, NamesRuleAndFingerprintTogether) {
  const auto list = Read(Entry());
  ASSERT_TRUE(list);
  ASSERT_NE(list->Find("a", "0123456789abcdef", kNow), nullptr);
  EXPECT_EQ(list->Find("a", "0123456789abcdef", kNow)->reason, "demo");
  EXPECT_EQ(list->Find("b", "0123456789abcdef", kNow), nullptr);
  EXPECT_EQ(list->Find("a", "0123456789abcdee", kNow), nullptr);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(IgnoreListTest, ExpiredEntriesAreSaidAndLetNothingPass) {
  const auto list = Read(Entry("until = 2026-03-31\n"));
  ASSERT_TRUE(list);
  EXPECT_EQ(list->Find("a", "0123456789abcdef", kNow), nullptr);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("1 entry has expired")));
}

// One that expires while the daemon runs is asked by its day each time.
TEST_F(IgnoreListTest, TheDayIsAskedEachTime) {
  const auto list = Read(Entry("until = 2027-03-31\n"));
  ASSERT_TRUE(list);
  EXPECT_NE(list->Find("a", "0123456789abcdef", kNow), nullptr);
  EXPECT_EQ(list->Find("a", "0123456789abcdef", kNow + std::chrono::hours(24 * 365)), nullptr);
}

TEST_F(IgnoreListTest, OfTwoEntriesTheLongerOneHolds) {
  const auto later = kNow + std::chrono::hours(24 * 365);
  for (const std::string& text :
       {Entry("until = 2026-12-31\n") + Entry(), Entry() + Entry("until = 2026-12-31\n")}) {
    const auto list = Read(text);
    ASSERT_TRUE(list);
    EXPECT_NE(list->Find("a", "0123456789abcdef", later), nullptr);
  }
}

TEST_F(IgnoreListTest, RefusesWhatItDoesNotKnow) {
  const auto error = [&](const std::string& toml) {
    const auto list = Read(toml);
    return list ? "loaded" : TextOf(list.error());
  };
  EXPECT_THAT(error(Entry("untill = 2027-03-31\n")), HasSubstr("unknown key 'ignore.untill'"));
  EXPECT_THAT(error("[[ignored]]\n"), HasSubstr("unknown key 'ignored'"));
  EXPECT_THAT(error("[[ignore]]\nfingerprint = \"0123456789abcdef\"\nreason = \"x\"\n"),
              HasSubstr("needs the id of a rule"));
  EXPECT_THAT(error("[[ignore]]\nrule = \"a\"\nfingerprint = \"0123456789abcdef\"\n"),
              HasSubstr("needs a reason"));
  EXPECT_THAT(error("[[ignore]]\nrule = \"a\"\nfingerprint = \"hunter2\"\nreason = \"x\"\n"),
              HasSubstr(":3:15: a fingerprint is 16 hexadecimal digits"));
  EXPECT_THAT(error("[[ignore\n"), HasSubstr("ignore.toml:1:"));
  const std::string missing = dir_.path() + "/none.toml";
  EXPECT_FALSE(LoadIgnoreLists({&missing, 1}, key_, kNow, &warnings_));
}

TEST_F(IgnoreListTest, WhatIsWrittenIsReadAndNamesItsKey) {
  const IgnoreEntry entries[] = {{"a", "0123456789abcdef", "見本 \"demo\"\n", {}, {}},
                                 {"b", "fedcba9876543210", "x", {}, {}}};
  const std::string text = IgnoreText(key_, entries);
  const auto list = Read(text);
  ASSERT_TRUE(list) << TextOf(list.error());
  EXPECT_EQ(list->size(), 2u);
  EXPECT_EQ(list->Find("a", "0123456789abcdef", kNow)->reason, "見本 \"demo\"\n");
  EXPECT_THAT(warnings_, IsEmpty());
  key_ = FingerprintKey::Random();
  ASSERT_TRUE(Read(text));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("was written with another fingerprint key")));
}

}  // namespace
}  // namespace warifu::scan
