// Records: the rows of the store, as plain values.
//
// Addresses and accounts are canonical text (Address::ToString(), CanonicalAccount()); the store
// compares bytes. Times are wall time in microseconds. Nothing here holds a secret: tokens of
// notices come in as keyed digests.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace warifu::store {

// Who did something, when and why: what a history row says of every change.
struct Act {
  std::string who = {};  // "uid 1000 (sato)", "mail", "import", "provisioning"
  WallTime at = {};
  std::string reference = {};  // ticket or incident; "" for none
  std::string why = {};        // for people; never bytes of a mail
};

// A set of accounts: sorted, no doubles.
using Accounts = std::vector<std::string>;

// One account's proven right to an address.
struct Proof {
  std::string account = {};
  WallTime since = {};
  std::string source = {};     // "mail", "import", "change", "person"
  std::string reference = {};  // of the change or ticket; "" for none
};

enum class DisputeKind : std::uint8_t { kPin, kNotice, kFlow, kPerson };

// Directory and ledger disagree on an address, or a notice, a flow or a person marked it.
struct Dispute {
  DisputeKind kind = DisputeKind::kPin;
  WallTime since = {};
  std::string reference = {};  // of the incident
  std::string detail = {};     // for people: "directory says b, proven is a"
};

// All that the store knows about one address.
struct AddressRecord {
  std::vector<Proof> proven = {};         // by account; empty: no ledger row
  std::optional<WallTime> released = {};  // since when the directory no longer has it
  std::optional<Dispute> dispute = {};

  Accounts Owners() const {
    Accounts accounts = {};
    for (const Proof& proof : proven) accounts.push_back(proof.account);
    return accounts;
  }
};

enum class ChangeState : std::uint8_t { kOpen, kUsed, kExpired, kWithdrawn };

// An announced, authorised move of an address. Used once.
struct Change {
  std::int64_t id = 0;  // given by the store
  std::string address = {};
  std::string from = {};  // account; "" when the address is new or its owner is not stated
  std::string to = {};    // account; "" when the address is given up
  std::string reference = {};
  std::string by = {};
  WallTime announced = {};
  WallTime valid_until = {};
  ChangeState state = ChangeState::kOpen;
  std::optional<WallTime> settled = {};  // when it was used, expired or withdrawn
};

// Whether a change explains that an address whose proven owners are `ledger` now has the owners
// `directory`.
bool Explains(const Change& change, const Accounts& ledger, const Accounts& directory,
              WallTime now);

// A standing right of an account to send as what it does not own.
struct Grant {
  std::string account = {};
  std::string target = {};  // "address", "@domain" or "*"
  std::string reference = {};
  std::string by = {};
  WallTime since = {};
  std::optional<WallTime> until = {};
};

enum class LockScope : std::uint8_t { kSend, kReceive, kBoth };

// An account that may not send, or not be sent secrets.
struct Lock {
  std::string account = {};
  LockScope scope = LockScope::kBoth;
  std::string reason = {};
  std::string reference = {};
  std::string by = {};
  WallTime since = {};
  std::optional<WallTime> until = {};
};

// One thing that happened. Append-only.
struct HistoryRow {
  std::int64_t id = 0;
  std::string kind = {};     // "enrol", "move", "release", "dispute", "settle", "lock", "grant", …
  std::string address = {};  // "" where none is concerned
  std::string account = {};  // all that it concerns, joined by ", "
  Act act = {};
  std::string before = {};  // accounts or state, as text
  std::string after = {};
};

// What a person may have to act on: a mail that was held, deferred or refused, or a dispute.
struct Incident {
  std::string reference = {};
  WallTime at = {};
  std::uint64_t times = 1;              // with what its client tried again
  std::optional<WallTime> latest = {};  // of these, where there are several
  std::string kind = {};                // "mail", "dispute", "breaker"
  std::string action = {};              // what was done: "hold", "defer", "reject", …
  std::string gateway = {};             // host name of the daemon that saw it
  std::string queue_id = {};            // "" where the MTA gave none yet
  std::string account = {};
  std::string client = {};
  std::string sender = {};
  std::string recipients = {};  // joined by ", ", cut after 1,000 bytes
  std::string reasons = {};     // "rule:…, check:…"
  std::string summary = {};     // one line for people, nothing secret
  std::string state = "open";   // "open", "released", "closed"
  Act settled = {};             // who released or closed it
};

// The alarms of a scope, one of which was just noted.
struct AlarmCount {
  std::uint64_t accounts = 0;  // distinct ones
  bool added = false;          // the account had none before
};

// The breaker of one scope.
struct Breaker {
  std::string scope = {};  // "account:…", "domain:…", "all"
  WallTime opened = {};
  std::optional<WallTime> until = {};
  std::string reason = {};
  std::string reference = {};
  std::string by = {};
};

}  // namespace warifu::store
