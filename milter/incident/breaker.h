// Breaker: stops the outbound mail of a scope when too much goes wrong in it.
//
// An alarm is a leak (a mail that content rules held or refused) or a swapped address. Of an
// account its alarms are counted, of a domain and of the whole site the distinct accounts that have
// any, so that one account cannot stop the others. At its threshold inside of the window a breaker
// opens in the scopes that may act; in the others it is reported and stops nothing. It stays open
// until a person closes it or its time is over. State is the store's: it survives a restart, and
// all gateways share it.
//
// Null-sender mail, postmaster's and exempt addresses are never stopped; that is the caller's, who
// knows the mail.
// SECURITY: only mail of own accounts raises alarms; strangers cannot.
// Threads: as the store's.
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "store/store.h"

namespace warifu::incident {

enum class Scope : std::uint8_t { kAccount, kDomain, kAll };
std::string_view ToString(Scope scope);
bool FromString(std::string_view word, Scope* scope);

struct BreakerOptions {
  std::set<Scope> acts_on = {Scope::kAccount};
  std::uint64_t account_alarms = 10;
  std::uint64_t domain_accounts = 20;
  std::uint64_t all_accounts = 50;
  std::chrono::seconds window = std::chrono::hours(1);
  std::chrono::seconds open_for{};  // 0: until a person closes it
};

struct Alarm {
  std::string account;  // whose mail leaked, or whose address was swapped
  std::string domain;   // of the address concerned; "" for none
  std::string mark;     // one alarm an account and mark: queue id, address
  std::string what;     // "leak", "swapped address"; for people
  std::string reference;
  WallTime at = {};
};

// A scope that reached its threshold by this alarm.
struct Tripped {
  std::string scope;    // "account:taro", "domain:example.jp", "all"
  bool opened = false;  // else reported only
  std::string reason;
};

Result<std::vector<Tripped>> RaiseAlarm(store::Store& store, const BreakerOptions& options,
                                        const Alarm& alarm);

// The open breaker that stops outbound mail of that account and sender's domain; null for none.
const store::Breaker* Stopping(std::span<const store::Breaker> open, std::string_view account,
                               std::string_view domain);

}  // namespace warifu::incident
