// Edits: whether what was found can be cut out of a mail, or masked in it, and the mail without it.
//
// strip: a region is cut only when it is the last one of a body part and short enough. redact: the
// secret is masked where it was found; a distinctive one (six characters or more, of two kinds)
// wherever else it stands in the mail as a word. Where a mail shows its text in two forms
// (multipart/alternative), every form that holds the secret must allow it, or none is edited. Mail
// that is signed, encrypted or not seen whole is left alone.
//
// The result is proven, not assumed: the edited mail is parsed and scanned again, and an edit that
// leaves one of its secrets anywhere is undone.
// Threads: reentrant on a shared snapshot.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "app/content.h"
#include "app/snapshot.h"
#include "mail/edit.h"
#include "mail/mask.h"
#include "policy/decide.h"

namespace warifu::app {

// What takes one finding out of the mail: one of the two.
struct FindingEdit {
  std::vector<mail::Cut> cuts;
  std::vector<mail::Place> masks;
};

struct EditPlan {
  std::vector<policy::EditFact> facts;  // one a finding
  std::vector<FindingEdit> edits;       // one a finding, empty where not possible
};

// Findings whose outcome can be no edit get the fact "not called for". `whole`: the mail lies
// before us with its last byte.
EditPlan PlanEdits(const Content& content, const Settings& settings, bool whole, Budget& budget);

// The mail without what the findings `chosen` found. kInvalid with the reason when it cannot be
// written or still holds one of their secrets.
Result<mail::EditedBody> Edit(const Snapshot& snapshot, std::string_view raw,
                              const Content& content, const EditPlan& plan,
                              std::span<const std::size_t> chosen, Budget& budget);

}  // namespace warifu::app
