// DaemonProcess: a daemon program under test, with its own scratch directory.
//
// Starts it with NOTIFY_SOCKET set, so that tests wait for systemd's "READY=1" rather than for time
// to pass. Everything is killed and removed when the object goes.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace warifu::test {

class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A free port of the loopback interface, as far as that can be known.
int FreePort();

class DaemonProcess {
 public:
  struct Limits {
    unsigned long descriptors = 0;  // hard limit; 0: as it is
  };
  // `program` with `arguments`; files go to `directory`. Waits until it is ready or has ended.
  DaemonProcess(const ScratchDirectory& directory, const std::string& program,
                std::vector<std::string> arguments, Limits limits);
  DaemonProcess(const ScratchDirectory& directory, const std::string& program,
                std::vector<std::string> arguments)
      : DaemonProcess(directory, program, std::move(arguments), Limits()) {}
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  bool ready() const { return ready_; }
  pid_t pid() const { return pid_; }
  void Signal(int number) const;
  // Exit status, -signal when killed by one, -1000 when still running after `limit`.
  int Wait(std::chrono::milliseconds limit);
  // Waits for a notice to systemd with this text in it; each notice is found once.
  bool Noticed(const std::string& text, std::chrono::milliseconds limit);
  std::string Log() const;
  int Threads() const;
  int Descriptors() const;
  long ResidentKiB() const;

 private:
  void CollectNotices();

  pid_t pid_ = -1;
  int notify_ = -1;
  std::mutex mutex_;
  std::condition_variable noticed_;
  std::deque<std::string> notices_;
  std::thread collector_;
  bool ready_ = false;
  bool ended_ = false;
  int status_ = 0;
  std::string log_path_;
};

}  // namespace warifu::test
