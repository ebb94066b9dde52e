// LDAP door: one bound connection to a directory server, by libldap.
//
// Certificates are always verified, by the name of the server. Referrals are not followed: they
// would carry the password to whomever they name.
// Internal to binding. Threads: a session belongs to one thread at a time.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "binding/sources.h"

namespace warifu::binding {

// RFC 4515: every byte that means something, or is not plain ASCII, as "\5c".
std::string EscapedFilterValue(std::string_view value);

Result<void> CheckLdapOptions(const LdapOptions& options);

struct LdapEntry {
  std::vector<std::string> accounts, addresses;  // values of the two attributes
};

class LdapSession {
 public:
  virtual ~LdapSession() = default;
  // Entries below the base that fit. kInvalid: the filter, the base or the right to read are wrong.
  virtual Result<std::vector<LdapEntry>> Search(const std::string& filter) = 0;
  // The next page of up to `most` entries of a large answer; empty at the end.
  virtual Result<std::vector<LdapEntry>> NextPage(const std::string& filter, int most) = 0;
};

Result<std::unique_ptr<LdapSession>> OpenLdapSession(const LdapOptions& options,
                                                     std::chrono::milliseconds timeout);

}  // namespace warifu::binding
