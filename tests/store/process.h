// Process: a child that runs a function on the store, may be killed, and says how far it came.
//
// SQLite keeps what it knows of an open file in the process, so no store may be open when one is
// made.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>
#include <stdexcept>

namespace warifu::store {

class Process {
 public:
  // `say` gives a number to the parent; the child ends with what `body` returns.
  using Say = std::function<void(std::uint32_t)>;
  explicit Process(const std::function<int(const Say&)>& body) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe");
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::close(ends[0]);
      const int status = body([&](std::uint32_t number) {
        if (::write(ends[1], &number, sizeof number) != sizeof number) ::_exit(9);
      });
      ::_exit(status);
    }
    ::close(ends[1]);
    said_ = ends[0];
  }
  ~Process() {
    if (pid_ > 0) Kill();
    ::close(said_);
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The next number; false when the child has ended.
  bool Hear(std::uint32_t* number) {
    return ::read(said_, number, sizeof *number) == sizeof *number;
  }
  void Kill() {
    ::kill(pid_, SIGKILL);
    Wait();
  }
  // The child's status; -1 when it was killed.
  int Wait() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int said_ = -1;
};

}  // namespace warifu::store
