// The gitleaks pack as it is: it loads, and agrees with that project's own positive and negative
// strings. Differences are printed with their class of reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

const std::string kFolder = WARIFU_SOURCE_DIR "/../shared/data/rule-packs/gitleaks";

class Gitleaks : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kFolder)) GTEST_SKIP() << "no test data at " << kFolder;
    LoadOptions options;
    options.sources = {{kFolder + "/gitleaks.toml", true}};
    auto set = Load(options);
    ASSERT_TRUE(set) << TextOf(set.error());
    set_ = *set;
  }
  SetPtr set_;
};

TEST_F(Gitleaks, LoadsWhole) {
  EXPECT_EQ(set_->rules().size(), 222u);
  for (const std::string& note : set_->notes()) std::cout << "note: " << note << "\n";
}

TEST_F(Gitleaks, AgreesWithItsOwnStrings) {
  std::set<std::string> known;
  for (const RuleInfo& rule : set_->rules()) known.insert(rule.id);
  std::map<std::string, int> classes;
  int agreed = 0, judged = 0;
  std::ifstream file(kFolder + "/cases.jsonl");
  for (std::string line; std::getline(file, line);) {
    const auto row = nlohmann::json::parse(line);
    const std::string rule = row["rule"], kind = row["kind"], text = row["text"];
    const ScanResult result = ScanText(*set_, text);
    EXPECT_TRUE(result.faults.empty());
    const std::vector<std::string> rules = RulesIn(result);
    const bool found = std::find(rules.begin(), rules.end(), rule) != rules.end();
    if (!known.contains(rule)) {
      ++classes["the pack has no such rule: " + rule];
      continue;
    }
    ++judged;
    if (found == (kind == "tp")) {
      ++agreed;
    } else {
      ++classes[kind == "tp" ? "not found: " + rule : "found against the pack: " + rule];
    }
  }
  std::cout << "gitleaks: " << agreed << " of " << judged << " strings agree\n";
  for (const auto& [reason, count] : classes) std::cout << "  " << count << " x " << reason << "\n";
  EXPECT_GE(judged, 260);
  EXPECT_GE(agreed, judged - 2);
}

}  // namespace
}  // namespace warifu::scan
