#include "binding/table_keys.h"

#include <algorithm>
#include <utility>

#include "base/address_parts.h"

namespace warifu::binding {
namespace {

void SortUnique(std::vector<std::string>* texts) {
  std::ranges::sort(*texts);
  const auto again = std::ranges::unique(*texts);
  texts->erase(again.begin(), again.end());
}

// A local part as tables may write it.
std::vector<std::string> LocalForms(std::string local, Spelling spelling) {
  if (spelling == Spelling::kCanonical) return {std::move(local)};
  std::vector<std::string> forms = {Address{local, ""}.ToString()};
  if (forms[0] != local) forms.push_back(std::move(local));
  return forms;
}

std::vector<std::string> DomainForms(const std::string& domain, Spelling spelling) {
  std::vector<std::string> forms = {domain};
  if (spelling == Spelling::kPostfix) {
    std::string shown = UnicodeDomain(domain);
    if (shown != domain) forms.push_back(std::move(shown));
  }
  return forms;
}

// Quoted local parts by the grammar; Postfix also takes them without their quotes.
Result<Address> ReadKey(std::string_view key, const AddressOptions& options) {
  Result<Address> address = ParseAddrSpec(key, options);
  if (address) return address;
  const std::size_t at = key.rfind('@');
  if (at == std::string_view::npos) return MakeAddress(key, "", options);
  if (at == 0 || at + 1 == key.size()) return address;
  return MakeAddress(key.substr(0, at), key.substr(at + 1), options);
}

}  // namespace

std::string Key(std::string_view local, std::string_view sub, std::string_view domain) {
  std::string key;
  key.reserve(local.size() + sub.size() + domain.size() + 1);
  key.append(local).append(sub);
  if (!domain.empty()) key.append(1, '@').append(domain);
  return key;
}

std::vector<TableKey> KeysOf(const Address& address, bool bare, Spelling spelling) {
  std::vector<TableKey> keys;
  if (address.empty()) return keys;
  const std::vector<std::string> domains = DomainForms(address.domain, spelling);
  const auto add = [&](const std::string& whole, const std::string& domain) {
    for (const std::string& local : LocalForms(whole, spelling)) {
      keys.push_back({Key(local, "", domain), local.empty(), local, domain});
    }
  };
  std::vector<std::string> locals;
  if (!address.sub_address.empty()) locals.push_back(address.local + address.sub_address);
  locals.push_back(address.local);
  if (!address.domain.empty()) {
    for (const std::string& local : locals) {
      for (const std::string& domain : domains) add(local, domain);
    }
  }
  if (bare || address.domain.empty()) {
    for (const std::string& local : locals) add(local, "");
  }
  if (address.domain.empty()) return keys;
  for (const std::string& domain : domains) keys.push_back({'@' + domain, true, "", domain});
  return keys;
}

std::vector<std::string> SplitOwners(std::string_view value) {
  std::vector<std::string> owners;
  constexpr std::string_view kSeparators = ", \t\r\n\f\v";
  for (std::size_t at = 0; (at = value.find_first_not_of(kSeparators, at)) != value.npos;) {
    const std::size_t end = std::min(value.find_first_of(kSeparators, at), value.size());
    owners.push_back(CanonicalAccount(value.substr(at, end - at)));
    at = end;
  }
  SortUnique(&owners);
  return owners;
}

std::vector<std::string> OwnersOfValues(const std::vector<std::string>& values) {
  std::vector<std::string> owners;
  for (const std::string& value : values) {
    if (!value.empty()) owners.push_back(CanonicalAccount(value));
  }
  SortUnique(&owners);
  return owners;
}

Result<std::string> CanonicalKey(std::string_view key) {
  if (key.starts_with('@')) {
    Result<std::string> domain = CanonicalDomain(key.substr(1));
    if (!domain) return domain;
    return '@' + *domain;
  }
  const Result<Address> address = ParseAddrSpec(key, {.sub_address_delimiters = ""});
  if (!address) return std::unexpected(address.error());
  return Key(address->local, "", address->domain);
}

void RowReader::Add(std::string_view key, const std::vector<std::string>& owners) {
  if (key.starts_with('@') || owners.empty()) return;
  Result<Address> address = ReadKey(key, options_);
  if (!address || !address->sub_address.empty()) return;
  if (!address->domain.empty()) {
    ready_.push_back({address->ToString(), owners});
    return;
  }
  for (const std::string& domain : local_domains_) {
    address->domain = domain;
    ready_.push_back({address->ToString(), owners});
  }
}

bool RowReader::Next(store::DirectoryRow* row) {
  if (ready_.empty()) return false;
  *row = std::move(ready_.front());
  ready_.pop_front();
  return true;
}

}  // namespace warifu::binding
