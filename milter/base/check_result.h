// CheckResult: what one binding check said about one mail or one address of it.
//
// The check reports; policy decides. `outcome` is what was found, with "could not tell" kept apart
// from "fails". `mode` is the weakest that applies, without the global and listener modes, which
// Decide() adds.
//
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/action.h"

namespace warifu {

enum class Check : std::uint8_t {
  kSession,
  kSender,
  kAuthor,
  kDisplay,
  kLock,
  kPin,
  kSpoof,
  kNotice,
  kFlow,
  kFanIn,
  kBreaker,  // the breaker of the account's scope is open
};

enum class Outcome : std::uint8_t {
  kPass,
  kFail,
  kMalformed,      // the field reads in more than one way: refused as malformed
  kUnavailable,    // the directory or store could not tell now (a passing fault)
  kNotApplicable,  // this check does not concern this session or mail
};

inline constexpr std::size_t kCheckCount = 11, kOutcomeCount = 5;

std::string_view ToString(Check check);
std::string_view ToString(Outcome outcome);
bool FromString(std::string_view word, Check* check);
std::vector<Check> AllChecks();

struct CheckResult {
  Check check = Check::kSession;
  Outcome outcome = Outcome::kPass;
  Mode mode = Mode::kEnforce;
  bool exempt = false;         // an exemption by network, account or recipient applies
  std::string exemption = {};  // which one, for the event
  std::string subject = {};    // the address or account concerned, canonical
  std::string recipient = {};  // canonical; the one recipient that alone it is about, if one
  std::string reason = {};     // for the event and the log: "address belongs to another account"
  // The most that may be done about it, whatever the check is configured to do: a Reply-To only
  // ever tags.
  Action at_most = Action::kReject;
  bool stale = false;  // the directory did not answer: judged by the ledger
};

}  // namespace warifu
