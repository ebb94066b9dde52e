// Tool settings: which configuration and rules a command works with.
//
// --config FILE, else the installed file, else the defaults. --rules PATH (a file or folder,
// several times) takes the place of the configured rules; without --config nothing of the installed
// configuration is then read, so that rules can be tried anywhere by anybody. --foreign says that
// those files are of another project (gitleaks).
// Threads: pure, but for reading files.
#pragma once

#include <expected>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>

#include "app/settings.h"
#include "app/snapshot.h"
#include "cli/command.h"

namespace warifu::cli {

inline constexpr const char* kDefaultConfig = "/etc/warifu/warifu.conf";
inline constexpr const char* kExampleConfig = "/usr/share/doc/warifu/examples/warifu.conf";

std::expected<app::Settings, Errors> SettingsFor(const Arguments& arguments);

// The snapshot of those settings. kInvalid when --rules names nothing that holds a rule: whoever
// names rules wants them looked for.
std::expected<std::shared_ptr<const app::Snapshot>, Errors> LoadSnapshot(
    const Arguments& arguments);

// What stands in the notes and warnings of any of them, each once, to standard error; null: none.
void TellNotes(std::initializer_list<const app::Snapshot*> snapshots, Terminal& terminal);

// Both.
std::expected<std::shared_ptr<const app::Snapshot>, Errors> SnapshotFor(const Arguments& arguments,
                                                                        Terminal& terminal);

// The error of a command for which --rules, or paths in its place, hold no rule.
std::optional<Error> NoRules(const Arguments& arguments, const scan::PatternSet& rules);

// That no configuration is there, and what to type; "" where one is, or none was looked for.
std::string WithoutConfig(const Arguments& arguments);

}  // namespace warifu::cli
