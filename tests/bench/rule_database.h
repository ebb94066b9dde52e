// RuleDatabase: Hyperscan alone with the shipped rules, as the first pass uses it; matches are
// ignored.
#pragma once

#include <hs/hs.h>

#include <string_view>

namespace warifu::bench {

// Ends the program where the rules do not load.
const hs_database_t* RuleDatabase();

// With scratch of its own. Threads: one at a time.
void ScanWithRules(std::string_view text);

}  // namespace warifu::bench
