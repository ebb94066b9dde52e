#include "cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"

extern char** environ;

namespace warifu::cli {
namespace {

Result<pid_t> Spawn(const std::vector<std::string>& command, int output, bool errors_too) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (errors_too) {
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  } else {
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  }
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == 0) return pid;
  // EACCES: nowhere, and a folder of PATH is out of this user's sight.
  return Fail(error == ENOENT || error == EACCES ? ErrorKind::kNotFound : ErrorKind::kSystem,
              command[0] + ": " + std::strerror(error));
}

// Until its end; false when it did not come in time or is too long.
bool ReadAll(int fd, std::chrono::milliseconds timeout, std::size_t most, std::string* out) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  char buffer[16 * 1024];
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wait{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    out->append(buffer, static_cast<std::size_t>(n));
    if (out->size() > most) return false;
  }
}

}  // namespace

Result<std::string> RunProgram(const std::vector<std::string>& command,
                               std::chrono::milliseconds timeout, const ProgramOptions& options) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Fail(ErrorKind::kSystem, std::strerror(errno));
  const UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const Result<pid_t> pid = Spawn(command, writing.get(), options.errors_too);
  writing.Reset();
  if (!pid) return std::unexpected(pid.error());
  std::string output;
  const bool whole = ReadAll(reading.get(), timeout, options.most, &output);
  if (!whole) ::kill(*pid, SIGKILL);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!whole) return Fail(ErrorKind::kTemporary, command[0] + " did not come to its end");
  if (!WIFEXITED(status) || (WEXITSTATUS(status) != 0 && !options.failure_too)) {
    return Fail(ErrorKind::kSystem, command[0] + " failed");
  }
  return output;
}

std::string ShellWord(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

bool IsOnPath(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string_view left = path != nullptr ? path : "";
  while (!left.empty()) {
    const std::string_view folder = left.substr(0, left.find(':'));
    left.remove_prefix(std::min(folder.size() + 1, left.size()));
    if (::access((std::string(folder) + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace warifu::cli
