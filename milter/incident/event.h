// Event: what happened to one message, for the event log (warifu-events(7)).
//
// Holds nothing that a finding or check does not hold: no secret, and of the mail itself only
// addresses, message id, and attachments' names, each through Printable() when written. Whoever
// fills in such a string keeps the secrets that were found out of it (app/judge.h).
//
// Every field of kEventFields is in every line, in that order; an unknown value is "", 0, [] or
// null. A field keeps its name and meaning for as long as `format` stays the same.
// Threads: plain value.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/check_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/finding.h"
#include "policy/decide.h"

namespace warifu::incident {

enum class Direction { kOutbound, kInternal, kInbound };
inline constexpr std::size_t kDirectionCount = 3;
std::string_view ToString(Direction direction);
bool FromString(std::string_view word, Direction* direction);

struct AttachmentNote {
  std::string part, name, declared, actual;
  std::string encrypted = {};  // "yes", "no", "unknown"; "" where it is not asked
};

struct Event {
  WallTime time = {};
  // "mail", "rcpt", "end": where it was decided; "abort": given up by the client behind a failed
  // check; "failed": what "end" had decided could not be carried out; "breaker": no message, a
  // scope reached its threshold.
  std::string stage;
  std::string queue_id;
  std::string reference;
  std::string listener;
  Direction direction = Direction::kInbound;
  std::string account;
  std::string client_address;
  std::string client_name;
  std::string helo;
  std::string sender;
  std::vector<std::string> recipients;
  std::vector<std::string> authors;
  std::string message_id;
  std::uint64_t size = 0;
  std::vector<CheckResult> checks;
  std::vector<Finding> findings;
  Faults faults;
  std::vector<AttachmentNote> attachments;
  policy::Verdict verdict;
  Mode mode = Mode::kObserve;
  std::string rules_version;
  std::map<std::string, std::uint64_t> microseconds;  // stage → µs
};

inline constexpr int kEventFormat = 1;

// Names of the fields as they are written, a member of a list's entries behind "[].". The keys
// behind "microseconds." are the stages that ran. A list holds at most kMostListed entries; how
// many there were is said by the counts.
inline constexpr std::size_t kMostListed = 1000;
// clang-format off
inline constexpr auto kEventFields = std::to_array<std::string_view>({
    "format", "time", "stage", "reference", "queue_id", "direction", "listener", "mode", "action",
    "would", "reply", "reply.code", "reply.enhanced", "reply.text", "reasons",
    "account", "client_address", "client_name", "helo", "sender", "recipients", "recipient_count",
    "authors", "message_id", "size",
    "checks", "checks[].check", "checks[].outcome", "checks[].mode", "checks[].would",
    "checks[].subject", "checks[].reason", "checks[].exemption", "checks[].stale",
    "findings", "findings[].rule", "findings[].severity", "findings[].mode", "findings[].region",
    "findings[].part", "findings[].offset", "findings[].length", "findings[].preview",
    "findings[].fingerprint", "findings[].owner", "findings[].ownership", "findings[].ignored", "findings[].why_not",
    "findings[].rows", "findings[].accounts",
    "findings[].would",
    "finding_count",
    "faults", "faults[].cause", "faults[].part", "faults[].detail", "faults[].would",
    "attachments", "attachments[].part", "attachments[].name", "attachments[].declared",
    "attachments[].actual", "attachments[].encrypted",
    "rules_version", "microseconds",
});
// clang-format on

// One JSON object on one line, without the line end.
std::string ToJson(const Event& event);

// The same object that stands in an event's `findings`, without `would`.
std::string ToJson(const Finding& finding);

// One line for people: action, reference, who, reasons.
std::string ToLogLine(const Event& event);

// Clean: accepted, nothing found, nothing faulty, no check that failed.
bool IsClean(const Event& event);

}  // namespace warifu::incident
