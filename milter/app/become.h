// Become: a process of root's turns into the configured user, for good.
//
// Supplementary groups, and real, effective and saved ids; then it is proven that root cannot be
// had back. The daemon does this at its start, the tool before it opens the store: a file first
// made by root could not be written by the daemon afterwards.
//
// Refuses: to become root; without root's rights it fails (kSystem).
// Threads: before any other thread is started.
#pragma once

#include <string>

#include "base/error.h"

namespace warifu::app {

Result<void> BecomeUser(const std::string& user);

}  // namespace warifu::app
