#include "forms_directory.h"

#include <algorithm>

#include "base/address_view.h"
#include "base/unicode_text.h"
#include "forms.h"

namespace warifu::binding {

Owners FormsDirectory::OwnersOf(const Address& address) const {
  Owners out;
  const std::string addr = address.ToString();
  if (addr == "me@corp.example" || addr == "太郎@xn--r8jz45g.example") out.accounts = {"me"};
  if (address.domain == "mine.example") {
    out.accounts = {"me"};
    out.by_domain = true;
  }
  if (addr == "info@corp.example") out.accounts = {"boss", "me"};
  if (addr == "boss@corp.example") out.accounts = {"boss"};
  if (!out.accounts.empty()) out.status = Lookup::kFound;
  return out;
}

FormsAsker::Said FormsAsker::Ask(const std::string& head) const {
  const auto split = SplitHead(head);
  Fields fields;
  for (const auto& [name, body] : split) fields.emplace_back(name, body);
  Said said{"pass", ""};
  Outcome worst = Outcome::kPass;
  for (const CheckResult& result : CheckAuthor("me", fields, directory_, options_)) {
    if (result.outcome <= worst) continue;
    worst = result.outcome;
    said = {std::string(ToString(result.outcome)), result.reason};
  }
  if (worst != Outcome::kPass) return said;
  const CheckResult display = CheckDisplay("me", fields, directory_, options_)[0];
  if (display.outcome != Outcome::kPass) return {"display", display.reason};
  return said;
}

std::vector<std::string> FormsAsker::Foreign(std::string_view shown) const {
  std::vector<std::string> out;
  const std::string folded = FoldCompatible(shown);
  for (const std::string_view found : FindAddressLike(folded)) {
    const Result<Address> address = ParseAddrSpec(found, options_.address);
    if (!address) continue;
    const Owners owners = directory_.OwnersOf(*address);
    if (owners.status != Lookup::kFound) continue;
    if (std::ranges::find(owners.accounts, "me") == owners.accounts.end()) {
      out.push_back(address->ToString());
    }
  }
  return out;
}

}  // namespace warifu::binding
