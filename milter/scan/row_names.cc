#include "scan/row_names.h"

#include <algorithm>
#include <array>

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxMarks = 32;  // bytes around a column's name, and blanks in it

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

// The column's name without what may stand around it: marks of lists, brackets, quotes.
bool IsAsciiMark(char c) {
  static constexpr auto kMarks = [] {
    std::array<bool, 256> marks{};
    for (const unsigned char b : std::string_view("[]()#*\"'` \t-_")) marks[b] = true;
    return marks;
  }();
  return kMarks[static_cast<unsigned char>(c)];
}

std::string_view TrimName(std::string_view text) {
  static constexpr std::string_view kMarks[] = {"【", "】", "■", "●", "・"};
  const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  for (bool more = true; more && !text.empty();) {
    more = false;
    while (!text.empty() && IsAsciiMark(text.front())) text.remove_prefix(1);
    while (!text.empty() && IsAsciiMark(text.back())) text.remove_suffix(1);
    if (text.empty() || (!beyond(text.front()) && !beyond(text.back()))) break;
    for (const std::string_view mark : kMarks) {
      if (text.starts_with(mark)) {
        text.remove_prefix(mark.size());
        more = true;
      }
      if (text.ends_with(mark)) {
        text.remove_suffix(mark.size());
        more = true;
      }
    }
  }
  return text;
}

// By which first and last byte are told.
std::size_t EndsOf(std::string_view name) {
  return static_cast<std::size_t>(static_cast<unsigned char>(Lower(name.front()))) << 8 |
         static_cast<unsigned char>(Lower(name.back()));
}

// What stands in rows and in no heading: numbers, versions, addresses.
bool IsValue(std::string_view cell) {
  return !cell.empty() && (ClassOf(cell[0]) == kDigitByte || cell.contains('@'));
}

bool MayBe(std::string_view text, std::size_t longest, const std::bitset<65536>& names) {
  if (text.size() > longest + kMaxMarks) return false;
  text = TrimName(text);
  return !text.empty() && names.test(EndsOf(text));
}

}  // namespace

RowNames::RowNames(std::span<const RecordSource> sources) {
  for (const RecordSource& source : sources) {
    const auto schema = static_cast<std::uint32_t>(schemas_.size());
    schemas_.push_back(source.schema);
    for (std::uint32_t f = 0; f < source.schema->fields.size(); ++f) {
      const RecordField& field = source.schema->fields[f];
      for (std::uint32_t rank = 0; rank < field.columns.size(); ++rank) {
        const std::string& name = field.columns[rank];
        columns_[name].push_back({schema, f, rank});
        all_.set(EndsOf(name));
        if (field.name == "secret") secrets_.set(EndsOf(name));
        longest_ = std::max(longest_, name.size());
      }
    }
  }
}

bool RowNames::MayName(std::string_view text) const {
  return MayBe(text, longest_, all_);
}

bool RowNames::MayNameSecret(std::string_view text) const {
  return MayBe(text, longest_, secrets_);
}

bool RowNames::NamesSecret(std::string_view text) const {
  if (!MayNameSecret(text)) return false;
  const auto it = columns_.find(FoldColumn(TrimName(text)));
  return it != columns_.end() && std::ranges::any_of(it->second, [this](const Name& name) {
           return schemas_[name.schema]->fields[name.field].name == "secret";
         });
}

std::vector<ColumnMap> RowNames::ReadHeader(const std::vector<Cell>& names,
                                            const std::vector<std::uint32_t>& among) const {
  std::vector<ColumnMap> maps;
  if (std::ranges::any_of(names, [](const Cell& cell) { return IsValue(cell.value); })) return maps;
  for (std::uint32_t cell = 0; cell < names.size(); ++cell) {
    if (!MayName(names[cell].value)) continue;
    const auto it = columns_.find(FoldColumn(TrimName(names[cell].value)));
    if (it == columns_.end()) continue;
    for (const Name& name : it->second) {
      auto map = std::ranges::find(maps, name.schema, &ColumnMap::schema);
      if (map == maps.end()) map = maps.insert(maps.end(), {name.schema, {}, 0});
      const auto known = std::ranges::find(map->fields, name.field, &ColumnMap::Column::field);
      if (known == map->fields.end()) {
        map->fields.push_back({name.field, cell, name.rank});
      } else if (name.rank < known->rank) {
        *known = {name.field, cell, name.rank};
      }
    }
  }
  std::erase_if(maps, [&](const ColumnMap& map) {
    const bool meant = among.empty() ? !schemas_[map.schema]->list
                                     : std::ranges::find(among, map.schema) != among.end();
    return !meant || !IsNamed(map);
  });
  for (ColumnMap& map : maps) {
    for (const ColumnMap::Column& column : map.fields) {
      map.cells = std::max<std::size_t>(map.cells, column.cell + 1);
    }
  }
  return maps;
}

// Whether no column lacks that must be there.
bool RowNames::IsNamed(const ColumnMap& map) const {
  const RecordSchema& schema = *schemas_[map.schema];
  for (std::uint32_t f = 0; f < schema.fields.size(); ++f) {
    const RecordField& field = schema.fields[f];
    if (field.columns.empty() || field.shape.optional) continue;
    if (std::ranges::find(map.fields, f, &ColumnMap::Column::field) == map.fields.end()) {
      return false;
    }
  }
  return true;
}

}  // namespace warifu::scan
