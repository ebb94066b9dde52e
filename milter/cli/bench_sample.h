// BenchSample: texts made up to measure rules on, the same every time.
//
// A quarter each of English, Japanese, lines of base64, and rows of a table. No sentence of it
// means anything; letters, words and signs come as often as in mail, roughly. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace warifu::cli {

// Four texts of `bytes` each, normalised.
std::vector<std::string> BenchSample(std::size_t bytes);

}  // namespace warifu::cli
