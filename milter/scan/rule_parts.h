// RuleParts: named pieces of regular expressions, which the rules of one file share.
//
// `[parts]` of a rule file gives names to pieces; `{{name}}` in an expression stands for one, as a
// group of its own. Labels that many rules know are so written once. Pieces may name pieces.
// Refuses, with the place: unknown names, pieces that hold themselves, expressions that grow beyond
// 64 KiB.
//
// Threads: a plain value.
#pragma once

#include <map>
#include <string>

#include "scan/toml_table.h"

namespace warifu::scan {

class RuleParts {
 public:
  // The table `parts` at the file's top level, which may be missing.
  void Read(TomlTable* top, TomlFile* file);
  // The expression in full; mistakes are told at the value of `key`.
  std::string Expand(const std::string& regex, std::string_view key, TomlTable* table) const;

 private:
  bool Append(std::string_view regex, int depth, std::string* out, std::string* error) const;

  std::map<std::string, std::string, std::less<>> parts_;
};

}  // namespace warifu::scan
