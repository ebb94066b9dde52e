// Judge: the whole inspection of one mail, from its bytes to a verdict and an edited body.
//
// The gateway and the tool both end up here, so that what the tool shows on a stored mail is what
// the gateway does.
//
// Guarantees: pure but for the directory, the store and the clock. Nothing is logged, and nothing
// written but what bindings and notices note as they look (moves, disputes, flows, counts). No
// string of a Judgement but those of its message holds a secret that was found. May throw only what
// the language throws for want of memory. Threads: reentrant on a shared snapshot.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/archive_tie.h"
#include "app/bindings.h"
#include "app/content.h"
#include "app/edits.h"
#include "app/envelope.h"
#include "app/snapshot.h"

namespace warifu::app {

struct Case {
  policy::ListenerFacts listener;
  Envelope envelope;
  std::vector<CheckResult> earlier;  // of MAIL: session and sender
  std::string_view raw;              // the whole mail
  std::size_t body_begin = 0;        // where its head ends; asked for where the mail is not scanned
  bool truncated = false;            // `raw` was cut at a limit
  bool head_truncated = false;       // the same, in its head
  bool scan = true;                  // content rules run on mail of this direction
  bool check_authors = true;         // author and display, where the envelope has an account
  bool check_notices = true;         // notice, flow and fan-in, where the session is their source
  // Of the gateway, its stage started; null: directory alone, without grants, pin, locks, breaker.
  Bindings* bindings = nullptr;
  // What was sent before; null: nothing is known of other mail.
  const ArchiveMemory* archives = nullptr;
  std::string reference;
};

struct Judgement {
  Content content;
  std::vector<CheckResult> checks;
  std::vector<std::string> authors;
  std::string message_id;
  EditPlan edits;
  std::string exemption;                // from content rules
  std::vector<binding::Look> disputes;  // that this mail has brought to light
  // That a flow has put in doubt; marked where the check is in force.
  std::vector<std::string> flow_disputes;
  std::string flow_detail;
  ArchiveTie tie;        // to be remembered where the mail is let through
  bool can_hold = true;  // as in policy::Evidence
  policy::Verdict verdict;
  std::optional<mail::EditedBody> edited;  // of a verdict that edits
};

// The checks at MAIL, exemptions by client and account applied. What is asked again at the end
// (lock, pin) stands behind session and sender.
BindingAnswer CheckAtMail(const Snapshot& snapshot, const binding::Identity& identity,
                          bool require_account, const Envelope& envelope,
                          const Result<Address>& sender, Bindings* bindings);

// Marks the checks that the mail is let off; what is about one recipient alone, by that recipient.
void ApplyExemptions(const Envelope& envelope, const Settings& settings,
                     std::vector<CheckResult>* checks);

Judgement Judge(const Snapshot& snapshot, const Case& mail, Budget& budget);

// The same on a mail that is parsed already, which is then scanned in any case.
Judgement JudgeMessage(const Snapshot& snapshot, const Case& mail, mail::Message message,
                       Budget& budget);

// The same on content that was made already (a file that is no mail).
Judgement JudgeContent(const Snapshot& snapshot, const Case& mail, Content content, Budget& budget);

// The verdict anew, after something was added to the content's faults.
void DecideAgain(const Snapshot& snapshot, const Case& mail, Budget& budget, Judgement* judgement);

}  // namespace warifu::app
