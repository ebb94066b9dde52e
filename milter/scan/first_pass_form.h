// FirstPassForm: what of a rule the first pass looks for.
//
// The first pass may match too much, never too little. So a rule's pattern is rewritten, from its
// tree, into a form that Hyperscan runs fast and that holds wherever the rule matches:
//   - leading parts that may be absent go; so do trailing ones, and a trailing x{6,32} becomes x{6}
//     (one report instead of 27);
//   - characters become bytes, since Hyperscan is fastest on them and \b then counts a kana
//     neighbour as a boundary, as RE2 does: a kanji is its three bytes, and [^,]{1,12} is 1 to 48
//     bytes that are no comma;
//   - wide counts lose their upper bound, which costs Hyperscan much and tells it little.
// Only what needs Unicode tables (\p{…}, case beyond ASCII) is left to Hyperscan's UTF-8 mode.
//
// Guarantee: for every match [s,e) of the rule in valid, normalised UTF-8 the form is reported to
// end at some t with s < t <= e and e - t <= forward.
// Threads: pure.
#pragma once

#include <cstddef>
#include <string>

#include "scan/regex_ast.h"

namespace warifu::scan {

struct FirstPassForm {
  std::string pattern;
  bool utf8 = false;           // needs HS_FLAG_UTF8
  std::size_t min_width = 0;   // bytes, of the rule's match
  std::size_t max_width = 0;   // bytes, of the rule's match; kUnbounded
  std::size_t forward = 0;     // bytes that a rule's match may go on behind a reported end
  std::size_t line_feeds = 0;  // most line feeds in a rule's match
  bool matches_empty = false;  // the form has nothing left to look for
};

FirstPassForm MakeFirstPassForm(const RegexNode& regex);

}  // namespace warifu::scan
