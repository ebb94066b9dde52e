// Change feed: what a change source holds, announced in the store once.
//
// A row that was read before is passed over without a question to the store; after a restart, and
// on a second gateway, the store knows that a change of the same address, accounts and reference
// has been announced, used or withdrawn, and takes it no more. A reference that comes back for the
// same address with other accounts is wrong. Rows that are wrong are told once each and looked at
// again at every reading; they keep nobody else's change from being announced.
//
// `:since` moves on only where a reading left nothing behind, and stays an hour behind the clock,
// so rows that were committed late are read. Threads: one at a time.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "binding/change_source.h"
#include "store/store.h"

namespace warifu::binding {

struct Fed {
  std::uint64_t rows = 0;       // that the query gave
  std::uint64_t announced = 0;  // new ones
  std::uint64_t ahead = 0;      // whose time has not come
  std::uint64_t wrong = 0;
  std::vector<std::string>
      lines;  // wrong ones that were not told before; kMostTold and how many more
};
inline constexpr std::size_t kMostTold = 100;

class ChangeFeed {
 public:
  // The error is the source's or the store's; what was announced by then stays, and is not
  // announced again by the next reading.
  Result<Fed> Read(const ChangeSource& source, store::Store& store, const Options& options,
                   WallTime now);

 private:
  using Rows = std::unordered_set<std::string>;

  WallTime since_ = {};
  Rows done_;  // of the last reading: announced or over
  Rows told_;  // of the last reading: wrong
};

}  // namespace warifu::binding
