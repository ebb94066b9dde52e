// Fault: something that kept warifu from seeing or judging a mail whole.
//
// "Could not tell" is never "nothing found": every such case becomes a Fault that Decide() sees and
// that has a configured outcome. Passing faults may be gone at the next try (temporary failure by
// default); lasting ones will not scan better tomorrow (accept with header and event by default,
// hold or reject by configuration, never a temporary failure).
//
// Threads: plain values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace warifu {

enum class FaultCause : std::uint8_t {
  // Passing.
  kEngine,     // the pattern engine returned an error
  kDirectory,  // the directory did not answer or is misconfigured
  kStore,      // the store did not answer
  kTimeout,    // the time budget of the message ran out
  kResources,  // out of memory, descriptors, scratch or disk
  kEventLog,   // an event could not be written
  kInternal,   // a defect of warifu
  // Lasting.
  kEncrypted,       // encrypted part
  kUnknownCharset,  // no converter for the declared charset
  kUndecodable,     // transfer encoding or charset broken beyond repair
  kTooLarge,        // a size limit of the settings was reached
  kTooDeep,         // nesting limit, or the parser's own
  kTooManyParts,
  kMalformed,   // the mail's structure is broken in a way that readers see differently
  kUnreadType,  // an attachment of a type that this release does not open (recognised, not scanned)
};

inline constexpr std::array kAllFaultCauses = {
    FaultCause::kEngine,       FaultCause::kDirectory, FaultCause::kStore,
    FaultCause::kTimeout,      FaultCause::kResources, FaultCause::kEventLog,
    FaultCause::kInternal,     FaultCause::kEncrypted, FaultCause::kUnknownCharset,
    FaultCause::kUndecodable,  FaultCause::kTooLarge,  FaultCause::kTooDeep,
    FaultCause::kTooManyParts, FaultCause::kMalformed, FaultCause::kUnreadType,
};

std::string_view ToString(FaultCause cause);
bool FromString(std::string_view word, FaultCause* cause);
// True for the causes that may be gone at the next try.
bool IsPassing(FaultCause cause);

struct Fault {
  FaultCause cause = FaultCause::kInternal;
  std::string part = {};    // as Segment::part; "" when it concerns the whole message
  std::string detail = {};  // for people; never bytes of the mail
};

using Faults = std::vector<Fault>;

}  // namespace warifu
