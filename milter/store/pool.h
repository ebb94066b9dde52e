// Pool: a bounded number of connections, opened when first needed, lent to one caller at a time.
//
// Threads: safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "store/engine.h"

namespace warifu::store {

class Pool {
 public:
  using Opener = std::function<std::unique_ptr<Connection>()>;  // may throw
  Pool(std::size_t size, Opener open) : free_(size), open_(std::move(open)) {}

  // Lends a connection to `work`; waits for a free one until `deadline`.
  Result<void> Run(const Work& work, SteadyTime deadline);

 private:
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::size_t free_;  // idle or not yet opened
  Opener open_;
};

// Opens a connection; what the opener throws comes back as an error.
Result<std::unique_ptr<Connection>> TryOpen(const Pool::Opener& open);

}  // namespace warifu::store
