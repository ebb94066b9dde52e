// Notice: does a mail about an account go where it may? (binding.md: `notice`, `flow`, `fan-in`)
//
// A system of the operator's own sends mail about one account: a link to reset a password, a
// one-time password, word that something was done. Which mail that is and what it says is read
// elsewhere (scan/notice.h); here it is compared with who owns what.
//
//   notice   every recipient is bound to the account that the notice names
//   lock     no account that it names is locked, where it carries secrets or confirms a transfer
//   flow     all notices of one token name one account
//   fan-in   a mailbox gets notices for no more than some accounts in some time
//
// An account that cannot be read fails `notice`, a declared token that cannot be read fails `flow`:
// a changed template must not switch a check off in silence. Doubt is kUnavailable.
//
// Steps of flows and counts of mailboxes are written to the store as they come in, whatever becomes
// of the mail. Who calls has made sure that the mail comes from the notice's declared source.
// SECURITY: names are hostile text; tokens come in as keyed digests. Threads: as the store's.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/check_result.h"
#include "base/clock.h"
#include "binding/checks.h"
#include "store/store.h"

namespace warifu::binding {

// Whom an address belongs to, by directory and ledger together.
struct Bound {
  Outcome outcome = Outcome::kPass;  // kFail: disputed or swapped; kUnavailable
  store::Accounts accounts;          // of kPass; empty: nobody's
  std::string reason;                // of the others
};
using BoundTo = std::function<Bound(const Address&)>;

// What was read in a notice.
struct NoticeFacts {
  std::string id;
  std::string account;  // as written: an address, or the account's own name; "" with `problem`
  std::string problem;
  bool guarded = false;  // secrets or a transfer: not for locked accounts
  bool has_token = false;
  std::string token;  // its digest; "" with `token_problem`
  std::string token_problem;
};

// Whom a notice is about.
struct Named {
  Outcome outcome = Outcome::kPass;  // kFail: cannot be told; kUnavailable: not now
  store::Accounts accounts;          // the owners of `address`, or one account
  std::optional<Address> address;    // where it is named by an address that somebody owns
  std::string reason;
};

Named WhoIsNamed(const NoticeFacts& facts, const BoundTo& bound, const Options& options);

// One result for each recipient that fails, or a single pass.
std::vector<CheckResult> CheckNotice(const NoticeFacts& facts, const Named& named,
                                     const std::vector<Address>& recipients, const BoundTo& bound);

// Nothing where the notice is not guarded. Never worse than a hold.
std::optional<CheckResult> CheckNoticeLock(const NoticeFacts& facts, const Named& named,
                                           store::Store& store, WallTime now);

struct FlowResult {
  CheckResult check;
  // Of one that names two accounts: every address that it went to, and those of a named account
  // that it did not go to. Canonical, no doubles.
  std::vector<std::string> disputed;
  std::string detail;  // for people: who was named when, where it went
};

// Nothing where no token is declared, or nobody could be named.
std::optional<FlowResult> CheckFlow(const NoticeFacts& facts, const Named& named,
                                    const std::vector<Address>& recipients, const BoundTo& bound,
                                    store::Store& store, WallTime now,
                                    std::chrono::milliseconds expires);

struct FanInOptions {
  std::size_t accounts = 5;
  std::chrono::milliseconds window = std::chrono::days(7);
};

// One result for each mailbox beyond the limit, or a single pass; nothing where nobody could be
// named.
std::vector<CheckResult> CheckFanIn(const NoticeFacts& facts, const Named& named,
                                    const std::vector<Address>& recipients, store::Store& store,
                                    WallTime now, const FanInOptions& options);

}  // namespace warifu::binding
