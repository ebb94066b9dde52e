// Bindings: what directory and store say about one mail, stage by stage.
//
// Each stage begins with Start(), which sees what other processes have changed: a lock, a change or
// a dispute counts from the next stage on, also in a session that has been open for long. Results
// are facts for policy; what was written (a dispute, an announced move) is written whatever becomes
// of the mail.
//
// Guarantees: a store that fails is a fault of the stage, and is then not asked again in it. Mail
// of a proven owner to proven owners writes nothing. Threads: belongs to one inspection.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/envelope.h"
#include "app/snapshot.h"
#include "base/fault.h"
#include "binding/ledger.h"
#include "binding/live.h"
#include "binding/notice.h"
#include "store/store.h"

namespace warifu::app {

// Shared by all inspections; all outlive them.
struct BindingTools {
  store::Store* store = nullptr;      // null: none
  binding::Outage* outage = nullptr;  // null: an outage lasts no longer than a mail
  const Clock* clock = nullptr;
};

struct BindingAnswer {
  std::vector<CheckResult> checks;
  Faults faults;
  std::vector<binding::Look> disputes;  // made by this stage
  // Addresses that are proven to be the session account's while directory and ledger disagree.
  std::vector<std::string> taken;
};

// The directory says that an address in `taken` is somebody else's now. Its proven owner is not
// refused for that: sender and author leave it to pin, which asks for a second try.
void SpareProvenOwner(const std::vector<std::string>& taken, std::vector<CheckResult>* checks);

class Bindings {
 public:
  Bindings(const Snapshot& snapshot, BindingTools tools);

  bool has_store() const { return tools_.store != nullptr; }
  store::Store* store() const { return tools_.store; }

  // `reference` names the incident that a dispute of this stage would belong to.
  void Start(const Envelope& envelope, std::string_view reference);
  // Of this stage: null where there is none.
  const binding::Directory* directory() const { return live_ ? &*live_ : nullptr; }
  binding::Grants grants() const { return grants_; }
  WallTime now() const { return act_.at; }

  // lock and pin of the sender.
  BindingAnswer AtMail(const Envelope& envelope);
  // lock, pin and breaker of that one recipient.
  BindingAnswer AtRcpt(const Envelope& envelope, const Address& recipient);
  // All of them, again; `secrets`: something was found in the mail.
  BindingAnswer AtEnd(const Envelope& envelope, const std::vector<Address>& authors, bool secrets);

  // Whom an address belongs to, by directory and ledger, for notices.
  binding::Bound OwnerOf(const Address& address);
  // Disputes that OwnerOf() has made.
  std::vector<binding::Look> TakeDisputes() { return std::exchange(found_, {}); }

  // What the mail that AtEnd() saw teaches, once it is accepted; true when the ledger has changed.
  Result<bool> Learn(const Envelope& envelope);

 private:
  // Nothing when the store failed, which is then a fault of the stage.
  template <typename T>
  std::optional<T> Got(Result<T> result);
  void Fail(const Error& error);
  BindingAnswer Finish(BindingAnswer answer);

  void CheckPin(const Envelope& envelope, const Address& address, bool teaches,
                BindingAnswer* answer);
  void CheckSendLock(const Envelope& envelope, BindingAnswer* answer);
  // Accounts of a recipient that are locked for receiving; `all`: nothing where one is not.
  std::string LockedReceiver(const Address& recipient, bool all);
  void CheckBreaker(const Envelope& envelope, const Address& recipient, BindingAnswer* answer);
  bool BreakerSpares(const Envelope& envelope, const Address& recipient) const;

  const Snapshot& snapshot_;
  const BindingTools tools_;
  binding::Outage own_outage_;
  std::optional<binding::Ledger> ledger_;
  std::optional<binding::LiveDirectory> live_;
  store::Act act_;
  std::vector<store::Grant> grants_;
  std::optional<std::vector<store::Breaker>> breakers_;  // open in this stage, once asked
  std::optional<Error> failed_;                          // the store, in this stage
  std::vector<binding::Look> found_;                     // by OwnerOf
  std::vector<binding::Look> lessons_;                   // of AtEnd: what it may teach
};

}  // namespace warifu::app
