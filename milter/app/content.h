// Content: what is in a mail: its text, what its attachments are, what the rules find.
//
// Guarantees: whatever could not be read or asked in time is a fault.
// Threads: reentrant on a shared snapshot.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "app/budget.h"
#include "app/snapshot.h"
#include "incident/event.h"
#include "mail/message.h"

namespace warifu::app {

struct Content {
  mail::Message message;
  std::vector<Finding> findings;
  Faults faults;  // of the message, its attachments and the scan
  std::vector<incident::AttachmentNote> attachments;
  std::string sealed_part;  // the first archive or document that wants a password; "" for none
  std::map<std::string, std::uint64_t> microseconds;
};

// Identifies the attachments of a parsed mail, reads the text-like ones, and scans all segments.
Content InspectContent(const Snapshot& snapshot, mail::Message message, Budget& budget);

// Scans the segments of a message whose parts need no identifying.
Content ScanContent(const Snapshot& snapshot, mail::Message message, Budget& budget);

// A stored file that is no mail: one part, "1", scanned as text where it is text, else a fault that
// says what it is.
Content InspectFile(const Snapshot& snapshot, std::string bytes, std::string name, Budget& budget);

// The texts that the findings point to. They are secrets: keep them no longer than needed.
std::vector<std::string> SecretsOf(const Content& content);

// `text` without any of the secrets, which are compared in normalised form and replaced by stars.
std::string WithoutSecrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace warifu::app
