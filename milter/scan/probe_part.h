// ProbePart: what the chooser of probes (probe.h) asks about parts of a pattern.
//
// How often texts hold a part by chance, how long the engine would follow it, by which literals it
// would find it; and a part without what may be absent at its ends. Threads: pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "scan/regex_ast.h"
#include "scan/text_model.h"

namespace warifu::scan {

inline constexpr int kMaxRun = 32;  // longest run asked for; rules of longer runs share a probe
inline constexpr int kMaxLead = 4;  // characters of a class in front of a literal

// The set of a node that is one set of characters, once or repeated; else null.
const CharSet* SetOf(const RegexNode& node);

// One letter, perhaps of either case.
bool IsLiteral(const RegexNode& node);

// Chance that the node matches at a place, by its likeliest way.
Chances ChanceOf(const RegexNode& node);

// A literal of that many characters: letters come in words and marks in habits ("://"), so it is
// met more often than its characters by chance.
Chances LiteralOf(Chances by_chance, std::size_t characters);

// Bytes of text over which the engine is likely to follow the node, in a text of that model.
double LikelyLength(const RegexNode& node, std::size_t model);

// Chance of meeting the literals by which Hyperscan would find this node; nothing when it, or one
// of its alternatives, has none.
std::optional<Chances> LiteralChance(const RegexNode& node);

// A leading or trailing repeat of one class, cut to what it has at least.
RegexNode CutToLeast(RegexNode node, int most);

// Takes away what may be absent at the end; returns the bytes that a match may have had there.
std::size_t TrimRight(RegexNode* node);

// Words with little that varies: what the engine looks for as literals alone.
bool IsPlain(const RegexNode& node);

// Takes away what may be absent at the start. Ends stay where they are.
void TrimLeft(RegexNode* node, int most);

}  // namespace warifu::scan
