// Rule mode: whether a rule is enforced on this mail now, by its action, `until` and `sample`.
// Threads: pure.
#pragma once

#include <string_view>

#include "scan/pattern_set.h"

namespace warifu::scan {

// The one rule that no text is searched for: app finds it, where the password of an encrypted
// archive goes to whom the archive went. A rule file says what is done then.
inline constexpr std::string_view kPpapRule = "ppap-password";

// Of `context`: key, now, message_id.
Mode ModeOf(const RuleInfo& info, const ScanContext& context);

}  // namespace warifu::scan
