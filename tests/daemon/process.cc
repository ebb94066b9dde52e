#include "process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace warifu::test {
namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

ScratchDirectory::ScratchDirectory() {
  std::string name = "/tmp/warifu-test-XXXXXX";
  if (mkdtemp(name.data()) != nullptr) path_ = name;
  chmod(path_.c_str(), 0755);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  close(fd);
  return ntohs(address.sin_port);
}

namespace {

int NotifySocket(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
  chmod(path.c_str(), 0777);
  return fd;
}

// In the child: never returns.
[[noreturn]] void Execute(const std::vector<std::string>& words, const std::string& notify_path,
                          const std::string& log_path, unsigned long descriptors) {
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  dup2(log, 1);
  dup2(log, 2);
  setenv("NOTIFY_SOCKET", notify_path.c_str(), 1);
  // Of effect only where the daemon is built with the thread sanitizer: a race shows in its status.
  setenv("TSAN_OPTIONS",
         "suppressions=" WARIFU_SOURCE_DIR "/tests/tsan.supp exitcode=66 atexit_sleep_ms=0", 0);
  if (descriptors != 0) {
    const rlimit limit{descriptors, descriptors};
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  _exit(127);
}

}  // namespace

DaemonProcess::DaemonProcess(const ScratchDirectory& directory, const std::string& program,
                             std::vector<std::string> arguments, Limits limits) {
  static int number = 0;
  const std::string id = std::to_string(++number);
  log_path_ = directory / ("log." + id);
  const std::string notify_path = directory / ("notify." + id);
  notify_ = NotifySocket(notify_path);
  arguments.insert(arguments.begin(), program);
  pid_ = fork();
  if (pid_ == 0) Execute(arguments, notify_path, log_path_, limits.descriptors);
  collector_ = std::thread([this] { CollectNotices(); });
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (!ready_ && steady_clock::now() < deadline && Wait(milliseconds(0)) == -1000) {
    ready_ = Noticed("READY=1", milliseconds(20));
  }
}

DaemonProcess::~DaemonProcess() {
  if (Wait(milliseconds(0)) == -1000) {
    Signal(SIGKILL);
    Wait(milliseconds(10000));
  }
  shutdown(notify_, SHUT_RD);
  collector_.join();
  close(notify_);
}

void DaemonProcess::Signal(int number) const {
  if (!ended_ && pid_ > 0) kill(pid_, number);
}

int DaemonProcess::Wait(milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  while (!ended_) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      ended_ = true;
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    } else if (steady_clock::now() >= deadline) {
      return -1000;
    } else {
      std::this_thread::sleep_for(milliseconds(2));
    }
  }
  return status_;
}

// Always reading: sd_notify() blocks on a full socket.
void DaemonProcess::CollectNotices() {
  std::string text(4096, '\0');
  for (ssize_t size; (size = recv(notify_, text.data(), text.size(), 0)) > 0;) {
    const std::lock_guard lock(mutex_);
    notices_.emplace_back(text, 0, static_cast<std::size_t>(size));
    noticed_.notify_all();
  }
}

bool DaemonProcess::Noticed(const std::string& text, milliseconds limit) {
  std::unique_lock lock(mutex_);
  return noticed_.wait_for(lock, limit, [&] {
    while (!notices_.empty()) {
      const bool found = notices_.front().find(text) != std::string::npos;
      notices_.pop_front();
      if (found) return true;
    }
    return false;
  });
}

std::string DaemonProcess::Log() const {
  std::ifstream in(log_path_);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

int DaemonProcess::Threads() const {
  const fs::directory_iterator tasks("/proc/" + std::to_string(pid_) + "/task");
  return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

int DaemonProcess::Descriptors() const {
  const fs::directory_iterator descriptors("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<int>(std::distance(begin(descriptors), end(descriptors)));
}

long DaemonProcess::ResidentKiB() const {
  std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
  for (std::string word; in >> word;) {
    long value = 0;
    if (word == "VmRSS:" && in >> value) return value;
  }
  return -1;
}

}  // namespace warifu::test
