#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "binding/directory.h"
#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TextTableTest : public testing::Test {
 protected:
  ~TextTableTest() override { std::remove(path_.c_str()); }

  bool Load(std::string_view text) {
    std::ofstream(path_, std::ios::binary) << text;
    auto opened = OpenTextTable(path_, {"corp.example", "xn--r8jz45g.xn--zckzah"});
    errors_.clear();
    if (!opened) {
      for (const Error& error : opened.error()) {
        std::string line = error.ToString();
        if (line.starts_with(path_)) line.replace(0, path_.size(), "table");
        errors_.push_back(line);
      }
      return false;
    }
    table_ = *std::move(opened);
    return true;
  }

  Owners Ask(std::string_view address) const {
    return table_->OwnersOf(ParsePath(address, {}).value());
  }
  std::vector<std::string> Names(std::string_view address) const { return Ask(address).accounts; }

  std::string path_ = testing::TempDir() + "warifu_table_" + std::to_string(::getpid());
  std::unique_ptr<const Directory> table_;
  std::vector<std::string> errors_;
};

TEST_F(TextTableTest, ReadsThePostfixFormat) {
  ASSERT_TRUE(
      Load("# owners of addresses\n"
           "\n"
           "Taro@Corp.Example   TARO\n"
           "info@corp.example\ttaro,hanako jiro\r\n"
           "sales@corp.example hanako,\n"
           "  # a comment does not end the line\n"
           "\n"
           "\tjiro\n"
           "   # an indented comment\n"
           "@example.net admin\n"
           "\"t y\"@corp.example ty\n"
           "bare  bareuser"))
      << testing::PrintToString(errors_);
  EXPECT_EQ(table_->size(), 6u);
  EXPECT_THAT(Names("taro@corp.example"), ElementsAre("taro"));
  EXPECT_THAT(Names("info@corp.example"), ElementsAre("hanako", "jiro", "taro"));
  EXPECT_THAT(Names("sales@corp.example"), ElementsAre("hanako", "jiro"));
  EXPECT_THAT(Names("\"t y\"@corp.example"), ElementsAre("ty"));
  EXPECT_EQ(Ask("nobody@corp.example").status, Lookup::kNotFound);
  EXPECT_TRUE(Ask("anybody@example.net").by_domain);
  EXPECT_EQ(Ask("anybody@sub.example.net").status, Lookup::kNotFound);
  EXPECT_THAT(Names("bare@corp.example"), ElementsAre("bareuser"));
  EXPECT_THAT(Names("bare"), ElementsAre("bareuser"));
  EXPECT_EQ(Ask("bare@elsewhere.example").status, Lookup::kNotFound);
  EXPECT_EQ(Ask("<>").status, Lookup::kNotFound);
}

TEST_F(TextTableTest, LooksUpInTheOrderOfPostfix) {
  ASSERT_TRUE(
      Load("taro@corp.example taro\n"
           "taro+boss@corp.example boss\n"
           "hanako hanako\n"
           "hanako+x x\n"
           "@corp.example everybody\n"));
  EXPECT_THAT(Names("taro+news@corp.example"), ElementsAre("taro"));
  EXPECT_THAT(Names("taro+boss@corp.example"), ElementsAre("boss"));
  EXPECT_THAT(Names("hanako+x@corp.example"), ElementsAre("x"));
  EXPECT_THAT(Names("hanako+y@corp.example"), ElementsAre("hanako"));
  EXPECT_FALSE(Ask("hanako+y@corp.example").by_domain);
  EXPECT_THAT(Names("other@corp.example"), ElementsAre("everybody"));
}

TEST_F(TextTableTest, KnowsInternationalDomainsBothWays) {
  ASSERT_TRUE(Load("太郎@例え.テスト taro\n@XN--R8JZ45G.xn--zckzah all\n"));
  EXPECT_THAT(Names("太郎@xn--r8jz45g.xn--zckzah"), ElementsAre("taro"));
  EXPECT_THAT(Names("x@例え.テスト"), ElementsAre("all"));
}

