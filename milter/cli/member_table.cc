#include "cli/member_table.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "binding/table_query.h"

namespace warifu::cli {
namespace {

std::unexpected<Error> Usage(std::string text) {
  return Fail(ErrorKind::kInvalid, std::move(text));
}

class QueryRows final : public scan::RowSource {
 public:
  QueryRows(const scan::IndexSchema& schema, binding::SqlOptions options, std::string query)
      : schema_(schema), options_(std::move(options)), query_(std::move(query)) {}

  // `opened`: the query, just begun.
  Result<void> Take(std::unique_ptr<binding::TableQuery> opened) {
    const std::vector<std::string_view> names(opened->names().begin(), opened->names().end());
    auto places = scan::MatchColumns(schema_, names);
    if (!places) return std::unexpected(places.error());
    places_ = *std::move(places);
    cells_.resize(places_.size());
    rows_ = std::move(opened);
    row_ = 0;
    return {};
  }

  Result<bool> Next(std::span<const std::string_view>* cells) override {
    const Result<bool> more = rows_->Next(&record_);
    if (!more || !*more) return more;
    ++row_;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      cells_[i] = {};
      if (places_[i] == scan::kAbsent || !record_[places_[i]]) continue;
      cells_[i] = *record_[places_[i]];
      if (!IsUtf8(cells_[i])) {
        return Fail(ErrorKind::kInvalid, "row " + std::to_string(row_) + ": column '" +
                                             schema_.columns[i].name + "' is not UTF-8");
      }
    }
    *cells = cells_;
    return true;
  }

  std::uint64_t line() const override { return row_; }
  std::uint64_t done() const override { return row_; }
  std::uint64_t total() const override { return 0; }

  Result<void> Rewind() override {
    rows_.reset();
    auto again = binding::OpenTableQuery(options_, query_);
    if (!again) return std::unexpected(again.error());
    return Take(*std::move(again));
  }

 private:
  const scan::IndexSchema& schema_;
  const binding::SqlOptions options_;
  const std::string query_;
  std::unique_ptr<binding::TableQuery> rows_;
  std::vector<std::size_t> places_;
  std::vector<std::optional<std::string>> record_;
  std::vector<std::string_view> cells_;
  std::uint64_t row_ = 0;
};

Result<std::unique_ptr<MemberTable>> OpenQuery(const Arguments& arguments, scan::IndexSchema schema,
                                               bool all_columns) {
  const binding::SqlOptions options{arguments.Value("url"), arguments.Value("password-file")};
  const std::string query = arguments.Value("query");
  if (query.empty()) return Usage("--url wants --query, too: select the schema's columns");
  auto opened = binding::OpenTableQuery(options, query);
  if (!opened) return std::unexpected(opened.error());
  auto table = std::make_unique<MemberTable>();
  table->schema = std::move(schema);
  for (const std::string& name : (*opened)->names()) {
    const bool known = std::ranges::find(table->schema.columns, name, &scan::IndexColumn::name) !=
                       table->schema.columns.end();
    if (all_columns && !known) table->schema.columns.push_back({name});
  }
  auto rows = std::make_unique<QueryRows>(table->schema, options, query);
  if (auto taken = rows->Take(*std::move(opened)); !taken) return std::unexpected(taken.error());
  table->rows = std::move(rows);
  return table;
}

}  // namespace

Result<std::unique_ptr<MemberTable>> OpenMemberTable(const Arguments& arguments,
                                                     scan::IndexSchema schema, bool all_columns) {
  const bool file = arguments.operands.size() > 1;
  if (file == arguments.Has("url")) {
    return Usage(file ? "either a TABLE or --url, not both"
                      : "name the table: a file behind the schema, or --url and --query");
  }
  if (!file) return OpenQuery(arguments, std::move(schema), all_columns);
  for (const char* option : {"query", "password-file"}) {
    if (arguments.Has(option)) return Usage(std::string("--") + option + " wants --url");
  }
  const std::string& path = arguments.operands[1];
  auto table = std::make_unique<MemberTable>();
  if (all_columns) {
    auto with = scan::WithAllColumns(std::move(schema), path);
    if (!with) return std::unexpected(with.error());
    table->schema = *std::move(with);
  } else {
    table->schema = std::move(schema);
  }
  auto rows = scan::OpenTable(table->schema, path);
  if (!rows) return std::unexpected(rows.error());
  table->rows = *std::move(rows);
  return table;
}

}  // namespace warifu::cli
