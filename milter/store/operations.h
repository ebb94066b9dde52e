// Operations: what each member of Store does on a connection, by concern (one file each).
//
// Those that write run inside of a transaction that holds the writers' lock, but for flows, fan-in,
// alarms and new incidents, which write no history and need only their key's turn. They check what
// they are given and throw Failure (kInvalid) for names that are empty or sets that are.
//
// Threads: as a connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/sql.h"
#include "store/store.h"

namespace warifu::store {

// ── ledger.cc ──────────────────────────────────────────────────────────────────────────────────
AddressRecord ReadAddress(Connection& connection, std::string_view address);
bool Enrol(Connection& connection, std::string_view address, const Accounts& accounts,
           std::string_view source, const Act& act);
Moved Move(Connection& connection, std::string_view address, const Accounts& before,
           const Accounts& after, std::int64_t change, std::string_view source, const Act& act);
void MarkReleased(Connection& connection, std::string_view address, const Act& act);
void ClearReleased(Connection& connection, std::string_view address, const Act& act);
void Resolve(Connection& connection, std::string_view address, std::string_view owner,
             const Act& act);
std::vector<std::string> AddressesOf(Connection& connection, std::string_view account,
                                     std::size_t limit);
// Replaces the proven owners; those that stay keep their proof.
void WriteProofs(Connection& connection, std::string_view address, const std::vector<Proof>& before,
                 const Accounts& after, std::string_view source, const Act& act);

// ── marks.cc: released, disputed ───────────────────────────────────────────────────────────────
struct Mark {
  std::optional<WallTime> released;
  std::optional<Dispute> dispute;
};
// Writes what is left; a mark that says nothing goes.
void WriteMark(Connection& connection, std::string_view address, const Mark& mark);
// The mark in columns `first`… of a row: released, dispute, disputed, reference, detail.
Mark ReadMark(const Row& row, std::size_t first);
bool AddDispute(Connection& connection, std::string_view address, const Dispute& dispute,
                const Act& act);
bool EndPinDispute(Connection& connection, std::string_view address, const Act& act);
std::vector<std::pair<std::string, Dispute>> ReadDisputes(Connection& connection,
                                                          std::size_t limit);

// ── rename.cc ──────────────────────────────────────────────────────────────────────────────────
std::uint64_t RenameAccounts(Connection& connection,
                             const std::vector<std::pair<std::string, std::string>>& names,
                             const Act& act);

// ── changes.cc ─────────────────────────────────────────────────────────────────────────────────
std::vector<Change> ChangesOf(Connection& connection, std::string_view address, WallTime now);
std::vector<Change> ReadChanges(Connection& connection, std::string_view address, ChangeState state,
                                std::size_t limit);
std::uint64_t Announce(Connection& connection, const std::vector<Change>& changes, const Act& act);
// False when it is not open any more.
bool UseChange(Connection& connection, std::int64_t change, WallTime at);
std::vector<Change> ExpireChanges(Connection& connection, WallTime now);
bool WithdrawChange(Connection& connection, std::int64_t change, const Act& act);

// ── accounts.cc: grants and locks ──────────────────────────────────────────────────────────────
std::vector<Grant> ReadGrants(Connection& connection, std::string_view account);
std::vector<Lock> ReadLocks(Connection& connection, std::string_view account);
void AddGrant(Connection& connection, const Grant& grant, const Act& act);
bool RemoveGrant(Connection& connection, std::string_view account, std::string_view target,
                 const Act& act);
std::uint64_t AddLocks(Connection& connection, const std::vector<Lock>& locks, const Act& act);
std::uint64_t RemoveLocks(Connection& connection, const Accounts& accounts, const Act& act);
// A row of account, scope, reason, reference, by, since, end.
Lock ReadLock(const Row& row);

// ── account_list.cc ────────────────────────────────────────────────────────────────────────────
AccountList ListAccounts(Connection& connection, const AccountQuery& query);

// ── notices.cc: flows, fan-in ──────────────────────────────────────────────────────────────────
std::vector<Store::FlowStep> AddFlowStep(Connection& connection, std::string_view token,
                                         const Store::FlowStep& step, WallTime expires);
Accounts AddFanIn(Connection& connection, std::string_view mailbox, std::string_view account,
                  std::string_view notice, WallTime at, WallTime since);

// ── breakers.cc ────────────────────────────────────────────────────────────────────────────────
AlarmCount AddAlarm(Connection& connection, std::string_view scope, std::string_view account,
                    WallTime at, WallTime since, std::uint64_t most);
std::vector<Breaker> ReadBreakers(Connection& connection);
bool OpenBreaker(Connection& connection, const Breaker& breaker, const Act& act);
bool CloseBreaker(Connection& connection, std::string_view scope, const Act& act);

// ── incidents.cc ───────────────────────────────────────────────────────────────────────────────
void AddIncident(Connection& connection, const Incident& incident);
bool RepeatIncident(Connection& connection, const Incident& incident);
std::vector<Incident> ReadIncidents(Connection& connection, const IncidentQuery& query);
bool SettleIncident(Connection& connection, std::string_view reference, std::string_view state,
                    const Act& act);
// A pattern of LIKE (escape: '!') that finds `address` in ", " + recipients + ",".
std::string AmongRecipients(std::string_view address);

// ── import.cc ──────────────────────────────────────────────────────────────────────────────────
class SortedRows;
// Compares a sorted directory with the ledger and takes it over, in transactions of its own; one of
// them writes.
Comparison ImportDirectory(Connection& connection, SortedRows& rows, const ImportOptions& options,
                           const Act& act);

// ── upkeep.cc ──────────────────────────────────────────────────────────────────────────────────
Store::Health CheckHealth(Connection& connection);
Store::Waiting CountWaiting(Connection& connection);
// One portion, at most `most` rows a table.
Store::Pruned PrunePortion(Connection& connection, WallTime before, WallTime now, std::size_t most);
void RecordPrune(Connection& connection, const Store::Pruned& pruned, const Act& act);

// ── erase.cc ───────────────────────────────────────────────────────────────────────────────────
std::uint64_t EraseAccount(Connection& connection, std::string_view account, const Act& act);

}  // namespace warifu::store
