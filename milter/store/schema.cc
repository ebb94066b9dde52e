#include "store/schema.h"

#include <array>
#include <utility>

namespace warifu::store {
namespace {

// Addresses and accounts are the canonical text of base and binding; times are microseconds.
constexpr std::string_view kVersion1[] = {
    // Who is proven to own what. Most addresses have one row here and none elsewhere.
    R"(CREATE TABLE proofs (
         address $text NOT NULL CHECK (address <> ''),
         account $text NOT NULL CHECK (account <> ''),
         since $number NOT NULL,
         source $text NOT NULL,
         reference $text NOT NULL,
         PRIMARY KEY (address, account)) $clustered)",
    "CREATE INDEX proofs_by_account ON proofs (account, address)",
    // What is unusual about an address: released, disputed, or both.
    R"(CREATE TABLE marks (
         address $text NOT NULL PRIMARY KEY,
         released $number,
         dispute $number,
         disputed $number,
         dispute_reference $text NOT NULL,
         dispute_detail $text NOT NULL,
         CHECK ((dispute IS NULL) = (disputed IS NULL)),
         CHECK (released IS NOT NULL OR dispute IS NOT NULL)) $clustered)",
    "CREATE INDEX marks_disputed ON marks (disputed) WHERE dispute IS NOT NULL",
    R"(CREATE TABLE changes (
         id $id,
         address $text NOT NULL CHECK (address <> ''),
         from_account $text NOT NULL,
         to_account $text NOT NULL,
         reference $text NOT NULL,
         announced_by $text NOT NULL,
         announced $number NOT NULL,
         valid_until $number NOT NULL,
         state $number NOT NULL,
         settled $number) $plain)",
    "CREATE INDEX changes_by_address ON changes (address)",
    "CREATE INDEX changes_by_state ON changes (state, valid_until)",
    R"(CREATE TABLE grants (
         account $text NOT NULL CHECK (account <> ''),
         target $text NOT NULL CHECK (target <> ''),
         reference $text NOT NULL,
         granted_by $text NOT NULL,
         since $number NOT NULL,
         ends $number,
         PRIMARY KEY (account, target)) $clustered)",
    R"(CREATE TABLE locks (
         account $text NOT NULL CHECK (account <> ''),
         scope $number NOT NULL,
         reason $text NOT NULL,
         reference $text NOT NULL,
         locked_by $text NOT NULL,
         since $number NOT NULL,
         ends $number,
         PRIMARY KEY (account, scope)) $clustered)",
    // Notices of one transaction, tied by the digest of its token.
    R"(CREATE TABLE flows (
         token $text NOT NULL PRIMARY KEY,
         expires $number NOT NULL) $clustered)",
    R"(CREATE TABLE flow_steps (
         id $id,
         token $text NOT NULL REFERENCES flows (token) ON DELETE CASCADE,
         notice $text NOT NULL,
         account $text NOT NULL,
         address $text NOT NULL,
         happened $number NOT NULL) $plain)",
    "CREATE INDEX flow_steps_by_token ON flow_steps (token)",
    "CREATE INDEX flow_steps_by_account ON flow_steps (account)",
    "CREATE INDEX flows_by_end ON flows (expires)",
    // When a mailbox last got a notice for an account.
    R"(CREATE TABLE fan_in (
         mailbox $text NOT NULL,
         account $text NOT NULL,
         notice $text NOT NULL,
         happened $number NOT NULL,
         PRIMARY KEY (mailbox, account, notice)) $clustered)",
    "CREATE INDEX fan_in_by_notice ON fan_in (notice, happened)",
    "CREATE INDEX fan_in_by_account ON fan_in (account)",
    // When an account last gave an alarm in a scope.
    R"(CREATE TABLE alarms (
         scope $text NOT NULL,
         account $text NOT NULL,
         happened $number NOT NULL,
         PRIMARY KEY (scope, account)) $clustered)",
    R"(CREATE TABLE breakers (
         scope $text NOT NULL PRIMARY KEY,
         opened $number NOT NULL,
         ends $number,
         reason $text NOT NULL,
         reference $text NOT NULL,
         opened_by $text NOT NULL) $clustered)",
    R"(CREATE TABLE incidents (
         reference $text NOT NULL PRIMARY KEY,
         happened $number NOT NULL,
         kind $text NOT NULL,
         action $text NOT NULL,
         gateway $text NOT NULL,
         queue_id $text NOT NULL,
         account $text NOT NULL,
         client $text NOT NULL,
         sender $text NOT NULL,
         recipients $text NOT NULL,
         reasons $text NOT NULL,
         summary $text NOT NULL,
         state $text NOT NULL,
         settled $number,
         settled_by $text NOT NULL,
         settled_reference $text NOT NULL,
         settled_why $text NOT NULL) $plain)",
    "CREATE INDEX incidents_by_time ON incidents (happened)",
    "CREATE INDEX incidents_by_queue_id ON incidents (queue_id)",
    "CREATE INDEX incidents_by_account ON incidents (account)",
    // What happened: append-only. Its ids grow in the order of the commits, so it also tells every
    // process what to forget.
    R"(CREATE TABLE history (
         id $id,
         kind $text NOT NULL,
         address $text NOT NULL,
         accounts $text NOT NULL,
         who $text NOT NULL,
         happened $number NOT NULL,
         reference $text NOT NULL,
         why $text NOT NULL,
         was $text NOT NULL,
         became $text NOT NULL) $plain)",
    "CREATE INDEX history_by_address ON history (address, id)",
    "CREATE INDEX history_by_time ON history (happened)",
    R"(CREATE TABLE history_accounts (
         account $text NOT NULL,
         id $number NOT NULL REFERENCES history (id) ON DELETE CASCADE,
         PRIMARY KEY (account, id)) $clustered)",
    "CREATE INDEX history_accounts_by_id ON history_accounts (id)",
};

