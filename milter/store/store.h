// Store: warifu's own durable record of who owns which address, and of what happened to it.
//
// One schema on SQLite (WAL, the embedded default) and on PostgreSQL (several gateways), behind one
// interface. Open() migrates an older schema and refuses a newer one.
//
// Guarantees: a call that returned a value is durable (but for Refresh and reads); every change of
// state and its history row are one transaction, so kill -9 leaves none or both. A change is used
// once, also when two processes try at the same moment. No call takes longer than
// Options::timeout: beyond it kTemporary comes back, also when a server accepts and never answers.
// A stored row of a wrong shape is an error, never "no row".
//
// What is read often (address records, grants, locks, breakers) is kept in memory until the
// generation of the store moves; Refresh() looks. Whoever needs to see what another process did
// calls it first: the inspection does, at MAIL, at each RCPT and at the end.
//
// SECURITY: values are bound, never pasted into SQL. The file is 0600 of the daemon's user.
// Threads: all members may be called from any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/histogram.h"
#include "store/records.h"

namespace warifu::store {

struct Options {
  // "sqlite:/var/lib/warifu/warifu.db" or "postgresql:host=… dbname=…" (libpq's own words).
  std::string url = {};
  std::chrono::milliseconds timeout{2'000};
  std::size_t connections = 4;
  std::size_t cached_addresses = 200'000;
};

enum class Moved : std::uint8_t {
  kMoved,
  kRaced,  // the ledger no longer says `before`, or the change has been used: look again
};

// What a search of incidents asks for; empty members match all.
struct IncidentQuery {
  std::string text = {};  // reference, queue id, account or address
  std::string state = {};
  WallTime since = {};
  std::size_t limit = 100;
};

// Which accounts a list holds: those that are locked at `now`, those that a notice named, or, with
// `locked` and a notice, those of both.
struct AccountQuery {
  bool locked = false;
  std::string notice = {};  // its id; "": those that are locked
  WallTime since = {};      // of the notice
  WallTime now = {};
  std::size_t limit = 100;
};

struct ListedAccount {
  struct Notice {
    std::string mailbox = {};
    WallTime at = {};  // the last one for this account to it
  };
  std::string account = {};
  std::vector<Lock> locks = {};
  std::vector<Notice> notices = {};  // the newest first
};

struct AccountList {
  std::uint64_t total = 0;                   // also of those beyond the limit
  std::vector<ListedAccount> accounts = {};  // by name
  // Where nothing is found: the ids of notices that have been seen, since one may be mistyped.
  std::vector<std::string> known_notices = {};
};

struct HistoryQuery {
  std::string address = {}, account = {};
  WallTime since = {};
  std::size_t limit = 100;  // the newest
};

// One address of a whole directory.
struct DirectoryRow {
  std::string address = {};
  Accounts accounts = {};
};
// Gives the next row and true, or false at the end.
using DirectoryRows = std::function<Result<bool>(DirectoryRow*)>;

// How a whole directory compares with the ledger.
struct Comparison {
  std::uint64_t rows = 0;       // of the directory
  std::uint64_t same = 0;       // share an owner with the ledger
  std::uint64_t differs = 0;    // of these: not all are the same; the difference is taken over
  std::uint64_t added = 0;      // not in the ledger
  std::uint64_t gone = 0;       // in the ledger, not in the directory
  std::uint64_t explained = 0;  // moved, by an announced change or after the cool-off
  std::uint64_t swapped = 0;    // moved, and nothing explains it
  std::uint64_t doubled = 0;    // stand twice in the directory, with different owners
  struct Swap {
    std::string address = {};
    Accounts directory = {}, ledger = {};
  };
  std::vector<Swap> swaps = {};           // the first `listed`
  std::vector<std::string> doubles = {};  // likewise; nothing is written of these
  bool refused = false;  // nothing was written: too many swaps, or an empty directory
};

struct ImportOptions {
  std::uint64_t max_unexplained = 0;  // more refuse the import whole
  std::size_t listed = 100'000;       // swaps that are named
  bool write = true;                  // false: compare only (audit)
  bool dispute = false;               // mark swapped addresses as disputed, in the same transaction
  // A released address may have a new owner without a change after this time.
  std::chrono::microseconds cool_off = std::chrono::days{180};
  // Rows read from the directory so far, and of these compared.
  std::function<void(std::uint64_t read, std::uint64_t compared)> progress = {};
};

class Store {
 public:
  virtual ~Store() = default;

