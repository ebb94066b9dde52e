#include "binding/checks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace warifu::binding {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;

// Owners by "local@domain"; an address beginning with "down" does not answer.
class FakeDirectory final : public Directory {
 public:
  Owners OwnersOf(const Address& address) const override {
    Owners out;
    if (address.local.starts_with("down")) {
      out.status = Lookup::kTryLater;
      out.detail = "no answer";
      return out;
    }
    const auto row = rows_.find(address.ToString());
    if (row == rows_.end()) return out;
    out.status = Lookup::kFound;
    out.accounts = row->second;
    return out;
  }
  std::size_t size() const override { return rows_.size(); }

 private:
  std::map<std::string, std::vector<std::string>> rows_ = {
      {"taro@corp.example", {"taro"}},     {"yamada@corp.example", {"taro"}},
      {"boss@corp.example", {"boss"}},     {"info@corp.example", {"boss", "taro"}},
      {"old%host@corp.example", {"taro"}},
  };
};

class ChecksTest : public testing::Test {
 protected:
  std::vector<CheckResult> Author(const Fields& fields) {
    return CheckAuthor("taro", fields, directory_, options_);
  }
  Outcome Worst(const Fields& fields) {
    Outcome worst = Outcome::kPass;
    for (const CheckResult& result : Author(fields)) {
      EXPECT_EQ(result.check, Check::kAuthor);
      if (result.at_most == Action::kReject) worst = std::max(worst, result.outcome);
    }
    return worst;
  }
  Outcome Sender(std::string_view path) {
    return CheckSender("taro", ParsePath(path, {}).value(), directory_, options_).outcome;
  }
  std::vector<CheckResult> Display(std::string_view from) {
    return CheckDisplay("taro", {{"From", from}}, directory_, options_);
  }
  bool DisplayPasses(std::string_view from) { return Display(from)[0].outcome == Outcome::kPass; }

  FakeDirectory directory_;
  Options options_ = {.address = {}, .realm = {}, .local_domains = {"corp.example"}};
};

TEST_F(ChecksTest, AccountsMapToOne) {
  using Rule = RealmOptions::Rule;
  EXPECT_EQ(AccountOf("Taro@Corp.Example", {}), "taro@corp.example");
  EXPECT_EQ(AccountOf("Taro@Corp.Example", {Rule::kStrip, ""}), "taro");
  EXPECT_EQ(AccountOf("Taro@Corp.Example", {Rule::kStrip, "corp.example"}), "taro");
  EXPECT_EQ(AccountOf("Taro@other.example", {Rule::kStrip, "corp.example"}), "taro@other.example");
  EXPECT_EQ(AccountOf("Taro", {Rule::kAdd, "Corp.example"}), "taro@corp.example");
  EXPECT_EQ(AccountOf("taro@x", {Rule::kAdd, "corp.example"}), "taro@x");
  EXPECT_EQ(AccountOf("", {Rule::kAdd, "corp.example"}), "");
}

TEST_F(ChecksTest, OwnersMapByTheSameRealmRule) {
  options_.realm = {RealmOptions::Rule::kAdd, "corp.example"};
  const Address taro{"taro", "corp.example"};
  EXPECT_EQ(CheckSender("taro@corp.example", taro, directory_, options_).outcome, Outcome::kPass);
}

TEST_F(ChecksTest, SessionNeedsAnAccountWhereTheListenerDoes) {
  EXPECT_EQ(CheckSession("taro", true).outcome, Outcome::kPass);
  EXPECT_EQ(CheckSession("", true).outcome, Outcome::kFail);
  EXPECT_EQ(CheckSession("", false).outcome, Outcome::kNotApplicable);
}

