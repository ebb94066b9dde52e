// SQL: one connection to a database and its prepared statements, the same on both engines.
//
// The only road from the room to SOCI. Statements are prepared once a connection and kept; values
// are bound in the order of the placeholders (each name stands once in a statement). Numbers are
// 64 bits wide, times microseconds since 1970, text is UTF-8 without NUL: what is not is refused
// when it is bound, since PostgreSQL would cut it there and find another row.
//
// SOCI throws, so inside of this room every failure is an exception (Failure or soci_error), and a
// transaction that is left by one is rolled back. Engine::Run() is the door: it catches all of them
// and gives a Result.
//
// SECURITY: stored rows are taken as hostile: NULL where text belongs, a number out of range or an
// unknown kind is a Failure that says where, never a default.
// Threads: a connection belongs to one thread at a time.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace warifu::store {

// What work on a connection throws when it cannot go on.
class Failure : public std::runtime_error {
 public:
  Failure(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// A statement as data. `columns` says what a row of its answer holds: 't' text, 'n' a number.
struct Query {
  std::string_view sql;
  std::string_view columns = {};
};

// A value to bind; it must outlive the call. Only numbers can be NULL.
class Value {
 public:
  Value(std::string_view text) : text_(text), is_text_(true) {}
  Value(const std::string& text) : Value(std::string_view(text)) {}
  Value(const char* text) : Value(std::string_view(text)) {}
  Value(std::integral auto number) : number_(static_cast<std::int64_t>(number)) {}
  Value(WallTime time) : number_(time.time_since_epoch().count()) {}
  Value(const std::optional<WallTime>& time) : null_(!time) {
    if (time) number_ = time->time_since_epoch().count();
  }
  template <typename E>
    requires std::is_enum_v<E>
  Value(E kind) : number_(static_cast<std::int64_t>(kind)) {}

  bool is_text() const { return is_text_; }
  bool is_null() const { return null_; }
  std::string_view text() const { return text_; }
  std::int64_t number() const { return number_; }

 private:
  std::string_view text_;
  std::int64_t number_ = 0;
  bool is_text_ = false;
  bool null_ = false;
};
using Values = std::initializer_list<Value>;

// One row of an answer; columns count from 0. Valid until the next row.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool IsNull(std::size_t column) const = 0;
  virtual const std::string& Text(std::size_t column) const = 0;
  virtual std::int64_t Number(std::size_t column) const = 0;

  // Text that must not be "".
  const std::string& Name(std::size_t column) const;
  WallTime Time(std::size_t column) const;
  std::optional<WallTime> MaybeTime(std::size_t column) const;
  template <typename E>
  E Kind(std::size_t column, E last) const {
    return static_cast<E>(InRange(column, static_cast<std::int64_t>(last)));
  }

 private:
  std::int64_t InRange(std::size_t column, std::int64_t last) const;
};
using RowFunction = std::function<void(const Row&)>;

// A new row of the ledger.
struct NewProof {
  std::string address, account;
};

class Connection {
 public:
  virtual ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // One statement without values or answer: DDL, settings, transactions.
  void Execute(const std::string& sql);
  // Returns the number of rows touched.
  std::int64_t Run(const Query& query, Values values = {});
  // Calls `row` for each row; returns how many there were. `row` must run nothing on this
  // connection.
  std::int64_t Each(const Query& query, Values values, const RowFunction& row);
  // The number that the only row of an answer holds; 0 where it is NULL.
  std::int64_t Number(const Query& query, Values values = {});

  // Many rows of the ledger at once.
  virtual void AddProofs(const std::vector<NewProof>& rows, WallTime since, std::string_view source,
                         std::string_view reference);

  // Begins a transaction that sees one state and writes nothing, or one that holds the writers'
  // lock: there is one such at a time, in all processes, so rows of the history are committed in
  // the order of their ids.
  virtual void BeginRead() = 0;
  virtual void BeginWrite() = 0;
  virtual void Commit();
  virtual void Rollback() noexcept;

  // Makes transactions on one key follow each other; for tables without the writers' lock.
  virtual void BeginKeyed(std::string_view key) = 0;
  // How long a statement may wait from now on; 0: for ever.
  virtual void SetPatience(std::chrono::milliseconds patience) = 0;
  // False when it is better opened anew: its file has been moved away or replaced.
  virtual bool IsSound() { return true; }
  // False only when nobody can have committed since the last call.
  virtual bool MayHaveChanged() = 0;
  // The kind and text of what was thrown. `*keep`: the connection can be used again.
  virtual Error Explain(const std::exception& thrown, bool* keep) const = 0;

 protected:
  class Session;  // SOCI's, with the statements prepared on it
  explicit Connection(std::unique_ptr<Session> session);
  Session& session() { return *session_; }

 private:
  std::unique_ptr<Session> session_;
};

// Commits at its end unless an exception passes: then it rolls back.
class Transaction {
 public:
  // Takes over a transaction that has been begun.
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (connection_ != nullptr) connection_->Rollback();
  }
  void Commit() {
    connection_->Commit();
    connection_ = nullptr;
  }

 private:
  Connection* connection_;
};

// Throws where `text` has NUL or broken UTF-8.
void RequireStorable(std::string_view text);

// Free text made fit to be stored: broken UTF-8 and control characters are replaced.
std::string CleanText(std::string_view text);

}  // namespace warifu::store
