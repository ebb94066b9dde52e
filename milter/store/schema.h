// Schema: the tables of the store, as numbered migrations.
//
// One text for both engines; the few words that differ are placeholders ($id, $text, $number,
// $clustered) that the engine's Dialect fills in. A migration that has been released is never
// edited: a new one follows it. Migrate() brings a store from its version to the last one in one
// transaction, so a daemon that dies on the way leaves the old version whole.
//
// Threads: pure but for the connection.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "store/sql.h"

namespace warifu::store {

// The words that the engines spell differently.
struct Dialect {
  std::string_view id;         // a column that numbers rows, never twice
  std::string_view text;       // text compared byte by byte
  std::string_view number;     // 64 bits
  std::string_view clustered;  // behind a table that lies in the order of its key
  std::string_view plain;      // behind any other
  Query tables;                // counts the tables that stand where ours go
  Query meta;                  // counts those that are called "meta"
};
extern const Dialect kSqliteDialect;
extern const Dialect kPostgresqlDialect;

// What brings version n - 1 to version n.
struct Migration {
  std::span<const std::string_view> statements;
};
std::span<const Migration> Migrations();

// Makes or migrates the store at `where`. Throws Failure: kInvalid for a newer schema (both
// versions are named) and for tables of something else.
void Migrate(Connection& connection, const Dialect& dialect, std::span<const Migration> migrations,
             const std::string& where);

// Throws when tables stand there that are another program's.
void RequireOurs(Connection& connection, const Dialect& dialect, const std::string& where);
// Throws unless the store has the version of this program.
void RequireSchema(Connection& connection, const std::string& where);
// 0: not a store.
int SchemaVersion(Connection& connection);

}  // namespace warifu::store
