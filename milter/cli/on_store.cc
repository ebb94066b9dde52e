#include "cli/on_store.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <optional>
#include <ostream>

#include "app/become.h"
#include "app/control_wire.h"
#include "app/snapshot.h"
#include "base/unique_fd.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

constexpr std::chrono::minutes kPatience{10};  // a file of many thousand lines takes its time

std::unexpected<Errors> Give(ErrorKind kind, std::string text) {
  return std::unexpected(Errors{{kind, std::move(text), {}}});
}

// The user that must open the store where that is not this one; an error where it cannot be had.
std::expected<std::optional<std::string>, Errors> UserOfStore(const app::Settings& settings) {
  const uid_t me = ::geteuid();
  const std::string_view url = settings.store.url;
  constexpr std::string_view kFile = "sqlite:";
  if (url.empty()) return Give(ErrorKind::kInvalid, "store.url is empty: warifu keeps no record");
  if (!url.starts_with(kFile)) return std::nullopt;
  struct stat file{};
  const bool there = ::stat(std::string(url.substr(kFile.size())).c_str(), &file) == 0;
  if (settings.user.empty()) {
    if (!there || file.st_uid == me) return std::nullopt;
    return Give(ErrorKind::kSystem, std::string(url) + " belongs to " + app::WhoIs(file.st_uid) +
                                        ": run this as that user");
  }
  const passwd* entry = ::getpwnam(settings.user.c_str());
  if (entry == nullptr) {
    return Give(ErrorKind::kInvalid, "there is no user \"" + settings.user + "\" (setting `user`)");
  }
  if (entry->pw_uid == me) return std::nullopt;
  if (me == 0) return settings.user;
  return Give(ErrorKind::kSystem, "permission denied: the store belongs to user " + settings.user +
                                      "; run this as root");
}

app::ControlAnswer OpenAndRun(const app::Settings& settings, const StoreWork& work) {
  Result<std::unique_ptr<store::Store>> store = store::Open(settings.store);
  if (!store) return std::unexpected(Errors{store.error()});
  try {
    return work(std::shared_ptr<store::Store>(*std::move(store)));
  } catch (const std::exception& e) {
    return Give(ErrorKind::kInternal, e.what());
  }
}

void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string ReadAll(int fd) {
  std::string all;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return all;
    all.append(buffer, static_cast<std::size_t>(n));
  }
}

// A child, since there is no way back from becoming another user and root may be needed after.
app::ControlAnswer InChild(const std::string& user, const app::Settings& settings,
                           Terminal& terminal, const StoreWork& work) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Give(ErrorKind::kSystem, std::strerror(errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  terminal.out.flush();
  terminal.err.flush();
  const pid_t child = ::fork();
  if (child < 0) return Give(ErrorKind::kSystem, std::string("fork: ") + std::strerror(errno));
  if (child == 0) {
    const Result<void> become = app::BecomeUser(user);
    const app::ControlAnswer answer =
        become ? OpenAndRun(settings, work) : std::unexpected(Errors{become.error()});
    terminal.err.flush();
    WriteAll(writing.get(), app::WriteAnswer(answer));
    ::_exit(0);
  }
  writing.Reset();
  const std::string line = ReadAll(reading.get());
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) {
    return Give(ErrorKind::kSystem,
                std::string("the work on the store was ended: ") + ::strsignal(WTERMSIG(status)));
  }
  return app::ReadAnswer(line);
}

app::LedgerContext ContextOf(const app::Settings& settings, std::shared_ptr<store::Store> store) {
  app::LedgerContext context;
  context.store = std::move(store);
  context.options = settings.binding;
  return context;
}

// A daemon of an older release answers, but not to this.
app::ControlAnswer Explain(app::ControlAnswer answer) {
  if (answer) return answer;
  for (Error& error : answer.error()) {
    if (error.text.starts_with("this daemon knows no such command")) {
      error.text =
          "the running warifu-milter is older than this tool and does not know this command; "
          "restart it: systemctl restart warifu-milter";
    }
  }
  return answer;
}

}  // namespace

std::string Myself() {
  return app::WhoIs(::getuid());
}

app::ControlAnswer OnStore(const app::Settings& settings, Terminal& terminal,
                           const StoreWork& work) {
  const auto user = UserOfStore(settings);
  if (!user) return std::unexpected(user.error());
  if (*user) return InChild(**user, settings, terminal, work);
  return OpenAndRun(settings, work);
}

app::ControlAnswer CarryHere(const app::Settings& settings, Terminal& terminal,
                             std::string_view command, const std::string& json) {
  const app::LedgerCaller caller{Myself(), terminal.clock->Now()};
  return OnStore(settings, terminal, [&](const std::shared_ptr<store::Store>& store) {
    return app::RunLedger(ContextOf(settings, store), command, json, caller);
  });
}

app::ControlAnswer Carry(const Arguments& arguments, Terminal& terminal, std::string_view command,
                         const std::string& json) {
  const bool named = arguments.Has("socket");
  std::string socket = arguments.Value("socket");
  std::optional<app::Settings> settings;
  if (!named) {
    auto loaded = SettingsFor(arguments);
    if (!loaded) return std::unexpected(loaded.error());
    settings = *std::move(loaded);
    socket = settings->control_socket;
  }
  if (!socket.empty()) {
    const Result<bool> runs = app::DaemonRuns(socket);
    if (!runs) return std::unexpected(Errors{runs.error()});
    if (*runs || named) return Explain(app::CallDaemon(socket, command, json, kPatience));
  }
  return CarryHere(*settings, terminal, command, json);
}

}  // namespace warifu::cli
