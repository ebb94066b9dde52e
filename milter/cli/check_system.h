// Check system: whether the daemon's user finds the folders, files and groups that it needs.
//
// Judged by owner, group and mode for the user that the daemon becomes, whoever runs the check;
// access lists are not read. What does not exist yet is a warning: systemd makes some folders at
// the start. What anybody may write to is an error: whoever can replace a socket or a rule decides
// what mail passes.
// Threads: pure, but for reading the file system.
#pragma once

#include "app/settings.h"
#include "cli/check_report.h"

namespace warifu::cli {

CheckReport CheckSystem(const app::Settings& settings);

}  // namespace warifu::cli
