#include "scan/index_cells.h"

#include <iterator>
#include <utility>

#include "scan/cell_normal.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kShortestKey = 3;  // bytes

}  // namespace

void AddCounts(const ColumnHead& more, ColumnHead* counts) {
  counts->present += more.present;
  counts->wrong += more.wrong;
  counts->too_long += more.too_long;
  for (std::size_t i = 0; i < std::size(counts->lengths); ++i) {
    counts->lengths[i] |= more.lengths[i];
  }
  for (std::size_t i = 0; i < std::size(counts->bytes); ++i) counts->bytes[i] |= more.bytes[i];
}

CellHasher::CellHasher(const IndexSchema& schema, SipKey key, std::uint64_t index_id)
    : filter_hash_(HashFor(key, HashUse::kFilter, index_id)) {
  for (const std::size_t column : schema.Indexed()) {
    const bool is_key = schema.columns[column].role == ColumnRole::kKey;
    const SipHash hash = HashFor(key, HashUse::kCell, index_id, columns_.size());
    columns_.push_back({column, schema.columns[column].type, is_key, hash});
    keys_ += is_key ? 1 : 0;
  }
}

HashedRows CellHasher::Hash(RowBatch rows) const {
  HashedRows out;
  out.words.reserve(rows.rows() * columns_.size());
  out.probes.reserve(rows.rows() * keys_);
  out.counts.resize(columns_.size());
  out.digits.resize(keys_);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const std::span<const std::string_view> cells = rows.Row(row);
    std::size_t key = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Column& column = columns_[i];
      ColumnHead& counts = out.counts[i];
      const std::string_view cell = cells[column.in_schema];
      std::uint64_t word = 0, probe = 0;
      const std::string normal = cell.empty() ? "" : NormalCell(column.type, cell);
      if (normal.empty()) {
        counts.wrong += cell.empty() ? 0 : 1;
      } else if (normal.size() > kMaxCellBytes) {
        ++counts.too_long;
      } else {
        ++counts.present;
        word = CellWord(column.hash.Of(normal), normal.size());
        if (IsOneCharacter(normal)) word |= kWeakCell;
        if (column.key && normal.size() >= kShortestKey) {
          probe = HashKey(normal, column.type, &counts, &out.digits[key]);
        }
      }
      out.words.push_back(word);
      if (column.key) {
        out.probes.push_back(probe);
        ++key;
      }
    }
  }
  out.rows = std::move(rows);
  return out;
}

std::uint64_t CellHasher::HashKey(std::string_view normal, ColumnType type, ColumnHead* counts,
                                  DigitLengths* digits) const {
  counts->lengths[normal.size() / 64] |= std::uint64_t{1} << (normal.size() % 64);
  for (const char c : normal) {
    const auto byte = static_cast<unsigned char>(c);
    counts->bytes[byte / 64] |= std::uint64_t{1} << (byte % 64);
  }
  if (type == ColumnType::kDigits && normal.size() < digits->size()) ++(*digits)[normal.size()];
  const std::uint64_t hash = filter_hash_.Of(normal);
  return hash == 0 ? 1 : hash;
}

std::uint64_t CellHasher::WordOf(std::size_t column, std::string_view cell) const {
  const std::string normal = NormalCell(columns_[column].type, cell);
  if (normal.empty() || normal.size() > kMaxCellBytes) return 0;
  return CellWord(columns_[column].hash.Of(normal), normal.size()) |
         (IsOneCharacter(normal) ? kWeakCell : 0);
}

}  // namespace warifu::scan
