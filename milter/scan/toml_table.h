// TomlTable: one table of a rule file, read key by key, with every mistake collected.
//
// Each getter marks its key as known and reports a wrong type with the place of the value. Finish()
// reports the keys that nobody asked for: as errors with the nearest known name, or, in a foreign
// pack, as names to note. Nothing throws; only the readers of files see toml++.
//
// Threads: a plain value.
#pragma once

#include <toml++/toml.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace warifu::scan {

// What is collected while one file is read.
struct TomlFile {
  std::string path;
  bool foreign = false;
  Errors* errors = nullptr;
  std::set<std::string> ignored;  // unknown keys of a foreign pack, as "rules.specificity"

  void Error(const toml::node& node, std::string text) const;
  Place PlaceOf(const toml::node& node) const;
};

class TomlTable {
 public:
  // `what` names the table in messages: "rules", "rules.mail".
  TomlTable(const toml::table& table, std::string what, TomlFile* file)
      : table_(table), what_(std::move(what)), file_(file) {}

  bool Has(std::string_view key);
  std::string String(std::string_view key);  // "" when absent
  std::vector<std::string> Strings(std::string_view key);
  std::optional<double> Number(std::string_view key);
  std::optional<int> Integer(std::string_view key);    // 0..10000
  std::optional<WallTime> Date(std::string_view key);  // a local date begins at 00:00 UTC
  std::optional<bool> Flag(std::string_view key);
  const toml::table* Table(std::string_view key);
  std::vector<const toml::table*> Tables(std::string_view key);  // array of tables, or one table
  // Known, but without meaning for mail.
  void Skip(std::string_view key) { Find(key); }

  void Error(std::string_view key, std::string text);
  Place PlaceOf(std::string_view key) const;
  void Finish();

 private:
  const toml::node* Find(std::string_view key);
  void WrongType(std::string_view key, std::string_view expected);

  const toml::table& table_;
  std::string what_;
  TomlFile* file_;
  std::vector<std::string_view> known_;
};

}  // namespace warifu::scan
