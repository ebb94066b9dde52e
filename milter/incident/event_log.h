// EventLog and Log: the only code that writes logs, through spdlog.
//
// EventLog writes JSON Lines (incident/event.h) to a file, syslog or standard error; Log writes
// lines for people. A failed write (full disk) comes back as an Error and is counted: it is a
// fault, not silence. Reopen() follows log rotation.
//
// SECURITY: callers pass only values that went through base/redact.h; texts go through Printable()
// once more. Threads: safe to share.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "incident/event.h"

namespace warifu::incident {

enum class Level { kDebug, kInfo, kWarning, kError };
std::string_view ToString(Level level);
bool FromString(std::string_view word, Level* level);

struct LogOptions {
  std::string target = "stderr";  // "stderr", "syslog", or a file's path
  Level level = Level::kInfo;     // log only
};

class Log {
 public:
  virtual ~Log() = default;
  virtual void Write(Level level, std::string_view text) = 0;
  virtual void SetLevel(Level level) = 0;
  virtual Result<void> Reopen() = 0;
  void Info(std::string_view text) { Write(Level::kInfo, text); }
  void Warning(std::string_view text) { Write(Level::kWarning, text); }
  void Error(std::string_view text) { Write(Level::kError, text); }
};

class EventLog {
 public:
  virtual ~EventLog() = default;
  virtual Result<void> Write(const Event& event) = 0;
  virtual Result<void> Reopen() = 0;
  virtual std::uint64_t failures() const = 0;
};

Result<std::unique_ptr<Log>> OpenLog(const LogOptions& options);
// `all`: clean messages too.
Result<std::unique_ptr<EventLog>> OpenEventLog(const std::string& target, bool all);

}  // namespace warifu::incident
