// RuleImport: rule packs of Nosey Parker, Titus and Kingfisher made into warifu's own rule file.
//
// Each rule is read (foreign_yaml.h), its pattern rewritten for RE2 (regex_plain.h), and the result
// proven: it must load, and its own examples are run through the engine that scans mail. Examples
// that do not hold are left out and said so; a rule whose pattern matches none of its examples is
// refused, and so is one that needs look-around or back-references, with the reason. So the file
// that comes out passes `warifu rules check` without an error.
//
// Threads: pure but for reading the files.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace warifu::scan {

enum class Imported : std::uint8_t {
  kAsIs,
  kRewritten,  // the pattern is spelled anew for RE2
  kRefused,
};

struct ImportedRule {
  std::string id;
  Place place;  // in the file it came from
  Imported result = Imported::kRefused;
  std::string reason;              // kRefused: in the words of a class of reasons
  std::string detail;              // kRefused: what is wrong with this one
  std::vector<std::string> notes;  // what the rule lost on its way
};

struct RuleImport {
  std::string toml;  // "" when no rule came through
  std::vector<ImportedRule> rules;
  Errors errors;  // files and rules that could not be read at all
};

// Files, or folders whose *.yml and *.yaml are read in name order.
RuleImport ImportRules(std::span<const std::string> paths);

}  // namespace warifu::scan
