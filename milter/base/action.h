// The words of a decision: what may be done with a mail, how bad a finding is, whether a rule acts.
//
// Actions are ordered: of two that are called for, the greater wins. Discarding does not exist.
// Threads: plain values.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace warifu {

enum class Action : std::uint8_t {
  kAccept,  // pass unchanged
  kTag,     // pass with a header that says so
  kStrip,   // cut the region that holds the finding, pass the rest
  kRedact,  // mask the secret in place, pass the rest
  kHold,    // keep in the MTA's hold queue
  kDefer,   // temporary failure: the mail stays with the client
  kReject,  // refuse for good
};

enum class Severity : std::uint8_t { kInfo, kLow, kMedium, kHigh, kCritical };

// In observe nothing is refused, held or edited; the event says what would have happened.
enum class Mode : std::uint8_t { kObserve, kEnforce };

inline constexpr std::size_t kActionCount = 7, kSeverityCount = 5, kModeCount = 2;

std::string_view ToString(Action action);
std::string_view ToString(Severity severity);
std::string_view ToString(Mode mode);
bool FromString(std::string_view word, Action* action);
bool FromString(std::string_view word, Severity* severity);
bool FromString(std::string_view word, Mode* mode);

// The weakest mode wins: global, listener, check or rule.
constexpr Mode Weakest(Mode a, Mode b) {
  return std::min(a, b);
}

}  // namespace warifu
