// PostgreSQL as the engine: one database for several gateways, our tables in a schema of their own.
//
// Calls run on lanes (base/lane_pool.h), so one that the server never answers costs its caller the
// time-out and no more. The writers' lock is the row of meta that names the schema's version:
// whoever holds it has also seen that no newer program has migrated the store meanwhile.
// SOCI connects, prepares and runs statements. Asked of libpq itself, through SOCI's own handle:
// COPY (rows of an import one by one take ten times as long), the quietness of notices (libpq
// prints them), and the check of the connection's words before the first use.
#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "base/lane_pool.h"
#include "store/engine.h"
#include "store/operations.h"
#include "store/pool.h"
#include "store/postgresql_refusal.h"
#include "store/schema.h"
#include "store/sql_session.h"

namespace warifu::store {
namespace {

using Milliseconds = std::chrono::milliseconds;

// What an SQLSTATE means to us; the longest prefix that fits counts.
struct State {
  std::string_view prefix;
  ErrorKind kind;
};
constexpr State kStates[] = {
    {"25006", ErrorKind::kSystem},   // read-only: a standby, or switched so
    {"28", ErrorKind::kInvalid},     // no such user, wrong password
    {"3D", ErrorKind::kInvalid},     // no such database
    {"42501", ErrorKind::kInvalid},  // no privilege
    {"XX001", ErrorKind::kInvalid},  // damaged
    {"XX002", ErrorKind::kInvalid},   {"08", ErrorKind::kTemporary},  // connection
    {"40", ErrorKind::kTemporary},                                    // deadlock
    {"53", ErrorKind::kTemporary},     // disk full, too many connections
    {"55P03", ErrorKind::kTemporary},  // lock not had in time
    {"57", ErrorKind::kTemporary},     // cancelled, shutting down
    {"58", ErrorKind::kTemporary},     // its disk
};

std::string OneLine(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return CleanText(text);
}

class PostgresqlConnection final : public Connection {
 public:
  PostgresqlConnection(const std::string& words, Milliseconds timeout)
      : Connection(std::make_unique<Session>(soci::postgresql, words)) {
    PQsetNoticeProcessor(handle(), [](void*, const char*) {}, nullptr);
    Execute("SET client_encoding = 'UTF8'");
    Execute("SET search_path = warifu");
    // An acknowledged change is on the disk, whatever the server's default is.
    Execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'");
    SetPatience(timeout);
  }

  void BeginRead() override {
    committing_ = false;
    Execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  }
  void BeginWrite() override {
    static constexpr Query kLock{"SELECT value FROM meta WHERE name = 'schema' FOR UPDATE", "n"};
    committing_ = false;
    Execute("BEGIN");
    try {
      if (Number(kLock) != static_cast<std::int64_t>(Migrations().size())) {
        RequireSchema(*this, "postgresql");
      }
    } catch (...) {
      Rollback();
      throw;
    }
  }
  void BeginKeyed(std::string_view key) override {
    static constexpr Query kLock{"SELECT pg_advisory_xact_lock(hashtextextended(:key, 7743))"};
    committing_ = false;
    Execute("BEGIN");
    try {
      Run(kLock, {key});
    } catch (...) {
      Rollback();
      throw;
    }
  }
  void Commit() override {
    committing_ = true;
    Connection::Commit();
    committing_ = false;
  }

  void SetPatience(Milliseconds patience) override {
    // The server gives up a little before the caller does: a lane that has its answer is not stuck.
    Execute("SET statement_timeout = " + std::to_string(patience.count() * 9 / 10));
    Execute("SET lock_timeout = " + std::to_string(patience.count() * 3 / 4));
  }

  bool MayHaveChanged() override { return true; }

  void AddProofs(const std::vector<NewProof>& rows, WallTime since, std::string_view source,
                 std::string_view reference) override;

  Error Explain(const std::exception& thrown, bool* keep) const override {
    *keep = false;
    const auto* failed = dynamic_cast<const soci::postgresql_soci_error*>(&thrown);
    const auto* any = dynamic_cast<const soci::soci_error*>(&thrown);
    const std::string text =
        "postgresql: " + OneLine(any != nullptr ? any->get_error_message() : thrown.what());
    if (failed == nullptr) return {ErrorKind::kInternal, text};
    const std::string state = failed->sqlstate();
    const auto* known = std::ranges::find_if(
        kStates, [&](const State& one) { return state.starts_with(one.prefix); });
    if (known != std::end(kStates)) return {known->kind, text};
    // Without a state the server has said nothing: the connection is gone.
    const bool silent = state.find_first_not_of(std::string_view(" \0", 2)) == std::string::npos;
    return {silent ? ErrorKind::kTemporary : ErrorKind::kInternal, text};
  }

