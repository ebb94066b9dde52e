// TextModel: how often characters occur in the texts that mail carries.
//
// Three rough models: English, base64, Japanese. The chooser of probes (probe.h) asks them how
// often a piece of a pattern will be met by chance, and judges by the worst of the three. They
// decide speed only, never what is found. Threads: pure.
#pragma once

#include <array>
#include <cstddef>

#include "scan/regex_ast.h"

namespace warifu::scan {

inline constexpr std::size_t kTextModels = 3;

// One number for each model: a probability at one place of a text.
using Chances = std::array<double, kTextModels>;

inline constexpr Chances kCertain = {1, 1, 1};

// That a character is in the set.
Chances ChanceOf(const CharSet& set);

inline Chances operator*(const Chances& a, const Chances& b) {
  return {a[0] * b[0], a[1] * b[1], a[2] * b[2]};
}
inline Chances operator+(const Chances& a, const Chances& b) {
  return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}
inline double Worst(const Chances& c) {
  return c[0] > c[1] ? (c[0] > c[2] ? c[0] : c[2]) : (c[1] > c[2] ? c[1] : c[2]);
}

}  // namespace warifu::scan
