// RowCells: one line of a delimited table, cut into its cells.
//
// A cell in double or single quotes ends at the quote that stands before a delimiter or the line's
// end; a doubled quote in it is one (RFC 4180), and so is one behind a backslash (as databases
// write them). A cell in double quotes may hold line feeds. What begins with a quote and does not
// end so is a plain cell, cut at delimiters.
//
// A colon in "scheme://" or before a URL's port is no delimiter; a slash is one between blanks
// only. Plain cells lose the blanks at their ends. The cells' values point into the text, or into
// the row's own store where an escape had to be taken out; their places are always the text's.
//
// SECURITY: hostile text; how far a closing quote is looked for is bounded.
// Threads: a plain value.
#pragma once

#include <cstdint>
#include <forward_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"
#include "scan/cell_types.h"

namespace warifu::scan {

struct Cell {
  std::string_view value;  // without its quotes and escapes
  Span span;               // of the value in the text
  ByteClasses classes = 0;
  bool quoted = false;
  bool tail = false;  // something stands between the closing quote and the delimiter
};

class RowCells {
 public:
  void Clear() {
    cells_.clear();
    store_.clear();
  }
  const std::vector<Cell>& cells() const { return cells_; }
  std::size_t size() const { return cells_.size(); }
  void PopBack() { cells_.pop_back(); }

  // Appends the cells of the row that begins at `begin`; returns where it ends: at a line feed or
  // at the text's end, behind `line_end` only when a quoted cell holds line feeds.
  std::size_t Split(std::string_view text, std::size_t begin, std::size_t line_end,
                    std::string_view delimiter);

  // Appends a cell in quotes whose opening quote stands at `begin`; `end` is behind the closing
  // one.
  void AddQuoted(std::string_view text, std::size_t begin, std::size_t end, bool tail = false);
  // Appends a cell as it stands.
  void AddPlain(std::string_view text, std::size_t begin, std::size_t end);
  // Appends a cell whose value was decoded from that place.
  void AddDecoded(std::string value, Span span);

  // Makes the last cell and the text up to `end` one cell.
  void ExtendLast(std::string_view text, std::size_t end);

 private:
  std::vector<Cell> cells_;
  std::forward_list<std::string> store_;  // values whose escapes were taken out
};

}  // namespace warifu::scan
