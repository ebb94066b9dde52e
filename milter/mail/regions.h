// Regions: which lines of a text are the sender's own, quoted, or a signature.
//
// Threads: pure.
#pragma once

#include <string_view>
#include <vector>

#include "base/segment.h"

namespace warifu::mail {

// `text` is normalised, lines end in LF. `marks`: blocks that the markup already names, in order of
// their begin. `author`: decoded body of From, "" when not known; a signature may begin with the
// name. The spans cover `text` without gaps; a region begins and ends with a line.
std::vector<RegionSpan> FindRegions(std::string_view text, const std::vector<RegionSpan>& marks,
                                    std::string_view author);

}  // namespace warifu::mail
