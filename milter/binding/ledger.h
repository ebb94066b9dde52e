// Ledger: the proven owner of an address, asked and kept.
//
// Look() puts one address to JudgePin() and carries out what must be written at once: a move by an
// announced change (atomic, once, also when two gateways see it together), a dispute, the end of
// one, a release. Learn() takes over what an accepted mail taught. Ordinary mail of a proven owner
// writes nothing. A swap is believed when a second look, at directory and row, says the same.
//
// Guarantees: an Error means that the answer is not known (the store failed): never read it as a
// pass. Nothing is learned while unexplained moves stand open (a dispute of pin's, a breaker), or
// the wrong owner would become proven.
// Threads: as the store and directory that it uses; it has no state of its own.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "binding/checks.h"
#include "binding/directory.h"
#include "binding/pin.h"
#include "store/store.h"

namespace warifu::binding {

struct Look {
  std::string address;  // as the ledger knows it
  Owners owners;        // live, as accounts
  PinAnswer answer;
  bool new_dispute = false;  // this look has made it
};

// For the event: outcome, subject and reason of a look.
CheckResult PinResult(const Look& look);

class Ledger {
 public:
  // `store` outlives it.
  Ledger(store::Store& store, PinOptions options, RealmOptions realm)
      : store_(store), options_(options), realm_(std::move(realm)) {}

  // `act.at` is now; `act.reference` names the incident that a new dispute belongs to.
  Result<Look> See(const Address& address, const Directory& directory, const store::Act& act) const;

  // What an accepted mail of `account` teaches of an address that was looked at; true when the
  // ledger has changed.
  Result<bool> Learn(const Look& look, std::string_view account, const store::Act& act) const;

  // Unexplained moves stand open.
  Result<bool> LearningStopped(WallTime now) const;

 private:
  // False: somebody else was faster, look again.
  Result<bool> Write(const std::vector<store::Change>& changes, const store::Act& act,
                     Look* look) const;

  store::Store& store_;
  const PinOptions options_;
  const RealmOptions realm_;
};

}  // namespace warifu::binding
