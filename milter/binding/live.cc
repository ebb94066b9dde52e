#include "binding/live.h"

#include <algorithm>
#include <utility>

namespace warifu::binding {
namespace {

// A view is for one decision; a mail to a whole company needs no memory of each recipient.
constexpr std::size_t kMostRemembered = 1000;

std::string Key(const Address& address, std::string_view sub_address) {
  return address.ToString().append(1, '\n').append(sub_address);
}

std::int64_t Ticks(WallTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Outage::Note(Lookup status, WallTime now) {
  if (status == Lookup::kTryLater) {
    std::int64_t answering = 0;
    since_.compare_exchange_strong(answering, std::max<std::int64_t>(Ticks(now), 1));
  } else if (status != Lookup::kMisconfigured && since_.load(std::memory_order_relaxed) != 0) {
    since_ = 0;
  }
}

std::chrono::microseconds Outage::Age(WallTime now) const {
  const std::int64_t since = since_;
  if (since == 0) return {};
  return std::chrono::microseconds(std::max<std::int64_t>(Ticks(now) - since, 0));
}

Owners LiveDirectory::OwnersOf(const Address& address) const {
  std::string key = Key(address, address.sub_address);
  const auto it = asked_.find(key);
  if (it != asked_.end()) return it->second;
  Owners owners = Ask(address);
  if (asked_.size() < kMostRemembered) asked_.emplace(std::move(key), owners);
  return owners;
}

void LiveDirectory::Forget(const Address& address) const {
  asked_.erase(Key(address, address.sub_address));
  asked_.erase(Key(address, ""));
}

Owners LiveDirectory::Ask(const Address& address) const {
  // One silence is enough for one decision: a mail to a thousand must not wait a thousand times.
  Owners owners = silence_ ? *silence_ : directory_.OwnersOf(address);
  outage_.Note(owners.status, now_);
  if (owners.status == Lookup::kTryLater) silence_ = owners;
  if (owners.status != Lookup::kTryLater || options_.ledger == nullptr ||
      outage_.Age(now_) >= options_.stale_for) {
    return owners;
  }
  const Result<store::AddressRecord> record = options_.ledger->Find(address.ToString());
  if (!record) {
    owners.detail += "; nor could the store: " + record.error().text;
  } else if (!record->proven.empty() && !record->released) {
    owners.status = Lookup::kFound;
    owners.accounts = record->Owners();
    owners.stale = true;
  }
  return owners;
}

Owners AsAccounts(Owners owners, const RealmOptions& realm) {
  for (std::string& account : owners.accounts) account = AccountOf(account, realm);
  std::ranges::sort(owners.accounts);
  const auto again = std::ranges::unique(owners.accounts);
  owners.accounts.erase(again.begin(), again.end());
  return owners;
}

}  // namespace warifu::binding
