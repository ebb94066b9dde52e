#include "store/store.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "store/cache.h"
#include "store/engine.h"
#include "store/history.h"
#include "store/operations.h"
#include "store/sorted_rows.h"

namespace warifu::store {
namespace {

using Names = std::vector<std::pair<std::string, std::string>>;
constexpr std::size_t kMany = 50;        // rows that are written within the time-out of a mail
constexpr std::size_t kPortion = 1'000;  // rows a table that one transaction of a prune takes

// What the checks ask about an account.
struct AccountRecord {
  std::vector<Grant> grants;
  std::vector<Lock> locks;
};

// Those of `all` (a member of what was read, or all of it) that hold at `now`.
template <typename R, typename F>
auto HoldAt(WallTime now, Result<R> read, F all) -> Result<std::decay_t<decltype(all(*read))>> {
  if (!read) return std::unexpected(std::move(read.error()));
  auto held = all(*read);
  std::erase_if(held, [now](const auto& one) { return one.until && *one.until <= now; });
  return held;
}

// What is kept of the store. Shared with the work that refreshes it, which may outlive its caller.
class Memory {
 public:
  explicit Memory(const Options& options)
      : addresses(options.cached_addresses), accounts(options.cached_addresses), breakers(1) {}

  // Forgets what has changed. It is done before the connection goes on to the next caller, for
  // whom that connection would have no news.
  void CatchUp(Connection& connection, bool by_ourselves) {
    try {
      if (!connection.MayHaveChanged() && !by_ourselves) return;
      Apply(ReadNews(connection, seen_.load()));
    } catch (...) {
      ForgetAll();
      throw;
    }
  }

  // After a change of our own has been committed. Where its news cannot be read all is forgotten,
  // and the change stands all the same.
  void SeeOwnChange(Connection& connection) {
    try {
      CatchUp(connection, true);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
      // CatchUp() has forgotten all; the connection's trouble is its next user's.
    }
  }

  void ForgetAll() {
    addresses.Clear();
    accounts.Clear();
    breakers.Clear();
  }

  Cache<AddressRecord> addresses;
  Cache<AccountRecord> accounts;
  Cache<std::vector<Breaker>> breakers;

 private:
  void Apply(const News& news) {
    if (news.all) {
      ForgetAll();
      seen_ = news.last;
    }
    for (const std::string& address : news.addresses) addresses.Forget(address);
    for (const std::string& account : news.accounts) accounts.Forget(account);
    if (news.breakers) breakers.Clear();
    for (std::int64_t seen = seen_.load(); seen < news.last;) {
      if (seen_.compare_exchange_weak(seen, news.last)) break;
    }
  }

  std::atomic<std::int64_t> seen_{0};  // id of the newest history row whose news are applied
};

class StoreOnEngine final : public Store {
 public:
  StoreOnEngine(std::unique_ptr<Engine> engine, const Options& options)
      : engine_(std::move(engine)), memory_(std::make_shared<Memory>(options)) {}

  Result<void> Refresh() override { return CatchUp(false); }

  // ── Read by the checks ─────────────────────────────────────────────────────────────────────────
  Result<AddressRecord> Find(std::string_view address) override {
    return Cached(memory_->addresses, address,
                  [](Connection& c, std::string_view name) { return ReadAddress(c, name); });
  }
  Result<std::vector<Change>> ChangesOf(std::string_view address, WallTime now) override {
    return Read([address = std::string(address), now](Connection& c) {
      return store::ChangesOf(c, address, now);
    });
  }
  Result<std::vector<Grant>> GrantsOf(std::string_view account, WallTime now) override {
    return HoldAt(now, Account(account), [](AccountRecord& record) { return record.grants; });
  }
  Result<std::vector<Lock>> LocksOf(std::string_view account, WallTime now) override {
    return HoldAt(now, Account(account), [](AccountRecord& record) { return record.locks; });
  }
  Result<std::vector<Breaker>> Breakers(WallTime now) override {
    return HoldAt(now,
                  Cached(memory_->breakers, "all",
                         [](Connection& c, std::string_view) { return ReadBreakers(c); }),
                  [](std::vector<Breaker>& all) { return all; });
  }

