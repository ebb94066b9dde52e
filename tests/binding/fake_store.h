// A store in memory that fails and races when told to, for tests of what stands on one.
//
// Only what the checks use works; the rest answers an error. `down`: every call fails;
// `incidents_down`: AddIncident alone. `race`: runs
// once, before the next Move or AddDispute, as another gateway would come in between;
// `race_at_changes`: before the next ChangesOf.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "store/store.h"

namespace warifu::store {

class FakeStore final : public Store {
 public:
  bool down = false;
  bool incidents_down = false;
  std::function<void()> race, race_at_changes;
  std::map<std::string, AddressRecord> rows;
  std::vector<Change> changes;
  std::vector<Grant> grants;
  std::vector<Lock> locks;
  std::vector<Breaker> breakers;
  std::vector<Incident> incidents;
  std::vector<HistoryRow> history;
  std::multimap<std::string, std::pair<std::string, WallTime>> alarms;
  struct Flow {
    WallTime expires;
    std::vector<FlowStep> steps;
  };
  std::map<std::string, Flow> flows;
  std::map<std::string, std::map<std::string, WallTime>> fan_in;  // mailbox → account → last
  int writes = 0, finds = 0;

  void Prove(const std::string& address, const Accounts& accounts);

  Result<void> Refresh() override { return Done(); }
  Result<AddressRecord> Find(std::string_view address) override;
  Result<std::vector<Change>> ChangesOf(std::string_view address, WallTime now) override;
  Result<std::vector<Grant>> GrantsOf(std::string_view account, WallTime now) override;
  Result<std::vector<Lock>> LocksOf(std::string_view account, WallTime now) override;
  Result<std::vector<Breaker>> Breakers(WallTime now) override;
  Result<bool> Enrol(std::string_view address, const Accounts& accounts, std::string_view source,
                     const Act& act) override;
  Result<Moved> Move(std::string_view address, const Accounts& before, const Accounts& after,
                     std::int64_t change, std::string_view source, const Act& act) override;
  Result<void> MarkReleased(std::string_view address, const Act& act) override;
  Result<void> ClearReleased(std::string_view address, const Act& act) override;
  Result<bool> AddDispute(std::string_view address, const Dispute& dispute,
                          const Act& act) override;
  Result<bool> EndPinDispute(std::string_view address, const Act& act) override;
  Result<void> Resolve(std::string_view, std::string_view, const Act&) override { return No(); }
  Result<std::vector<std::pair<std::string, Dispute>>> Disputes(std::size_t limit) override;
  Result<std::vector<std::string>> AddressesOf(std::string_view account,
                                               std::size_t limit) override;
  Result<std::uint64_t> RenameAccounts(const std::vector<std::pair<std::string, std::string>>&,
                                       const Act&) override {
    return No();
  }
  Result<Comparison> Import(const DirectoryRows&, const ImportOptions&, const Act&) override {
    return No();
  }
  Result<std::uint64_t> Announce(const std::vector<Change>& announced, const Act& act) override;
  Result<std::vector<Change>> Changes(std::string_view address, ChangeState state,
                                      std::size_t limit) override;
  Result<std::vector<Change>> ExpireChanges(WallTime now) override;
  Result<bool> WithdrawChange(std::int64_t, const Act&) override { return No(); }
  Result<void> AddGrant(const Grant&, const Act&) override { return No(); }
  Result<bool> RemoveGrant(std::string_view, std::string_view, const Act&) override { return No(); }
  Result<std::uint64_t> AddLocks(const std::vector<Lock>&, const Act&) override { return No(); }
  Result<std::uint64_t> RemoveLocks(const Accounts&, const Act&) override { return No(); }
  Result<AccountList> ListAccounts(const AccountQuery&) override { return No(); }
  Result<std::vector<FlowStep>> AddFlowStep(std::string_view token, const FlowStep& step,
                                            WallTime expires) override;
  Result<Accounts> AddFanIn(std::string_view mailbox, std::string_view account,
                            std::string_view notice, WallTime at, WallTime since) override;
  Result<AlarmCount> AddAlarm(std::string_view scope, std::string_view account, WallTime at,
                              WallTime since, std::uint64_t most) override;
  Result<bool> OpenBreaker(const Breaker& breaker, const Act& act) override;
  Result<bool> CloseBreaker(std::string_view scope, const Act& act) override;
  Result<void> AddIncident(const Incident& incident) override;
  Result<bool> RepeatIncident(const Incident&) override { return No(); }
  Result<std::vector<Incident>> Incidents(const IncidentQuery&) override { return No(); }
  Result<bool> SettleIncident(std::string_view, std::string_view, const Act&) override {
    return No();
  }
  Result<std::vector<HistoryRow>> History(const HistoryQuery&) override { return No(); }
  Result<Waiting> CountWaiting() override { return No(); }
  Histogram latency() const override { return {}; }
  Result<Health> Check(bool) override { return No(); }
  Result<void> Backup(const std::string&) override { return No(); }
  Result<Pruned> Prune(WallTime, WallTime, const Act&) override { return No(); }
  Result<std::uint64_t> Erase(std::string_view, const Act&) override { return No(); }

 private:
  static std::unexpected<Error> No() { return Fail(ErrorKind::kInternal, "not in this fake"); }
  Result<void> Done() const {
    if (down) return Fail(ErrorKind::kTemporary, "the store is down");
    return {};
  }
  void Note(std::string kind, std::string_view address, const Act& act);
  void Race();
};

}  // namespace warifu::store
