// BoundedCompile: Hyperscan's compiler in a child process, with bounds on time and memory.
//
// A few dozen characters can keep Hyperscan's compiler busy for hours or fill the memory, and
// nothing stops it from inside. So it runs in a forked child that is killed at the bound; the
// compiled database comes back serialised, through a pipe. A reload that meets such a rule fails
// with the reason, and the daemon goes on with the rules it has.
//
// The child does nothing but compile and write, so it may be forked from a process with threads.
// Resource limits are set in it where the system lets it; the parent watches its processor time
// and memory besides, since a sandboxed daemon may set no limits.
// Threads: safe.
#pragma once

#include <hs/hs.h>

#include <chrono>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "scan/first_pass.h"

namespace warifu::scan {

struct HsExpression {
  const char* text = nullptr;
  unsigned flags = 0;
};

struct CompileFailure {
  int expression = -1;    // index, where the compiler names one
  bool exceeded = false;  // stopped at a bound: time or memory
  std::string text;
};

// Ids of the database are indices of the expressions.
std::expected<HsDatabase, CompileFailure> CompileBounded(std::span<const HsExpression> expressions,
                                                         const CompileBounds& bounds);

}  // namespace warifu::scan
