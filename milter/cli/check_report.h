// Check report: what `warifu check` has to say, line by line.
//
// `error`: the daemon would not start, or would not do what the configuration says. `warning`: it
// works, and somebody should look. `note` and `ok` are for information. Threads: plain values.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

enum class CheckLevel { kOk, kNote, kWarning, kError };

struct CheckLine {
  CheckLevel level = CheckLevel::kOk;
  std::string what;  // "configuration", "rules", "socket", …
  std::string text;
  Place place = {};
};

using CheckReport = std::vector<CheckLine>;

}  // namespace warifu::cli