  // ── Ledger ─────────────────────────────────────────────────────────────────────────────────────
  Result<bool> Enrol(std::string_view address, const Accounts& accounts, std::string_view source,
                     const Act& act) override {
    return Write([=, address = std::string(address), source = std::string(source)](Connection& c) {
      return store::Enrol(c, address, accounts, source, act);
    });
  }
  Result<Moved> Move(std::string_view address, const Accounts& before, const Accounts& after,
                     std::int64_t change, std::string_view source, const Act& act) override {
    return Write([=, address = std::string(address), source = std::string(source)](Connection& c) {
      return store::Move(c, address, before, after, change, source, act);
    });
  }
  Result<void> MarkReleased(std::string_view address, const Act& act) override {
    return Write([=, address = std::string(address)](Connection& c) {
      store::MarkReleased(c, address, act);
    });
  }
  Result<void> ClearReleased(std::string_view address, const Act& act) override {
    return Write([=, address = std::string(address)](Connection& c) {
      store::ClearReleased(c, address, act);
    });
  }
  Result<bool> AddDispute(std::string_view address, const Dispute& dispute,
                          const Act& act) override {
    return Write([=, address = std::string(address)](Connection& c) {
      return store::AddDispute(c, address, dispute, act);
    });
  }
  Result<bool> EndPinDispute(std::string_view address, const Act& act) override {
    return Write([=, address = std::string(address)](Connection& c) {
      return store::EndPinDispute(c, address, act);
    });
  }
  Result<void> Resolve(std::string_view address, std::string_view owner, const Act& act) override {
    return Write([=, address = std::string(address), owner = std::string(owner)](Connection& c) {
      store::Resolve(c, address, owner, act);
    });
  }
  Result<std::vector<std::pair<std::string, Dispute>>> Disputes(std::size_t limit) override {
    return Read([limit](Connection& c) { return ReadDisputes(c, limit); });
  }
  Result<std::vector<std::string>> AddressesOf(std::string_view account,
                                               std::size_t limit) override {
    return Read([limit, account = std::string(account)](Connection& c) {
      return store::AddressesOf(c, account, limit);
    });
  }
  Result<std::uint64_t> RenameAccounts(const Names& names, const Act& act) override {
    return WriteLong([&](Connection& c) { return store::RenameAccounts(c, names, act); });
  }
  Result<Comparison> Import(const DirectoryRows& rows, const ImportOptions& options,
                            const Act& act) override;

  // ── Changes, grants, locks ─────────────────────────────────────────────────────────────────────
  Result<std::uint64_t> Announce(const std::vector<Change>& changes, const Act& act) override {
    return WriteMany(changes.size(),
                     [=](Connection& c) { return store::Announce(c, changes, act); });
  }
  Result<std::vector<Change>> Changes(std::string_view address, ChangeState state,
                                      std::size_t limit) override {
    return Read([=, address = std::string(address)](Connection& c) {
      return ReadChanges(c, address, state, limit);
    });
  }
  Result<std::vector<Change>> ExpireChanges(WallTime now) override {
    return Write([now](Connection& c) { return store::ExpireChanges(c, now); });
  }
  Result<bool> WithdrawChange(std::int64_t change, const Act& act) override {
    return Write([=](Connection& c) { return store::WithdrawChange(c, change, act); });
  }
  Result<void> AddGrant(const Grant& grant, const Act& act) override {
    return Write([=](Connection& c) { store::AddGrant(c, grant, act); });
  }
  Result<bool> RemoveGrant(std::string_view account, std::string_view target,
                           const Act& act) override {
    return Write([=, account = std::string(account), target = std::string(target)](Connection& c) {
      return store::RemoveGrant(c, account, target, act);
    });
  }
  Result<std::uint64_t> AddLocks(const std::vector<Lock>& locks, const Act& act) override {
    return WriteMany(locks.size(), [=](Connection& c) { return store::AddLocks(c, locks, act); });
  }
  Result<std::uint64_t> RemoveLocks(const Accounts& accounts, const Act& act) override {
    return WriteMany(accounts.size(),
                     [=](Connection& c) { return store::RemoveLocks(c, accounts, act); });
  }
  Result<AccountList> ListAccounts(const AccountQuery& query) override {
    return ReadLong([=](Connection& c) { return store::ListAccounts(c, query); });
  }

