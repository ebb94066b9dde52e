// Identity: the account behind a session: its login, else its certificate, else its lease.
//
// A login is never second-guessed by what else the session has. Threads: const, safe to share.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check_result.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/network.h"
#include "binding/certificate.h"
#include "binding/checks.h"
#include "binding/lease.h"

namespace warifu::binding {

struct IdentityOptions {
  std::string certificate_table;  // path; "" for none
  LeaseOptions lease;
  // Clients whose leases are asked for, beside those of listeners for users.
  std::vector<Network> lease_networks;
};

struct SessionClaims {
  std::string_view login;  // {auth_authen}
  ClientCertificate certificate;
  std::string_view client_address;
  bool for_users = false;  // the listener's clients are users, or it asks for an account
};

struct Identity {
  std::string account;  // canonical, realm mapped; "" for none
  std::string source;   // "login", "certificate", "lease"
  // None could be told: fresh leases of two accounts, or a source that does not answer.
  bool in_doubt = false;
  std::string detail;
};

class Identities {
 public:
  static std::expected<std::shared_ptr<const Identities>, Errors> Open(
      const IdentityOptions& options);

  Identity Of(const SessionClaims& claims, const RealmOptions& realm, WallTime now) const;
  // As Directory::Probe(), of the leases.
  Result<void> Probe() const;
  // Of the leases' server.
  LaneCounts lanes() const { return leases_ == nullptr ? LaneCounts{} : leases_->lanes(); }

 private:
  std::shared_ptr<const CertificateTable> certificates_;
  std::shared_ptr<const Leases> leases_;
  std::vector<Network> lease_networks_;
};

// The check `session`: doubt is unavailable, whether or not an account is required, since the mail
// would else pass as nobody's.
CheckResult CheckSession(const Identity& identity, bool required);

}  // namespace warifu::binding
