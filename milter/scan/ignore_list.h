// IgnoreList: known findings that an operator lets pass, by rule and fingerprint.
//
// A TOML file of [[ignore]] tables: rule, fingerprint (as events and `warifu scan` show it),
// reason, and a day from which it counts no more. A finding that an entry names calls for nothing,
// and says so where it is shown: it is counted and named in the event, never silent. `warifu scan
// --write-baseline` writes such a file of all it finds.
//
// Fingerprints are keyed (base/redact.h): a list is good for one key. The file may name it by the
// fingerprint of a fixed text; entries of another key are told, since none of them can match.
// Refuses: unknown keys, entries without a reason.
// Threads: const after loading.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/redact.h"

namespace warifu::scan {

struct IgnoreEntry {
  std::string rule, fingerprint, reason;
  std::optional<WallTime> until;
  Place place;
};

class IgnoreList {
 public:
  void Add(IgnoreEntry entry);
  // The entry that lets the finding pass at that time; null when there is none.
  const IgnoreEntry* Find(std::string_view rule, std::string_view fingerprint, WallTime now) const;
  std::size_t size() const { return entries_.size(); }

 private:
  std::map<std::pair<std::string, std::string>, IgnoreEntry, std::less<>> entries_;
};

// What names a key in a list, without telling anything of it.
std::string KeyName(const FingerprintKey& key);

// Expired entries and lists of another key are told in `warnings`.
std::expected<IgnoreList, Errors> LoadIgnoreLists(std::span<const std::string> paths,
                                                  const FingerprintKey& key, WallTime now,
                                                  std::vector<std::string>* warnings);

// A list as a file.
std::string IgnoreText(const FingerprintKey& key, std::span<const IgnoreEntry> entries);

}  // namespace warifu::scan
