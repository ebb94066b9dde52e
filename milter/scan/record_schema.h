// RecordSchema: a row of a table, as a rule file states it by its columns.
//
//   field   = type [ "{m}" | "{m,n}" | "{m,}" ] [ "as" name ] [ "* k" | "* k..n" ] [ "optional" ]
//   type    = one of cell_types.h
//   name    = secret (what is masked and named), account (whose record it is), anything else
//
// `header` holds, for each field, the names that its column may have, joined by '|'; "" for none.
// Where a heading, a list of SQL columns, the keys of a JSON object or the attributes of an LDIF
// entry name all columns that have names here and are not optional, rows are read by these names,
// in whatever order they stand; of several columns of one field's names, the one whose name is
// stated first. `headed` rows are asked for there. Without such names `rows` of them are asked for
// in one part; 0 means that rows count under their names alone.
//
// The rows of a `list` stand one below the other, each alone on its line.
//
// Refuses: unknown types and words, bad counts, no field marked as secret, free before the end,
// rows whose cells could all be empty, a header of another length.
// Threads: pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "scan/cell_types.h"

namespace warifu::scan {

struct RecordField {
  CellShape shape;
  std::string name;
  std::pair<int, int> repeat = {1, 1};
  std::vector<std::string> columns;  // FoldColumn() of the column's names; none: has no name
};

struct RecordSchema {
  std::vector<std::string> delimiters;
  std::vector<RecordField> fields;
  bool has_header = false;
  bool list = false;
  int rows = 1;    // so many in one part, unless a header names the columns; 0: only under a header
  int headed = 1;  // so many where one does
};

// What the keys of a [[records]] table say.
struct RecordText {
  std::vector<std::string> delimiters, fields, header;
  int rows = 1, headed = 1;
  bool list = false;
};

// The error's text names the key and the field that is wrong.
Result<RecordSchema> ParseRecord(const RecordText& text);

// A column's name as it is compared: ASCII lower case, without blanks, '_', '-' and quotes.
std::string FoldColumn(std::string_view name);

}  // namespace warifu::scan
