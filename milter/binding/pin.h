// Pin: does the live owner of an address fit its proven owner? (binding.md, `pin`, case by case)
//
// JudgePin() compares what the directory says now with what the ledger has proven, and says what is
// answered, what is written at once and what an accepted mail may teach. Owners are sets: one that
// is in both is enough.
//
//   directory        ledger           answer
//   not there        no row           not bound (list, alias, role, remote): passes
//   not there        row              released: the MTA decides
//   there            no row           new: passes; `unproven` where only an import enrols
//   share an owner                    passes; the difference is a lesson
//   disjoint         a change fits    the ledger moves, once
//   disjoint         released longer  recycled: as new
//                    than the cool-off
//   disjoint         otherwise        swapped: fails, disputed
//   any              disputed         fails until it is settled; a dispute of pin's own ends when
//   both
//                                     agree again
//   does not answer  row              stale: the ledger answers, for as long as the caller lets it
//   does not answer  otherwise        unavailable
//
// What a mail teaches is never written here: only mail that was accepted, of an account that is
// among the live owners, teaches (Ledger::Learn). A row for a whole domain teaches nothing.
// Threads: pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/action.h"
#include "base/check_result.h"
#include "binding/directory.h"
#include "store/records.h"

namespace warifu::binding {

struct PinOptions {
  bool first_use = true;              // else only an import enrols
  Action unproven = Action::kAccept;  // of an address without a row, where only an import enrols
  std::chrono::seconds cool_off = std::chrono::days(180);
};

enum class PinCase : std::uint8_t {
  kNotBound,
  kReleased,
  kByDomain,  // a row for the whole domain, no ledger row: nobody's in particular
  kNew,
  kSame,
  kDiffers,  // share an owner, but not all
  kExplained,
  kRecycled,
  kSwapped,
  kDisputed,
  kStale,
  kUnknown,
};
std::string_view ToString(PinCase which);

// Done at once, whatever becomes of the mail.
enum class PinWrite : std::uint8_t {
  kNothing,
  kMove,        // from `before` to `after`, by `change`
  kDispute,     // `reason` is its detail
  kEndDispute,  // one of pin's own
  kMarkReleased,
  kClearReleased,
};

// What an accepted mail of a live owner may teach.
enum class PinLesson : std::uint8_t {
  kNothing,
  kEnrol,  // `after`
  kMove,   // from `before` to `after`
};

struct PinAnswer {
  PinCase which = PinCase::kNotBound;
  Outcome outcome = Outcome::kPass;
  Action at_most = Action::kReject;
  PinWrite write = PinWrite::kNothing;
  PinLesson lesson = PinLesson::kNothing;
  store::Accounts before, after;  // `before`: the proven owners, of a failure too
  std::int64_t change = 0;
  std::string reason;  // for people: "directory says b, proven is a"
};

struct PinFacts {
  Owners directory;                    // as accounts: realms mapped
  store::AddressRecord record;         // empty: no row
  std::vector<store::Change> changes;  // open and valid at `now`, of this address
};

PinAnswer JudgePin(const PinFacts& facts, const PinOptions& options, WallTime now);

// True when the answer can depend on announced changes: the caller need not ask for them otherwise.
bool NeedsChanges(const Owners& directory, const store::AddressRecord& record);

bool ShareAnOwner(const store::Accounts& a, const store::Accounts& b);

}  // namespace warifu::binding
