#include "binding/settle.h"

#include <algorithm>
#include <utility>

namespace warifu::binding {
namespace {

// Of one round; what is left comes in the next.
constexpr std::size_t kMostAsked = 100'000;
constexpr std::string_view kWho = "warifu";

class Round {
 public:
  Round(store::Store& store, const Ledger& ledger, const Directory& directory, WallTime now,
        const std::function<bool()>& stop)
      : store_(store), ledger_(ledger), directory_(directory), now_(now), stop_(stop) {}

  Result<Settled> Run() {
    if (const Result<void> seen = store_.Refresh(); !seen) return std::unexpected(seen.error());
    const auto changes = store_.Changes("", store::ChangeState::kOpen, kMostAsked);
    if (!changes) return std::unexpected(changes.error());
    for (const store::Change& change : *changes) {
      if (Over()) return std::move(done_);
      const Result<void> settled = SettleChange(change);
      if (settled) continue;
      if (settled.error().kind != ErrorKind::kInvalid) return std::unexpected(settled.error());
      // One row that makes no sense keeps nobody else's change from settling.
      Say("change " + change.reference + " of " + change.address +
          " cannot be settled: " + settled.error().text);
    }
    if (Over()) return std::move(done_);
    const auto expired = store_.ExpireChanges(now_);
    if (!expired) return std::unexpected(expired.error());
    for (const store::Change& change : *expired) {
      ++done_.expired;
      Say("change " + change.reference + " of " + change.address + " from " + Named(change.from) +
          " to " + Named(change.to) + " was never used and has expired");
    }
    return EndDisputes();
  }

 private:
  bool Over() const { return silent_ || stop_(); }

  static std::string Named(const std::string& account) {
    return account.empty() ? "nobody" : account;
  }

  void Say(std::string line) {
    if (done_.lines.size() < kMostLines) done_.lines.push_back(std::move(line));
  }

  Result<Look> See(const std::string& text, store::Act act) {
    // What stands in the store is canonical; a sub-address in it is the address's own.
    const Result<Address> address = ParseAddrSpec(text, {.sub_address_delimiters = ""});
    if (!address) return std::unexpected(address.error());
    act.who = kWho;
    Result<Look> look = ledger_.See(*address, directory_, act);
    silent_ |= look && look->owners.status == Lookup::kTryLater;
    return look;
  }

  Result<void> SettleChange(const store::Change& change) {
    // At its last moment, where that has passed: the directory may have moved just before.
    store::Act act;
    act.at = std::min(now_, change.valid_until);
    act.reference = change.reference;
    act.why = "announced";
    const Result<Look> look = See(change.address, act);
    if (!look) return std::unexpected(look.error());
    if (look->answer.which == PinCase::kExplained) return Moved(change);
    const std::optional<store::Accounts> after = After(change, *look);
    if (!after) return {};
    act.who = kWho;
    const Result<store::Moved> moved =
        store_.Move(look->address, look->answer.before, *after, change.id, "change", act);
    if (!moved) return std::unexpected(moved.error());
    return *moved == store::Moved::kMoved ? Moved(change) : Result<void>{};
  }

  // What a change makes of a ledger that pin does not quarrel with; nothing where it has not
  // happened yet.
  static std::optional<store::Accounts> After(const store::Change& change, const Look& look) {
    const store::Accounts& live = look.owners.accounts;
    const store::Accounts& proven = look.answer.before;
    const auto among = [](const store::Accounts& accounts, const std::string& account) {
      return std::ranges::find(accounts, account) != accounts.end();
    };
    if (change.to.empty()) {
      const bool gone = look.answer.which == PinCase::kReleased &&
                        (change.from.empty() || among(proven, change.from));
      return gone ? std::optional(store::Accounts{}) : std::nullopt;
    }
    const bool quiet = look.answer.which == PinCase::kNew || look.answer.which == PinCase::kSame ||
                       look.answer.which == PinCase::kDiffers;
    if (!quiet || look.owners.by_domain || !among(live, change.to) ||
        (!change.from.empty() && !among(proven, change.from))) {
      return std::nullopt;
    }
    store::Accounts after = {change.to};
    for (const std::string& account : proven) {
      if (account != change.to && among(live, account)) after.push_back(account);
    }
    std::ranges::sort(after);
    return after;
  }

  Result<void> Moved(const store::Change& change) {
    ++done_.moved;
    Say("change " + change.reference + ": " + change.address + " now belongs to " +
        Named(change.to));
    return {};
  }

  Result<Settled> EndDisputes() {
    const auto disputes = store_.Disputes(kMostAsked);
    if (!disputes) return std::unexpected(disputes.error());
    for (const auto& [address, dispute] : *disputes) {
      if (dispute.kind != store::DisputeKind::kPin) continue;
      if (Over()) break;
      store::Act act;
      act.at = now_;
      act.reference = dispute.reference;
      const Result<Look> look = See(address, act);
      if (!look && look.error().kind == ErrorKind::kInvalid) continue;
      if (!look) return std::unexpected(look.error());
      if (look->answer.outcome != Outcome::kPass) continue;
      ++done_.ended;
      Say("dispute " + dispute.reference + " of " + address +
          " has ended: directory and ledger agree again");
    }
    return std::move(done_);
  }

  store::Store& store_;
  const Ledger& ledger_;
  const Directory& directory_;
  const WallTime now_;
  const std::function<bool()>& stop_;
  bool silent_ = false;
  Settled done_;
};

}  // namespace

Result<Settled> Settle(store::Store& store, const Ledger& ledger, const Directory& directory,
                       WallTime now, const std::function<bool()>& stop) {
  return Round(store, ledger, directory, now, stop).Run();
}

}  // namespace warifu::binding
