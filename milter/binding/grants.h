// Grants: standing rights of an account to send as what it does not own (delegation, shared
// mailbox, list server, service).
//
// A grant lets `sender`, `author` and `display` pass. It proves nothing: mail that is sent by a
// grant teaches the ledger no owner.
// Threads: pure.
#pragma once

#include <span>

#include "base/address.h"
#include "store/records.h"

namespace warifu::binding {

// Of one account, those that hold now.
using Grants = std::span<const store::Grant>;

// Targets: an address, "@domain" (that domain alone, none below it), or "*".
bool Covers(Grants grants, const Address& address);

}  // namespace warifu::binding
