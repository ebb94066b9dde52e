#include "binding/lock.h"

#include <algorithm>
#include <string>

namespace warifu::binding {
namespace {

CheckResult Locked(std::string_view subject, std::string reason) {
  CheckResult result;
  result.check = Check::kLock;
  result.outcome = Outcome::kFail;
  result.subject = subject;
  result.reason = std::move(reason);
  return result;
}

}  // namespace

CheckResult CheckSendLock(std::string_view account, std::span<const store::Lock> locks) {
  const auto lock = std::ranges::find_if(locks, [](const store::Lock& candidate) {
    return candidate.scope != store::LockScope::kReceive;
  });
  if (lock != locks.end()) {
    std::string reason = "the account is locked for sending: " + lock->reason;
    if (!lock->reference.empty()) reason += " (" + lock->reference + ")";
    return Locked(account, std::move(reason));
  }
  CheckResult result;
  result.check = Check::kLock;
  result.outcome = account.empty() ? Outcome::kNotApplicable : Outcome::kPass;
  result.subject = account;
  return result;
}

bool LocksReceiving(std::span<const store::Lock> locks) {
  return std::ranges::any_of(
      locks, [](const store::Lock& lock) { return lock.scope != store::LockScope::kSend; });
}

CheckResult ReceiveLocked(std::string_view address, std::string_view account,
                          std::string_view what) {
  CheckResult result = Locked(address, "the recipient's account " + std::string(account) +
                                           " is locked for receiving: " + std::string(what));
  result.recipient = address;
  return result;
}

}  // namespace warifu::binding
