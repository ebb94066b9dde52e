// EngineHooks: the pattern engine's calls, so that tests can make them fail. Threads: plain values.
#pragma once

#include <hs/hs.h>

#include <memory>

#include "scan/pattern_set.h"

namespace warifu::scan {

struct EngineHooks {
  decltype(&hs_scan) scan = &hs_scan;
};

std::expected<std::shared_ptr<const PatternSet>, Errors> LoadWith(const LoadOptions& options,
                                                                  const EngineHooks& hooks);

}  // namespace warifu::scan
