#include "binding/fields.h"

#include <algorithm>
#include <utility>

#include "base/names.h"

namespace warifu::binding {
namespace {

constexpr std::pair<Role, std::string_view> kNames[] = {
    {Role::kFrom, "From"},
    {Role::kSender, "Sender"},
    {Role::kReplyTo, "Reply-To"},
    {Role::kResentFrom, "Resent-From"},
    {Role::kResentSender, "Resent-Sender"},
    {Role::kReplyTo, "Resent-Reply-To"},  // RFC 822; gone since RFC 2822
};

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool SameName(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, Lower, Lower);
}

// What is left of the name when a lax program has skipped what cannot stand in one.
std::string Squeezed(std::string_view name) {
  std::string out;
  std::ranges::copy_if(name, std::back_inserter(out), [](char c) { return c > 0x20 && c < 0x7f; });
  return out;
}

}  // namespace

std::string FieldName::Name() const {
  return std::string(warifu::NameOf(kNames, role));
}

FieldName NameOf(std::string_view name) {
  const std::string squeezed = Squeezed(name);
  for (const auto& [role, known] : kNames) {
    if (SameName(squeezed, known)) return {role, squeezed.size() != name.size()};
  }
  return {};
}

bool Owns(std::string_view account, const Owners& owners, const Options& options) {
  if (owners.status != Lookup::kFound) return false;
  return std::ranges::any_of(owners.accounts, [&](const std::string& owner) {
    return AccountOf(owner, options.realm) == account;
  });
}

Outcome OutcomeOf(const Owners& owners) {
  const bool asked = owners.status == Lookup::kFound || owners.status == Lookup::kNotFound;
  return asked ? Outcome::kFail : Outcome::kUnavailable;
}

std::string WhyNot(const Owners& owners) {
  switch (owners.status) {
    case Lookup::kFound:
      return "of another account";
    case Lookup::kNotFound:
      return "that belongs to no account";
    case Lookup::kTryLater:
    case Lookup::kMisconfigured:
      break;
  }
  return "whose owner could not be looked up: " + owners.detail;
}

}  // namespace warifu::binding
