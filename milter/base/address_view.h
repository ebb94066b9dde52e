// Address views: what a careless reader might take for an address in a field.
//
// Internal to base, and used by the display check. The strict parser has one reading; programs that
// take another one (decode before they parse, know no shifts, miscount quotes) find their addresses
// among these.
// Threads: pure.
#pragma once

#include <string_view>
#include <vector>

namespace warifu {

// Everything of the form local@domain, in order; both sides as far as they reach.
std::vector<std::string_view> FindAddressLike(std::string_view text);

}  // namespace warifu