TEST_F(ChecksTest, SenderIsTheAccounts) {
  EXPECT_EQ(Sender("<Taro@CORP.example>"), Outcome::kPass);
  EXPECT_EQ(Sender("<taro+news@corp.example>"), Outcome::kPass);
  EXPECT_EQ(Sender("<info@corp.example>"), Outcome::kPass);
  EXPECT_EQ(Sender("<boss@corp.example>"), Outcome::kFail);
  EXPECT_EQ(Sender("<nobody@corp.example>"), Outcome::kFail);
  EXPECT_EQ(Sender("<down@corp.example>"), Outcome::kUnavailable);
  EXPECT_EQ(Sender("<>"), Outcome::kPass) << "author decides";
  EXPECT_EQ(CheckSender("", {"boss", "corp.example"}, directory_, options_).outcome,
            Outcome::kNotApplicable);
}

TEST_F(ChecksTest, AuthorIsTheAccounts) {
  EXPECT_EQ(Worst({{"From", "Taro <taro@corp.example>"}}), Outcome::kPass);
  EXPECT_EQ(Worst({{"from", "taro@corp.example, yamada@corp.example"}}), Outcome::kPass);
  EXPECT_EQ(Worst({{"From", "boss@corp.example"}}), Outcome::kFail);
  EXPECT_EQ(Worst({{"From", "taro@corp.example, boss@corp.example"}}), Outcome::kFail);
  EXPECT_EQ(Worst({{"From", "nobody@elsewhere.example"}}), Outcome::kFail);
  EXPECT_EQ(Worst({{"From", "down@corp.example"}}), Outcome::kUnavailable);
  EXPECT_THAT(Author({{"From", "boss@corp.example"}}),
              ElementsAre(AllOf(Field(&CheckResult::subject, "boss@corp.example"),
                                Field(&CheckResult::reason, HasSubstr("another account")))));
}

// Sendmail delivers it as mail of boss@corp.example.
TEST_F(ChecksTest, AnAddressByWayOfAnotherIsNobodys) {
  for (const char* address :
       {"taro+boss%corp.example@corp.example", "any%corp.example@corp.example",
        "taro+x!boss@corp.example", "corp.example!boss@corp.example"}) {
    EXPECT_EQ(Sender(address), Outcome::kFail) << address;
    EXPECT_EQ(Worst({{"From", address}}), Outcome::kFail) << address;
    EXPECT_EQ(Worst({{"From", "taro@corp.example"}, {"Sender", address}}), Outcome::kFail)
        << address;
  }
  EXPECT_EQ(Sender("<taro+50@corp.example>"), Outcome::kPass);
  EXPECT_EQ(Sender("old%host@corp.example"), Outcome::kPass) << "the directory names it whole";
  EXPECT_EQ(Worst({{"From", "old%host@corp.example"}}), Outcome::kPass);
}

TEST_F(ChecksTest, AuthorNeedsOneReadableFrom) {
  EXPECT_EQ(Worst({}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"Sender", "taro@corp.example"}}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", "taro@corp.example"}, {"From", "taro@corp.example"}}),
            Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", "taro@corp.example"}, {"FROM ", "boss@corp.example"}}),
            Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From ", "taro@corp.example"}}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", "taro@corp.example boss@corp.example"}}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", "Undisclosed:;"}}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", ""}}), Outcome::kMalformed);
  EXPECT_EQ(Worst({{"From", "<>"}}), Outcome::kMalformed);
}

TEST_F(ChecksTest, SenderAndResentFieldsAddToFrom) {
  const std::pair<std::string_view, std::string_view> from = {"From", "taro@corp.example"};
  EXPECT_EQ(Worst({from, {"Sender", "yamada@corp.example"}}), Outcome::kPass);
  EXPECT_EQ(Worst({from, {"Sender", "boss@corp.example"}}), Outcome::kFail);
  EXPECT_EQ(Worst({from, {"Sender", "taro@corp.example, yamada@corp.example"}}),
            Outcome::kMalformed);
  EXPECT_EQ(Worst({from, {"Sender", "taro@corp.example"}, {"Sender", "taro@corp.example"}}),
            Outcome::kMalformed);
  EXPECT_EQ(Worst({from, {"Resent-From", "boss@corp.example"}}), Outcome::kFail);
  EXPECT_EQ(Worst({from, {"Resent-Sender", "boss@corp.example"}}), Outcome::kFail);
  EXPECT_EQ(
      Worst({from, {"Resent-From", "info@corp.example"}, {"Resent-From", "taro@corp.example"}}),
      Outcome::kPass);
  EXPECT_EQ(Worst({{"From", "boss@corp.example"}, {"Resent-From", "taro@corp.example"}}),
            Outcome::kFail)
      << "never replace it";
}