TEST_F(TextTableTest, SaysAllErrorsWithTheirLines) {
  EXPECT_FALSE(
      Load("  begins with space\n"
           "taro@corp.example\n"
           "taro: /dev/null\n"
           "a@b@c.example x\n"
           "\"open@corp.example x\n"
           "x@corp.example ,,\n"
           "x@corp.example one\n"
           "X@CORP.example two\n"
           "x@corp.example ONE\n"));
  EXPECT_THAT(
      errors_,
      ElementsAre(HasSubstr("table:1: the line begins with white space"),
                  HasSubstr("table:2: expected"), HasSubstr("table:3: "), HasSubstr("table:4: "),
                  HasSubstr("table:5: a quote is not closed"), HasSubstr("table:6: no account"),
                  HasSubstr("table:8: the address stands in line 7")));
}

TEST_F(TextTableTest, BoundsItsErrors) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "broken\n";
  EXPECT_FALSE(Load(text));
  ASSERT_EQ(errors_.size(), 101u);
  EXPECT_THAT(errors_.back(), HasSubstr("and 900 more errors"));
}

TEST_F(TextTableTest, RefusesFilesThatAreNone) {
  auto missing = OpenTextTable("/nonexistent/table", {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error()[0].kind, ErrorKind::kNotFound);
  EXPECT_FALSE(OpenTextTable("/", {})) << "a folder";
  EXPECT_FALSE(Load(std::string_view("a@b.example c\n\0", 15))) << "a compiled table";
}

TEST_F(TextTableTest, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const auto opened = OpenTextTable(path_, {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error()[0].text, "not a regular file");
  const auto password = ReadPassword(path_);
  ASSERT_FALSE(password);
  EXPECT_EQ(password.error().text, "not a regular file");
}

TEST_F(TextTableTest, EmptyTableHasNoOwners) {
  ASSERT_TRUE(Load("# nothing yet\n"));
  EXPECT_EQ(table_->size(), 0u);
  EXPECT_THAT(Names("taro@corp.example"), IsEmpty());
}

TEST_F(TextTableTest, FindsEachOfManyRows) {
  std::string text;
  for (int i = 0; i < 20000; ++i) {
    text += "user" + std::to_string(i) + "@corp.example account" + std::to_string(i) + "\n";
  }
  ASSERT_TRUE(Load(text));
  EXPECT_EQ(table_->size(), 20000u);
  for (int i = 0; i < 20000; ++i) {
    const std::string n = std::to_string(i);
    ASSERT_THAT(Names("user" + n + "@corp.example"), ElementsAre("account" + n));
  }
  EXPECT_THAT(Names("user20000@corp.example"), IsEmpty());
}

TEST_F(TextTableTest, ListsItsMailboxes) {
  ASSERT_TRUE(
      Load("taro@corp.example taro\n"
           "taro+boss@corp.example boss\n"
           "@corp.example everybody\n"
           "bare bare\n"
           "shadowed other\n"
           "shadowed@corp.example first,second\n"
           "\"t y\"@corp.example ty\n"));
  std::vector<std::string> seen;
  ASSERT_TRUE(table_->ForEach({}, [&](const store::DirectoryRow& row) -> Result<void> {
    seen.push_back(row.address + "=" + testing::PrintToString(row.accounts));
    return {};
  }));
  EXPECT_THAT(seen, testing::UnorderedElementsAre("taro@corp.example={ \"taro\" }",
                                                  "bare@corp.example={ \"bare\" }",
                                                  "bare@xn--r8jz45g.xn--zckzah={ \"bare\" }",
                                                  "shadowed@xn--r8jz45g.xn--zckzah={ \"other\" }",
                                                  "shadowed@corp.example={ \"first\", \"second\" }",
                                                  "\"t y\"@corp.example={ \"ty\" }"));
}

TEST_F(TextTableTest, ListingEndsWithItsVisitor) {
  ASSERT_TRUE(Load("a@corp.example a\nb@corp.example b\n"));
  int seen = 0;
  const Result<void> listed = table_->ForEach({}, [&](const store::DirectoryRow&) -> Result<void> {
    ++seen;
    return Fail(ErrorKind::kTemporary, "enough");
  });
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().text, "enough");
  EXPECT_EQ(seen, 1);
}

}  // namespace
}  // namespace warifu::binding
