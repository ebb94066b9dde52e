// RowSet: record schemas, compiled to be looked for in rows of cells.
//
// What a cell is, is asked once for all schemas (a bit for each distinct kind of column), and only
// when a schema wants to know: one that lacks its rarest column asks for no other. The rest are
// followed from the last cell to the first with a bit for each of their columns. Nothing
// backtracks: the cost is cells times schemas.
//
// A row may begin behind other cells and end before the line does. Its first cell may be the end of
// a longer one ("No. 1024") and its last the beginning ("taro@example.jp です"), where a word ends.
// Of several ways to match, the leftmost counts, and repeats take as many cells as they can.
//
// Threads: const after building; a RowFinder belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scan/record_schema.h"
#include "scan/row_cells.h"
#include "scan/row_names.h"

namespace warifu::scan {

struct RowMatch {
  std::uint32_t schema = 0;  // index in the set
  Span match, secret, account;
};

// The schemas of one delimiter; those of lists have groups of their own.
struct DelimiterGroup {
  std::string delimiter;
  std::vector<std::uint32_t> schemas;        // in the order in which they are stated
  std::size_t min_cells = 0, max_cells = 0;  // of rows that no header names
  bool has_header = false;
  bool has_email = true;  // all rows hold an address
};

class RowSet {
 public:
  RowSet() = default;
  explicit RowSet(std::span<const RecordSource> sources);

  bool empty() const { return schemas_.empty(); }
  std::size_t size() const { return schemas_.size(); }
  std::uint32_t RuleOf(std::uint32_t schema) const { return schemas_[schema].source.rule; }
  const RecordSchema& SchemaOf(std::uint32_t schema) const {
    return *schemas_[schema].source.schema;
  }
  const std::vector<DelimiterGroup>& groups() const { return groups_; }
  const std::vector<DelimiterGroup>& lists() const { return lists_; }
  const std::vector<std::uint32_t>& all() const { return all_; }
  const RowNames& names() const { return names_; }

  // The row read by names.
  std::optional<RowMatch> Named(const ColumnMap& map, const std::vector<Cell>& cells) const;

 private:
  friend class RowFinder;
  struct Compiled {
    RecordSource source;
    std::vector<std::uint16_t> shapes;                               // of each position
    std::vector<std::pair<std::uint16_t, std::uint64_t>> positions;  // shape → its positions
    std::uint64_t skip = 0;   // positions that may be left out
    std::uint64_t ends = 0;   // positions from which on all may be left out, the end among them
    std::uint64_t first = 0;  // positions at which a row may begin
    std::vector<std::uint16_t> needs;  // shapes that some cell between first and last must have
    int cells = 0;                     // the least
    int secret = -1, account = -1;     // positions
  };

  void AddToGroups(std::uint32_t index);
  std::uint16_t ShapeId(const CellShape& shape);
  Compiled Compile(const RecordSource& source);
  void FillTables();

  std::vector<Compiled> schemas_;
  std::vector<std::uint32_t> all_;  // schemas that match without names
  std::vector<DelimiterGroup> groups_, lists_;
  std::vector<CellShape> shapes_;
  // By the classes of a cell: the shapes that it surely has, and those that it may have.
  std::vector<std::uint64_t> sure_, maybe_;
  std::size_t words_ = 1;  // of 64 shapes each
  RowNames names_;
};

// Looks for rows; holds the working memory.
class RowFinder {
 public:
  explicit RowFinder(const RowSet& set) : set_(set) {}

  // Appends the rows of the schemas in `among` that begin before cell `starts`.
  void Find(const std::vector<Cell>& cells, std::size_t starts,
            const std::vector<std::uint32_t>& among, std::vector<RowMatch>* out);

  // Appends a row for each schema of `among` whose row the cells are, all of them.
  void FindWhole(const std::vector<Cell>& cells, const std::vector<std::uint32_t>& among,
                 std::vector<RowMatch>* out);

 private:
  using Compiled = RowSet::Compiled;
  void Begin(const std::vector<Cell>& cells);
  bool Accepts(std::size_t cell, std::uint16_t shape);
  bool MayMatch(const Compiled& schema);
  // Those of the positions `wanted` that the cell can hold.
  std::uint64_t Whole(const Compiled& schema, std::size_t cell, std::uint64_t wanted);
  void FindSchema(std::uint32_t index, const std::vector<Cell>& cells, std::size_t starts,
                  std::vector<RowMatch>* out);
  // The row that begins with position `p` at `cell`, whose span is `first`; returns the cell
  // behind.
  std::size_t Extract(std::uint32_t index, const std::vector<Cell>& cells, std::size_t cell, int p,
                      Span first, std::vector<RowMatch>* out);

  const RowSet& set_;
  bool whole_ = false;  // no cell may hold less or more than the row's
  const std::vector<Cell>* cells_ = nullptr;
  std::vector<std::uint64_t> accepted_, known_;  // shapes, by cell
  std::vector<std::uint64_t> reach_;             // by cell: positions from which the rest matches
};

}  // namespace warifu::scan