TEST_F(ChecksTest, ReplyToTagsOnlyWhatBelongsToAnother) {
  const std::pair<std::string_view, std::string_view> from = {"From", "taro@corp.example"};
  EXPECT_EQ(Author({from, {"Reply-To", "list@elsewhere.example"}})[0].outcome, Outcome::kPass);
  EXPECT_EQ(Author({from, {"Reply-To", "alias@corp.example"}})[0].outcome, Outcome::kPass);
  EXPECT_EQ(Author({from, {"Reply-To", "info@corp.example"}})[0].outcome, Outcome::kPass);
  EXPECT_EQ(Author({from, {"Reply-To", "nobody:;"}})[0].outcome, Outcome::kPass);
  EXPECT_THAT(Author({from, {"Reply-To", "boss@corp.example"}}),
              ElementsAre(AllOf(Field(&CheckResult::outcome, Outcome::kFail),
                                Field(&CheckResult::at_most, Action::kTag),
                                Field(&CheckResult::subject, "boss@corp.example"))));
  EXPECT_THAT(Author({from, {"Reply-To", "a@b@c"}}),
              ElementsAre(AllOf(Field(&CheckResult::outcome, Outcome::kMalformed),
                                Field(&CheckResult::at_most, Action::kTag))));
}

TEST_F(ChecksTest, AuthorResultsAreBounded) {
  std::string from = "taro@corp.example";
  for (int i = 0; i < 500; ++i) from += ", x" + std::to_string(i) + "@corp.example";
  EXPECT_LE(Author({{"From", from}}).size(), 50u);
}

TEST_F(ChecksTest, SessionsWithoutAccountAreNotConcerned) {
  EXPECT_EQ(CheckAuthor("", {}, directory_, options_)[0].outcome, Outcome::kNotApplicable);
  EXPECT_EQ(CheckDisplay("", {}, directory_, options_)[0].outcome, Outcome::kNotApplicable);
}

TEST_F(ChecksTest, DisplayNamesCarryNoOtherLocalAddress) {
  EXPECT_TRUE(DisplayPasses("Taro <taro@corp.example>"));
  EXPECT_TRUE(DisplayPasses("\"taro@corp.example\" <taro@corp.example>"));
  EXPECT_TRUE(DisplayPasses("\"'taro@corp.example' via x\" <taro@corp.example>"));
  EXPECT_TRUE(DisplayPasses("\"boss@elsewhere.example\" <taro@corp.example>"));
  EXPECT_TRUE(DisplayPasses("\"me @ corp.example\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"boss@corp.example\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"Boss@Corp.Example\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"'boss@corp.example' via x\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"alias@corp.example\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("taro@corp.example (boss@corp.example)"));
  EXPECT_FALSE(DisplayPasses("=?utf-8?q?boss=40corp.example?= <taro@corp.example>"));
  EXPECT_FALSE(
      DisplayPasses("=?utf-8?q?boss=40?= =?us-ascii?q?corp.example?= <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"ｂｏｓｓ＠ｃｏｒｐ．ｅｘａｍｐｌｅ\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"bo\u200Bss@corp.example\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"連絡はboss@corp.exampleまで\" <taro@corp.example>"));
  EXPECT_FALSE(DisplayPasses("\"boss@corp.example\": taro@corp.example;"));
  EXPECT_EQ(Display("\"boss@corp.example\" <taro@corp.example>")[0].subject, "boss@corp.example");
}

TEST_F(ChecksTest, AuthorsAreReadForTheEvent) {
  const std::vector<Address> authors =
      Authors({{"From", "taro@corp.example"}, {"From", "a@b@c"}, {"From", "B <boss@corp.example>"}},
              options_);
  ASSERT_EQ(authors.size(), 2u);
  EXPECT_EQ(authors[1].ToString(), "boss@corp.example");
}

}  // namespace
}  // namespace warifu::binding