  // The server is gone, and nothing was being committed: the work may be done again.
  bool MayRepeat() { return !committing_ && PQstatus(handle()) == CONNECTION_BAD; }
  // The server may or may not have committed.
  bool committing() const { return committing_; }

 private:
  PGconn* handle() {
    return static_cast<soci::postgresql_session_backend*>(session().sql().get_backend())->conn_;
  }
  [[noreturn]] void FailCopy() {
    throw Failure(ErrorKind::kTemporary, "postgresql: " + OneLine(PQerrorMessage(handle())));
  }

  bool committing_ = false;
};

// In COPY's text form, which escapes four bytes.
void AppendField(std::string_view text, char end, std::string* out) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        *out += "\\\\";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        *out += c;
    }
  }
  *out += end;
}

void PostgresqlConnection::AddProofs(const std::vector<NewProof>& rows, WallTime since,
                                     std::string_view source, std::string_view reference) {
  if (rows.empty()) return;
  PGconn* const connection = handle();
  using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
  const Answer begun(
      PQexec(connection, "COPY proofs (address, account, since, source, reference) FROM STDIN"),
      &PQclear);
  if (PQresultStatus(begun.get()) != PGRES_COPY_IN) FailCopy();
  std::string tail;
  AppendField(std::to_string(since.time_since_epoch().count()), '\t', &tail);
  AppendField(source, '\t', &tail);
  AppendField(reference, '\n', &tail);
  std::string text;
  for (const NewProof& row : rows) {
    RequireStorable(row.address);
    RequireStorable(row.account);
    AppendField(row.address, '\t', &text);
    AppendField(row.account, '\t', &text);
    text += tail;
  }
  if (PQputCopyData(connection, text.data(), static_cast<int>(text.size())) != 1 ||
      PQputCopyEnd(connection, nullptr) != 1) {
    FailCopy();
  }
  bool done = true;
  for (Answer result(PQgetResult(connection), &PQclear); result != nullptr;
       result.reset(PQgetResult(connection))) {
    done = done && PQresultStatus(result.get()) == PGRES_COMMAND_OK;
  }
  if (!done) FailCopy();
}

// libpq's words with what we want where the operator does not say otherwise, as a URI: SOCI 4.0
// looks for a word of its own in the text and breaks values that have blanks.
Result<std::string> CompleteWords(const std::string& words, Milliseconds timeout) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(words.c_str(), &why), &PQconninfoFree);
  const std::unique_ptr<char, decltype(&PQfreemem)> reason(why, &PQfreemem);
  if (options == nullptr) {
    return Fail(ErrorKind::kInvalid,
                "postgresql: " + OneLine(why != nullptr ? why : "cannot be read"));
  }
  const auto seconds =
      std::max<std::int64_t>(2, std::chrono::ceil<std::chrono::seconds>(timeout).count());
  std::string complete;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view key = option->keyword;
    std::string value = option->val != nullptr ? option->val : "";
    if (value.empty() && key == "application_name") value = "warifu";
    if (value.empty() && key == "connect_timeout") value = std::to_string(seconds);
    if (value.empty()) continue;
    complete.append(complete.empty() ? "postgresql:///?" : "&").append(key).append("=");
    for (const unsigned char c : value) {
      if (std::isalnum(c) != 0) {
        complete += static_cast<char>(c);
      } else {
        complete.append("%").append(ToHex({reinterpret_cast<const char*>(&c), 1}));
      }
    }
  }
  return complete;
}

class PostgresqlEngine final : public Engine {
 public:
  PostgresqlEngine(std::string words, const Options& options)
      : words_(std::move(words)),
        timeout_(options.timeout),
        pool_(Lanes(options),
              [words = words_, timeout = timeout_] { return Connect(words, timeout, true); }) {}

  std::string_view Kind() const override { return "postgresql"; }
  Result<void> Run(Work work) override { return RunOn(pool_, std::move(work), timeout_); }

  Result<void> RunLong(Work work) override {
    auto connection = Connect(words_, timeout_, true);
    if (!connection) return std::unexpected(std::move(connection.error()));
    bool keep = false;
    return Guard(
        **connection,
        [&](Connection& own) {
          own.SetPatience(Milliseconds(0));
          work(own);
        },
        &keep);
  }

