// Process facts: what this process takes of the machine, as Linux tells it.
//
// A value that cannot be read is 0. Threads: safe.
#pragma once

#include <cstdint>

namespace warifu::app {

struct ProcessFacts {
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;
  std::uint64_t threads = 0;
  std::uint64_t cpu_microseconds = 0;  // user and system
};

ProcessFacts ReadProcessFacts();

}  // namespace warifu::app
