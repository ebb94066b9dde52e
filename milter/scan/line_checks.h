// LineChecks: what a line's bits alone do not tell LineSigns, asked of the few lines that are left.
//
// SECURITY: hostile text; linear in the line, an address for each @ in it.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace warifu::scan {

// Whether an address that is a cell of its own may hold the @ there: none in brackets.
bool MayBeAddress(std::string_view line, std::size_t at);

// Whether a number of so many digits stands there, single marks between them, or so many hex digits
// in a row.
bool HoldsNumber(std::string_view line, std::size_t digits, std::size_t hex);

}  // namespace warifu::scan
