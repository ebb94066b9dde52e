// Owner: whose record a finding is, and whether it may go where it goes (binding.md, `owner`).
//
// A record names its owner by an address or by a login (Finding::account). The directory turns that
// into accounts; without a row there, a login still counts as the account of that name where the
// session or a recipient is that account. Who owns nothing that the directory knows is unknown, and
// the rule's own action applies.
//
// Where the directory does not answer, or disagrees with the record of proven owners, it could not
// be told whose record it is: that is a fault, and the finding's ownership stays unknown beside it.
// A row for a whole domain names no person, so it makes nobody the owner of a record.
// Threads: pure, but for `ask`.
#pragma once

#include <functional>
#include <vector>

#include "app/budget.h"
#include "app/envelope.h"
#include "base/fault.h"
#include "base/finding.h"
#include "binding/checks.h"
#include "binding/directory.h"

namespace warifu::app {

// Who owns an address now; one that is disputed is kTryLater, with the reason.
using AskOwners = std::function<binding::Owners(const Address&)>;

// Fills in `owner` and `ownership` of each finding that names an account. Every account is asked
// for once, until the budget is over. At most one fault of a kind comes back, of findings that are
// enforced.
Faults AssignOwners(const Envelope& envelope, const AskOwners& ask, const binding::Options& options,
                    Budget& budget, std::vector<Finding>* findings);

}  // namespace warifu::app
