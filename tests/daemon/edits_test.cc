#include "daemon/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_mta.h"

namespace warifu::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FieldCounts Received(const std::vector<std::string>& names) {
  FieldCounts counts(100);
  for (const std::string& name : names) counts.Add(name);
  return counts;
}

TEST(Edits, HeadThenBodyThenHold) {
  app::EndActions actions;
  actions.verdict.action = Action::kHold;
  actions.add_fields = {{"X-Warifu", " hold; ref=1"}};
  actions.change_fields = {{"Content-Type", 1, " text/plain"}};
  actions.delete_fields = {"X-Warifu"};
  actions.replace_body = true;
  actions.new_body = "new\r\n";
  actions.hold_reason = "ref=1";
  test::FakeMta mta;
  const auto done = ApplyEdits(
      actions, Received({"x-warifu", "From", "Content-Type", "X-WARIFU", "X-Warifu"}), true, mta);
  ASSERT_TRUE(done) << done.error().ToString();
  EXPECT_THAT(mta.steps, ElementsAre("delete X-Warifu[3]", "delete X-Warifu[2]",
                                     "delete X-Warifu[1]", "change Content-Type[1]: text/plain",
                                     "add X-Warifu: hold; ref=1", "body new\r\n", "hold ref=1"));
}

TEST(Edits, LeadingSpaceIsSetByWhoMustSetIt) {
  app::EndActions actions;
  actions.add_fields = {{"A", " one"}, {"B", "two"}};
  test::FakeMta with, without;
  ASSERT_TRUE(ApplyEdits(actions, Received({}), true, with));
  ASSERT_TRUE(ApplyEdits(actions, Received({}), false, without));
  EXPECT_THAT(with.steps, ElementsAre("add A: one", "add B: two"));
  EXPECT_THAT(without.steps, ElementsAre("add A:one", "add B:two"));
}

TEST(Edits, ChangesTheOneFieldThatIsMeant) {
  app::EndActions actions;
  actions.change_fields = {{"Subject", 2, " x"}};
  test::FakeMta mta;
  ASSERT_TRUE(ApplyEdits(actions, Received({"Subject", "SUBJECT"}), false, mta));
  EXPECT_THAT(mta.steps, ElementsAre("change Subject[2]:x"));
  for (const std::size_t missing : {0u, 3u}) {
    actions.change_fields = {{"Subject", missing, " x"}};
    EXPECT_FALSE(ApplyEdits(actions, Received({"Subject", "SUBJECT"}), false, mta)) << missing;
  }
  EXPECT_EQ(mta.steps.size(), 1u);
}

TEST(Edits, AChangedFieldBeginsAsItDid) {
  for (const auto& [body, with, without] :
       {std::tuple{" x", " x", "x"}, {"  x", "  x", " x"}, {"\tx", "\tx", "\tx"}}) {
    for (const bool leading_space : {true, false}) {
      app::EndActions actions;
      actions.change_fields = {{"Subject", 1, body}};
      test::FakeMta mta;
      ASSERT_TRUE(ApplyEdits(actions, Received({"Subject"}), leading_space, mta));
      EXPECT_THAT(mta.steps, ElementsAre(std::string("change Subject[1]:") +
                                         (leading_space ? with : without)));
    }
  }
}

TEST(Edits, FoldsAreLineFeeds) {
  app::EndActions actions;
  actions.add_fields = {{"A", " one\r\n two\n\tthree"}};
  test::FakeMta mta;
  ASSERT_TRUE(ApplyEdits(actions, Received({}), false, mta));
  EXPECT_THAT(mta.steps, ElementsAre("add A:one\n two\n\tthree"));
}

TEST(Edits, NothingBreaksOutOfItsField) {
  using std::string_literals::operator""s;
  for (const std::string& value : {"x\r\nBcc: y"s, "x\ny"s, "x\ry"s, "x\n"s, "x\r\n"s, "x\0y"s}) {
    app::EndActions actions;
    actions.add_fields = {{"A", value}};
    test::FakeMta mta;
    EXPECT_FALSE(ApplyEdits(actions, Received({}), false, mta)) << value;
    EXPECT_THAT(mta.steps, IsEmpty());
  }
  for (const std::string& name : {""s, "A B"s, "A:"s, "A\n"s, "\xc3\xa4"s}) {
    app::EndActions actions;
    actions.change_fields = {{name, 1, "x"}};
    test::FakeMta mta;
    EXPECT_FALSE(ApplyEdits(actions, Received({}), false, mta)) << name;
    EXPECT_THAT(mta.steps, IsEmpty());
  }
}

TEST(Edits, StopAtTheFirstStepThatFails) {
  app::EndActions actions;
  actions.verdict.action = Action::kHold;
  actions.delete_fields = {"X-Warifu"};
  actions.add_fields = {{"A", "1"}, {"B", "2"}};
  actions.replace_body = true;
  for (const char* step : {"delete", "add B", "body", "hold"}) {
    test::FakeMta mta;
    mta.fail_on = step;
    const auto done = ApplyEdits(actions, Received({"X-Warifu"}), false, mta);
    ASSERT_FALSE(done) << step;
    EXPECT_EQ(done.error().kind, ErrorKind::kTemporary);
    for (const std::string& did : mta.steps) EXPECT_FALSE(did.starts_with(step));
    EXPECT_LT(mta.steps.size(), 5u);
  }
}

TEST(Edits, HoldReasonIsNeverEmptyNorLongNorForeign) {
  for (const auto& [reason, sent] : std::vector<std::pair<std::string, std::string>>{
           {"", "hold held by warifu"},
           {"ref=\xe6\x97\n", "hold ref=???"},
           {std::string(500, 'x'), "hold " + std::string(95, 'x')}}) {
    app::EndActions actions;
    actions.verdict.action = Action::kHold;
    actions.hold_reason = reason;
    test::FakeMta mta;
    ASSERT_TRUE(ApplyEdits(actions, Received({}), false, mta));
    EXPECT_THAT(mta.steps, ElementsAre(sent));
  }
}

// A mail with endless different field names must neither fill the memory nor hide a forged mark.
TEST(Edits, ManyFieldNames) {
  FieldCounts counts(10);
  counts.Add("X-Warifu");
  for (int i = 0; i < 1000; ++i) counts.Add("X-" + std::to_string(i));
  counts.Add("x-warifu");
  EXPECT_EQ(counts.Of("X-Warifu").value(), 2);
  EXPECT_EQ(counts.Of("X-0").value(), 1);
  EXPECT_FALSE(counts.Of("X-999"));
  app::EndActions actions;
  actions.delete_fields = {"X-Other"};
  test::FakeMta mta;
  const auto done = ApplyEdits(actions, counts, false, mta);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("too many"));
}

}  // namespace
}  // namespace warifu::daemon
