// Event: what happened to one message, for the event log (warifu-events(7)).
//
// Holds nothing that a finding or check does not hold: no secret, no bytes of the mail but
// addresses, each through Printable() when written. Threads: plain value.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/check_result.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/finding.h"
#include "policy/decide.h"

namespace warifu::incident {

enum class Direction { kOutbound, kInternal, kInbound };
std::string_view ToString(Direction direction);

struct AttachmentNote {
  std::string part, name, declared, actual;
};

struct Event {
  WallTime time = {};
  std::string stage;  // "mail", "rcpt", "end", "abort"
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

// One JSON object on one line, without the line end.
std::string ToJson(const Event& event);

// Clean: accepted, nothing found, nothing faulty.
bool IsClean(const Event& event);

}  // namespace warifu::incident
