// PasswordForm: whether a word looks like a password rather than like one of the many other things
// that are made of letters and digits.
//
// A judgement of one word by its characters alone, meant for rows of lists, where several speak for
// one another: passwords that are words or numbers are not told, and a part number may pass.
//
// SECURITY: hostile text; linear.
// Threads: pure.
#pragma once

#include <string_view>

namespace warifu::scan {

// Letters and digits mixed as people and programs mix them in passwords: small and capital letters
// or signs with digits, letters and digits in turn, a word before two digits or more, eight
// characters together. Not: dates, versions, quantities, hashes, paths, addresses, names of files,
// hosts, variables and packages, codes in capitals, program text.
bool IsPasswordLike(std::string_view word);

}  // namespace warifu::scan
