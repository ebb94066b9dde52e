#include "binding/notice.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

#include "base/iso_time.h"

namespace warifu::binding {
namespace {

// No account holds a line feed; a comma is in every distinguished name.
constexpr char kBetweenAccounts = '\n';
constexpr std::size_t kMostDisputed = 100;
constexpr std::size_t kAddressesOfAccount = 20;
constexpr std::size_t kNamedInDetail = 6;

CheckResult Say(Check check, Outcome outcome, std::string subject, std::string reason) {
  CheckResult result;
  result.check = check;
  result.outcome = outcome;
  result.subject = std::move(subject);
  result.reason = std::move(reason);
  return result;
}

CheckResult StoreFailed(Check check, const Error& error) {
  return Say(check, Outcome::kUnavailable, "", "the store does not answer: " + error.text);
}

std::string Join(const store::Accounts& accounts, std::string_view between) {
  std::string out;
  for (const std::string& account : accounts) {
    out.append(out.empty() ? "" : between).append(account);
  }
  return out;
}

store::Accounts Split(std::string_view joined) {
  store::Accounts out;
  while (!joined.empty()) {
    const std::size_t end = std::min(joined.find(kBetweenAccounts), joined.size());
    out.emplace_back(joined.substr(0, end));
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return out;
}

store::Accounts Common(const store::Accounts& a, const store::Accounts& b) {
  store::Accounts out;
  std::ranges::set_intersection(a, b, std::back_inserter(out));
  return out;
}

std::string Quoted(const std::string& id) {
  return "notice '" + id + "'";
}

// Collects what a flow that names two accounts puts in doubt.
class Dispute {
 public:
  Dispute(const std::vector<store::Store::FlowStep>& steps, const BoundTo& bound,
          store::Store& store)
      : steps_(steps), bound_(bound), store_(store) {}

  // An error of the store: the addresses of a named account could not be told.
  Result<std::vector<std::string>> Addresses(const Named& named) {
    if (named.address) Add(named.address->ToString());
    store::Accounts reached, meant;
    for (const auto& step : steps_) {
      Add(step.address);
      std::ranges::copy(Split(step.account), std::back_inserter(meant));
    }
    for (const std::string& text : seen_) {
      const Result<Address> address = ParseAddrSpec(text, {.sub_address_delimiters = ""});
      if (address) std::ranges::copy(bound_(*address).accounts, std::back_inserter(reached));
    }
    for (const std::string& account : meant) {
      if (std::ranges::find(reached, account) != reached.end()) continue;
      const auto addresses = store_.AddressesOf(account, kAddressesOfAccount);
      if (!addresses) return std::unexpected(addresses.error());
      for (const std::string& address : *addresses) Add(address);
    }
    return out_;
  }

 private:
  void Add(const std::string& address) {
    if (out_.size() < kMostDisputed && seen_.insert(address).second) out_.push_back(address);
  }

  const std::vector<store::Store::FlowStep>& steps_;
  const BoundTo& bound_;
  store::Store& store_;
  std::set<std::string> seen_;
  std::vector<std::string> out_;
};

std::string DetailOf(const std::vector<store::Store::FlowStep>& steps) {
  std::string out;
  std::size_t named = 0;
  for (const auto& step : steps) {
    if (named++ == kNamedInDetail) return out + " and more";
    out.append(out.empty() ? "" : "; ").append(step.notice + " named ");
    out.append(Join(Split(step.account), ",")).append(" to ").append(step.address);
    out.append(" at ").append(IsoTime(step.at));
  }
  return out;
}

}  // namespace

Named WhoIsNamed(const NoticeFacts& facts, const BoundTo& bound, const Options& options) {
  Named named;
  if (facts.account.empty()) {
    named.outcome = Outcome::kFail;
    named.reason = "the account of " + Quoted(facts.id) + " " + facts.problem;
    return named;
  }
  if (facts.account.find('@') != std::string::npos) {
    if (const Result<Address> address = ParseAddrSpec(facts.account, options.address)) {
      Bound owners = bound(*address);
      if (owners.outcome != Outcome::kPass || !owners.accounts.empty()) {
        named.outcome = owners.outcome;
        named.accounts = std::move(owners.accounts);
        named.address = *address;
        named.reason = Quoted(facts.id) + " names " + address->ToString() +
                       (owners.reason.empty() ? "" : ": " + owners.reason);
        return named;
      }
    }
  }
  named.accounts = {AccountOf(facts.account, options.realm)};
  return named;
}

std::vector<CheckResult> CheckNotice(const NoticeFacts& facts, const Named& named,
                                     const std::vector<Address>& recipients, const BoundTo& bound) {
  std::vector<CheckResult> out;
  if (named.outcome != Outcome::kPass) {
    out.push_back(Say(Check::kNotice, named.outcome, named.address ? named.address->ToString() : "",
                      named.reason));
    return out;
  }
  for (const Address& recipient : recipients) {
    const Bound owners = bound(recipient);
    const std::string subject = recipient.ToString();
    if (owners.outcome != Outcome::kPass) {
      out.push_back(Say(Check::kNotice, owners.outcome, subject, owners.reason));
    } else if (Common(owners.accounts, named.accounts).empty()) {
      out.push_back(Say(
          Check::kNotice, Outcome::kFail, subject,
          Quoted(facts.id) + " is for " + Join(named.accounts, ",") + ", and " +
              (owners.accounts.empty() ? std::string("the address is bound to no account")
                                       : "the address belongs to " + Join(owners.accounts, ","))));
    }
  }
  if (out.empty()) {
    out.push_back(Say(Check::kNotice, Outcome::kPass, Join(named.accounts, ","), Quoted(facts.id)));
  }
  return out;
}

std::optional<CheckResult> CheckNoticeLock(const NoticeFacts& facts, const Named& named,
                                           store::Store& store, WallTime now) {
  if (!facts.guarded || named.outcome != Outcome::kPass) return std::nullopt;
  CheckResult result = Say(Check::kLock, Outcome::kPass, Join(named.accounts, ","), "");
  result.at_most = Action::kHold;
  for (const std::string& account : named.accounts) {
    const auto locks = store.LocksOf(account, now);
    if (!locks) {
      result = StoreFailed(Check::kLock, locks.error());
      result.at_most = Action::kHold;
      return result;
    }
    for (const store::Lock& lock : *locks) {
      if (lock.scope == store::LockScope::kSend) continue;
      result.outcome = Outcome::kFail;
      result.subject = account;
      result.reason = Quoted(facts.id) + " is for a locked account" +
                      (lock.reason.empty() ? "" : ": " + lock.reason);
      return result;
    }
  }
  return result;
}

std::optional<FlowResult> CheckFlow(const NoticeFacts& facts, const Named& named,
                                    const std::vector<Address>& recipients, const BoundTo& bound,
                                    store::Store& store, WallTime now,
                                    std::chrono::milliseconds expires) {
  if (!facts.has_token || named.outcome != Outcome::kPass) return std::nullopt;
  FlowResult out;
  if (facts.token.empty()) {
    out.check = Say(Check::kFlow, Outcome::kFail, "",
                    "the token of " + Quoted(facts.id) + " " + facts.token_problem);
    return out;
  }
  std::vector<store::Store::FlowStep> steps;
  for (const Address& recipient : recipients) {
    auto added =
        store.AddFlowStep(facts.token,
                          {facts.id, Join(named.accounts, std::string_view(&kBetweenAccounts, 1)),
                           recipient.ToString(), now},
                          now + expires);
    if (!added) {
      out.check = StoreFailed(Check::kFlow, added.error());
      return out;
    }
    steps = *std::move(added);
  }
  store::Accounts common = named.accounts;
  for (const auto& step : steps) common = Common(common, Split(step.account));
  out.check = Say(Check::kFlow, Outcome::kPass, Join(named.accounts, ","), "");
  if (!common.empty() || steps.empty()) return out;
  out.detail = DetailOf(steps);
  out.check.outcome = Outcome::kFail;
  out.check.reason = "notices of one transaction name two accounts: " + out.detail;
  if (auto disputed = Dispute(steps, bound, store).Addresses(named)) {
    out.disputed = *std::move(disputed);
  } else {
    for (const auto& step : steps) out.disputed.push_back(step.address);
  }
  return out;
}

std::vector<CheckResult> CheckFanIn(const NoticeFacts& facts, const Named& named,
                                    const std::vector<Address>& recipients, store::Store& store,
                                    WallTime now, const FanInOptions& options) {
  std::vector<CheckResult> out;
  if (named.outcome != Outcome::kPass || named.accounts.empty()) return out;
  for (const Address& recipient : recipients) {
    // Of an address that several own the first stands for all: they are one person's notice.
    const auto accounts = store.AddFanIn(recipient.ToString(), named.accounts.front(), facts.id,
                                         now, now - options.window);
    if (!accounts) {
      out.push_back(StoreFailed(Check::kFanIn, accounts.error()));
    } else if (accounts->size() > options.accounts) {
      out.push_back(Say(
          Check::kFanIn, Outcome::kFail, recipient.ToString(),
          "this mailbox has had notices for " + std::to_string(accounts->size()) + " accounts"));
    }
  }
  if (out.empty()) out.push_back(Say(Check::kFanIn, Outcome::kPass, "", ""));
  return out;
}

}  // namespace warifu::binding
