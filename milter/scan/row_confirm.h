// ConfirmRows: which rows of record rules count.
//
// Each row passes the rule's filters by itself. Then the table that it stands in is judged: are
// there as many rows as the rule asks for, and pass enough of them what it calls strong? So one
// weak password silences no table, and a table of words is none. A list without a heading must also
// look like one of accounts: most of its rows pass the filters, its names differ, and its secrets
// differ and do not begin alike, as codes and numbered items do. What two lists find, the rule
// tells that is stated first.
//
// Threads: pure.
#pragma once

#include <span>
#include <vector>

#include "scan/match_filter.h"

namespace warifu::scan {

// Appends the candidates among the rows, which are sorted by rule and place. `refusals`, where
// given, gets those that a filter turned down, by its key.
void ConfirmRows(const CompiledRules& rules, std::span<const FoundRow> rows, const Segment& segment,
                 std::vector<Candidate>* out, std::vector<Refusal>* refusals = nullptr);

}  // namespace warifu::scan