  // ── Notices ────────────────────────────────────────────────────────────────────────────────────
  Result<std::vector<FlowStep>> AddFlowStep(std::string_view token, const FlowStep& step,
                                            WallTime expires) override {
    return Keyed(token, [=, token = std::string(token)](Connection& c) {
      return store::AddFlowStep(c, token, step, expires);
    });
  }
  Result<Accounts> AddFanIn(std::string_view mailbox, std::string_view account,
                            std::string_view notice, WallTime at, WallTime since) override {
    return Keyed(mailbox, [=, mailbox = std::string(mailbox), account = std::string(account),
                           notice = std::string(notice)](Connection& c) {
      return store::AddFanIn(c, mailbox, account, notice, at, since);
    });
  }

  // ── Breaker ────────────────────────────────────────────────────────────────────────────────────
  Result<AlarmCount> AddAlarm(std::string_view scope, std::string_view account, WallTime at,
                              WallTime since, std::uint64_t most) override {
    return Keyed(scope,
                 [=, scope = std::string(scope), account = std::string(account)](Connection& c) {
                   return store::AddAlarm(c, scope, account, at, since, most);
                 });
  }
  Result<bool> OpenBreaker(const Breaker& breaker, const Act& act) override {
    return Write([=](Connection& c) { return store::OpenBreaker(c, breaker, act); });
  }
  Result<bool> CloseBreaker(std::string_view scope, const Act& act) override {
    return Write([=, scope = std::string(scope)](Connection& c) {
      return store::CloseBreaker(c, scope, act);
    });
  }

  // ── Incidents and history ──────────────────────────────────────────────────────────────────────
  Result<void> AddIncident(const Incident& incident) override {
    return Keyed(incident.reference, [=](Connection& c) { store::AddIncident(c, incident); });
  }
  Result<bool> RepeatIncident(const Incident& incident) override {
    return Keyed(incident.reference,
                 [=](Connection& c) { return store::RepeatIncident(c, incident); });
  }
  Result<std::vector<Incident>> Incidents(const IncidentQuery& query) override {
    return Read([=](Connection& c) { return ReadIncidents(c, query); });
  }
  Result<bool> SettleIncident(std::string_view reference, std::string_view state,
                              const Act& act) override {
    return Write([=, reference = std::string(reference), state = std::string(state)](
                     Connection& c) { return store::SettleIncident(c, reference, state, act); });
  }
  Result<std::vector<HistoryRow>> History(const HistoryQuery& query) override {
    return Read([=](Connection& c) { return ReadHistory(c, query); });
  }

  // ── Upkeep ─────────────────────────────────────────────────────────────────────────────────────
  Result<Waiting> CountWaiting() override {
    return Read([](Connection& c) { return store::CountWaiting(c); });
  }
  Histogram latency() const override { return latency_; }
  Result<Health> Check(bool deep) override { return engine_->Check(deep); }
  Result<void> Backup(const std::string& path) override { return engine_->Backup(path); }
  Result<Pruned> Prune(WallTime before, WallTime now, const Act& act) override;
  Result<std::uint64_t> Erase(std::string_view account, const Act& act) override {
    return WriteLong([&](Connection& c) { return EraseAccount(c, account, act); });
  }

  // Takes all that has happened before now as seen.
  Result<void> Start() { return Refresh(); }

 private:
  // Work within the time-out of a mail, timed.
  Result<void> Run(Work work) {
    const auto begun = std::chrono::steady_clock::now();
    Result<void> done = engine_->Run(std::move(work));
    latency_.Add(static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(
                                                std::chrono::steady_clock::now() - begun)
                                                .count()));
    return done;
  }

