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

#include <algorithm>
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "scan/record_schema.h"
#include "scan/row_cells.h"

namespace warifu::scan {

// A schema and the rule that states it.
struct RecordSource {
  std::uint32_t rule = 0;
  const RecordSchema* schema = nullptr;
};

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

// Which cell of a row is which field's, told by names.
struct ColumnMap {
  struct Column {
    std::uint32_t field = 0, cell = 0, rank = 0;  // the rank of its name among the field's
    bool operator==(const Column&) const = default;
  };
  std::uint32_t schema = 0;
  std::vector<Column> fields;
  std::size_t cells = 0;  // a row needs so many
  bool operator==(const ColumnMap&) const = default;
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
  // Whether a line that is a row of a list by itself, without quotes, may hold so much of this: the
  // number of digits, the longest run of letters and digits, and whether a blank stands between two
  // of these. For lines without @.
  bool MayList(std::size_t digits, std::size_t run, bool parted) const {
    return (lists_solid_ && !parted) ||
           std::ranges::any_of(list_needs_, [&](const ListNeeds& needs) {
             return digits >= needs.digits && run >= needs.run;
           });
  }
  const std::vector<std::uint32_t>& all() const { return all_; }
  bool has_headers() const { return !columns_.empty(); }
  bool joins_dates() const { return joins_dates_; }
  // Every row that is no list's begins with a cell in which a digit stands.
  bool begins_with_digit() const { return begins_with_digit_; }

  // Whether a column can have a name that begins and ends with these bytes, cases folded.
  bool MayName(std::string_view text) const;
  // The same for the columns of secrets, one of which every header has.
  bool MayNameSecret(std::string_view text) const;
  // Whether it is the name of a secret's column.
  bool NamesSecret(std::string_view text) const;
  // The names of columns hold no delimiter of lists, nor do blanks alone divide rows without an
  // address: what stands in a line tells whether it can be a row.
  bool lists_are_plain() const { return lists_are_plain_; }
  // Whether some secret's column has a name that holds one of these bytes.
  bool AnySecretHas(std::string_view bytes) const;
  // The schemas of `among` whose columns are all named by these cells; of all but lists when it is
  // empty.
  std::vector<ColumnMap> ReadHeader(const std::vector<Cell>& names,
                                    const std::vector<std::uint32_t>& among) const;
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

  // What the rows of a list surely hold that may hold blanks, but no address.
  struct ListNeeds {
    std::size_t digits = 0, run = 0;
  };

  void AddNames(std::uint32_t index);
  void AddNeeds(const RecordSchema& schema);
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
  struct Name {
    std::uint32_t schema = 0, field = 0, rank = 0;
  };
  std::unordered_map<std::string, std::vector<Name>> columns_;
  std::vector<ListNeeds> list_needs_;
  bool lists_solid_ = false;                        // there are lists whose cells hold no blanks
  std::bitset<65536> names_, secret_names_;         // by first and last byte
  std::bitset<65536> secret_begins_;                // by the first two
  std::array<bool, 256> may_open_{}, may_close_{};  // first and last bytes of a secret's heading
  std::size_t longest_name_ = 0;
  bool joins_dates_ = false, begins_with_digit_ = true, lists_are_plain_ = true;
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
