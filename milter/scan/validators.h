// Validators: named checks of a secret beyond its shape, for `validate` in rule files.
//
// A rule's regex says what a secret looks like; a validator says whether this one can be real: its
// check digits, its structure, that it is no placeholder. All named validators of a rule must
// accept. Each is a pure function of the normalised secret, linear in its length, and has its test.
//
// SECURITY: input is hostile text.
// Threads: pure.
#pragma once

#include <span>
#include <string_view>

namespace warifu::scan {

using Validator = bool (*)(std::string_view secret);

struct NamedValidator {
  std::string_view name;
  Validator accepts;
  std::string_view help;  // one line for the manual and `rules list`
};

// All validators, by name.
std::span<const NamedValidator> Validators();

// nullptr when there is none of that name.
const NamedValidator* FindValidator(std::string_view name);

// Shannon entropy in bits a character.
double Entropy(std::string_view utf8);

}  // namespace warifu::scan
