// Strip: whether the region of a finding can be cut out of a mail, and the mail without it.
//
// A region is cut only when it is the last one of a body part, short enough, and the mail is
// neither signed nor encrypted. Where a mail shows its text in two forms (multipart/alternative),
// every form that holds the secret must allow it, or none is cut.
//
// The result is proven, not assumed: the edited mail is parsed and scanned again, and a strip that
// leaves one of its secrets anywhere is undone.
// Threads: reentrant on a shared snapshot.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "app/content.h"
#include "app/snapshot.h"
#include "mail/edit.h"
#include "policy/decide.h"

namespace warifu::app {

struct StripPlan {
  std::vector<policy::StripFact> facts;      // one a finding
  std::vector<std::vector<mail::Cut>> cuts;  // one list a finding, empty where not possible
};

// Findings whose outcome can be no strip get the fact "not called for".
StripPlan PlanStrips(const Content& content, const Settings& settings);

// The body without the regions of the findings `chosen`. kInvalid with the reason when it cannot be
// written or still holds one of their secrets.
Result<mail::EditedBody> Strip(const Snapshot& snapshot, std::string_view raw,
                               const Content& content, const StripPlan& plan,
                               std::span<const std::size_t> chosen, Budget& budget);

}  // namespace warifu::app
