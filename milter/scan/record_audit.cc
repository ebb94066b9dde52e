#include "scan/record_audit.h"

#include <algorithm>
#include <unordered_set>

#include "base/normalise.h"
#include "scan/record_finder.h"
#include "scan/record_key.h"

namespace warifu::scan {
namespace {

// Two cells of a record and what parts them.
constexpr std::size_t kShortestRecord = 7;

bool CouldHoldRecord(std::string_view cell) {
  if (cell.size() < kShortestRecord) return false;
  return std::ranges::any_of(cell, [](char c) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      c == '-' || c == '_' || c == '.' || c == '@';
    return !word;
  });
}

class Auditor {
 public:
  Auditor(const IndexSchema& schema, const RecordIndex& index,
          const std::function<void(const DamagedCell&)>& found)
      : schema_(schema), index_(index), finder_(index), found_(found) {
    options_.around = true;
  }

  // The rows come in the same order as when they were indexed.
  bool IsRow(std::uint32_t row, std::string_view handle) const {
    std::string buffer;
    const std::string_view name = index_.Handle(row, &buffer);
    // Long names are cut, and blanks behind them dropped.
    return handle.starts_with(name) &&
           (name.size() > 250 || handle.find_first_not_of(' ', name.size()) == handle.npos);
  }

  void Row(std::uint32_t row, std::span<const std::string_view> cells, std::uint64_t line) {
    options_.own_row = row;
    bool damaged = false;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!CouldHoldRecord(cells[i])) continue;
      matches_.clear();
      if (IsNormalAscii(cells[i])) {
        finder_.Find(cells[i], options_, &matches_);
      } else {
        finder_.Find(Normalise(std::string(cells[i])).text, options_, &matches_);
      }
      if (matches_.empty()) continue;
      damaged = true;
      Tell(row, line, schema_.columns[i].name);
    }
    result.damaged_rows += damaged ? 1 : 0;
  }

  AuditResult result;

  void Finish() { result.owners = owners_.size(); }

 private:
  void Tell(std::uint32_t row, std::uint64_t line, const std::string& column) {
    std::string buffer;
    DamagedCell cell;
    cell.row = index_.Handle(row, &buffer);
    cell.account = index_.Account(row, &buffer);
    cell.line = line;
    cell.column = column;
    for (const IndexMatch& match : matches_) {
      cell.owners.emplace_back(index_.Handle(match.row, &buffer));
      owners_.insert(match.row);
    }
    ++result.damaged_cells;
    result.records += matches_.size();
    found_(cell);
  }

  const IndexSchema& schema_;
  const RecordIndex& index_;
  const RecordFinder finder_;
  const std::function<void(const DamagedCell&)>& found_;
  FindOptions options_;
  std::vector<IndexMatch> matches_;
  std::unordered_set<std::uint32_t> owners_;
};

}  // namespace

Result<AuditResult> AuditTable(const IndexSchema& schema, RowSource& rows, WallTime now,
                               const BuildProgress& progress,
                               const std::function<void(const DamagedCell&)>& found) {
  const Result<SipKey> key = RandomRecordKey();
  if (!key) return std::unexpected(key.error());
  const auto half = [&](std::uint64_t done, std::uint64_t total) {
    if (progress) progress(done / 2, total);
  };
  Result<BuiltIndex> built = BuildIndex(schema, *key, rows, now, half);
  if (!built) return std::unexpected(built.error());
  auto index = RecordIndex::FromBytes(std::move(built->bytes), *key);
  if (!index) return std::unexpected(index.error());
  if (auto again = rows.Rewind(); !again) return std::unexpected(again.error());
  Auditor auditor(schema, **index, found);
  std::span<const std::string_view> cells;
  std::uint64_t row = 0;
  for (;; ++row) {
    const Result<bool> more = rows.Next(&cells);
    if (!more) return std::unexpected(more.error());
    if (!*more || row >= built->rows) break;
    if (!auditor.IsRow(static_cast<std::uint32_t>(row), cells[schema.handle])) {
      return Fail(ErrorKind::kInvalid,
                  "the table was another when it was read again: keep it from being written, and "
                  "give a query an order (order by)");
    }
    auditor.Row(static_cast<std::uint32_t>(row), cells, rows.line());
    if (progress && row % 4096 == 0) progress((rows.total() + rows.done()) / 2, rows.total());
  }
  auditor.Finish();
  auditor.result.rows = row;
  auditor.result.columns = std::move(built->columns);
  return auditor.result;
}

}  // namespace warifu::scan
