// SlowFinder: RecordFinder as it was written first, byte by byte, which the quick one may not fall
// behind.
#pragma once

#include <string_view>
#include <vector>

#include "scan/record_finder.h"

namespace warifu::scan::test {

// Matches in the order in which they are met.
std::vector<IndexMatch> FindSlowly(const RecordIndex& index, const RecordFinder::Tables& tables,
                                   std::string_view text);

}  // namespace warifu::scan::test
