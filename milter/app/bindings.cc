#include "app/bindings.h"

#include <algorithm>
#include <set>
#include <utility>

#include "binding/lock.h"
#include "incident/breaker.h"

namespace warifu::app {
namespace {

constexpr std::string_view kPostmaster = "postmaster";

CheckResult Passed(Check check, Outcome outcome) {
  CheckResult result;
  result.check = check;
  result.outcome = outcome;
  return result;
}

// One result a thing wrong, or a single pass.
void AddPass(Check check, std::vector<CheckResult>* checks) {
  const bool said = std::ranges::find(*checks, check, &CheckResult::check) != checks->end();
  if (!said) checks->push_back(Passed(check, Outcome::kPass));
}

}  // namespace

Bindings::Bindings(const Snapshot& snapshot, BindingTools tools)
    : snapshot_(snapshot), tools_(tools) {
  if (has_store()) {
    const Settings& settings = snapshot.settings;
    ledger_.emplace(*tools_.store, settings.pin, settings.binding.realm);
  }
}

void Bindings::Start(const Envelope& envelope, std::string_view reference) {
  const Settings& settings = snapshot_.settings;
  act_ = {};
  act_.who = "mail";
  act_.at = tools_.clock->Now();
  act_.reference = reference;
  failed_.reset();
  breakers_.reset();
  found_.clear();
  lessons_.clear();
  live_.reset();
  if (snapshot_.directory != nullptr) {
    live_.emplace(*snapshot_.directory, tools_.outage != nullptr ? *tools_.outage : own_outage_,
                  binding::StaleOptions{tools_.store, settings.stale_for, settings.binding.realm},
                  act_.at);
  }
  grants_.clear();
  if (!has_store()) return;
  if (const Result<void> seen = tools_.store->Refresh(); !seen) return Fail(seen.error());
  if (envelope.account.empty()) return;
  if (auto grants = Got(tools_.store->GrantsOf(envelope.account, act_.at))) {
    grants_ = *std::move(grants);
  }
}

template <typename T>
std::optional<T> Bindings::Got(Result<T> result) {
  if (result) return *std::move(result);
  Fail(result.error());
  return std::nullopt;
}

void Bindings::Fail(const Error& error) {
  if (!failed_) failed_ = error;
}

BindingAnswer Bindings::Finish(BindingAnswer answer) {
  if (failed_) answer.faults.push_back({FaultCause::kStore, "", failed_->ToString()});
  return answer;
}

void SpareProvenOwner(const std::vector<std::string>& taken, std::vector<CheckResult>* checks) {
  for (CheckResult& check : *checks) {
    // The sender's has been spared at MAIL, and comes again at the end.
    const bool spared = (check.check == Check::kSender || check.check == Check::kAuthor) &&
                        check.outcome == Outcome::kFail && check.at_most > Action::kHold &&
                        std::ranges::find(taken, check.subject) != taken.end();
    if (!spared) continue;
    check.at_most = Action::kHold;
    check.reason += "; it is proven to be this account's, and disputed";
  }
}

BindingAnswer Bindings::AtMail(const Envelope& envelope) {
  BindingAnswer answer;
  if (!has_store()) return answer;
  CheckSendLock(envelope, &answer);
  const bool own =
      !envelope.account.empty() || binding::IsLocal(envelope.sender, snapshot_.settings.binding);
  if (own && !envelope.sender.empty()) {
    CheckPin(envelope, envelope.sender, false, &answer);
    AddPass(Check::kPin, &answer.checks);
  }
  return Finish(std::move(answer));
}

BindingAnswer Bindings::AtRcpt(const Envelope& envelope, const Address& recipient) {
  BindingAnswer answer;
  if (!has_store()) return answer;
  if (!binding::IsLocal(recipient, snapshot_.settings.binding)) {
    CheckBreaker(envelope, recipient, &answer);
    return Finish(std::move(answer));
  }
  CheckPin(envelope, recipient, false, &answer);
  if (snapshot_.settings.lock_refuses) {
    const std::string account = LockedReceiver(recipient, true);
    if (!account.empty()) {
      answer.checks.push_back(
          binding::ReceiveLocked(recipient.ToString(), account, "nothing is delivered to it"));
    }
  }
  return Finish(std::move(answer));
}

BindingAnswer Bindings::AtEnd(const Envelope& envelope, const std::vector<Address>& authors,
                              bool secrets) {
  BindingAnswer answer;
  if (!has_store()) return answer;
  const binding::Options& options = snapshot_.settings.binding;
  CheckSendLock(envelope, &answer);
  std::set<Address> seen;
  const auto pin = [&](const Address& address, bool teaches) {
    if (address.empty() || !seen.insert(address).second) return;
    CheckPin(envelope, address, teaches, &answer);
  };
  const bool account = !envelope.account.empty();
  if (account || binding::IsLocal(envelope.sender, options)) pin(envelope.sender, account);
  // Authors of strangers are claims, for `spoof`.
  for (const Address& author : authors) {
    if (account) pin(author, true);
  }
  for (const Address& recipient : envelope.recipients) {
    if (!binding::IsLocal(recipient, options)) {
      CheckBreaker(envelope, recipient, &answer);
      continue;
    }
    const std::size_t before = answer.checks.size();
    pin(recipient, false);
    for (std::size_t i = before; i < answer.checks.size(); ++i) {
      answer.checks[i].recipient = recipient.ToString();
    }
    const bool refuses = snapshot_.settings.lock_refuses;
    if (!secrets && !refuses) continue;
    const std::string locked = LockedReceiver(recipient, !secrets);
    if (locked.empty()) continue;
    answer.checks.push_back(
        binding::ReceiveLocked(recipient.ToString(), locked, "secrets are held"));
    if (!refuses) answer.checks.back().at_most = Action::kHold;
  }
  if (directory() != nullptr) AddPass(Check::kPin, &answer.checks);
  return Finish(std::move(answer));
}

void Bindings::CheckPin(const Envelope& envelope, const Address& address, bool teaches,
                        BindingAnswer* answer) {
  if (directory() == nullptr || failed_ || address == kUnreadable) return;
  const std::optional<binding::Look> look = Got(ledger_->See(address, *directory(), act_));
  if (!look) return;
  const CheckResult result = binding::PinResult(*look);
  if (result.outcome != Outcome::kPass || result.stale) answer->checks.push_back(result);
  if (look->new_dispute) answer->disputes.push_back(*look);
  if (result.outcome == Outcome::kFail &&
      std::ranges::binary_search(look->answer.before, envelope.account)) {
    answer->taken.push_back(look->address);
  }
  if (teaches && look->answer.lesson != binding::PinLesson::kNothing) lessons_.push_back(*look);
}

binding::Bound Bindings::OwnerOf(const Address& address) {
  binding::Bound bound;
  bound.outcome = Outcome::kUnavailable;
  if (directory() == nullptr || failed_) {
    bound.reason = failed_ ? "the store does not answer" : "there is no directory to ask";
    return bound;
  }
  const std::optional<binding::Look> look = Got(ledger_->See(address, *directory(), act_));
  if (!look) {
    bound.reason = "the store does not answer";
    return bound;
  }
  if (look->new_dispute) found_.push_back(*look);
  // Where an import alone proves, an address without a row is still its live owner's.
  const bool unproven = look->answer.which == binding::PinCase::kNew;
  bound.outcome = unproven ? Outcome::kPass : look->answer.outcome;
  bound.accounts = look->owners.accounts;
  bound.reason = look->answer.reason;
  return bound;
}

void Bindings::CheckSendLock(const Envelope& envelope, BindingAnswer* answer) {
  if (envelope.account.empty() || failed_) return;
  if (const auto locks = Got(tools_.store->LocksOf(envelope.account, act_.at))) {
    answer->checks.push_back(binding::CheckSendLock(envelope.account, *locks));
  }
}

std::string Bindings::LockedReceiver(const Address& recipient, bool all) {
  if (directory() == nullptr) return "";
  const binding::Owners owners =
      binding::AsAccounts(directory()->OwnersOf(recipient), snapshot_.settings.binding.realm);
  std::string locked;
  for (const std::string& account : owners.accounts) {
    if (failed_) return "";
    const auto locks = Got(tools_.store->LocksOf(account, act_.at));
    if (!locks) return "";
    if (binding::LocksReceiving(*locks)) {
      locked.append(locked.empty() ? "" : ",").append(account);
    } else if (all) {
      return "";
    }
  }
  return locked;
}

bool Bindings::BreakerSpares(const Envelope& envelope, const Address& recipient) const {
  const std::vector<Address>& exempt = snapshot_.settings.breaker_exempt;
  const auto spared = [&](const Address& address) {
    return address.local == kPostmaster || std::ranges::find(exempt, address) != exempt.end();
  };
  return envelope.sender.empty() || spared(envelope.sender) || spared(recipient);
}

void Bindings::CheckBreaker(const Envelope& envelope, const Address& recipient,
                            BindingAnswer* answer) {
  if (failed_ || DirectionOf(envelope, snapshot_.settings) == incident::Direction::kInbound) return;
  if (std::ranges::find(answer->checks, Check::kBreaker, &CheckResult::check) !=
          answer->checks.end() ||
      BreakerSpares(envelope, recipient)) {
    return;
  }
  if (!breakers_) breakers_ = Got(tools_.store->Breakers(act_.at));
  if (!breakers_) return;
  const store::Breaker* breaker =
      incident::Stopping(*breakers_, envelope.account, envelope.sender.domain);
  if (breaker == nullptr) return;
  CheckResult result = Passed(Check::kBreaker, Outcome::kFail);
  result.subject = breaker->scope;
  result.reason = "the breaker is open: " + breaker->reason + " (" + breaker->reference + ")";
  answer->checks.push_back(std::move(result));
}

Result<bool> Bindings::Learn(const Envelope& envelope) {
  bool changed = false;
  for (const binding::Look& lesson : std::exchange(lessons_, {})) {
    const Result<bool> learned = ledger_->Learn(lesson, envelope.account, act_);
    if (!learned) return learned;
    changed |= *learned;
  }
  return changed;
}

}  // namespace warifu::app
