// What must hold of every address field, whatever bytes it has: for the property test and the
// fuzzer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace warifu {

// What a naive reader takes for addresses outside of quotes, comments and raw ISO-2022-JP. Written
// without the parser's code.
std::vector<std::string> NaivelySeen(std::string_view field);

// Empty when all is well, else what does not hold of ParseAddressList(field).
//
// A field that is accepted has addresses that read back as themselves, names in UTF-8, and no
// address is naively seen but those that were read.
std::string Violation(std::string_view field);

}  // namespace warifu
