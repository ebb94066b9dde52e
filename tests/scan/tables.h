// Tables: schemas and small member tables for the tests of the exact-match index and the audit.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "scan/index_schema.h"
#include "scan/table_reader.h"

namespace warifu::scan::test {

// A folder of the test's own.
class TableTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/warifu-tables-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& bytes) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  std::string folder_;
};

inline constexpr const char* kMembers = R"([index]
id = "members"
description = "Row of the member table"
handle = "number"
account = "login"
[[index.columns]]
name = "number"
role = "key"
type = "digits"
[[index.columns]]
name = "login"
role = "key"
type = "login"
[[index.columns]]
name = "password"
role = "key"
type = "password"
[[index.columns]]
name = "name"
role = "corroborate"
type = "name"
[[index.columns]]
name = "born"
role = "corroborate"
type = "date"
)";

inline IndexSchema Schema(const std::string& text = kMembers) {
  auto schema = ParseIndexSchema(text, "schema.toml");
  if (schema) return *schema;
  for (const Error& error : schema.error()) ADD_FAILURE() << error.ToString();
  return {};
}

}  // namespace warifu::scan::test
