// LineNeeds: what the rows of record rules want of the lines that they stand in.
//
// Told from the schemas alone, so that LineSigns can turn lines away without knowing rows. Rules
// that it says nothing certain about make every line count.
//
// Threads: a plain value.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "scan/row_names.h"

namespace warifu::scan {

struct LineNeeds {
  bool every_line = false;         // nothing is known: all lines count
  std::string signs;               // last bytes of delimiters but : and / and blanks of lists
  bool wide_signs = false;         // one of tables has several bytes
  std::size_t least = 1;           // signs in a line that holds a row of a table
  bool digit = true;               // rows of tables begin with a cell that holds a digit
  bool dates = false;              // rows of tables go on behind a date
  std::vector<std::string> names;  // of columns of secrets, folded (FoldColumn)
  bool solid = false;              // there are lists whose cells hold no blanks
  struct List {
    std::size_t digits = 0, run = 0;  // of one number; of letters and digits
  };
  std::vector<List> lists;  // those whose cells may, without an address
  std::size_t gaps = 0;     // at most, in a line whose cells blanks divide
};

LineNeeds NeedsOf(std::span<const RecordSource> sources);

}  // namespace warifu::scan
