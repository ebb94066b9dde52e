#include "store/sql.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "store/sql_session.h"

namespace warifu::store {
namespace {

// One bound value or column; SOCI keeps its address.
struct Cell {
  std::string text;
  long long number = 0;
  soci::indicator state = soci::i_ok;
};

class CellRow final : public Row {
 public:
  CellRow(const Query& query, const std::vector<Cell>& cells) : query_(query), cells_(cells) {}

  bool IsNull(std::size_t column) const override { return cells_[column].state == soci::i_null; }
  const std::string& Text(std::size_t column) const override {
    Require(column);
    return cells_[column].text;
  }
  std::int64_t Number(std::size_t column) const override {
    Require(column);
    return cells_[column].number;
  }

 private:
  void Require(std::size_t column) const {
    if (cells_[column].state != soci::i_ok) {
      throw Failure(ErrorKind::kInvalid, "a stored row of a wrong shape: column " +
                                             std::to_string(column + 1) + " of \"" +
                                             std::string(query_.sql) + "\" is empty");
    }
  }

  const Query& query_;
  const std::vector<Cell>& cells_;
};

}  // namespace

class Connection::Session::Statement {
 public:
  Statement(soci::session& sql, const Query& query, Values values)
      : statement_(sql), in_(values.size()), out_(query.columns.size()) {
    statement_.alloc();
    auto value = values.begin();
    for (Cell& cell : in_) {
      if ((value++)->is_text()) {
        statement_.exchange(soci::use(cell.text, cell.state));
      } else {
        statement_.exchange(soci::use(cell.number, cell.state));
      }
    }
    for (std::size_t i = 0; i < out_.size(); ++i) {
      if (query.columns[i] == 't') {
        statement_.exchange(soci::into(out_[i].text, out_[i].state));
      } else {
        statement_.exchange(soci::into(out_[i].number, out_[i].state));
      }
    }
    statement_.prepare(std::string(query.sql));
    statement_.define_and_bind();
  }

  std::int64_t Run(const Query& query, Values values, const RowFunction* row) {
    auto value = values.begin();
    for (Cell& cell : in_) {
      if (value->is_text()) cell.text.assign(value->text());
      cell.number = value->number();
      cell.state = value->is_null() ? soci::i_null : soci::i_ok;
      ++value;
    }
    bool more = statement_.execute(true);
    if (out_.empty()) return statement_.get_affected_rows();
    const CellRow cells(query, out_);
    std::int64_t rows = 0;
    for (; more; more = statement_.fetch()) {
      ++rows;
      if (row != nullptr) (*row)(cells);
    }
    return rows;
  }

 private:
  soci::statement statement_;
  std::vector<Cell> in_, out_;
};

Connection::Session::Session(const soci::backend_factory& factory, const std::string& words)
    : sql_(factory, words) {}
Connection::Session::~Session() = default;

Connection::Session::Statement& Connection::Session::Prepared(const Query& query, Values values) {
  std::unique_ptr<Statement>& kept = statements_[query.sql];
  if (kept == nullptr) kept = std::make_unique<Statement>(sql_, query, values);
  return *kept;
}

std::int64_t Connection::Session::Run(const Query& query, Values values, const RowFunction* row) {
  for (const Value& value : values) RequireStorable(value.text());
  try {
    return Prepared(query, values).Run(query, values, row);
  } catch (...) {
    // It may be half-read, or not prepared at all.
    statements_.erase(query.sql);
    throw;
  }
}

Connection::Connection(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Connection::~Connection() = default;

void Connection::Execute(const std::string& sql) {
  session_->sql() << sql;
}

std::int64_t Connection::Run(const Query& query, Values values) {
  return session_->Run(query, values, nullptr);
}

std::int64_t Connection::Each(const Query& query, Values values, const RowFunction& row) {
  return session_->Run(query, values, &row);
}

std::int64_t Connection::Number(const Query& query, Values values) {
  std::int64_t number = 0;
  Each(query, values, [&](const Row& row) { number = row.IsNull(0) ? 0 : row.Number(0); });
  return number;
}

void Connection::AddProofs(const std::vector<NewProof>& rows, WallTime since,
                           std::string_view source, std::string_view reference) {
  static constexpr Query kInsert{
      "INSERT INTO proofs (address, account, since, source, reference) "
      "VALUES (:address, :account, :since, :source, :reference)"};
  for (const NewProof& row : rows) {
    Run(kInsert, {row.address, row.account, since, source, reference});
  }
}

void Connection::Commit() {
  Execute("COMMIT");
}

void Connection::Rollback() noexcept {
  try {
    Execute("ROLLBACK");
  } catch (...) {  // NOLINT(bugprone-empty-catch)
    // The engine has ended it already, or the connection is gone, and the transaction with it.
  }
}

const std::string& Row::Name(std::size_t column) const {
  const std::string& text = Text(column);
  if (text.empty()) throw Failure(ErrorKind::kInvalid, "a stored row of a wrong shape: no name");
  return text;
}

WallTime Row::Time(std::size_t column) const {
  return WallTime(std::chrono::microseconds(Number(column)));
}

std::optional<WallTime> Row::MaybeTime(std::size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

std::int64_t Row::InRange(std::size_t column, std::int64_t last) const {
  const std::int64_t number = Number(column);
  if (number < 0 || number > last) {
    throw Failure(ErrorKind::kInvalid,
                  "a stored row of a wrong shape: unknown kind " + std::to_string(number));
  }
  return number;
}

void RequireStorable(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || !IsUtf8(text)) {
    throw Failure(ErrorKind::kInvalid, "a name with NUL or broken UTF-8 cannot be in the store");
  }
}

std::string CleanText(std::string_view text) {
  std::string clean = IsUtf8(text) ? std::string(text) : RepairUtf8(text).text;
  std::ranges::replace_if(
      clean, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return clean;
}

}  // namespace warifu::store
