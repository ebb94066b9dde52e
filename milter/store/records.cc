#include "store/records.h"

#include <algorithm>

namespace warifu::store {

bool Explains(const Change& change, const Accounts& ledger, const Accounts& directory,
              WallTime now) {
  const auto holds = [](const Accounts& accounts, const std::string& account) {
    return std::ranges::find(accounts, account) != accounts.end();
  };
  return change.state == ChangeState::kOpen && change.valid_until >= now &&
         (change.from.empty() || holds(ledger, change.from)) && !change.to.empty() &&
         holds(directory, change.to);
}

}  // namespace warifu::store