  // Sees what other processes have changed, from here on. Call before the reads of one decision.
  virtual Result<void> Refresh() = 0;

  // ── Read by the checks ───────────────────────────────────────────────────────────────────────
  virtual Result<AddressRecord> Find(std::string_view address) = 0;
  // Open changes of an address that are valid at `now`.
  virtual Result<std::vector<Change>> ChangesOf(std::string_view address, WallTime now) = 0;
  // Of an account, those that hold at `now`.
  virtual Result<std::vector<Grant>> GrantsOf(std::string_view account, WallTime now) = 0;
  virtual Result<std::vector<Lock>> LocksOf(std::string_view account, WallTime now) = 0;
  // All that are open at `now`.
  virtual Result<std::vector<Breaker>> Breakers(WallTime now) = 0;

  // ── Ledger ───────────────────────────────────────────────────────────────────────────────────
  // Adds an address that has no row; false when it has one by now, or is disputed.
  virtual Result<bool> Enrol(std::string_view address, const Accounts& accounts,
                             std::string_view source, const Act& act) = 0;
  // From exactly `before` to `after`; with a change, uses it up. Ends a dispute by kPin. To nobody:
  // the address is released, and whose it was stays known.
  virtual Result<Moved> Move(std::string_view address, const Accounts& before,
                             const Accounts& after, std::int64_t change, std::string_view source,
                             const Act& act) = 0;
  // The directory no longer has the address / has it again with the same owner.
  virtual Result<void> MarkReleased(std::string_view address, const Act& act) = 0;
  virtual Result<void> ClearReleased(std::string_view address, const Act& act) = 0;
  // A dispute that is there already stays, but for kPin, which any other kind replaces.
  // True when it is new.
  virtual Result<bool> AddDispute(std::string_view address, const Dispute& dispute,
                                  const Act& act) = 0;
  // Ends a dispute by kPin, and no other; true when there was one.
  virtual Result<bool> EndPinDispute(std::string_view address, const Act& act) = 0;
  // A person's word: ends any dispute and makes `owner` the proven one. kNotFound: no such address.
  virtual Result<void> Resolve(std::string_view address, std::string_view owner,
                               const Act& act) = 0;
  virtual Result<std::vector<std::pair<std::string, Dispute>>> Disputes(std::size_t limit) = 0;
  virtual Result<std::vector<std::string>> AddressesOf(std::string_view account,
                                                       std::size_t limit) = 0;
  // Old name → new name, all or none, at one moment (a → b and b → a swap). Returns how many ledger
  // rows moved. kInvalid: two accounts would become one.
  virtual Result<std::uint64_t> RenameAccounts(
      const std::vector<std::pair<std::string, std::string>>& names, const Act& act) = 0;
  // Compares a whole directory with the ledger and, with `write`, takes it over in one transaction:
  // new rows enrolled, explained ones moved, gone ones marked released; swapped ones never. One
  // history row tells of all that was enrolled. Others read and write meanwhile;
  // only where more than 20,000 rows differ, who writes waits.
  virtual Result<Comparison> Import(const DirectoryRows& rows, const ImportOptions& options,
                                    const Act& act) = 0;

  // ── Changes, grants, locks ───────────────────────────────────────────────────────────────────
  // All or none; returns the number of new ones. The same change announced again is none.
  virtual Result<std::uint64_t> Announce(const std::vector<Change>& changes, const Act& act) = 0;
  virtual Result<std::vector<Change>> Changes(std::string_view address, ChangeState state,
                                              std::size_t limit) = 0;
  // Open ones that ran out before `now`; they are marked and returned.
  virtual Result<std::vector<Change>> ExpireChanges(WallTime now) = 0;
  // False when it is no longer open.
  virtual Result<bool> WithdrawChange(std::int64_t change, const Act& act) = 0;
  virtual Result<void> AddGrant(const Grant& grant, const Act& act) = 0;
  virtual Result<bool> RemoveGrant(std::string_view account, std::string_view target,
                                   const Act& act) = 0;
  // All or none; returns how many are new. An account has one lock a scope: a later one replaces
  // it.
  virtual Result<std::uint64_t> AddLocks(const std::vector<Lock>& locks, const Act& act) = 0;
  // Returns how many accounts were locked.
  virtual Result<std::uint64_t> RemoveLocks(const Accounts& accounts, const Act& act) = 0;
  // Accounts that are locked, had a notice, or both: what is left of an abuse to be dealt with.
  virtual Result<AccountList> ListAccounts(const AccountQuery& query) = 0;

