// Offline: the inspection of the gateway on a stored mail, for the tool.
//
// The very same steps as at end of message, but without a session and envelope: content rules
// always run; binding checks run only where an account is named, with the recipients of To and Cc
// in the place of the envelope's. Nothing is written, no event, no header.
//
// Guarantees: never throws; what could not be read is a fault.
// Threads: reentrant on a shared snapshot.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/snapshot.h"
#include "incident/event.h"
#include "policy/decide.h"

namespace warifu::app {

struct OfflineOptions {
  std::string account;  // "" for none: binding checks are then left out
};

struct OfflineReport {
  policy::Verdict verdict;  // `action` under the configured modes, `would` with all enforced
  std::vector<Finding> findings;
  std::vector<CheckResult> checks;
  Faults faults;
  std::vector<incident::AttachmentNote> attachments;
};

// `raw`: one mail, lines ending in LF or CRLF.
OfflineReport InspectStoredMail(const Snapshot& snapshot, const Clock& clock, std::string_view raw,
                                const OfflineOptions& options);

// A file that is not a mail: one message with one part, "1"; a fault where it is no text.
OfflineReport InspectPlainFile(const Snapshot& snapshot, const Clock& clock, std::string content,
                               std::string name);

}  // namespace warifu::app
