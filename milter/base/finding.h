// Finding: one credential-like record that the scanner confirmed in a mail.
//
// A finding never holds the secret itself: only its place, a masked preview and a keyed
// fingerprint. `account` is the name of the account that the record belongs to, where its rule says
// which group names it; it is an identifier, not a secret, and serves the owner check.
//
// Threads: plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/action.h"
#include "base/segment.h"

namespace warifu {

// Whose record it is, as seen from the envelope (binding.md, `owner`).
enum class Ownership : std::uint8_t {
  kUnknown,         // the rule names no account, or the directory does not know it
  kOnlyRecipient,   // the owner is the only recipient: no leak
  kSelfDisclosure,  // from its owner to somebody else
  kStranger,        // a stranger among sender or recipients: a leak
};

std::string_view ToString(Ownership ownership);

struct Finding {
  std::string rule;
  std::string description;
  std::vector<std::string> tags;
  Severity severity = Severity::kMedium;
  Action action = Action::kTag;   // the rule's own; what is done is the verdict's
  Mode mode = Mode::kEnforce;     // observe: also after `until`, or outside of `sample`
  std::size_t segment = 0;        // index into the segments that were scanned
  Span match;                     // whole match, bytes of Segment::text
  Span secret;                    // the secret group in it
  Region region = Region::kBody;  // of the secret's first byte
  std::string part;               // Segment::part
  Span content;                   // the secret in the part's transfer-decoded content
  std::string preview;            // masked, base/redact.h
  std::string fingerprint;        // keyed, base/redact.h
  std::string account;            // as written in the record, normalised; "" when unknown
  // Why an ignore list lets it pass; "" where none does. It then calls for nothing.
  std::string ignored = {};
  // Above 1, this finding stands for so many of its rule, one behind the other, the first of which
  // gives the preview: `match`, `secret` and `content` reach from the first to the
  // last.
  std::size_t rows = 1;
  // Then: how many accounts all records of the rule in this part name, those listed before
  // included.
  std::size_t accounts = 0;
  // Filled by app, through binding.
  std::string owner;
  Ownership ownership = Ownership::kUnknown;
};

}  // namespace warifu
