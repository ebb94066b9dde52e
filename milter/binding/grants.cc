#include "binding/grants.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace warifu::binding {

bool IsRoute(const Address& address) {
  constexpr std::string_view kSigns = "%!";
  return address.local.find_first_of(kSigns) != std::string::npos ||
         address.sub_address.find_first_of(kSigns) != std::string::npos;
}

bool Covers(Grants grants, const Address& address) {
  if (grants.empty() || address.empty()) return false;
  const std::string whole = address.ToString();
  return std::ranges::any_of(grants, [&](const store::Grant& grant) {
    if (grant.target == "*") return true;
    if (IsRoute(address)) return address.sub_address.empty() && grant.target == whole;
    if (grant.target == whole) return true;
    return grant.target.size() > 1 && grant.target[0] == '@' &&
           grant.target.substr(1) == address.domain;
  });
}

}  // namespace warifu::binding
