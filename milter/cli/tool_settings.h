// Tool settings: which configuration and rules a command works with.
//
// --config FILE, else the installed file, else the defaults. --rules PATH (a file or folder,
// several times) takes the place of the configured rules; without --config nothing of the installed
// configuration is then read, so that rules can be tried anywhere by anybody. --foreign says that
// those files are of another project (gitleaks).
// Threads: pure, but for reading files.
#pragma once

#include <expected>
#include <memory>

#include "app/settings.h"
#include "app/snapshot.h"
#include "cli/command.h"

namespace warifu::cli {

inline constexpr const char* kDefaultConfig = "/etc/warifu/warifu.conf";

std::expected<app::Settings, Errors> SettingsFor(const Arguments& arguments);

// The snapshot of those settings; its notes go to standard error.
std::expected<std::shared_ptr<const app::Snapshot>, Errors> SnapshotFor(const Arguments& arguments,
                                                                        Terminal& terminal);

}  // namespace warifu::cli
