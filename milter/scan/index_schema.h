// IndexSchema: what an operator says about his member table (warifu-records(5)).
//
// One TOML file names the table's columns with their roles and types, how the table is written, and
// what a finding of a row does in mail. It is read when an index is built or a table audited, and a
// copy of it lies in the index, so that the daemon needs no second file.
//
// Refuses: unknown keys, with line and column; a schema without a key column, a password as handle,
// a date as key, more than kMaxIndexed columns that are not ignored.
// Threads: a plain value.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "scan/pattern_set.h"

namespace warifu::scan {

enum class ColumnRole : std::uint8_t { kIgnore, kCorroborate, kKey };
enum class ColumnType : std::uint8_t { kDigits, kLogin, kEmail, kPassword, kDate, kName, kFree };

std::string_view ToString(ColumnRole role);
std::string_view ToString(ColumnType type);

inline constexpr std::size_t kMaxColumns = 256, kMaxIndexed = 32, kMaxKeys = 8;

struct IndexColumn {
  std::string name;
  ColumnRole role = ColumnRole::kIgnore;
  ColumnType type = ColumnType::kFree;
};

struct IndexSchema {
  std::string id, description;
  std::vector<std::string> tags;
  std::string charset = "UTF-8";  // of the table
  char delimiter = ',';
  bool quoting = true;  // cells may stand in quotes, as RFC 4180 has it
  bool header = true;   // the first line names the columns
  std::vector<IndexColumn> columns;
  std::size_t handle = 0;              // column by which reports name a row
  std::optional<std::size_t> account;  // column that names the account; often the same
  int least = 2;                       // cells of one row that make a match
  int window = 2;  // lines before and behind, where the line alone is not enough
  // From so many rows in one mail on, the severity and action of `bulk`.
  int bulk_rows = 10;
  std::vector<Region> regions;  // empty: all
  Severity severity = Severity::kHigh, bulk_severity = Severity::kCritical;
  std::optional<Action> action, bulk_action;
  bool observe = false;  // action = "observe"
  std::string source;    // the file's own text

  // Columns that are not ignored, as indices into `columns`.
  std::vector<std::size_t> Indexed() const;
};

std::expected<IndexSchema, Errors> ReadIndexSchema(const std::string& path);
// `text` as the file `name` would hold it.
std::expected<IndexSchema, Errors> ParseIndexSchema(std::string text, const std::string& name);

}  // namespace warifu::scan
