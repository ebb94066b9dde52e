// Nearest: the known name that a mistyped one was probably meant to be. Threads: pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace warifu {

// The candidate with the fewest edits (insert, drop, change, swap of neighbours; case ignored), or
// "" when none is near: more than a third of the word's length away.
std::string_view Nearest(std::string_view word, std::span<const std::string_view> candidates);

// " (did you mean 'x'?)", or "" when nothing is near.
std::string DidYouMean(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace warifu
