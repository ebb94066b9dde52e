// RowNames: the names that the columns of tables may have, and headings read by them.
//
// Names are compared without case, blanks and the marks that stand around and in them
// (FoldColumn); a first look at the first and the last byte turns most cells away.
//
// Threads: const after building.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
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

class RowNames {
 public:
  RowNames() = default;
  explicit RowNames(std::span<const RecordSource> sources);

  bool empty() const { return columns_.empty(); }
  // Whether a column can have a name that begins and ends with these bytes.
  bool MayName(std::string_view text) const;
  // The same for the columns of secrets, one of which every header has.
  bool MayNameSecret(std::string_view text) const;
  // Whether it is the name of a secret's column.
  bool NamesSecret(std::string_view text) const;
  // The schemas of `among` whose columns are all named by these cells; of all but lists when it is
  // empty.
  std::vector<ColumnMap> ReadHeader(const std::vector<Cell>& names,
                                    const std::vector<std::uint32_t>& among) const;

 private:
  struct Name {
    std::uint32_t schema = 0, field = 0, rank = 0;
  };
  bool IsNamed(const ColumnMap& map) const;

  std::vector<const RecordSchema*> schemas_;
  std::unordered_map<std::string, std::vector<Name>> columns_;
  std::bitset<65536> all_, secrets_;  // by first and last byte
  std::size_t longest_ = 0;
};

}  // namespace warifu::scan
