// Owner: whose record a finding is, and whether it may go where it goes (binding.md, `owner`).
//
// A record names its owner by an address or by a login (Finding::account). The directory turns that
// into accounts; without a row there, a login still counts as the account of that name where the
// session or a recipient is that account. What cannot be told stays unknown, and the rule's own
// action applies.
//
// A row for a whole domain names no person, so it makes nobody the owner of a record.
// Threads: pure, but for the directory.
#pragma once

#include <vector>

#include "app/envelope.h"
#include "base/finding.h"
#include "binding/checks.h"
#include "binding/directory.h"

namespace warifu::app {

// Fills in `owner` and `ownership` of each finding that names an account.
void AssignOwners(const Envelope& envelope, const binding::Directory& directory,
                  const binding::Options& options, std::vector<Finding>* findings);

}  // namespace warifu::app
