#include "binding/table_query.h"

#include <utility>

#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

constexpr std::size_t kAtOnce = 500;
constexpr std::chrono::seconds kConnect{15};

class SqlRows final : public TableQuery {
 public:
  explicit SqlRows(std::unique_ptr<SqlSession> session) : session_(std::move(session)) {}

  Result<void> Begin(const QueryText& query) {
    if (Result<void> begun = session_->Begin(query, 0); !begun) return begun;
    if (Result<void> filled = Fill(); !filled) return filled;
    if (rows_.empty()) return Fail(ErrorKind::kInvalid, "the query gives no rows");
    return {};
  }

  const std::vector<std::string>& names() const override { return session_->names(); }

  Result<bool> Next(std::vector<std::optional<std::string>>* row) override {
    if (at_ == rows_.size()) {
      if (ended_) return false;
      if (Result<void> filled = Fill(); !filled) return std::unexpected(filled.error());
      if (rows_.empty()) return false;
    }
    *row = std::move(rows_[at_++]);
    return true;
  }

 private:
  Result<void> Fill() {
    Result<std::vector<SqlRow>> rows = session_->Next(kAtOnce);
    if (!rows) return std::unexpected(rows.error());
    rows_ = *std::move(rows);
    at_ = 0;
    ended_ = rows_.empty();
    return {};
  }

  std::unique_ptr<SqlSession> session_;
  std::vector<SqlRow> rows_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<TableQuery>> OpenTableQuery(const SqlOptions& options,
                                                   const std::string& query) {
  if (Result<void> url = CheckSqlUrl(options.url); !url) return std::unexpected(url.error());
  const Result<QueryText> text = QueryText::ParseSql(query, {});
  if (!text) return std::unexpected(text.error());
  Result<std::unique_ptr<SqlSession>> session = OpenSqlSession(options, kConnect);
  if (!session) return std::unexpected(session.error());
  auto rows = std::make_unique<SqlRows>(*std::move(session));
  if (Result<void> begun = rows->Begin(*text); !begun) return std::unexpected(begun.error());
  return rows;
}

}  // namespace warifu::binding