  Result<Store::Health> Check(bool) override {
    // Counting millions of rows takes longer than a mail may wait, but a stopped server does not
    // hold whoever asks how it is.
    const Milliseconds patience = timeout_ * 30;
    auto health = std::make_shared<Store::Health>();
    const auto done = RunOn(
        pool_,
        [health, patience, usual = timeout_](Connection& own) {
          own.SetPatience(patience);
          own.BeginRead();
          Transaction transaction(own);
          *health = CheckHealth(own);
          transaction.Commit();
          own.SetPatience(usual);
        },
        patience);
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of the work's copy.
    if (!done && done.error().kind != ErrorKind::kInvalid) return std::unexpected(done.error());
    if (!done) health->problems.push_back(done.error().text);
    health->kind = Kind();
    return *health;
  }

  Result<void> Backup(const std::string&) override {
    return Fail(
        ErrorKind::kInvalid,
        "postgresql: back up with pg_dump --schema=warifu, or with the database's own backup");
  }

  // On a lane of its own, since a server may accept and never answer here too.
  Result<void> Migrate() {
    LanePool<PostgresqlConnection> pool(
        {.lanes = 1, .spare = 0},
        [words = words_, timeout = timeout_] { return Connect(words, timeout, false); });
    return RunOn(
        pool,
        [](Connection& own) {
          static constexpr Query kTurn{"SELECT pg_advisory_xact_lock(7743)"};
          static constexpr Query kSchemas{
              "SELECT count(*) FROM pg_namespace WHERE nspname = 'warifu'", "n"};
          own.Execute("BEGIN");
          Transaction transaction(own);
          own.Run(kTurn);  // several gateways start at once
          if (own.Number(kSchemas) == 0) own.Execute("CREATE SCHEMA warifu");
          store::Migrate(own, kPostgresqlDialect, Migrations(), "postgresql");
          transaction.Commit();
        },
        timeout_ * 5);
  }

 private:
  using ConnectionPool = LanePool<PostgresqlConnection>;

  static LaneOptions Lanes(const Options& options) {
    LaneOptions lanes;
    lanes.lanes = options.connections;
    return lanes;
  }

  static Result<std::unique_ptr<PostgresqlConnection>> Connect(const std::string& words,
                                                               Milliseconds timeout,
                                                               bool migrated) {
    std::unique_ptr<PostgresqlConnection> connection;
    try {
      connection = std::make_unique<PostgresqlConnection>(words, timeout);
    } catch (const std::exception& thrown) {
      return Unconnected(words, timeout, OneLine(thrown.what()));
    }
    bool keep = true;
    if (migrated) {
      const auto done =
          Guard(*connection, [](Connection& own) { RequireSchema(own, "postgresql"); }, &keep);
      if (!done) return std::unexpected(done.error());
    }
    return connection;
  }

  static std::unexpected<Error> Unconnected(const std::string& words, Milliseconds timeout,
                                            const std::string& text) {
    const std::string state = StateOfRefusal(words, timeout);
    if (!IsLastingRefusal(state)) return Fail(ErrorKind::kTemporary, "postgresql: " + text);
    return Fail(ErrorKind::kInvalid, "postgresql refuses the login (" + state +
                                         "): mend store.url, the password file that it or "
                                         "PGPASSFILE names, or the server's pg_hba.conf: " +
                                         text);
  }

  // A pool closes the connection after an error and, where `kOnce` says so, repeats what failed
  // with kTemporary on a connection that had worked before. Of these only a lost connection is
  // worth it, and only before the commit: so the others change their name while they pass.
  static Result<void> RunOn(ConnectionPool& pool, Work work, Milliseconds timeout) {
    const auto disguised = std::make_shared<std::atomic<bool>>(false);
    Result<void> done = pool.Run(
        [work = std::move(work), disguised](PostgresqlConnection& connection) -> Result<void> {
          bool keep = true;
          Result<void> result = Guard(connection, work, &keep);
          if (result || result.error().kind != ErrorKind::kTemporary) return result;
          if (connection.committing()) {
            result.error().text += " (while it was committing: the change may have been made)";
          }
          if (!connection.MayRepeat()) {
            disguised->store(true);
            result.error().kind = ErrorKind::kSystem;
          }
          return result;
        },
        timeout, Retry::kOnce);
    if (!done && disguised->load()) done.error().kind = ErrorKind::kTemporary;
    return done;
  }

  const std::string words_;
  const Milliseconds timeout_;
  ConnectionPool pool_;
};

}  // namespace

Result<std::unique_ptr<Engine>> OpenPostgresql(const std::string& words, const Options& options) {
  auto complete = CompleteWords(words, options.timeout);
  if (!complete) return std::unexpected(std::move(complete.error()));
  auto engine = std::make_unique<PostgresqlEngine>(std::move(*complete), options);
  if (auto migrated = engine->Migrate(); !migrated) {
    return std::unexpected(std::move(migrated.error()));
  }
  return engine;
}

}  // namespace warifu::store
