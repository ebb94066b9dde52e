// PatternSet: every rule that is in force, compiled once, matched by many threads.
//
// Load() reads rule files (TOML, architecture.md), refuses what it does not know with file, line
// and column, compiles the first pass (Hyperscan) and the second (RE2) and keeps the compiled
// database in a cache whose key covers rules, flags, engine version and CPU features; a bad cache
// is recompiled. Scan() runs segments through first pass, second pass, validators and filters, and
// returns confirmed findings, at most one per rule and secret for the parts of one alternative.
// Where a rule finds more than a hundred in one segment, the rest is one finding that counts them.
//
// Guarantees: the first pass may match too much, never too little. Every engine error is a fault.
// Refuses: look-around, back-references, unknown keys; a set with any error is not loaded at all.
//
// SECURITY: text is hostile; both engines run in linear time. The cache file is trusted only when
// its key and checksum agree and it belongs to this process's user or root. Threads: const after
// Load; scratch space is leased from a pool that the set owns.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/finding.h"
#include "base/redact.h"
#include "base/segment.h"

namespace warifu::scan {

struct RuleSource {
  std::string path;      // a .toml file, or a folder whose *.toml are read in name order
  bool foreign = false;  // a pack of another project: unknown keys are ignored and reported
  std::optional<std::string> text = {};  // the file's content at hand; `path` is then for messages
};

// What a rule does when its file does not say, by severity info..critical.
struct ActionDefaults {
  Action by_severity[5] = {Action::kAccept, Action::kTag, Action::kTag, Action::kHold,
                           Action::kReject};
};

// Bounds on compiling the rules, all together and then, where that is too much, each alone.
struct CompileBounds {
  std::chrono::milliseconds time{60'000};  // of the processor
  std::chrono::milliseconds time_alone{10'000};
  std::size_t memory = std::size_t{4} << 30;  // bytes
};

struct LoadOptions {
  std::vector<RuleSource> sources;
  ActionDefaults actions;
  std::string cache_dir;                    // "" for no cache
  std::vector<std::string> disabled_rules;  // ids
  CompileBounds bounds = {};
};

// One rule as `warifu rules list` shows it.
struct RuleInfo {
  std::string id;
  std::string description;
  std::string file;
  int line = 0;
  bool records = false;  // from [[records]]
  bool foreign = false;
  std::vector<std::string> tags;
  std::vector<std::string> keywords;
  std::vector<Region> regions;  // empty: all
  Severity severity = Severity::kMedium;
  Action action = Action::kTag;
  Mode mode = Mode::kEnforce;  // observe: written as `action = "observe"`
  std::optional<WallTime> until;
  double sample = 1.0;
  std::string regex;
  std::string version = {};  // 12 hex digits over everything that decides what it finds and does
};

// A match of a rule's regex that one of the rule's own filters turned down.
struct Dropped {
  std::string rule;
  std::size_t segment = 0;
  Span match;               // bytes of Segment::text
  std::string preview;      // of the secret, masked
  std::string_view key;     // the rule's key that did it: "entropy", "validate", …
  std::string_view detail;  // the validator's name; else ""
};

struct ScanContext {
  const FingerprintKey* key = nullptr;
  WallTime now = {};
  std::string_view message_id;                     // decides `sample`
  std::function<bool()> out_of_time;               // asked between segments and rules; empty: never
  std::function<void(const Dropped&)> on_dropped;  // for `rules try`; empty: not told
};

struct ScanResult {
  std::vector<Finding> findings;  // in order of segment, then offset
  Faults faults;
};

// What `rules check` found wrong with one rule beyond what Load refuses.
struct RuleProblem {
  std::string rule;
  Place place;
  bool error = true;  // false: a warning
  std::string text;
};

struct StageTimes {
  double first_pass_us = 0, second_pass_us = 0;
};

// Working memory of scans (scratch_pool.h): as many spaces as scans that ran at once.
struct ScratchUse {
  std::size_t spaces = 0;  // lent and idle
  std::size_t bytes = 0;   // that the engine needs for them; what scans record comes on top
};

class PatternSet {
 public:
  virtual ~PatternSet() = default;

  virtual ScanResult Scan(std::span<const Segment> segments, const ScanContext& context,
                          StageTimes* times = nullptr) const = 0;
  // Rules without their examples, in load order.
  virtual const std::vector<RuleInfo>& rules() const = 0;
  // 12 hex digits over everything that decides a match.
  virtual const std::string& version() const = 0;
  // Things that loaded but that a person should know: ignored keys of foreign packs, a cache that
  // was made anew, rules past their `until`.
  virtual const std::vector<std::string>& notes() const = 0;
  virtual ScratchUse scratch() const = 0;
  // True when the compiled database came from the cache.
  virtual bool from_cache() const = 0;
  // Runs every rule's `matches` and `misses` through Scan() and looks for alternatives without a
  // keyword; empty when all is well.
  virtual std::vector<RuleProblem> CheckExamples() const = 0;
};

// All errors of all files at once.
std::expected<std::shared_ptr<const PatternSet>, Errors> Load(const LoadOptions& options);

}  // namespace warifu::scan