  // What `work` gives, or std::monostate where it gives nothing.
  template <typename F>
  using Given = std::invoke_result_t<F&, Connection&>;
  template <typename T>
  using Kept = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  template <typename F>
  static Kept<Given<F>> Do(F& work, Connection& connection) {
    if constexpr (std::is_void_v<Given<F>>) {
      work(connection);
      return {};
    } else {
      return work(connection);
    }
  }

  // Runs `work` where `run` says and hands on what it gives. The answer is shared with it, since a
  // hanging server keeps `work` longer than the caller waits.
  template <typename F, typename R>
  static Result<Given<F>> Call(R run, F work) {
    auto answer = std::make_shared<std::optional<Kept<Given<F>>>>();
    Result<void> done = run(
        [answer, work = std::move(work)](Connection& c) mutable { answer->emplace(Do(work, c)); });
    if (!done) return std::unexpected(std::move(done.error()));
    if constexpr (std::is_void_v<Given<F>>) {
      return {};
    } else {
      return std::move(**answer);
    }
  }

  // Under the writers' lock; what has changed is forgotten before the call returns.
  template <typename F>
  auto Locked(F work) {
    return [memory = memory_, work = std::move(work)](Connection& c) mutable {
      c.BeginWrite();
      Transaction transaction(c);
      Kept<Given<F>> given = Do(work, c);
      transaction.Commit();
      memory->SeeOwnChange(c);
      if constexpr (!std::is_void_v<Given<F>>) return given;
    };
  }

  template <typename F>
  Result<Given<F>> Read(F work) {
    return Call([this](Work w) { return Run(std::move(w)); }, std::move(work));
  }

  // For people, who wait longer than a mail can; at one moment.
  template <typename F>
  Result<Given<F>> ReadLong(F work) {
    return Call([this](Work w) { return engine_->RunLong(std::move(w)); },
                [work = std::move(work)](Connection& c) mutable {
                  c.BeginRead();
                  Transaction transaction(c);
                  Kept<Given<F>> given = Do(work, c);
                  transaction.Commit();
                  return given;
                });
  }

  template <typename F>
  Result<Given<F>> Write(F work) {
    return Call([this](Work w) { return Run(std::move(w)); }, Locked(std::move(work)));
  }
  template <typename F>
  Result<Given<F>> WriteLong(F work) {
    return Call([this](Work w) { return engine_->RunLong(std::move(w)); }, Locked(std::move(work)));
  }
  // A list may take longer than a mail can wait.
  template <typename F>
  Result<Given<F>> WriteMany(std::size_t rows, F work) {
    return rows <= kMany ? Write(std::move(work)) : WriteLong(std::move(work));
  }
  // Without history: nothing is forgotten.
  template <typename F>
  Result<Given<F>> Keyed(std::string_view key, F work) {
    return Read([key = std::string(key), work = std::move(work)](Connection& c) mutable {
      c.BeginKeyed(key);
      Transaction transaction(c);
      Kept<Given<F>> given = Do(work, c);
      transaction.Commit();
      if constexpr (!std::is_void_v<Given<F>>) return given;
    });
  }

  template <typename T, typename F>
  Result<T> Cached(Cache<T>& cache, std::string_view name, F read) {
    if (auto kept = cache.Get(name)) return std::move(*kept);
    const std::uint64_t epoch = cache.Epoch();
    auto found = Read([name = std::string(name), read](Connection& c) { return read(c, name); });
    if (found) cache.Put(name, *found, epoch);
    return found;
  }

  Result<AccountRecord> Account(std::string_view account) {
    return Cached(memory_->accounts, account, [](Connection& c, std::string_view name) {
      return AccountRecord{.grants = ReadGrants(c, name), .locks = ReadLocks(c, name)};
    });
  }

  Result<void> CatchUp(bool by_ourselves) {
    return Read(
        [memory = memory_, by_ourselves](Connection& c) { memory->CatchUp(c, by_ourselves); });
  }

