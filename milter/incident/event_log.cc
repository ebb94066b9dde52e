#include "incident/event_log.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/names.h"
#include "base/redact.h"
#include "base/unique_fd.h"

namespace warifu::incident {
namespace {

constexpr std::size_t kLongestLogLine = 2000;

constexpr NameTable<Level, 4> kLevels = {{Level::kDebug, "debug"},
                                         {Level::kInfo, "info"},
                                         {Level::kWarning, "warning"},
                                         {Level::kError, "error"}};

enum class Form { kForPeople, kBare };

spdlog::level::level_enum ToSpdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// A pipe would block the start until somebody reads it; a folder or socket cannot be written.
Result<void> CheckTarget(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return Fail(ErrorKind::kSystem, std::strerror(errno), {path});
  }
  if (S_ISREG(status.st_mode) || S_ISCHR(status.st_mode)) return {};
  return Fail(ErrorKind::kInvalid, "is no regular file, so no log can be written to it", {path});
}

// spdlog's file, with the parts of its behaviour that matter here settled: every line is one write
// of its own (two daemons may append during a handover, and what failed is not kept to be written
// later), and a new file is readable by owner and group only, since events hold personal data.
spdlog::sink_ptr OpenFile(const std::string& path) {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* stream) {
    std::setvbuf(stream, nullptr, _IONBF, 0);
    struct stat status{};
    const int fd = fileno(stream);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0) {
      fchmod(fd, 0640);
    }
  };
  return std::make_shared<spdlog::sinks::basic_file_sink_st>(path, false, handlers);
}

// The last line has no end: a daemon before this one met a full disk, or was killed.
bool IsTorn(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  char last = '\n';
  return fd && fstat(fd.get(), &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
         pread(fd.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

// One place to write lines to. Not safe to share: the owner locks.
class Output {
 public:
  Output(std::string target, Form form) : target_(std::move(target)), form_(form) {}

  Result<void> Open() {
    try {
      spdlog::sink_ptr sink;
      const char* pattern = "%v";
      if (target_ == "stderr") {
        sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
        if (form_ == Form::kForPeople) pattern = "%l: %v";
      } else if (target_ == "syslog") {
        sink = std::make_shared<spdlog::sinks::syslog_sink_st>("warifu", LOG_PID, LOG_MAIL, false);
      } else {
        if (auto usable = CheckTarget(target_); !usable) return usable;
        sink = OpenFile(target_);
        torn_ = IsTorn(target_);
        if (form_ == Form::kForPeople) pattern = "%Y-%m-%dT%H:%M:%S%z %l: %v";
      }
      sink->set_pattern(pattern);
      sink_ = std::move(sink);
      return {};
    } catch (const std::exception& e) {
      return Fail(ErrorKind::kSystem, e.what(), {target_});
    }
  }

  Result<void> Write(spdlog::level::level_enum level, std::string_view line) {
    try {
      if (torn_) {
        // What was written of the last line ends here, so that the next one can be read.
        sink_->log({"", level, ""});
        torn_ = false;
      }
      sink_->log({"", level, spdlog::string_view_t(line.data(), line.size())});
      sink_->flush();
      return {};
    } catch (const std::exception& e) {
      torn_ = target_ != "syslog";
      return Fail(ErrorKind::kTemporary, e.what(), {target_});
    }
  }

 private:
  const std::string target_;
  const Form form_;
  spdlog::sink_ptr sink_;
  bool torn_ = false;
};

class SpdLog final : public Log {
 public:
  explicit SpdLog(const LogOptions& options)
      : level_(options.level), output_(options.target, Form::kForPeople) {}

  Result<void> Open() { return output_.Open(); }

  void Write(Level level, std::string_view text) override {
    if (level < level_) return;
    const std::string safe = Printable(text, kLongestLogLine);
    const std::lock_guard lock(mutex_);
    // Nobody can be told that the log itself fails; events count their failures.
    std::ignore = output_.Write(ToSpdlog(level), safe);
  }

  void SetLevel(Level level) override { level_ = level; }

  Result<void> Reopen() override {
    const std::lock_guard lock(mutex_);
    return output_.Open();
  }

 private:
  std::atomic<Level> level_;
  std::mutex mutex_;
  Output output_;
};

class SpdEventLog final : public EventLog {
 public:
  SpdEventLog(const std::string& target, bool all) : all_(all), output_(target, Form::kBare) {}

  Result<void> Open() { return output_.Open(); }

  Result<void> Write(const Event& event) override {
    if (!all_ && IsClean(event)) return {};
    Result<void> written;
    try {
      const std::string line = ToJson(event);
      const std::lock_guard lock(mutex_);
      written = output_.Write(spdlog::level::info, line);
    } catch (const std::exception& e) {
      written = Fail(ErrorKind::kInternal, e.what());
    }
    if (!written) ++failures_;
    return written;
  }

  Result<void> Reopen() override {
    const std::lock_guard lock(mutex_);
    return output_.Open();
  }

  std::uint64_t failures() const override { return failures_; }

 private:
  const bool all_;
  std::atomic<std::uint64_t> failures_ = 0;
  std::mutex mutex_;
  Output output_;
};

template <typename Interface, typename Made, typename... Arguments>
Result<std::unique_ptr<Interface>> Open(Arguments&&... arguments) {
  auto made = std::make_unique<Made>(std::forward<Arguments>(arguments)...);
  if (auto opened = made->Open(); !opened) return std::unexpected(opened.error());
  return made;
}

}  // namespace

std::string_view ToString(Level level) {
  return NameOf(kLevels, level);
}

bool FromString(std::string_view word, Level* level) {
  return ValueOf(kLevels, word, level);
}

Result<std::unique_ptr<Log>> OpenLog(const LogOptions& options) {
  return Open<Log, SpdLog>(options);
}

Result<std::unique_ptr<EventLog>> OpenEventLog(const std::string& target, bool all) {
  return Open<EventLog, SpdEventLog>(target, all);
}

}  // namespace warifu::incident
