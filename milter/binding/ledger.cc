#include "binding/ledger.h"

#include <algorithm>
#include <utility>

#include "binding/live.h"

namespace warifu::binding {
namespace {

// Two gateways that see the same address at the same moment need two, and a swap one more.
constexpr int kAttempts = 5;
constexpr std::size_t kDisputesAsked = 1000;

// An address with a sub-address that the directory gives to others is one of its own.
Look NewLook(const Address& address, const Directory& directory, const RealmOptions& realm) {
  Look look;
  look.address = address.ToString();
  look.owners = AsAccounts(directory.OwnersOf(address), realm);
  if (address.sub_address.empty()) return look;
  Address plain = address;
  plain.sub_address.clear();
  Owners base = AsAccounts(directory.OwnersOf(plain), realm);
  const bool own = look.owners.status == Lookup::kFound && !look.owners.stale &&
                   (base.status == Lookup::kFound || base.status == Lookup::kNotFound) &&
                   base.accounts != look.owners.accounts;
  if (own) {
    plain.local += address.sub_address;
    look.address = plain.ToString();
  } else {
    look.owners = std::move(base);
  }
  return look;
}

}  // namespace

CheckResult PinResult(const Look& look) {
  CheckResult result;
  result.check = Check::kPin;
  result.outcome = look.answer.outcome;
  result.subject = look.address;
  result.at_most = look.answer.at_most;
  result.stale = look.answer.which == PinCase::kStale;
  if (result.outcome != Outcome::kPass || result.stale) {
    result.reason = std::string(ToString(look.answer.which)) + ": " + look.answer.reason;
  }
  return result;
}

Result<Look> Ledger::See(const Address& address, const Directory& directory,
                         const store::Act& act) const {
  Look look = NewLook(address, directory, realm_);
  bool sure = false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Result<store::AddressRecord> record = store_.Find(look.address);
    if (!record) return std::unexpected(record.error());
    Result<std::vector<store::Change>> changes;
    const bool disjoint = NeedsChanges(look.owners, *record);
    if (disjoint) {
      changes = store_.ChangesOf(look.address, act.at);
      if (!changes) return std::unexpected(changes.error());
    }
    look.answer = JudgePin({look.owners, *std::move(record), *changes}, options_, act.at);
    // Directory, row and changes are read one after the other: a change that another session uses
    // in between looks like a swap, so a swap is believed when it is seen twice.
    if (disjoint && look.answer.outcome != Outcome::kPass && !sure) {
      sure = true;
      if (auto seen = store_.Refresh(); !seen) return std::unexpected(seen.error());
      directory.Forget(address);
      look = NewLook(address, directory, realm_);
      continue;
    }
    const Result<bool> written = Write(*changes, act, &look);
    if (!written) return std::unexpected(written.error());
    if (*written) return look;
  }
  return Fail(ErrorKind::kTemporary, "the ledger row of " + look.address + " does not stand still");
}

Result<bool> Ledger::Write(const std::vector<store::Change>& changes, const store::Act& act,
                           Look* look) const {
  const PinAnswer& answer = look->answer;
  store::Act because = act;
  if (!answer.reason.empty()) because.why = answer.reason;
  Result<void> done;
  switch (answer.write) {
    case PinWrite::kNothing:
      return true;
    case PinWrite::kMove: {
      const auto change = std::ranges::find(changes, answer.change, &store::Change::id);
      if (change != changes.end()) because.reference = change->reference;
      const Result<store::Moved> moved =
          store_.Move(look->address, answer.before, answer.after, answer.change, "change", because);
      if (!moved) return std::unexpected(moved.error());
      return *moved == store::Moved::kMoved;
    }
    case PinWrite::kDispute: {
      const store::Dispute dispute{store::DisputeKind::kPin, act.at, act.reference, answer.reason};
      const Result<bool> added = store_.AddDispute(look->address, dispute, because);
      // It fails in any case; a dispute that could not be noted is found again by the next mail.
      look->new_dispute = added.value_or(false);
      return true;
    }
    case PinWrite::kEndDispute: {
      because.why = "directory and ledger agree again";
      const Result<bool> ended = store_.EndPinDispute(look->address, because);
      if (!ended) return std::unexpected(ended.error());
      return true;
    }
    case PinWrite::kMarkReleased:
      done = store_.MarkReleased(look->address, because);
      break;
    case PinWrite::kClearReleased:
      because.why = "the directory has it again";
      done = store_.ClearReleased(look->address, because);
      break;
  }
  if (!done) return std::unexpected(done.error());
  return true;
}

Result<bool> Ledger::LearningStopped(WallTime now) const {
  const Result<std::vector<store::Breaker>> breakers = store_.Breakers(now);
  if (!breakers) return std::unexpected(breakers.error());
  if (!breakers->empty()) return true;
  const auto disputes = store_.Disputes(kDisputesAsked);
  if (!disputes) return std::unexpected(disputes.error());
  // There may be one of pin's among those that were not read.
  if (disputes->size() >= kDisputesAsked) return true;
  return std::ranges::any_of(
      *disputes, [](const auto& row) { return row.second.kind == store::DisputeKind::kPin; });
}

Result<bool> Ledger::Learn(const Look& look, std::string_view account,
                           const store::Act& act) const {
  const PinAnswer& answer = look.answer;
  const bool live = look.owners.status == Lookup::kFound && !look.owners.stale &&
                    !look.owners.by_domain &&
                    std::ranges::find(look.owners.accounts, account) != look.owners.accounts.end();
  if (answer.lesson == PinLesson::kNothing || answer.outcome != Outcome::kPass || !live)
    return false;
  const Result<bool> stopped = LearningStopped(act.at);
  if (!stopped || *stopped) return stopped ? Result<bool>(false) : stopped;
  if (answer.lesson == PinLesson::kEnrol) {
    return store_.Enrol(look.address, answer.after, "mail", act);
  }
  const Result<store::Moved> moved =
      store_.Move(look.address, answer.before, answer.after, 0, "mail", act);
  if (!moved) return std::unexpected(moved.error());
  return *moved == store::Moved::kMoved;
}

}  // namespace warifu::binding
