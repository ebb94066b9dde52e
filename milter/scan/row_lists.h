// RowLists: finds rows that stand one below the other, each alone on its line.
//
// Lists as they are passed around: "login:password", "host|port|mail|password", one account a line,
// without a heading or under one. Such a row has too little shape to be told anywhere else; here
// the lines around it speak for it. A run of rows of one delimiter is a table; empty lines, rules
// and one line that is no row do not end it. Marks of quoted text and of enumerations before a row
// are passed over.
//
// Where no list goes on, only lines are looked at that may begin one (LineFacts::list).
//
// SECURITY: hostile text; each line is cut once for each delimiter that stands in it.
// Threads: belongs to one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scan/line_signs.h"
#include "scan/row_found.h"
#include "scan/row_set.h"

namespace warifu::scan {

// The line without the marks of quoted text.
LineFacts WithoutQuoteMarks(std::string_view text, LineFacts line);
// Where it begins.
std::size_t BehindQuoteMarks(std::string_view text, const LineFacts& line);

// A line that only rules off a heading: |---|:---:|, ----+----
bool IsRule(std::string_view line);

class RowLists {
 public:
  RowLists(const RowSet& set, std::string_view text, std::uint32_t* tables,
           std::vector<FoundRow>* out);

  // Looks at the text's next line, whose quote marks are taken away. It may be left out where it
  // begins no list and none goes on.
  void Line(const LineFacts& line);
  bool GoesOn() const { return group_ != nullptr; }

 private:
  bool MayBeRow(std::string_view line, std::size_t signs) const;
  bool Reads(const LineFacts& line, const DelimiterGroup& group);
  bool ReadsCells(const DelimiterGroup& group);
  bool ReadsHeader(const DelimiterGroup& group);
  void Tell(const RowMatch& row, bool named);
  void Miss();

  const RowSet& set_;
  std::string_view text_;
  RowFinder rows_;
  RowCells cells_;
  std::vector<RowMatch> found_;
  std::uint32_t* tables_;  // the number of the last table
  std::vector<FoundRow>* out_;
  const DelimiterGroup* group_ = nullptr;  // of the run that goes on
  std::vector<ColumnMap> maps_;            // of its heading
  std::uint32_t table_ = 0;
  int misses_ = 0;
  std::string single_;  // delimiters of one byte
};

}  // namespace warifu::scan
