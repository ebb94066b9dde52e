// RuleText: a rule of another project written as a rule of warifu's own, in TOML.
//
// What it writes, the reader of rule files (rule_file.h) reads back to the letter: patterns stand
// between triple single quotes where they can, everything else in quoted strings.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "scan/foreign_yaml.h"

namespace warifu::scan {

// A TOML string of any text; invalid UTF-8 becomes U+FFFD.
std::string TomlString(std::string_view text);

// The [[rules]] table of `rule`, whose pattern is RE2's by now.
std::string RuleText(const ForeignRule& rule, int secret_group);

}  // namespace warifu::scan
