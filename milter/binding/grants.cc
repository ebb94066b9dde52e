#include "binding/grants.h"

#include <algorithm>
#include <string>

namespace warifu::binding {

bool Covers(Grants grants, const Address& address) {
  if (grants.empty() || address.empty()) return false;
  const std::string whole = address.ToString();
  return std::ranges::any_of(grants, [&](const store::Grant& grant) {
    if (grant.target == "*" || grant.target == whole) return true;
    return grant.target.size() > 1 && grant.target[0] == '@' &&
           grant.target.substr(1) == address.domain;
  });
}

}  // namespace warifu::binding
