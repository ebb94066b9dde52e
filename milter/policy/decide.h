// Decide: from findings, check results and faults to one verdict. Pure.
//
// The greatest action that is called for wins; the weakest of global, listener and check or rule
// mode decides whether it is done or only said (`would`). Doubt is held or deferred, certainty
// refused, nothing is discarded. The plan is done whole or answered with a temporary failure.
//
// At MAIL and RCPT only a refusal or a temporary failure can be answered; whatever else a check
// calls for is decided at the end of the message, so its result is given to Decide() again there.
// A strip or a redaction that cannot be done becomes Policy::strip_otherwise or redact_otherwise. A
// lasting fault never becomes a temporary failure, whatever the policy says.
//
// Threads: pure.
#pragma once

#include <array>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/action.h"
#include "base/check_result.h"
#include "base/fault.h"
#include "base/finding.h"

namespace warifu::policy {

enum class Stage { kMail, kRcpt, kEnd };

struct Policy {
  Mode mode = Mode::kObserve;  // global
  // Outcome of each fault: passing ones defer by default, lasting ones tag by default.
  std::map<FaultCause, Action> faults;
  // Outcome of each check when it fails; malformed is always a rejection of the check's own.
  std::map<Check, Action> checks;
  std::map<Check, Mode> check_modes;
  Action self_disclosure = Action::kTag;
  Action strip_otherwise = Action::kHold;   // when strip cannot be done
  Action redact_otherwise = Action::kHold;  // when redact cannot be done
  bool hold_doubt_on_submission = true;
  std::string header_name = "X-Warifu";
};

struct ListenerFacts {
  std::string name;
  Mode mode = Mode::kEnforce;
  bool submission = false;  // clients are users: doubt at end of message is held, not deferred
};

// Whether one finding may be stripped or redacted, as it calls for (made by app from mail::edit).
struct EditFact {
  bool possible = false;
  std::string why_not = {};
};

struct Evidence {
  Stage stage = Stage::kEnd;
  ListenerFacts listener;
  std::span<const Finding> findings;
  std::span<const EditFact> edits;  // same length as findings, or empty
  std::span<const CheckResult> checks;
  std::span<const Fault> faults;
  // A notice of the MTA's own, with nobody to return it to: a refusal would lose it, so it is held.
  bool own_bounce = false;
  // False: the mail that is held could not be found again, so doubt is deferred.
  bool can_hold = true;
  std::string exemption;  // non-empty: this mail is exempt from content rules, and why
};

struct Reply {
  int code = 0;          // 250, 451, 550, …; 0 for none
  std::string enhanced;  // "5.7.1"
  std::string text;      // ASCII, one line, holds the reference, never what matched
};

struct Verdict {
  Action action = Action::kAccept;  // what is done
  Action would = Action::kAccept;   // what would be done with everything enforced
  Reply reply;
  std::vector<std::string> headers;  // values to add under Policy::header_name
  std::vector<std::size_t> edit;     // indices of findings that are cut out or masked
  // "rule:…", "check:…", "fault:…", "exempt:…", "ignored:…", the deciding ones first.
  std::vector<std::string> reasons;
  // What each finding, check and fault calls for by itself with everything enforced, in the order
  // of the evidence; for the event.
  std::vector<Action> finding_would, check_would, fault_would;
  // Why a finding was not stripped or redacted as it called for, "" where it was; may be shorter
  // than the findings.
  std::vector<std::string> finding_why_not;
};

// `reference`: the incident reference that goes into replies and headers.
Verdict Decide(const Policy& policy, const Evidence& evidence, std::string_view reference);

}  // namespace warifu::policy
