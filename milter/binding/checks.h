// Checks: does the sender fit the account? (binding.md, The checks: session, sender, author,
// display)
//
// Each check is a function from facts to a CheckResult; none of them decides what is done.
// Threads: pure, but for the directory that they ask.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address.h"
#include "base/check_result.h"
#include "binding/directory.h"
#include "binding/grants.h"

namespace warifu::binding {

// accounts: the login forms of one person map to one account.
struct RealmOptions {
  enum class Rule { kKeep, kStrip, kAdd } rule = Rule::kKeep;
  std::string realm;  // for kAdd, and for kStrip "" strips any realm
};

struct Options {
  AddressOptions address;
  RealmOptions realm;
  std::vector<std::string> local_domains;  // canonical
};

// Canonical account of a SASL login.
std::string AccountOf(std::string_view sasl_login, const RealmOptions& realm);

bool IsLocal(const Address& address, const Options& options);

// `account`: empty when the session has none. `required`: the listener demands one.
CheckResult CheckSession(std::string_view account, bool required);

// The null sender passes here. `grants`: the account's, here and below.
CheckResult CheckSender(std::string_view account, const Address& sender, const Directory& directory,
                        const Options& options, Grants grants = {});

// Head fields by name and raw body, in order, as received: From, Sender, Reply-To, Resent-* are
// read.
using Fields = std::vector<std::pair<std::string_view, std::string_view>>;

// One result per thing wrong, or a single pass. `sender`: the envelope sender (null allowed).
std::vector<CheckResult> CheckAuthor(std::string_view account, const Fields& fields,
                                     const Directory& directory, const Options& options,
                                     Grants grants = {});

// Display names that carry another local address.
std::vector<CheckResult> CheckDisplay(std::string_view account, const Fields& fields,
                                      const Directory& directory, const Options& options,
                                      Grants grants = {});

// The addresses in From as far as they could be read, for the event.
std::vector<Address> Authors(const Fields& fields, const Options& options);

}  // namespace warifu::binding
