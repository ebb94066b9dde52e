// NoticeExamples: every notice's own examples, run through the matcher that the gateway uses.
//
// An example that begins with a header field is a mail: parsed as one, conditions on its head hold.
// Any other is a part of a text, and what stands on the head is not asked.
// Threads: pure.
#pragma once

#include <vector>

#include "app/settings.h"
#include "scan/notice.h"
#include "scan/pattern_set.h"

namespace warifu::app {

// `rule` of each problem is the notice's id. Empty when all is well.
std::vector<scan::RuleProblem> CheckNoticeExamples(const scan::NoticeSet& set,
                                                   const Settings& settings);

}  // namespace warifu::app
