// RowScan: finds the rows of all record rules in one text, in one pass.
//
// Lines that hold enough delimiters are cut into cells once for each delimiter that stands in them,
// and all schemas look at the cells together (row_set.h). A row that no single line holds is looked
// for over folded lines: behind a delimiter at a line's end, or between a date and its time, also
// in quoted text. SQL tuples, JSON and LDIF entries are read as what they are (row_forms.h). Under
// a heading that names a schema's columns, rows are read by these names to the table's end. Lists
// are row_lists.h's.
//
// SECURITY: hostile text; linear in its length, but for the folded lines that one row may take.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scan/line_needs.h"
#include "scan/line_signs.h"
#include "scan/row_found.h"
#include "scan/row_set.h"

namespace warifu::scan {

class RowScan {
 public:
  RowScan() = default;
  // `every_line`: turn no line away by its facts (the slow form, for tests).
  explicit RowScan(std::span<const RecordSource> sources, bool every_line = false);

  bool empty() const { return set_.empty(); }
  // Appends the rows, by rule and place; each secret once a rule.
  void Run(std::string_view text, std::vector<FoundRow>* out) const;

 private:
  RowSet set_;
  LineNeeds needs_;
  LineSigns signs_;
};

}  // namespace warifu::scan
