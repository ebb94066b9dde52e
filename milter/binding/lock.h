// Lock: may this account send, may it be sent to? (binding.md, `lock`)
//
// A lock names an account, a scope, a reason, and mostly a time when it ends; the store gives those
// that hold now.
// Threads: pure.
#pragma once

#include <span>
#include <string_view>

#include "base/check_result.h"
#include "store/records.h"

namespace warifu::binding {

// Of the session's account, at MAIL.
CheckResult CheckSendLock(std::string_view account, std::span<const store::Lock> locks);

// True when one of them keeps secrets from the account.
bool LocksReceiving(std::span<const store::Lock> locks);

// Of a recipient whose account is locked for receiving; `what` for the reason: "notices and
// secrets are held".
CheckResult ReceiveLocked(std::string_view address, std::string_view account,
                          std::string_view what);

}  // namespace warifu::binding
