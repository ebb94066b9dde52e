#include "app/owner.h"

#include <algorithm>
#include <set>
#include <string>

namespace warifu::app {
namespace {

using Accounts = std::set<std::string>;

class OwnerFinder {
 public:
  OwnerFinder(const Envelope& envelope, const binding::Directory& directory,
              const binding::Options& options)
      : envelope_(envelope), directory_(directory), options_(options) {
    for (const Address& recipient : envelope.recipients) {
      recipients_.push_back(AccountsOf(recipient));
    }
  }

  void Assign(Finding* finding) const {
    const Accounts owners = OwnersOfRecord(finding->account);
    if (owners.empty()) return;
    for (const std::string& owner : owners) {
      finding->owner.append(finding->owner.empty() ? "" : ",").append(owner);
    }
    finding->ownership = Judge(owners);
  }

 private:
  Accounts AccountsOf(const Address& address) const {
    const binding::Owners owners = directory_.OwnersOf(address);
    if (owners.status != binding::Lookup::kFound || owners.by_domain) return {};
    return {owners.accounts.begin(), owners.accounts.end()};
  }

  Accounts OwnersOfRecord(const std::string& written) const {
    if (written.find('@') != std::string::npos) {
      const Result<Address> address = ParseAddrSpec(written, options_.address);
      if (address) {
        if (Accounts owners = AccountsOf(*address); !owners.empty()) return owners;
      }
    } else {
      for (const std::string& domain : options_.local_domains) {
        std::string spec = written;
        spec.append("@").append(domain);
        const Result<Address> address = ParseAddrSpec(spec, options_.address);
        if (!address) break;
        if (Accounts owners = AccountsOf(*address); !owners.empty()) return owners;
      }
    }
    const std::string account = binding::AccountOf(written, options_.realm);
    return Takes(account) ? Accounts{account} : Accounts{};
  }

  // The account takes part in this mail, so that it is known to exist.
  bool Takes(const std::string& account) const {
    return !account.empty() && (account == envelope_.account ||
                                std::ranges::any_of(recipients_, [&](const Accounts& owners) {
                                  return owners.contains(account);
                                }));
  }

  Ownership Judge(const Accounts& owners) const {
    const auto owned = [&owners](const Accounts& accounts) {
      return std::ranges::any_of(accounts,
                                 [&](const std::string& a) { return owners.contains(a); });
    };
    if (!recipients_.empty() && std::ranges::all_of(recipients_, owned)) {
      return Ownership::kOnlyRecipient;
    }
    return owners.contains(envelope_.account) ? Ownership::kSelfDisclosure : Ownership::kStranger;
  }

  const Envelope& envelope_;
  const binding::Directory& directory_;
  const binding::Options& options_;
  std::vector<Accounts> recipients_;
};

}  // namespace

void AssignOwners(const Envelope& envelope, const binding::Directory& directory,
                  const binding::Options& options, std::vector<Finding>* findings) {
  const bool any = std::ranges::any_of(
      *findings, [](const Finding& finding) { return !finding.account.empty(); });
  if (!any) return;
  const OwnerFinder finder(envelope, directory, options);
  for (Finding& finding : *findings) {
    if (!finding.account.empty()) finder.Assign(&finding);
  }
}

}  // namespace warifu::app