  // ── Notices ──────────────────────────────────────────────────────────────────────────────────
  struct FlowStep {
    std::string notice = {};   // its id
    std::string account = {};  // that it names
    std::string address = {};  // that it goes to
    WallTime at = {};
  };
  // Adds a step to the flow of a token (a keyed digest) and returns all steps, oldest first. The
  // same notice to the same address again (a retry) adds none.
  virtual Result<std::vector<FlowStep>> AddFlowStep(std::string_view token, const FlowStep& step,
                                                    WallTime expires) = 0;
  // Notes that a mailbox got a notice for an account; returns the distinct accounts since `since`.
  virtual Result<Accounts> AddFanIn(std::string_view mailbox, std::string_view account,
                                    std::string_view notice, WallTime at, WallTime since) = 0;

  // ── Breaker ──────────────────────────────────────────────────────────────────────────────────
  // Notes an alarm of an account in a scope; returns the distinct accounts since `since`, counted
  // up to `most`: after a mass swap each alarm would else count all that came before it.
  virtual Result<AlarmCount> AddAlarm(std::string_view scope, std::string_view account, WallTime at,
                                      WallTime since, std::uint64_t most) = 0;
  virtual Result<bool> OpenBreaker(const Breaker& breaker, const Act& act) = 0;
  // The alarms of the scope that it had are forgotten with it.
  virtual Result<bool> CloseBreaker(std::string_view scope, const Act& act) = 0;

  // ── Incidents and history ────────────────────────────────────────────────────────────────────
  virtual Result<void> AddIncident(const Incident& incident) = 0;
  // The same thing happened again at `incident.at`: counts it in the row of its reference, or adds
  // that where there is none. False when a person has settled it meanwhile.
  virtual Result<bool> RepeatIncident(const Incident& incident) = 0;
  virtual Result<std::vector<Incident>> Incidents(const IncidentQuery& query) = 0;
  // "open" → `state`; false when it is no longer open.
  virtual Result<bool> SettleIncident(std::string_view reference, std::string_view state,
                                      const Act& act) = 0;
  virtual Result<std::vector<HistoryRow>> History(const HistoryQuery& query) = 0;

  // ── Upkeep ───────────────────────────────────────────────────────────────────────────────────
  struct Health {
    std::string kind = {};  // "sqlite", "postgresql"
    int schema = 0;
    std::uint64_t addresses = 0, accounts = 0, disputes = 0, open_changes = 0, locks = 0,
                  open_incidents = 0, history = 0;
    std::vector<std::string> problems = {};  // what is damaged or does not fit together
  };
  // What waits for a person, counted.
  struct Waiting {
    std::uint64_t disputes = 0, open_changes = 0, locks = 0, open_incidents = 0;
    std::uint64_t held = 0;  // of the open incidents
  };
  virtual Result<Waiting> CountWaiting() = 0;
  // How long calls took since the start, but for those that people make on the whole store.
  virtual Histogram latency() const = 0;
  // `deep`: the engine's own integrity check, too.
  virtual Result<Health> Check(bool deep) = 0;
  // A consistent copy; SQLite only (PostgreSQL: kInvalid, says to use pg_dump).
  virtual Result<void> Backup(const std::string& path) = 0;
  struct Pruned {
    std::uint64_t history = 0, incidents = 0, changes = 0, flows = 0, fan_in = 0;
  };
  // History, settled incidents, settled changes and counters before `before`; flows that have
  // expired at `now`. The ledger stays. Done in portions, so that others can write in between.
  virtual Result<Pruned> Prune(WallTime before, WallTime now, const Act& act) = 0;
  // Everything about one account and the addresses that are its alone. One history row says that it
  // was done, without the name: act.reference leads to it. Returns the rows gone.
  virtual Result<std::uint64_t> Erase(std::string_view account, const Act& act) = 0;
};

// kInvalid: a wrong URL, a newer schema (it names both versions), a file that is no store.
// kSystem: cannot be opened or made. kTemporary: the server does not answer.
Result<std::unique_ptr<Store>> Open(const Options& options);

// For a daemon: as Open(), but where that gives kTemporary the store opens itself later, by the
// first call that finds the server (or a free lock, or room on the disk). Until then every call
// gives that error within its time-out; `*late` holds it here, and nothing where the store is open.
Result<std::unique_ptr<Store>> OpenSoon(const Options& options, std::optional<Error>* late);

}  // namespace warifu::store
