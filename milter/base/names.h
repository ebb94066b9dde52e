// Names: one table per enum that people write in files or read in output.
//
// Each enum of warifu that has words lists them once, as a constexpr array of (value, word) beside
// the enum; these two helpers turn it both ways. Threads: pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace warifu {

template <typename Enum, std::size_t N>
using NameTable = std::pair<Enum, std::string_view>[N];

template <typename Enum, std::size_t N>
constexpr std::string_view NameOf(const NameTable<Enum, N>& table, Enum value) {
  for (const auto& [v, word] : table) {
    if (v == value) return word;
  }
  return "?";
}

// False when `word` is not in the table; `*value` is then untouched.
template <typename Enum, std::size_t N>
constexpr bool ValueOf(const NameTable<Enum, N>& table, std::string_view word, Enum* value) {
  for (const auto& [v, w] : table) {
    if (w == word) {
      *value = v;
      return true;
    }
  }
  return false;
}

}  // namespace warifu
