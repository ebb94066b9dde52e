// Live: the directory as one decision sees it, and what answers while it is silent.
//
// LiveDirectory remembers what it has asked, so that the checks of one stage ask once and all see
// the same, and do not ask again a directory that did not answer; what looks like a swap is asked
// once more (Forget). While the directory does not
// answer (try later; not: misconfigured) the ledger answers for addresses that it has proven,
// marked stale, for at most `stale_for` since the directory fell silent.
//
// Threads: Outage is shared; a LiveDirectory belongs to one decision.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/clock.h"
#include "binding/checks.h"
#include "binding/directory.h"
#include "store/store.h"

namespace warifu::binding {

// Since when a directory has not answered.
class Outage {
 public:
  void Note(Lookup status, WallTime now);
  // 0 while it answers.
  std::chrono::microseconds Age(WallTime now) const;

 private:
  std::atomic<std::int64_t> since_ = 0;  // µs; 0: it answers
};

struct StaleOptions {
  store::Store* ledger = nullptr;  // null: nothing answers in the directory's place
  std::chrono::seconds stale_for{};
  RealmOptions realm;
};

class LiveDirectory final : public Directory {
 public:
  // `directory` and `outage` outlive it.
  LiveDirectory(const Directory& directory, Outage& outage, StaleOptions options, WallTime now)
      : directory_(directory), outage_(outage), options_(std::move(options)), now_(now) {}

  Owners OwnersOf(const Address& address) const override;
  void Forget(const Address& address) const override;
  std::size_t size() const override { return directory_.size(); }

 private:
  Owners Ask(const Address& address) const;

  const Directory& directory_;
  Outage& outage_;
  const StaleOptions options_;
  const WallTime now_;
  mutable std::map<std::string, Owners> asked_;
  mutable std::optional<Owners> silence_;
};

// The same owners as accounts, realms mapped: sorted, no doubles.
Owners AsAccounts(Owners owners, const RealmOptions& realm);

}  // namespace warifu::binding
