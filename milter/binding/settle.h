// Settle: what need not wait for mail. Announced changes that the directory shows by now, changes
// that ran out, disputes of pin's own whose sides agree again.
//
// One round asks the directory about every open change and every such dispute. It stops where the
// directory does not answer, and changes nothing then: neither does a change expire that could not
// be asked about.
// Threads: as the store and directory that it uses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "binding/ledger.h"

namespace warifu::binding {

struct Settled {
  std::uint64_t moved = 0;         // by a change
  std::uint64_t ended = 0;         // disputes
  std::uint64_t expired = 0;       // changes that nobody used
  std::vector<std::string> lines;  // for the log, one of each; cut after kMostLines
};
inline constexpr std::size_t kMostLines = 100;

// `stop`: the process ends.
Result<Settled> Settle(store::Store& store, const Ledger& ledger, const Directory& directory,
                       WallTime now, const std::function<bool()>& stop);

}  // namespace warifu::binding
