// The rules that warifu ships: they load, their examples hold, and they stay what they promise.
#include "shipped_rules.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace warifu::scan {
namespace {

TEST(ShippedRules, LoadWithoutNotes) {
  for (const std::string& note : ShippedRules().notes()) ADD_FAILURE() << note;
  EXPECT_GT(ShippedRules().rules().size(), 300u);
}

TEST(ShippedRules, ExamplesHold) {
  for (const RuleProblem& problem : ShippedRules().CheckExamples()) {
    ADD_FAILURE() << problem.place.file << ":" << problem.place.line << ": " << problem.rule << ": "
                  << problem.text << (problem.error ? "" : " (warning)");
  }
}

}  // namespace
}  // namespace warifu::scan
