// Address views: what a careless reader might take for an address in a field.
//
// Internal to base, but for FindAddressLike(), which the display check uses. The strict parser has
// one reading; programs that take another one (know no shifts, miscount quotes or comments, stop at
// a fold) find their addresses among these.
// Threads: pure.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address_token.h"

namespace warifu {

// Everything of the form local@domain, in order; both sides as far as they reach.
std::vector<std::string_view> FindAddressLike(std::string_view text);

// True when programs are known to lose count in this field: they see syntax where there is text.
bool IsFragile(std::string_view field, std::span<const Token> tokens);

// True when an encoded word reaches over syntax: some programs find the word first, some the
// syntax.
bool SplitsWord(std::span<const std::pair<std::size_t, std::size_t>> words,
                std::span<const Token> tokens);

// True when a reader who lost count finds an address in the field that `known` does not know. An @
// that is by accident half of a kanji counts only with something like a domain behind it.
bool HidesAddress(std::string_view field, std::span<const Token> tokens,
                  const std::function<bool(std::string_view)>& known);

}  // namespace warifu
