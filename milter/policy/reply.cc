#include "policy/reply.h"

#include <string>

namespace warifu::policy {
namespace {

struct Wording {
  int code;
  std::string_view enhanced;
  std::string_view text;
};

Wording RefusedCheck(Check check, Outcome outcome) {
  const bool malformed = outcome == Outcome::kMalformed;
  switch (check) {
    case Check::kSession:
      return {530, "5.7.0", "Authentication required"};
    case Check::kSender:
      if (malformed) return {553, "5.1.7", "Sender address has no valid syntax"};
      return {553, "5.7.1", "Sender address does not belong to the authenticated account"};
    case Check::kAuthor:
      if (malformed) return {550, "5.6.0", "Author fields of the message are malformed"};
      return {550, "5.7.1", "Author address does not belong to the authenticated account"};
    case Check::kLock:
      return {550, "5.7.1", "Account is locked, please ask your mail administrator"};
    case Check::kDisplay:
    case Check::kPin:
    case Check::kSpoof:
    case Check::kNotice:
    case Check::kFlow:
    case Check::kFanIn:
    case Check::kBreaker:
      return {550, "5.7.1", "Message refused by policy"};
  }
  return {550, "5.7.1", "Message refused by policy"};
}

Wording RefusedFault(FaultCause cause) {
  switch (cause) {
    case FaultCause::kTooLarge:
      return {552, "5.3.4", "Message is larger than can be checked"};
    case FaultCause::kUnknownCharset:
    case FaultCause::kUndecodable:
    case FaultCause::kTooDeep:
    case FaultCause::kTooManyParts:
    case FaultCause::kMalformed:
      return {550, "5.6.0", "Message cannot be read"};
    case FaultCause::kEncrypted:
    case FaultCause::kUnreadType:
      return {550, "5.7.1", "Message cannot be checked and is refused by policy"};
    default:
      return {554, "5.3.0", "Message could not be checked"};
  }
}

Wording Deferred(const Cause& cause) {
  constexpr std::string_view kLater = "Message cannot be checked now, please try again later";
  if (cause.content) return {451, "4.7.1", "Message deferred by policy"};
  if (!cause.check) return {451, "4.3.0", kLater};
  // Identity in doubt is a matter of security, a silent directory one of the system.
  if (cause.outcome == Outcome::kFail) {
    if (*cause.check == Check::kPin) {
      return {
          451, "4.7.1",
          "Ownership of this address is being verified, nothing is lost: try again later, or tell "
          "your mail administrator"};
    }
    if (*cause.check == Check::kBreaker) {
      return {
          451, "4.7.1",
          "Outgoing mail of this account is stopped for now, please ask your mail administrator"};
    }
    return {451, "4.7.1", "Message deferred by policy"};
  }
  if (*cause.check == Check::kSession || *cause.check == Check::kPin) {
    return {451, "4.7.1", "Identity cannot be established now, please try again later"};
  }
  return {451, "4.3.0", "Sender cannot be checked now, please try again later"};
}

}  // namespace

Reply ReplyFor(Action action, const Cause& cause, std::string_view reference) {
  Wording wording;
  if (action == Action::kDefer) {
    wording = Deferred(cause);
  } else if (action == Action::kReject) {
    wording = cause.check   ? RefusedCheck(*cause.check, cause.outcome)
              : cause.fault ? RefusedFault(*cause.fault)
                            : Wording{550, "5.7.1", "Message refused by policy"};
  } else {
    return {};
  }
  return {wording.code, std::string(wording.enhanced),
          std::string(wording.text) + " (reference " + std::string(reference) + ")"};
}

}  // namespace warifu::policy
