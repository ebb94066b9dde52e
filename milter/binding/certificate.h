// Certificate: the account behind a client certificate, by table.
//
//   "CN=Scanner, third floor" "CN=Example CA" scanner-3
//   fingerprint:5f:6a:… scanner-4
//
// A line names subject and issuer, each in double quotes where it holds blanks, or a fingerprint,
// and then the account. A subject counts only together with its issuer: anybody can have a
// certificate of that name made elsewhere. What stands in the MTA's macros is compared byte for
// byte (Postfix gives the common names of certificates that it trusts; Sendmail whole names).
// Threads: const, safe to share.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"

namespace warifu::binding {

struct ClientCertificate {
  std::string subject;      // {cert_subject}
  std::string issuer;       // {cert_issuer}
  std::string fingerprint;  // {cert_fp}, which Sendmail has
};

class CertificateTable {
 public:
  // All errors at once, with file and line.
  static std::expected<std::shared_ptr<const CertificateTable>, Errors> Open(
      const std::string& path);

  // Canonical account; "" when the certificate is nobody's.
  std::string AccountOf(const ClientCertificate& certificate) const;

 private:
  std::unordered_map<std::string, std::string> accounts_;
};

}  // namespace warifu::binding
