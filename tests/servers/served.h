// Served: what tests on real servers share (with.py starts these and names them in the
// environment).
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

namespace warifu {

using std::chrono::milliseconds;

inline std::string Env(const char* name) {
  const char* value = std::getenv(name);
  EXPECT_NE(value, nullptr) << name << ": run by tests/servers/with.py";
  return value == nullptr ? "" : value;
}

inline std::string Password() {
  std::ifstream in(Env("WARIFU_SERVER_PASSWORD"));
  std::string line;
  std::getline(in, line);
  return line;
}

// A process and its children, which is where PostgreSQL keeps its connections.
inline std::vector<pid_t> Family(pid_t parent) {
  std::vector<pid_t> out = {parent};
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "stat");
    std::string stat;
    std::getline(in, stat);  // a process may be gone by now
    const std::size_t end = stat.rfind(") ");
    if (end == std::string::npos) continue;
    char state = 0;
    int ppid = 0;
    if (std::sscanf(stat.c_str() + end + 2, "%c %d", &state, &ppid) == 2 && ppid == parent) {
      out.push_back(std::stoi(entry.path().filename()));
    }
  }
  return out;
}

// Stops a server for as long as it lives: it accepts, and never answers.
class Stopped {
 public:
  explicit Stopped(const char* pid) : parent_(std::stoi(Env(pid))) {
    ::kill(parent_, SIGSTOP);
    for (const pid_t process : Family(parent_)) ::kill(process, SIGSTOP);
  }
  ~Stopped() {
    for (const pid_t process : Family(parent_)) ::kill(process, SIGCONT);
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  pid_t parent_;
};

inline milliseconds Took(const std::function<void()>& what) {
  const auto begun = std::chrono::steady_clock::now();
  what();
  return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
}

}  // namespace warifu
