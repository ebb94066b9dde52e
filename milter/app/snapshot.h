// Snapshot: all that one inspection reads, built once and never changed.
//
// A message takes one snapshot at MAIL and keeps it to its end; a reload builds another and swaps
// the pointer, so no message sees half of an old and half of a new configuration.
//
// BuildSnapshot() loads rules, notices, directory, libmagic and the fingerprint key. Every error of
// every source comes back at once. Without a key file, a daemon makes one; the tool, and a daemon
// that may not write there, take a random key and say so in `notes`. Threads: const after building;
// share it.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/notices.h"
#include "app/records.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/redact.h"
#include "binding/change_source.h"
#include "binding/directory.h"
#include "binding/identity.h"
#include "extract/file_type.h"
#include "scan/ignore_list.h"
#include "scan/pattern_set.h"

namespace warifu::app {

struct Snapshot {
  Settings settings;
  std::shared_ptr<const scan::PatternSet> rules;
  std::shared_ptr<const binding::Directory> directory;  // null where none is set
  std::shared_ptr<const binding::Identities> identities;
  std::shared_ptr<const binding::ChangeSource> changes;  // null where none is set
  std::shared_ptr<const Notices> notices;
  std::shared_ptr<const Records> records;  // takes up replaced files by itself
  std::shared_ptr<const extract::FileTyper> typer;
  FingerprintKey key;
  bool key_lasting = false;  // from a file: fingerprints compare with others of that key
  scan::IgnoreList ignored;
  WallTime made = {};
  // What a person should know; nothing of it is an error. Warnings: it loads, and can hardly be
  // meant, as when no rule is there to look for.
  std::vector<std::string> notes, warnings;
};

enum class KeyUse { kCreate, kReadOnly };

std::expected<std::shared_ptr<const Snapshot>, Errors> BuildSnapshot(Settings settings,
                                                                     const Clock& clock,
                                                                     KeyUse key_use);

// A source that did not answer when it was asked.
struct SourceState {
  std::string name;      // "directory", "lease"
  bool lasting = false;  // a person must mend it; else it may come back
  Error error;
};

// Asks directory and leases once, each by its own time-out. One that does not answer stops nobody:
// each mail gets the outcome of its fault until it does.
std::vector<SourceState> ProbeSources(const Snapshot& snapshot);

}  // namespace warifu::app