  Histogram latency_;
  const std::unique_ptr<Engine> engine_;
  const std::shared_ptr<Memory> memory_;
};

Result<Comparison> StoreOnEngine::Import(const DirectoryRows& rows, const ImportOptions& options,
                                         const Act& act) {
  SortedRows sorted;
  for (DirectoryRow row;;) {
    const Result<bool> more = rows(&row);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    if (auto added = sorted.Add(row); !added) return std::unexpected(added.error());
    if (sorted.size() % 10'000 == 0 && options.progress) options.progress(sorted.size(), 0);
  }
  if (auto finished = sorted.Finish(); !finished) return std::unexpected(finished.error());

  Comparison found;
  const auto done = engine_->RunLong([&](Connection& c) {
    found = ImportDirectory(c, sorted, options, act);
    if ((options.write || options.dispute) && !found.refused) memory_->SeeOwnChange(c);
  });
  if (!done) return std::unexpected(done.error());
  return found;
}

bool IsFull(const Store::Pruned& portion) {
  return std::max({portion.history, portion.incidents, portion.changes, portion.flows,
                   portion.fan_in}) == kPortion;
}

std::uint64_t Rows(const Store::Pruned& pruned) {
  return pruned.history + pruned.incidents + pruned.changes + pruned.flows + pruned.fan_in;
}

Store::Pruned Sum(Store::Pruned all, const Store::Pruned& more) {
  all.history += more.history;
  all.incidents += more.incidents;
  all.changes += more.changes;
  all.flows += more.flows;
  all.fan_in += more.fan_in;
  return all;
}

// Each portion like any other change: a store that hangs or is held costs its time-out.
Result<Store::Pruned> StoreOnEngine::Prune(WallTime before, WallTime now, const Act& act) {
  Pruned all;
  for (bool more = true; more;) {
    const auto portion = Write([=](Connection& c) {
      const Pruned some = PrunePortion(c, before, now, kPortion);
      const Pruned so_far = Sum(all, some);
      const bool last = !IsFull(some);
      if (last && Rows(so_far) > 0) RecordPrune(c, so_far, act);
      return some;
    });
    if (!portion) return std::unexpected(portion.error());
    all = Sum(all, *portion);
    more = IsFull(*portion);
  }
  return all;
}

constexpr std::string_view kSqlite = "sqlite:", kPostgresql = "postgresql:";

Result<std::unique_ptr<Engine>> OpenEngine(const Options& options) {
  if (options.url.starts_with(kSqlite)) {
    return OpenSqlite(options.url.substr(kSqlite.size()), options);
  }
  if (options.url.starts_with(kPostgresql)) {
    // A URI is libpq's as a whole.
    const bool uri = options.url.starts_with("postgresql://");
    return OpenPostgresql(uri ? options.url : options.url.substr(kPostgresql.size()), options);
  }
  return Fail(ErrorKind::kInvalid, "store: wants \"sqlite:PATH\" or \"postgresql:WORDS\", not \"" +
                                       options.url.substr(0, options.url.find(':')) + "\"");
}

}  // namespace

Result<std::unique_ptr<Store>> Open(const Options& options) {
  Result<std::unique_ptr<Engine>> engine = OpenEngine(options);
  if (!engine) return std::unexpected(std::move(engine.error()));
  auto store = std::make_unique<StoreOnEngine>(std::move(*engine), options);
  if (auto started = store->Start(); !started) return std::unexpected(std::move(started.error()));
  return store;
}

Result<std::unique_ptr<Store>> OpenSoon(const Options& options, std::optional<Error>* late) {
  Result<std::unique_ptr<Store>> store = Open(options);
  late->reset();
  if (store || store.error().kind != ErrorKind::kTemporary) return store;
  *late = std::move(store.error());
  const bool file = options.url.starts_with(kSqlite);
  return std::make_unique<StoreOnEngine>(
      MakeLateEngine(
          file ? "sqlite" : "postgresql", [options] { return OpenEngine(options); }, options),
      options);
}

}  // namespace warifu::store
