// Options: what the daemon needs to know of the settings, as plain values.
//
// main() fills it from app::Settings; tests fill it by hand. Nothing here can change while the
// daemon runs: a reload replaces what inspects mail, not how the MTA reaches the daemon.
//
// One process listens on one socket, since libmilter has room for one. The MTA's services
// (port 25, submission, …) share it and are told apart by the macro {daemon_name}; see session.h.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace warifu::daemon {

struct Options {
  // As ParseSocket() (socket.h) reads it: "unix:/run/warifu/warifu.sock", "inet:8899@127.0.0.1".
  std::string socket;
  unsigned socket_mode = 0660;
  std::string socket_group;  // "": the process's own group
  std::string pid_file;      // "": none

  // How long a silent MTA keeps its connection. The library's authors advise against less.
  std::chrono::seconds mta_timeout{7210};
  // Connections that wait to be accepted (the kernel cuts it at net.core.somaxconn).
  int backlog = 1024;
  // How often the MTA is told, during a long inspection, that it has not been forgotten.
  std::chrono::milliseconds progress{5000};
  // How long a stop waits for messages that are under way.
  std::chrono::milliseconds grace{10000};
  // Messages under way at one time; beyond it MAIL is answered with a temporary failure.
  std::size_t max_messages = 1000;
};

}  // namespace warifu::daemon
