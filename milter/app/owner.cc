#include "app/owner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace warifu::app {
namespace {

using Accounts = std::set<std::string>;

// Nothing where it could not be told.
using Told = std::optional<Accounts>;

class OwnerFinder {
 public:
  OwnerFinder(const Envelope& envelope, const AskOwners& ask, const binding::Options& options,
              Budget& budget)
      : envelope_(envelope), ask_(ask), options_(options), budget_(budget) {
    for (const Address& recipient : envelope.recipients) {
      recipients_.push_back(AccountsOf(recipient));
    }
  }

  // False where it could not be told whose record it is, or whose mailboxes the recipients are.
  bool Assign(Finding* finding) {
    const Told owners = OwnersOf(finding->account);
    if (!owners) return false;
    if (!owners->empty()) finding->owner.clear();  // a row's handle gives way to the account
    for (const std::string& owner : *owners) {
      finding->owner.append(finding->owner.empty() ? "" : ",").append(owner);
    }
    if (owners->empty()) return true;
    const std::optional<Ownership> ownership = Judge(*owners);
    if (ownership) finding->ownership = *ownership;
    return ownership.has_value();
  }

  // Of the last thing that could not be told.
  const std::string& why() const { return why_; }

 private:
  Told AccountsOf(const Address& address) {
    if (budget_.Over()) return {};
    const binding::Owners owners = ask_(address);
    switch (owners.status) {
      case binding::Lookup::kFound:
        if (owners.by_domain) return Accounts();
        return Accounts(owners.accounts.begin(), owners.accounts.end());
      case binding::Lookup::kNotFound:
        return Accounts();
      default:
        why_ = owners.detail;
        return {};
    }
  }

  Told OwnersOf(const std::string& written) {
    const auto known = known_.find(written);
    if (known != known_.end()) return known->second;
    return known_.emplace(written, LookUp(written)).first->second;
  }

  // An address as it stands; a login in each local domain, the first that answers; and then as the
  // name of an account that takes part.
  Told LookUp(const std::string& written) {
    std::vector<std::string> specs;
    if (written.find('@') != std::string::npos) {
      specs.push_back(written);
    } else {
      for (const std::string& domain : options_.local_domains) {
        specs.push_back(std::string(written).append("@").append(domain));
      }
    }
    for (const std::string& spec : specs) {
      const Result<Address> address = ParseAddrSpec(spec, options_.address);
      if (!address) break;
      const Told owners = AccountsOf(*address);
      if (!owners || !owners->empty()) return owners;
    }
    const std::string account = binding::AccountOf(written, options_.realm);
    return Takes(account) ? Accounts{account} : Accounts{};
  }

  // The account takes part in this mail, so that it is known to exist.
  bool Takes(const std::string& account) const {
    return !account.empty() && (account == envelope_.account ||
                                std::ranges::any_of(recipients_, [&](const Told& owners) {
                                  return owners && owners->contains(account);
                                }));
  }

  std::optional<Ownership> Judge(const Accounts& owners) const {
    const auto owned = [&owners](const Told& accounts) {
      return accounts && std::ranges::any_of(
                             *accounts, [&](const std::string& a) { return owners.contains(a); });
    };
    const auto told = [](const Told& accounts) { return accounts.has_value(); };
    // A stranger among the recipients is enough; that there is none is known of all or not at all.
    const bool stranger = std::ranges::any_of(
        recipients_, [&](const Told& accounts) { return told(accounts) && !owned(accounts); });
    if (!stranger && !std::ranges::all_of(recipients_, told)) return {};
    if (!stranger && !recipients_.empty()) return Ownership::kOnlyRecipient;
    return owners.contains(envelope_.account) ? Ownership::kSelfDisclosure : Ownership::kStranger;
  }

  const Envelope& envelope_;
  const AskOwners& ask_;
  const binding::Options& options_;
  Budget& budget_;
  std::vector<Told> recipients_;
  std::map<std::string, Told> known_;  // by what was written
  std::string why_;
};

}  // namespace

Faults AssignOwners(const Envelope& envelope, const AskOwners& ask, const binding::Options& options,
                    Budget& budget, std::vector<Finding>* findings) {
  const bool any = std::ranges::any_of(
      *findings, [](const Finding& finding) { return !finding.account.empty(); });
  if (!any) return {};
  OwnerFinder finder(envelope, ask, options, budget);
  bool doubt = false;
  for (Finding& finding : *findings) {
    if (finding.account.empty()) continue;
    const bool told = finder.Assign(&finding);
    doubt = doubt || (!told && finding.mode == Mode::kEnforce && finding.ignored.empty());
  }
  if (!doubt) return {};
  if (budget.Over()) return {{FaultCause::kTimeout, "", std::string(budget.why())}};
  return {
      {FaultCause::kDirectory, "", "it could not be told whose record was found: " + finder.why()}};
}

}  // namespace warifu::app
