// ForeignYaml: the reader of rule files in the YAML of Nosey Parker, Titus and Kingfisher.
//
// One form with dialects: a list `rules`, each with name, id, pattern and examples. What warifu can
// express is kept: examples and negative examples, min_entropy, confidence as severity,
// categories as tags, and Titus' pattern_requirements as allowlists. What it cannot is dropped, and
// each such thing noted with the rule: validation over the network, rules that depend on another's
// match, checksums. A key that nobody knows is noted too: such a typing mistake is how a pack loses
// its counter-examples.
//
// SECURITY: the file is the operator's choice, its author a stranger: size is bounded, and yaml-cpp
// bounds the depth. Nothing throws.
// Threads: pure but for reading the file.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace warifu::scan {

struct ForeignRule {
  Place place;
  std::string id, name, pattern;
  double entropy = 0;
  std::string severity = "medium";
  std::vector<std::string> tags, references, matches, misses;
  std::vector<std::string> stopwords;  // a secret that holds one is exempt
  std::vector<std::string> exempt;     // a secret that one of these regexes matches is exempt
  std::vector<std::string> notes;      // what was dropped
};

// The rules that could be read; what is wrong with the file or with one rule goes to `errors`.
std::vector<ForeignRule> ReadForeignYaml(const std::string& path, Errors* errors);

}  // namespace warifu::scan
