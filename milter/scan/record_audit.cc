#include "scan/record_audit.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/normalise.h"
#include "scan/record_finder.h"
#include "scan/record_key.h"
#include "scan/row_batch.h"

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

// What stands in one cell.
struct Met {
  std::uint32_t row = 0;
  std::uint64_t line = 0;
  std::size_t column = 0;
  std::vector<std::uint32_t> owners;
};

struct Audited {
  std::vector<Met> met;
  bool other = false;  // a row is not the one that was indexed
};

class Auditor {
 public:
  Auditor(const IndexSchema& schema, const RecordIndex& index)
      : schema_(schema), index_(index), finder_(index), dates_(schema.columns.size(), kNoDate) {
    for (std::size_t i = 0; i < index.columns().size(); ++i) {
      if (index.type(i) == ColumnType::kDate) dates_[index.columns()[i].column] = i;
    }
  }

  // On any thread.
  Audited Audit(RowBatch batch) const {
    Audited out;
    RecordFinder::Many finder(finder_);
    for (std::size_t i = 0; i < batch.rows() && !out.other; ++i) {
      const auto row = static_cast<std::uint32_t>(batch.first() + i);
      const std::span<const std::string_view> cells = batch.Row(i);
      out.other = !IsRow(row, cells[schema_.handle]);
      if (!out.other) AuditRow(row, cells, batch.Line(i), &finder, &out.met);
    }
    return out;
  }

  DamagedCell Describe(const Met& met) const {
    std::string buffer;
    DamagedCell cell;
    cell.row = index_.Handle(met.row, &buffer);
    cell.account = index_.Account(met.row, &buffer);
    cell.line = met.line;
    cell.column = schema_.columns[met.column].name;
    for (const std::uint32_t owner : met.owners) {
      cell.owners.emplace_back(index_.Handle(owner, &buffer));
    }
    return cell;
  }

 private:
  // The rows come in the same order as when they were indexed.
  bool IsRow(std::uint32_t row, std::string_view handle) const {
    if (row >= index_.rows()) return false;
    std::string buffer;
    const std::string_view name = index_.Handle(row, &buffer);
    // Long names are cut, and blanks behind them dropped.
    return handle.starts_with(name) &&
           (name.size() > 250 || handle.find_first_not_of(' ', name.size()) == handle.npos);
  }

  void AuditRow(std::uint32_t row, std::span<const std::string_view> cells, std::uint64_t line,
                RecordFinder::Many* finder, std::vector<Met>* out) const {
    FindOptions options;
    options.around = true;
    options.own_row = row;
    std::vector<IndexMatch> matches;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      // A date where a date belongs: its digits may be some number, but hold no second cell.
      if (dates_[i] != kNoDate && index_.Cell(row, dates_[i]) != 0) continue;
      if (!CouldHoldRecord(cells[i])) continue;
      matches.clear();
      if (IsNormalAscii(cells[i])) {
        finder->Find(cells[i], options, &matches);
      } else {
        finder->Find(Normalise(std::string(cells[i])).text, options, &matches);
      }
      if (matches.empty()) continue;
      Met& met = out->emplace_back(row, line, i);
      for (const IndexMatch& match : matches) met.owners.push_back(match.row);
    }
  }

  static constexpr std::size_t kNoDate = static_cast<std::size_t>(-1);

  const IndexSchema& schema_;
  const RecordIndex& index_;
  const RecordFinder finder_;
  std::vector<std::size_t> dates_;  // column of the schema → of the index, where it holds dates
};

// Adds up what was met, in the order of the table.
class Report {
 public:
  Report(const Auditor& auditor, const std::function<void(const DamagedCell&)>& found)
      : auditor_(auditor), found_(found) {}

  void Take(const Audited& audited) {
    other = other || audited.other;
    for (const Met& met : audited.met) {
      if (other) return;
      result_.damaged_rows += result_.damaged_cells == 0 || met.row != last_ ? 1 : 0;
      last_ = met.row;
      ++result_.damaged_cells;
      result_.records += met.owners.size();
      owners_.insert(met.owners.begin(), met.owners.end());
      found_(auditor_.Describe(met));
    }
  }

  AuditResult Finish(std::uint64_t rows, std::vector<ColumnReport> columns) {
    result_.rows = rows;
    result_.owners = owners_.size();
    result_.columns = std::move(columns);
    return std::move(result_);
  }

  bool other = false;

 private:
  const Auditor& auditor_;
  const std::function<void(const DamagedCell&)>& found_;
  AuditResult result_;
  std::uint32_t last_ = 0;
  std::unordered_set<std::uint32_t> owners_;
};

std::unexpected<Error> AnotherTable() {
  return Fail(ErrorKind::kInvalid,
              "the table was another when it was read again: keep it from being written, and "
              "give a query an order (order by)");
}

}  // namespace

Result<AuditResult> AuditTable(const IndexSchema& schema, RowSource& rows, WallTime now,
                               const BuildProgress& progress,
                               const std::function<void(const DamagedCell&)>& found,
                               unsigned threads) {
  const Result<SipKey> key = RandomRecordKey();
  if (!key) return std::unexpected(key.error());
  const auto half = [&](std::uint64_t done, std::uint64_t total) {
    if (progress) progress(done / 2, total);
  };
  Result<BuiltIndex> built = BuildIndex(schema, *key, rows, now, half, threads);
  if (!built) return std::unexpected(built.error());
  auto index = RecordIndex::FromBytes(std::move(built->bytes), *key);
  if (!index) return std::unexpected(index.error());
  if (auto again = rows.Rewind(); !again) return std::unexpected(again.error());

  const Auditor auditor(schema, **index);
  std::mutex telling;
  Report report(auditor, found);
  const Result<std::uint64_t> count = ForEachBatch<Audited>(
      rows, threads, [&](RowBatch batch) { return auditor.Audit(std::move(batch)); },
      [&](const Audited& audited) {
        const std::lock_guard lock(telling);
        report.Take(audited);
      },
      [&](std::uint64_t) -> Result<void> {
        const std::lock_guard lock(telling);
        if (report.other) return AnotherTable();
        if (progress) progress((rows.total() + rows.done()) / 2, rows.total());
        return {};
      });
  if (!count) return std::unexpected(count.error());
  if (report.other || *count != built->rows) return AnotherTable();
  return report.Finish(*count, std::move(built->columns));
}

}  // namespace warifu::scan
