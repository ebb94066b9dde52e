// Probe: what of a rule's pattern the first pass looks for.
//
// The first pass may match too much, never too little. Hyperscan is fast on short forms that hold a
// literal and slow on long ones without, so a pattern is not given to it whole: from the pattern's
// tree one short piece is chosen that every match must hold and that texts seldom hold by chance
// (text_model.h), or several pieces where the pattern has alternatives. The piece is written
//   - in bytes: a kanji is its three bytes, [^,]{1,12} is 1 to 48 bytes that are no comma, and \b
//     counts a kana neighbour as a boundary, as RE2 does;
//   - without what may be absent at its ends, a trailing x{6,32} becoming x{6} (one report, not
//   27);
//   - with wide counts open at the top, which costs Hyperscan much and tells it little.
// Of that piece the engine gets no more than its literals and what stands before them. What stands
// behind, the labels' colons, blanks and values, is the probe's `check`: it is asked at the few
// places where the literals end. The engine would choose for itself by which literals it finds a
// form, and it would choose the " is" of "password is".
//
// Only what needs Unicode tables (\p{…}, case beyond ASCII) is left to Hyperscan's UTF-8 mode.
//
// Guarantee: for every match [s,e) of the pattern in valid, normalised UTF-8 at least one of the
// probes is reported to end at some t with s < t <= e, t - s <= back and e - t <= forward, and with
// at most that many line feeds on either side; and its check accepts at t.
// Threads: pure.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "scan/byte_check.h"
#include "scan/regex_ast.h"

namespace warifu::scan {

struct Probe {
  std::string expression;
  std::shared_ptr<const ByteCheck> check;  // of what follows its end; null for nothing to check
  bool utf8 = false;                       // needs HS_FLAG_UTF8
  std::size_t back = 0, forward = 0;       // bytes; kUnbounded
  std::size_t back_lines = 0, forward_lines = 0;  // line feeds; kUnbounded
};

// Empty when the pattern matches the empty text, so that nothing could be looked for.
std::vector<Probe> ChooseProbes(const RegexNode& regex);

// The sequence of nodes as an expression for Hyperscan, untrimmed.
struct ProbeText {
  std::string expression;
  bool utf8 = false;
};
ProbeText PrintProbe(const std::vector<RegexNode>& sequence);

// True when the node can match nothing, at any place: it may be left out. (x|$) may not.
bool IsOptional(const RegexNode& node);

}  // namespace warifu::scan
