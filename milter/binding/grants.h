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

// "ceo%example.jp@users.example.jp" and "host!ceo": mail through a host, as it was written once.
// Sendmail makes the inner address of it where both domains are its own, after it has asked the
// filters; so nobody owns one by his domain or by a sub-address: a row of the directory or a grant
// has to name it whole (or a grant be one of everything).
bool IsRoute(const Address& address);

// Targets: an address, "@domain" (that domain alone, none below it), or "*".
bool Covers(Grants grants, const Address& address);

}  // namespace warifu::binding
