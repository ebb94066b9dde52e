// Quoting: which lines repeat an earlier mail.
//
// Lines behind '>' marks with the line that introduces them ("On … wrote:",
// 「…さんは書きました:」), and whole mails that were put below an answer ("-----Original
// Message-----", a block of From:, Sent:, To: lines in the languages that mail programs write them
// in), which reach to the end. Threads: pure.
#pragma once

#include <vector>

#include "mail/lines.h"

namespace warifu::mail {

// Sets Region::kQuoted on the lines that are.
void MarkQuoted(std::vector<Line>* lines);

}  // namespace warifu::mail
