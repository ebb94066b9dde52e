// Reply: which SMTP reply answers which cause.
//
// Replies name a reference, never what matched: the sender may be the thief of the account. Texts
// are ASCII, one line, and start with a letter, since a text that starts with a digit is taken for
// a malformed reply by some versions of Postfix. The codes:
//
//   session  530 5.7.0   authentication required (RFC 4954)
//   sender   553 5.7.1   mailbox name not allowed to this account
//            553 5.1.7   the envelope sender is not an address (RFC 3463: bad sender's syntax)
//   author   550 5.7.1   refused by policy
//            550 5.6.0   From reads in two ways: the content is at fault, not the right to send it
//                        (RFC 3463 X.6.0); 550, since RFC 5321 4.3.2 gives it to refusals after
//                        DATA
//   lock     550 5.7.1   the account is locked
//   pin      451 4.7.1   the owner of the address is in question
//   breaker  451 4.7.1   outgoing mail is stopped
//   rule     550 5.7.1, 451 4.7.1
//   doubt    451 4.3.0   this system cannot tell now; 451 4.7.1 where identity is in doubt
//   faults   552 5.3.4   larger than the limits; 550 5.6.0 undecodable; 550 5.7.1 by policy
//
// Threads: pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/check_result.h"
#include "base/fault.h"
#include "policy/decide.h"

namespace warifu::policy {

// What calls for an action: content, a check or a fault; one of them is set.
struct Cause {
  bool content = false;
  std::optional<Check> check = std::nullopt;
  Outcome outcome = Outcome::kFail;
  std::optional<FaultCause> fault = std::nullopt;
};

// Code 0 for actions that let the mail pass or hold it.
Reply ReplyFor(Action action, const Cause& cause, std::string_view reference);

}  // namespace warifu::policy
