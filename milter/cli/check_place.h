// Check place: the machine that warifu runs on, its disks and its clock.
//
// A full disk under the store or the events defers mail, one under the MTA's queue refuses it; a
// clock that was wrong lets changes, locks and leases run out too early or too late.
// Threads: one at a time; the probe comes in, for tests.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/clock.h"
#include "cli/check_report.h"

namespace warifu::cli {

struct Space {
  std::uint64_t bytes = 0;           // free for a user that is not root
  std::uint64_t files = UINT64_MAX;  // inodes, where the file system counts them
};
// Of the file system under a folder; nothing where that cannot be seen.
using SpaceProbe = std::function<std::optional<Space>(const std::string& folder)>;
std::optional<Space> SpaceOf(const std::string& folder);

struct QueuePlace {
  std::string folder;
  std::uint64_t message_bytes = 0;  // of the greatest mail; 0: no limit
};

CheckReport CheckDisks(const app::Settings& settings, const std::vector<QueuePlace>& queues,
                       const SpaceProbe& probe);
// `synchronised`: what the kernel says; nothing where it cannot tell.
CheckReport CheckClock(const app::Settings& settings, WallTime now,
                       std::optional<bool> synchronised);
std::optional<bool> ClockIsSynchronised();

}  // namespace warifu::cli
