#include "scan/line_needs.h"

#include <algorithm>
#include <string_view>

namespace warifu::scan {
namespace {

// Whether no text of this shape lacks a digit.
bool NeedsDigit(const CellShape& shape) {
  switch (shape.type) {
    case CellType::kDigits:
    case CellType::kDate:
    case CellType::kDateTime:
    case CellType::kPhone:
    case CellType::kPostal:
    case CellType::kNumber:
      return !shape.optional;
    default:
      return false;
  }
}

// Whether a text of this shape may hold a blank.
bool MayHoldBlank(const CellShape& shape) {
  constexpr ByteClasses kAll = kAllByteClasses - 1;
  for (ByteClasses classes = 0; classes <= kAll; ++classes) {
    if ((classes & kBlankByte) != 0 && MayHave(shape, classes)) return true;
  }
  return false;
}

void AddTable(const RecordSchema& schema, LineNeeds* needs) {
  for (const std::string& delimiter : schema.delimiters) {
    needs->signs += delimiter.back();
    needs->wide_signs = needs->wide_signs || delimiter.size() > 1;
  }
  std::size_t cells = 0;
  for (const RecordField& field : schema.fields) {
    needs->dates = needs->dates || field.shape.type == CellType::kDateTime;
    // A row may begin with what may be left out, and with what stands behind.
    if (schema.rows > 0 && cells == 0 && !NeedsDigit(field.shape)) needs->digit = false;
    cells += static_cast<std::size_t>(field.repeat.first);
  }
  if (schema.rows > 0) needs->least = std::min(needs->least, std::max<std::size_t>(cells, 2) - 1);
}

// Lines that hold an address are always looked at.
void AddList(const RecordSchema& schema, LineNeeds* needs) {
  LineNeeds::List wants;
  bool solid = true, address = false;
  std::size_t cells = 0;
  for (const RecordField& field : schema.fields) {
    const CellShape& shape = field.shape;
    needs->dates = needs->dates || shape.type == CellType::kDateTime;
    cells += static_cast<std::size_t>(field.repeat.second);
    solid = solid && !MayHoldBlank(shape);
    if (shape.optional || field.repeat.first == 0) continue;
    const auto least = static_cast<std::size_t>(std::max(shape.min, 0));
    address = address || shape.type == CellType::kEmail;
    if (shape.type == CellType::kDigits || shape.type == CellType::kNumber) {
      wants.digits = std::max(wants.digits, least);
    }
    if (shape.type == CellType::kHex) wants.run = std::max(wants.run, least);
  }
  // Between its cells, before and behind them, and behind marks of quoted text and enumerations.
  const std::size_t gaps = cells + 6;
  for (const std::string& delimiter : schema.delimiters) {
    if (delimiter == " ") {
      needs->every_line = needs->every_line || !address;
      needs->gaps = std::max(needs->gaps, gaps);
    } else if (delimiter != ":" && delimiter != "/") {
      needs->signs += delimiter.back();
    }
  }
  if (schema.rows == 0 || address) return;
  if (solid) {
    needs->solid = true;
  } else {
    needs->lists.push_back(wants);
  }
}

}  // namespace

LineNeeds NeedsOf(std::span<const RecordSource> sources) {
  LineNeeds needs;
  needs.least = 1000;
  bool colons = false;
  for (const auto& [rule, schema] : sources) {
    schema->list ? AddList(*schema, &needs) : AddTable(*schema, &needs);
    for (const RecordField& field : schema->fields) {
      if (field.name != "secret") continue;
      needs.names.insert(needs.names.end(), field.columns.begin(), field.columns.end());
    }
    colons = colons || (schema->list && std::ranges::any_of(schema->delimiters, [](const auto& d) {
                          return d == ":" || d == "/";
                        }));
  }
  // Where names hold what divides cells, or cells are divided by what names are read without, the
  // end of a cell tells nothing.
  const std::string within = needs.signs + "\\" + (colons ? ":/" : "");
  const auto holds = [&](const std::string& name) {
    return name.find_first_of(within) != name.npos;
  };
  const auto beyond = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  needs.every_line = needs.every_line || std::ranges::any_of(needs.names, holds) ||
                     std::ranges::any_of(needs.signs, beyond) ||
                     needs.signs.find_first_of(" _-\"'`[]*") != needs.signs.npos;
  return needs;
}

}  // namespace warifu::scan
