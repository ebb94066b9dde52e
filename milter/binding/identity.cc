#include "binding/identity.h"

#include <utility>

namespace warifu::binding {

std::expected<std::shared_ptr<const Identities>, Errors> Identities::Open(
    const IdentityOptions& options) {
  auto out = std::make_shared<Identities>();
  Errors errors;
  if (!options.certificate_table.empty()) {
    auto table = CertificateTable::Open(options.certificate_table);
    if (table) {
      out->certificates_ = *std::move(table);
    } else {
      errors = std::move(table.error());
    }
  }
  auto leases = OpenLeases(options.lease);
  if (leases) {
    out->leases_ = *std::move(leases);
  } else {
    errors.insert(errors.end(), leases.error().begin(), leases.error().end());
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  out->lease_networks_ = options.lease_networks;
  return out;
}

Identity Identities::Of(const SessionClaims& claims, const RealmOptions& realm,
                        WallTime now) const {
  if (!claims.login.empty()) return {AccountOf(claims.login, realm), "login", false, ""};
  if (certificates_ != nullptr) {
    const std::string account = certificates_->AccountOf(claims.certificate);
    if (!account.empty()) return {AccountOf(account, realm), "certificate", false, ""};
  }
  const bool asked =
      leases_ != nullptr &&
      (claims.for_users || FindNetwork(lease_networks_, claims.client_address) != nullptr);
  if (!asked) return {};
  const LeaseAnswer lease = leases_->AccountOf(claims.client_address, now);
  switch (lease.status) {
    case Leased::kNobody:
      return {};
    case Leased::kOne:
      return {AccountOf(lease.account, realm), "lease", false, ""};
    case Leased::kTwo:
    case Leased::kUnknown:
    case Leased::kMisconfigured:
      break;
  }
  return {"", "lease", true, lease.detail};
}

Result<void> Identities::Probe() const {
  return leases_ == nullptr ? Result<void>{} : leases_->Probe();
}

CheckResult CheckSession(const Identity& identity, bool required) {
  if (!identity.in_doubt) return CheckSession(identity.account, required);
  CheckResult result;
  result.check = Check::kSession;
  result.outcome = Outcome::kUnavailable;
  result.reason = "the session's account cannot be told: " + identity.detail;
  return result;
}

}  // namespace warifu::binding
