// RuleBench: what each rule costs on given texts, and why the dear ones are dear.
//
// Every rule's part of the first pass is compiled and run by itself, and its part of the second
// pass on what the first reports, with the engine that scans mail. Together rules share work, so
// the figures of the first pass compare rules with one another and do not add up to the whole,
// which is measured too. Times are those of the processor, the least of a few runs.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "scan/pattern_set.h"

namespace warifu::scan {

struct RuleCost {
  std::string rule;
  Place place;
  double first_us_mib = 0, second_us_mib = 0;  // microseconds a MiB of text
  double share = 0;                            // of the first pass, as the rules compare: 0..1
  std::uint64_t hits = 0;                      // reports of the first pass
  std::uint64_t found = 0;
  double compile_ms = 0;
  bool slow = false;
  std::vector<std::string> reasons;  // what in the rule makes it dear, where it is slow
};

struct BenchResult {
  std::vector<RuleCost> rules;  // the dearest first
  std::uint64_t bytes = 0;
  double first_us_mib = 0;  // of all rules together
  double compile_ms = 0;    // likewise, without a cache
};

// `texts`: normalised, as segments hold them.
std::expected<BenchResult, Errors> BenchRules(const LoadOptions& options,
                                              std::span<const std::string> texts);

// What in a pattern is known to cost much, whatever the text.
std::vector<std::string> DearParts(const std::string& regex);

}  // namespace warifu::scan
