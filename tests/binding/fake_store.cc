#include "fake_store.h"

#include <algorithm>
#include <set>

namespace warifu::store {
namespace {

template <typename Row, typename Keep>
std::vector<Row> Those(const std::vector<Row>& rows, const Keep& keep) {
  std::vector<Row> out;
  std::ranges::copy_if(rows, std::back_inserter(out), keep);
  return out;
}

std::vector<Proof> Proofs(const Accounts& accounts, std::string_view source, const Act& act) {
  std::vector<Proof> proofs;
  for (const std::string& account : accounts) {
    proofs.push_back({account, act.at, std::string(source), act.reference});
  }
  return proofs;
}

}  // namespace

#define OR_DOWN()                            \
  if (const Result<void> up = Done(); !up) { \
    return std::unexpected(up.error());      \
  }                                          \
  static_assert(true)

void FakeStore::Prove(const std::string& address, const Accounts& accounts) {
  rows[address].proven = Proofs(accounts, "import", {});
}

void FakeStore::Note(std::string kind, std::string_view address, const Act& act) {
  ++writes;
  HistoryRow row;
  row.kind = std::move(kind);
  row.address = address;
  row.act = act;
  history.push_back(std::move(row));
}

void FakeStore::Race() {
  if (const auto once = std::exchange(race, nullptr)) once();
}

Result<AddressRecord> FakeStore::Find(std::string_view address) {
  OR_DOWN();
  ++finds;
  const auto it = rows.find(std::string(address));
  return it == rows.end() ? AddressRecord{} : it->second;
}

Result<std::vector<std::string>> FakeStore::AddressesOf(std::string_view account,
                                                        std::size_t limit) {
  OR_DOWN();
  std::vector<std::string> out;
  for (const auto& [address, record] : rows) {
    const Accounts owners = record.Owners();
    const bool owned = std::ranges::find(owners, account) != owners.end();
    if (owned && out.size() < limit) out.push_back(address);
  }
  return out;
}

Result<std::vector<Store::FlowStep>> FakeStore::AddFlowStep(std::string_view token,
                                                            const FlowStep& step,
                                                            WallTime expires) {
  OR_DOWN();
  Flow& flow = flows[std::string(token)];
  if (flow.expires <= step.at) flow.steps.clear();
  flow.expires = expires;
  flow.steps.push_back(step);
  return flow.steps;
}

Result<Accounts> FakeStore::AddFanIn(std::string_view mailbox, std::string_view account,
                                     std::string_view, WallTime at, WallTime since) {
  OR_DOWN();
  auto& accounts = fan_in[std::string(mailbox)];
  accounts[std::string(account)] = at;
  Accounts out;
  for (const auto& [name, last] : accounts) {
    if (last >= since) out.push_back(name);
  }
  return out;
}

Result<std::vector<Change>> FakeStore::ChangesOf(std::string_view address, WallTime now) {
  OR_DOWN();
  if (const auto once = std::exchange(race_at_changes, nullptr)) once();
  return Those(changes, [&](const Change& change) {
    return change.address == address && change.state == ChangeState::kOpen &&
           change.valid_until >= now;
  });
}

Result<std::vector<Grant>> FakeStore::GrantsOf(std::string_view account, WallTime now) {
  OR_DOWN();
  return Those(grants, [&](const Grant& grant) {
    return grant.account == account && (!grant.until || *grant.until > now);
  });
}

Result<std::vector<Lock>> FakeStore::LocksOf(std::string_view account, WallTime now) {
  OR_DOWN();
  return Those(locks, [&](const Lock& lock) {
    return lock.account == account && (!lock.until || *lock.until > now);
  });
}

Result<std::vector<Breaker>> FakeStore::Breakers(WallTime now) {
  OR_DOWN();
  return Those(breakers,
               [&](const Breaker& breaker) { return !breaker.until || *breaker.until > now; });
}

Result<bool> FakeStore::Enrol(std::string_view address, const Accounts& accounts,
                              std::string_view source, const Act& act) {
  OR_DOWN();
  AddressRecord& row = rows[std::string(address)];
  if (!row.proven.empty()) return false;
  row.proven = Proofs(accounts, source, act);
  Note("enrol", address, act);
  return true;
}

Result<Moved> FakeStore::Move(std::string_view address, const Accounts& before,
                              const Accounts& after, std::int64_t change, std::string_view source,
                              const Act& act) {
  OR_DOWN();
  Race();
  AddressRecord& row = rows[std::string(address)];
  if (row.Owners() != before) return Moved::kRaced;
  if (change != 0) {
    const auto it = std::ranges::find(changes, change, &Change::id);
    if (it == changes.end() || it->state != ChangeState::kOpen) return Moved::kRaced;
    it->state = ChangeState::kUsed;
    it->settled = act.at;
  }
  row.released.reset();
  if (after.empty()) {
    row.released = act.at;
  } else {
    row.proven = Proofs(after, source, act);
  }
  if (row.dispute && row.dispute->kind == DisputeKind::kPin) row.dispute.reset();
  Note("move", address, act);
  return Moved::kMoved;
}

Result<void> FakeStore::MarkReleased(std::string_view address, const Act& act) {
  OR_DOWN();
  rows[std::string(address)].released = act.at;
  Note("release", address, act);
  return {};
}

Result<void> FakeStore::ClearReleased(std::string_view address, const Act& act) {
  OR_DOWN();
  rows[std::string(address)].released.reset();
  Note("return", address, act);
  return {};
}

Result<bool> FakeStore::AddDispute(std::string_view address, const Dispute& dispute,
                                   const Act& act) {
  OR_DOWN();
  Race();
  AddressRecord& row = rows[std::string(address)];
  if (row.dispute &&
      (row.dispute->kind != DisputeKind::kPin || dispute.kind == DisputeKind::kPin)) {
    return false;
  }
  row.dispute = dispute;
  Note("dispute", address, act);
  return true;
}

Result<bool> FakeStore::EndPinDispute(std::string_view address, const Act& act) {
  OR_DOWN();
  AddressRecord& row = rows[std::string(address)];
  if (!row.dispute || row.dispute->kind != DisputeKind::kPin) return false;
  row.dispute.reset();
  Note("settle", address, act);
  return true;
}

Result<std::vector<std::pair<std::string, Dispute>>> FakeStore::Disputes(std::size_t limit) {
  OR_DOWN();
  std::vector<std::pair<std::string, Dispute>> out;
  for (const auto& [address, row] : rows) {
    if (row.dispute && out.size() < limit) out.emplace_back(address, *row.dispute);
  }
  return out;
}

Result<std::uint64_t> FakeStore::Announce(const std::vector<Change>& announced, const Act& act) {
  OR_DOWN();
  for (Change change : announced) {
    change.id = static_cast<std::int64_t>(changes.size()) + 1;
    change.announced = act.at;
    changes.push_back(std::move(change));
  }
  return announced.size();
}

Result<std::vector<Change>> FakeStore::Changes(std::string_view address, ChangeState state,
                                               std::size_t limit) {
  OR_DOWN();
  std::vector<Change> out = Those(changes, [&](const Change& change) {
    return change.state == state && (address.empty() || change.address == address);
  });
  if (out.size() > limit) out.resize(limit);
  return out;
}

Result<std::vector<Change>> FakeStore::ExpireChanges(WallTime now) {
  OR_DOWN();
  std::vector<Change> out;
  for (Change& change : changes) {
    if (change.state != ChangeState::kOpen || change.valid_until >= now) continue;
    change.state = ChangeState::kExpired;
    out.push_back(change);
  }
  return out;
}

Result<AlarmCount> FakeStore::AddAlarm(std::string_view scope, std::string_view account,
                                       WallTime at, WallTime since, std::uint64_t most) {
  OR_DOWN();
  std::set<std::string> accounts;
  const auto [begin, end] = alarms.equal_range(std::string(scope));
  for (auto it = begin; it != end; ++it) {
    if (it->second.second >= since) accounts.insert(it->second.first);
  }
  const bool added = accounts.emplace(account).second;
  alarms.emplace(scope, std::pair(std::string(account), at));
  return AlarmCount{std::min<std::uint64_t>(accounts.size(), most), added};
}

Result<bool> FakeStore::OpenBreaker(const Breaker& breaker, const Act& act) {
  OR_DOWN();
  if (std::ranges::find(breakers, breaker.scope, &Breaker::scope) != breakers.end()) return false;
  breakers.push_back(breaker);
  Note("breaker", "", act);
  return true;
}

Result<bool> FakeStore::CloseBreaker(std::string_view scope, const Act& act) {
  OR_DOWN();
  Note("breaker", "", act);
  return std::erase_if(breakers, [&](const Breaker& b) { return b.scope == scope; }) > 0;
}

Result<void> FakeStore::AddIncident(const Incident& incident) {
  OR_DOWN();
  if (incidents_down) return Fail(ErrorKind::kTemporary, "no room for incidents");
  incidents.push_back(incident);
  return {};
}

#undef OR_DOWN

}  // namespace warifu::store
