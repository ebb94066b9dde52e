#include "scan/index_schema.h"

#include <gtest/gtest.h>

#include "tables.h"

namespace warifu::scan {
namespace {

std::string ErrorsOf(const std::string& text) {
  const auto schema = ParseIndexSchema(text, "s.toml");
  if (schema) return "";
  std::string all;
  for (const Error& error : schema.error()) all += error.ToString() + "\n";
  return all;
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(IndexSchema, ReadsWhatAnOperatorWrites) {
  const IndexSchema schema = test::Schema(std::string(test::kMembers) +
                                          "[index.mail]\nregions = [\"body\", \"signature\"]\n"
                                          "severity = \"critical\"\naction = \"strip\"\n"
                                          "bulk_rows = 3\nbulk_action = \"reject\"\n");
  EXPECT_EQ(schema.id, "members");
  EXPECT_EQ(schema.columns.size(), 5u);
  EXPECT_EQ(schema.columns[schema.handle].name, "number");
  ASSERT_TRUE(schema.account);
  EXPECT_EQ(schema.columns[*schema.account].name, "login");
  EXPECT_EQ(schema.regions.size(), 2u);
  EXPECT_EQ(schema.severity, Severity::kCritical);
  EXPECT_EQ(schema.action, Action::kStrip);
  EXPECT_EQ(schema.bulk_rows, 3);
  EXPECT_EQ(schema.bulk_action, Action::kReject);
  EXPECT_FALSE(schema.observe);
}

TEST(IndexSchema, RefusesWhatItDoesNotKnowWithItsPlace) {
  EXPECT_EQ(ErrorsOf(With(test::kMembers, "handle =", "handel =")),
            "s.toml:1:1: handle names the column by which reports name a row\n"
            "s.toml:4:1: unknown key 'index.handel' (did you mean 'handle'?)\n");
  EXPECT_EQ(ErrorsOf(With(test::kMembers, "type = \"digits\"", "type = \"digit\"")),
            "s.toml:9:8: type is digits, login, email, password, date, name or free "
            "(did you mean 'digits'?)\n");
  EXPECT_EQ(ErrorsOf("[indx]\n"),
            "s.toml:1: a schema needs a table [index]\n"
            "s.toml:1:2: unknown key 'indx' (did you mean 'index'?)\n");
}

TEST(IndexSchema, RefusesKeysAndHandlesThatCannotBeMeant) {
  EXPECT_NE(ErrorsOf(With(test::kMembers, "handle = \"number\"", "handle = \"password\""))
                .find("a password cannot be what reports name a row by"),
            std::string::npos);
  EXPECT_NE(ErrorsOf(With(test::kMembers, "role = \"corroborate\"\ntype = \"date\"",
                          "role = \"key\"\ntype = \"date\""))
                .find("a date is shared by too many rows to be a key"),
            std::string::npos);
  EXPECT_NE(ErrorsOf("[index]\nid = \"x\"\nhandle = \"a\"\n[[index.columns]]\nname = \"a\"\n"
                     "role = \"key\"\ntype = \"login\"\n")
                .find("one column alone proves nothing"),
            std::string::npos);
  EXPECT_NE(ErrorsOf("[index]\nid = \"x\"\nhandle = \"a\"\n[[index.columns]]\nname = \"a\"\n"
                     "role = \"ignore\"\n")
                .find("no column has the role \"key\""),
            std::string::npos);
}

}  // namespace
}  // namespace warifu::scan
