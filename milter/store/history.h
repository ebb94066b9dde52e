// History: one row for each change of state, written in its transaction; never changed later.
//
// The rows are also the news: their ids grow in the order of the commits, so a process that has
// seen all up to one id knows from the rest which addresses, accounts and breakers it must forget.
//
// Threads: as a connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/sql.h"
#include "store/store.h"

namespace warifu::store {

// Kinds of rows. Those of `kForgetAll` touched more than they name.
namespace event {
inline constexpr std::string_view kEnrol = "enrol", kMove = "move", kRelease = "release",
                                  kReturn = "return", kDispute = "dispute", kSettle = "settle",
                                  kResolve = "resolve", kRename = "rename", kImport = "import",
                                  kAnnounce = "announce", kExpire = "expire",
                                  kWithdraw = "withdraw", kGrant = "grant", kRevoke = "revoke",
                                  kLock = "lock", kUnlock = "unlock", kTrip = "breaker-open",
                                  kReset = "breaker-close", kIncident = "incident",
                                  kPrune = "prune", kErase = "erase";
inline constexpr std::string_view kForgetAll[] = {kImport, kRename, kPrune, kErase};
}  // namespace event

struct Entry {
  std::string_view kind;
  std::string_view address;  // "" where none is concerned
  Accounts accounts;         // all that the row concerns
  std::string before, after;
};
void Record(Connection& connection, const Entry& entry, const Act& act);

std::vector<HistoryRow> ReadHistory(Connection& connection, const HistoryQuery& query);

// What has happened behind a row.
struct News {
  std::int64_t last = 0;  // id of the newest row
  bool all = false;       // forget everything
  bool breakers = false;
  std::vector<std::string> addresses, accounts;
};
News ReadNews(Connection& connection, std::int64_t seen);

// "a, b".
std::string Join(const Accounts& accounts);
// Sorted, no doubles.
Accounts Sorted(Accounts accounts);
bool Share(const Accounts& one, const Accounts& other);
Accounts Union(const Accounts& one, const Accounts& other);

}  // namespace warifu::store
