// FirstPass: the Hyperscan database of a rule set.
//
// Compiles the probes of all patterns (probe.h), each expression once, into one block-mode
// database. A probe that is too large for Hyperscan is compiled as a prefilter; what is too large
// even then is looked for by its rule's keywords alone, and the whole segment goes to the second
// pass; without keywords it is refused. Each of these is noted; nothing is dropped.
//
// Match ids are indices of expressions; what a probe checks besides is asked of each report.
//
// The compiled database is kept in a cache folder (first_pass_cache.h).
//
// Threads: const after Make(); each scan needs a scratch space of its own.
#pragma once

#include <hs/hs.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "scan/pattern_set.h"
#include "scan/probe.h"

namespace warifu::scan {

struct FirstPassPattern {
  std::string name;  // the rule's, for messages
  Place place;
  std::vector<Probe> probes;
  std::vector<std::string> keywords;  // folded
};

// How an expression is looked for.
enum class FirstPassMode : std::uint8_t {
  kExact,      // as it stands
  kPrefilter,  // in a looser form; more of its reports are idle
  kKeywords,   // by keywords; the whole segment must be searched
};

// A pattern that waits for an expression, and where its match then lies.
struct ProbeUse {
  std::uint32_t pattern = 0;
  std::size_t back = 0, forward = 0;
  std::size_t back_lines = 0, forward_lines = 0;
};

// An expression with what is checked behind its ends. Patterns of one form share its hits.
struct ProbeForm {
  std::uint32_t expression = 0;
  std::shared_ptr<const ByteCheck> check;  // null for nothing to check
  std::vector<ProbeUse> uses;
};

struct HsDatabaseDeleter {
  void operator()(hs_database_t* db) const { hs_free_database(db); }
};
struct HsScratchDeleter {
  void operator()(hs_scratch_t* scratch) const { hs_free_scratch(scratch); }
};
using HsDatabase = std::unique_ptr<hs_database_t, HsDatabaseDeleter>;
using HsScratch = std::unique_ptr<hs_scratch_t, HsScratchDeleter>;

struct FirstPass {
  HsDatabase database;               // null when there is no pattern at all
  std::vector<FirstPassMode> modes;  // by expression
  std::vector<ProbeForm> forms;
  std::vector<std::vector<std::uint32_t>> forms_of;  // by expression
  bool from_cache = false;
  std::vector<std::string> notes;
};

// `cache_dir` may be "".
std::expected<FirstPass, Errors> MakeFirstPass(const std::vector<FirstPassPattern>& patterns,
                                               const std::string& cache_dir,
                                               const CompileBounds& bounds);

}  // namespace warifu::scan
