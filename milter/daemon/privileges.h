// Privileges: the daemon never reads mail as root.
//
// Started as root it becomes the configured user for good: supplementary groups, and real,
// effective and saved ids; then proves that root cannot be had back. Started as anybody else it
// stays what it is. Either way the process and its children can gain no privileges any more.
//
// Call before any file is made that the daemon later writes to: a log first created by root could
// not be written afterwards.
//
// Refuses: to run as root without a user to become, or to become root.
// Threads: before any other thread is started.
#pragma once

#include <string>

#include "base/error.h"

namespace warifu::daemon {

Result<void> DropPrivileges(const std::string& user);

// As many descriptors as the system allows. Returns the limit that now holds.
std::size_t RaiseDescriptorLimit();

}  // namespace warifu::daemon
