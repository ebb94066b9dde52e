#include "scan/row_set.h"

#include <algorithm>
#include <array>

namespace warifu::scan {
namespace {

using Bits = std::uint64_t;

constexpr std::size_t kMaxCut = 256;  // bytes of a cell in which a row's end is looked for

Bits Bit(int p) {
  return Bits{1} << p;
}

// Adds the positions from which skipping leads to one of `bits`.
Bits SkipTo(Bits bits, Bits skip) {
  for (Bits more; (more = (bits >> 1) & skip & ~bits) != 0;) bits |= more;
  return bits;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// What may stand behind a row's last cell.
bool EndsWord(char c) {
  static constexpr auto kEnds = [] {
    std::array<bool, 256> ends{};
    for (std::size_t b = 0; b < ends.size(); ++b) ends[b] = b <= ' ' || b >= 0x7f;
    for (const unsigned char b : {'"', '\'', ')', ']', ';', ',', '|'}) ends[b] = true;
    return ends;
  }();
  return kEnds[static_cast<unsigned char>(c)];
}

// Whether the value's places are not those of the text.
bool IsDecoded(const Cell& cell) {
  return cell.value.size() != cell.span.size();
}

// The beginning of a last cell that has the shape.
std::optional<Span> BeginOf(const CellShape& shape, const Cell& cell) {
  if (cell.tail && Has(shape, cell.value, cell.classes)) return cell.span;
  if (IsDecoded(cell) || (cell.classes & ~kWordBytes) == 0) return std::nullopt;
  if (!MayBegin(shape, cell.classes)) return std::nullopt;
  // An opening quote may lack its closing one.
  std::string_view value = cell.value.substr(0, kMaxCut);
  const std::size_t begin = value[0] == '"' || value[0] == '\'' ? 1 : 0;
  value.remove_prefix(begin);
  for (std::size_t end = value.size() + begin; end-- > 1;) {
    if (end < value.size() && (!EndsWord(value[end]) || IsContinuation(value[end]))) continue;
    if (!MayEnd(shape, value[end - 1])) continue;
    if (!Has(shape, value.substr(0, end))) continue;
    return Span{cell.span.begin + begin, cell.span.begin + begin + end};
  }
  return std::nullopt;
}

// The end of a first cell that has the shape.
std::optional<Span> EndOf(const CellShape& shape, const Cell& cell) {
  if (IsDecoded(cell) || (cell.classes & ~kWordBytes) == 0) return std::nullopt;
  const std::string_view value = cell.value;
  std::size_t begin = value.size() > kMaxCut ? value.size() - kMaxCut : 0;
  for (++begin; begin < value.size(); ++begin) {
    if ((ClassOf(value[begin - 1]) & kWordBytes) != 0 || IsContinuation(value[begin])) continue;
    std::string_view part = value.substr(begin);
    if (part.ends_with('"') || part.ends_with('\'')) part.remove_suffix(1);
    if (part.empty() || !Has(shape, part)) continue;
    return Span{cell.span.begin + begin, cell.span.begin + begin + part.size()};
  }
  return std::nullopt;
}

// How soon a row's cell of this type is looked for.
int Rank(CellType type) {
  switch (type) {
    case CellType::kEmail:
    case CellType::kNumber:
    case CellType::kUrl:
      return 0;
    case CellType::kHash:
      return 1;
    case CellType::kDateTime:
      return 2;
    case CellType::kDate:
      return 3;
    default:
      return type >= CellType::kAny ? 5 : 4;
  }
}

}  // namespace

RowSet::RowSet(std::span<const RecordSource> sources) : names_(sources) {
  for (const RecordSource& source : sources) {
    const auto index = static_cast<std::uint32_t>(schemas_.size());
    schemas_.push_back(Compile(source));
    if (source.schema->rows > 0 && !source.schema->list) all_.push_back(index);
    AddToGroups(index);
  }
  FillTables();
}

void RowSet::AddToGroups(std::uint32_t index) {
  const RecordSchema& schema = SchemaOf(index);
  std::vector<DelimiterGroup>& groups = schema.list ? lists_ : groups_;
  const bool email = std::ranges::any_of(schema.fields, [](const RecordField& field) {
    return field.shape.type == CellType::kEmail && !field.shape.optional && field.repeat.first > 0;
  });
  for (const std::string& delimiter : schema.delimiters) {
    auto it = std::ranges::find(groups, delimiter, &DelimiterGroup::delimiter);
    if (it == groups.end()) it = groups.insert(groups.end(), {delimiter, {}, 1000, 0});
    it->schemas.push_back(index);
    it->has_header = it->has_header || schema.has_header;
    it->has_email = it->has_email && email;
    it->max_cells = std::max(it->max_cells, schemas_[index].shapes.size());
    if (schema.rows == 0) continue;
    const auto least = static_cast<std::size_t>(schemas_[index].cells);
    it->min_cells = std::min(it->min_cells, std::max<std::size_t>(least, 2));
  }
}

std::uint16_t RowSet::ShapeId(const CellShape& shape) {
  const auto it = std::ranges::find(shapes_, shape);
  if (it != shapes_.end()) return static_cast<std::uint16_t>(it - shapes_.begin());
  shapes_.push_back(shape);
  return static_cast<std::uint16_t>(shapes_.size() - 1);
}

RowSet::Compiled RowSet::Compile(const RecordSource& source) {
  Compiled out;
  out.source = source;
  for (const RecordField& field : source.schema->fields) {
    const std::uint16_t shape = ShapeId(field.shape);
    for (int i = 0; i < field.repeat.second; ++i) {
      const int p = static_cast<int>(out.shapes.size());
      if (i >= field.repeat.first) out.skip |= Bit(p);
      if (field.name == "secret") out.secret = p;
      if (field.name == "account") out.account = p;
      out.shapes.push_back(shape);
    }
  }
  const int n = static_cast<int>(out.shapes.size());
  out.ends = SkipTo(Bit(n), out.skip);
  for (int p = 0; p < n; ++p) {
    out.first |= Bit(p);
    if ((out.skip & Bit(p)) == 0) break;
  }
  for (int p = 0; p < n; ++p) {
    const std::uint16_t shape = out.shapes[static_cast<std::size_t>(p)];
    auto it = std::ranges::find(out.positions, shape, &std::pair<std::uint16_t, Bits>::first);
    if (it == out.positions.end()) it = out.positions.insert(it, {shape, 0});
    it->second |= Bit(p);
    if ((out.skip & Bit(p)) != 0) continue;
    ++out.cells;
    const bool last = (out.ends >> (p + 1) & 1u) != 0;
    if ((out.first & Bit(p)) == 0 && !last) out.needs.push_back(shape);
  }
  // What is rare, and cheap to refuse, is asked first.
  std::ranges::stable_sort(out.needs, {},
                           [this](std::uint16_t id) { return Rank(shapes_[id].type); });
  return out;
}

void RowSet::FillTables() {
  words_ = shapes_.size() / 64 + 1;
  sure_.assign(kAllByteClasses * words_, 0);
  maybe_ = sure_;
  for (std::size_t classes = 0; classes < kAllByteClasses; ++classes) {
    for (std::size_t id = 0; id < shapes_.size(); ++id) {
      const CellShape& shape = shapes_[id];
      if (!MayHave(shape, static_cast<ByteClasses>(classes))) continue;
      const bool anything = shape.type >= CellType::kAny && shape.min <= 0 && shape.max < 0;
      auto& bits = classes == 0 || anything ? sure_ : maybe_;
      bits[classes * words_ + id / 64] |= Bits{1} << (id % 64);
    }
  }
}

std::optional<RowMatch> RowSet::Named(const ColumnMap& map, const std::vector<Cell>& cells) const {
  if (cells.size() < map.cells) return std::nullopt;
  RowMatch out;
  out.schema = map.schema;
  out.match = {cells.front().span.begin, cells.back().span.end};
  for (const ColumnMap::Column& column : map.fields) {
    const RecordField& stated = SchemaOf(map.schema).fields[column.field];
    const Cell& cell = cells[column.cell];
    if (!Has(stated.shape, cell.value, cell.classes)) return std::nullopt;
    if (stated.name == "secret") out.secret = cell.span;
    if (stated.name == "account") out.account = cell.span;
  }
  return out.secret.empty() ? std::nullopt : std::optional(out);
}

void RowFinder::Begin(const std::vector<Cell>& cells) {
  cells_ = &cells;
  accepted_.assign(cells.size() * set_.words_, 0);
  known_.assign(cells.size() * set_.words_, 0);
}

bool RowFinder::Accepts(std::size_t cell, std::uint16_t shape) {
  const Cell& read = (*cells_)[cell];
  if (read.tail) return false;
  const std::size_t word = shape / 64;
  const Bits bit = Bits{1} << (shape % 64);
  const std::size_t by_class = read.classes * set_.words_ + word;
  if ((set_.sure_[by_class] & bit) != 0) return true;
  if ((set_.maybe_[by_class] & bit) == 0) return false;
  const std::size_t at = cell * set_.words_ + word;
  if ((known_[at] & bit) == 0) {
    known_[at] |= bit;
    if (HasForm(set_.shapes_[shape], read.value, read.classes)) accepted_[at] |= bit;
  }
  return (accepted_[at] & bit) != 0;
}

bool RowFinder::MayMatch(const Compiled& schema) {
  return std::ranges::all_of(schema.needs, [this](std::uint16_t shape) {
    for (std::size_t cell = 0; cell < cells_->size(); ++cell) {
      if (Accepts(cell, shape)) return true;
    }
    return false;
  });
}

Bits RowFinder::Whole(const Compiled& schema, std::size_t cell, Bits wanted) {
  Bits out = 0;
  if (wanted == 0) return out;
  for (const auto& [shape, positions] : schema.positions) {
    if ((positions & wanted) != 0 && Accepts(cell, shape)) out |= positions & wanted;
  }
  return out;
}

void RowFinder::Find(const std::vector<Cell>& cells, std::size_t starts,
                     const std::vector<std::uint32_t>& among, std::vector<RowMatch>* out) {
  if (cells.size() < 2) return;
  Begin(cells);
  for (const std::uint32_t index : among) {
    const Compiled& schema = set_.schemas_[index];
    if (schema.source.schema->rows == 0 || cells.size() < static_cast<std::size_t>(schema.cells) ||
        !MayMatch(schema)) {
      continue;
    }
    FindSchema(index, cells, starts, out);
  }
}

void RowFinder::FindWhole(const std::vector<Cell>& cells, const std::vector<std::uint32_t>& among,
                          std::vector<RowMatch>* out) {
  Begin(cells);
  whole_ = true;
  for (const std::uint32_t index : among) {
    const Compiled& schema = set_.schemas_[index];
    if (schema.source.schema->rows == 0 || cells.size() < static_cast<std::size_t>(schema.cells) ||
        cells.size() > schema.shapes.size()) {
      continue;
    }
    if (!MayMatch(schema)) continue;
    reach_.assign(cells.size() + 1, 0);
    reach_.back() = schema.ends;
    for (std::size_t c = cells.size(); c-- > 0 && reach_[c + 1] != 0;) {
      reach_[c] = SkipTo(Whole(schema, c, reach_[c + 1] >> 1), schema.skip);
    }
    if ((reach_[0] & 1u) == 0) continue;
    Extract(index, cells, 0, 0, cells[0].span, out);
  }
  whole_ = false;
}

void RowFinder::FindSchema(std::uint32_t index, const std::vector<Cell>& cells, std::size_t starts,
                           std::vector<RowMatch>* out) {
  const Compiled& schema = set_.schemas_[index];
  reach_.assign(cells.size() + 1, schema.ends);
  for (std::size_t c = cells.size(); c-- > 0;) {
    Bits reach = Whole(schema, c, reach_[c + 1] >> 1);
    // The row may end in this cell, with a part of it.
    for (Bits may = (schema.ends >> 1) & ~reach; may != 0; may &= may - 1) {
      const int p = __builtin_ctzll(may);
      const CellShape& shape = set_.shapes_[schema.shapes[static_cast<std::size_t>(p)]];
      if (BeginOf(shape, cells[c])) reach |= Bit(p);
    }
    reach_[c] = SkipTo(reach, schema.skip) | schema.ends;
  }
  // A row of nothing but what may be left out is none: its least count is above zero.
  for (std::size_t c = 0; c < std::min(cells.size(), starts);) {
    std::size_t next = 0;
    if ((reach_[c] & 1u) != 0) {
      next = Extract(index, cells, c, 0, cells[c].span, out);
    } else {
      for (Bits may = schema.first & (reach_[c + 1] >> 1); may != 0 && next == 0; may &= may - 1) {
        const int p = __builtin_ctzll(may);
        const CellShape& shape = set_.shapes_[schema.shapes[static_cast<std::size_t>(p)]];
        if (const auto span = EndOf(shape, cells[c]))
          next = Extract(index, cells, c, p, *span, out);
      }
    }
    c = std::max(next, c + 1);
  }
}

std::size_t RowFinder::Extract(std::uint32_t index, const std::vector<Cell>& cells,
                               std::size_t cell, int p, Span first, std::vector<RowMatch>* out) {
  const Compiled& schema = set_.schemas_[index];
  const int n = static_cast<int>(schema.shapes.size());
  RowMatch row;
  row.schema = index;
  row.match = first;
  const std::size_t begin = cell;
  const bool cut = first != cells[cell].span;
  bool ended = false;
  while (p < n && cell < cells.size() && !ended) {
    std::optional<Span> span;
    if (cell == begin && cut) {
      span = first;
    } else if (Whole(schema, cell, (reach_[cell + 1] >> 1) & Bit(p)) != 0) {
      span = cells[cell].span;
    } else if (!whole_ && (schema.ends >> 1 & Bit(p)) != 0) {
      span = BeginOf(set_.shapes_[schema.shapes[static_cast<std::size_t>(p)]], cells[cell]);
      ended = span.has_value();
    }
    if (span) {
      if (p == schema.secret) row.secret = *span;
      if (p == schema.account) row.account = *span;
      if (cell == begin) row.match.begin = span->begin;
      row.match.end = span->end;
      ++cell;
    } else if ((schema.skip & Bit(p)) == 0) {
      break;
    }
    ++p;
  }
  if (row.secret.empty()) return begin + 1;
  out->push_back(row);
  // The next row may begin in the cell in which this one ended.
  return ended ? cell - 1 : cell;
}

}  // namespace warifu::scan
