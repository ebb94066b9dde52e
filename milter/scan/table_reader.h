// TableReader: the rows of a table in a file, one after the other, by RFC 4180.
//
// Cells may stand in quotes and then hold delimiters, line feeds and doubled quotes; lines end in
// LF or CRLF; empty lines are passed over; a byte order mark is dropped. The delimiter and the
// charset are the schema's; what comes out is UTF-8, not normalised.
//
// Guarantees: memory is bounded by a block and the longest record, whatever the file's size. Every
// error names file and line.
// Refuses: records above 4 MiB, bytes that are not of the charset, text behind a closing quote, a
// quote that never closes. Without a header line the number of cells must be the schema's; with one
// each row has as many cells as the header.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "scan/index_schema.h"

namespace warifu::scan {

// Rows in the order of the schema's columns, wherever they come from.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // False at the end. Cells hold until the next call; those of columns that the table lacks and the
  // schema ignores are empty.
  virtual Result<bool> Next(std::span<const std::string_view>* cells) = 0;
  // Where the last row began: a line of the file, or the row's number.
  virtual std::uint64_t line() const = 0;
  // How much has been read, of how much: bytes or rows; a total of 0 is not known.
  virtual std::uint64_t done() const = 0;
  virtual std::uint64_t total() const = 0;
  // Begins again before the first row.
  virtual Result<void> Rewind() = 0;
};

// The file at `path`; its header line is read at once. `schema` outlives the source.
Result<std::unique_ptr<RowSource>> OpenTable(const IndexSchema& schema, const std::string& path);

// The schema with the columns that stand in the table's header alone, as ignored ones: an audit
// looks into all cells. Without a header line it comes back as it is.
Result<IndexSchema> WithAllColumns(IndexSchema schema, const std::string& path);

// Where in a table with these columns the schema's columns stand; kAbsent for ignored ones that are
// not there. kInvalid, naming the column, when one is missing that is not ignored.
inline constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);
Result<std::vector<std::size_t>> MatchColumns(const IndexSchema& schema,
                                              std::span<const std::string_view> names);

}  // namespace warifu::scan
