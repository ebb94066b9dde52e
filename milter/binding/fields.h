// Fields and owners: what the author and the display check share.
//
// Internal to binding. Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/check_result.h"
#include "binding/checks.h"
#include "binding/directory.h"

namespace warifu::binding {

enum class Role { kNone, kFrom, kSender, kReplyTo, kResentFrom, kResentSender };

struct FieldName {
  Role role = Role::kNone;
  // White space, controls or 8-bit bytes in the name: some programs read the field, some do not.
  bool disguised = false;
  // As RFC 5322 spells it.
  std::string Name() const;
};

FieldName NameOf(std::string_view name);

// True when the account is among the owners.
bool Owns(std::string_view account, const Owners& owners, const Options& options);

// Of owners that do not hold the account.
Outcome OutcomeOf(const Owners& owners);
// "of another account", "that belongs to no account", "whose owner could not be looked up: …".
std::string WhyNot(const Owners& owners);

}  // namespace warifu::binding
