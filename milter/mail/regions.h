// Regions: which lines of a text are the sender's own, quoted, or a signature.
//
// Threads: pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/segment.h"

namespace warifu::mail {

// `text` is normalised, lines end in LF. `marks`: blocks that the markup already names, in order of
// their begin. The spans cover `text` without gaps.
std::vector<RegionSpan> FindRegions(std::string_view text, const std::vector<RegionSpan>& marks);

}  // namespace warifu::mail