// A bulk rename and an erasure look for an account in every table.
constexpr std::string_view kVersion2[] = {
    "CREATE INDEX changes_by_giver ON changes (from_account)",
    "CREATE INDEX changes_by_taker ON changes (to_account)",
    "CREATE INDEX alarms_by_account ON alarms (account)",
    "CREATE INDEX incidents_by_sender ON incidents (sender)",
};

// After a mass swap a scope has many alarms, and each looks at those that have run out.
constexpr std::string_view kVersion3[] = {
    "CREATE INDEX alarms_by_time ON alarms (scope, happened)",
};

// A client that tries again is one incident.
constexpr std::string_view kVersion4[] = {
    "ALTER TABLE incidents ADD COLUMN times $number NOT NULL DEFAULT 1",
    "ALTER TABLE incidents ADD COLUMN latest $number",
};

constexpr Migration kMigrations[] = {{kVersion1}, {kVersion2}, {kVersion3}, {kVersion4}};

constexpr Query kSchema{"SELECT value FROM meta WHERE name = 'schema'", "n"};
constexpr Query kMakeSchema{"INSERT INTO meta (name, value) VALUES ('schema', :version)"};
constexpr Query kSetSchema{"UPDATE meta SET value = :version WHERE name = 'schema'"};

std::string Spell(std::string_view statement, const Dialect& dialect) {
  const std::array<std::pair<std::string_view, std::string_view>, 5> words{{
      {"$id", dialect.id},
      {"$text", dialect.text},
      {"$number", dialect.number},
      {"$clustered", dialect.clustered},
      {"$plain", dialect.plain},
  }};
  std::string spelled(statement);
  for (const auto& [word, meaning] : words) {
    for (auto at = spelled.find(word); at != std::string::npos; at = spelled.find(word, at)) {
      spelled.replace(at, word.size(), meaning);
      at += meaning.size();
    }
  }
  return spelled;
}

[[noreturn]] void RefuseVersion(const std::string& where, std::int64_t found, std::size_t known) {
  throw Failure(ErrorKind::kInvalid,
                where + ": the store has schema version " + std::to_string(found) +
                    " and this warifu knows " + std::to_string(known) +
                    (found > static_cast<std::int64_t>(known)
                         ? ": use the newer warifu that wrote it, or restore an older backup"
                         : ": it was replaced while in use; restart warifu-milter"));
}

}  // namespace

const Dialect kSqliteDialect{
    .id = "INTEGER PRIMARY KEY AUTOINCREMENT",
    .text = "TEXT",
    .number = "INTEGER",
    .clustered = "STRICT, WITHOUT ROWID",
    .plain = "STRICT",
    .tables = {"SELECT count(*) FROM sqlite_master WHERE type = 'table'", "n"},
    .meta = {"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'", "n"},
};

const Dialect kPostgresqlDialect{
    .id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    .text = "TEXT COLLATE \"C\"",
    .number = "BIGINT",
    .clustered = "",
    .plain = "",
    .tables = {"SELECT count(*) FROM pg_tables WHERE schemaname = 'warifu'", "n"},
    .meta = {"SELECT count(*) FROM pg_tables WHERE schemaname = 'warifu' AND tablename = 'meta'",
             "n"},
};

std::span<const Migration> Migrations() {
  return kMigrations;
}

int SchemaVersion(Connection& connection) {
  return static_cast<int>(connection.Number(kSchema));
}

void RequireSchema(Connection& connection, const std::string& where) {
  const int version = SchemaVersion(connection);
  if (version != static_cast<int>(std::size(kMigrations))) {
    RefuseVersion(where, version, std::size(kMigrations));
  }
}

void RequireOurs(Connection& connection, const Dialect& dialect, const std::string& where) {
  if (connection.Number(dialect.tables) > 0 && connection.Number(dialect.meta) == 0) {
    throw Failure(ErrorKind::kInvalid, where + ": holds tables of another program, no store");
  }
}

void Migrate(Connection& connection, const Dialect& dialect, std::span<const Migration> migrations,
             const std::string& where) {
  RequireOurs(connection, dialect, where);
  if (connection.Number(dialect.tables) == 0) {
    connection.Execute(Spell(
        "CREATE TABLE meta (name $text NOT NULL PRIMARY KEY, value $number NOT NULL) $clustered",
        dialect));
    connection.Run(kMakeSchema, {0});
  }
  const auto found = connection.Number(kSchema);
  if (found < 0) throw Failure(ErrorKind::kInvalid, where + ": names no schema version");
  const auto from = static_cast<std::size_t>(found);
  if (from > migrations.size()) RefuseVersion(where, found, migrations.size());
  if (from == migrations.size()) return;
  for (std::size_t version = from; version < migrations.size(); ++version) {
    for (const std::string_view statement : migrations[version].statements) {
      connection.Execute(Spell(statement, dialect));
    }
  }
  connection.Run(kSetSchema, {migrations.size()});
}

}  // namespace warifu::store
