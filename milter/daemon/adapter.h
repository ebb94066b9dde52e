// Adapter: the only code that speaks to libmilter.
//
// Turns libmilter's callbacks into events of a Session and its answers back. Each callback goes
// through one noexcept trampoline: an exception is logged and answered with a temporary failure,
// where the step is answered at all, or poisons the message, where it is not.
//
// libmilter has one socket, one table of callbacks and no place for our own pointer: there is one
// adapter a process. With Debian's build a pool of workers serves all connections, so that idle
// ones cost no thread; a callback may run on any of them, and thread-local state does not last.
//
// Two traps that the callbacks avoid: libmilter silently swallows a refusal in a step that was
// negotiated as unanswered; and xxfi_close may be the first and only callback of a connection.
//
// SECURITY: the peer on the socket is believed to be the MTA. libmilter itself does not survive a
// hostile one (a macro list with an odd number of strings makes it read beyond its own array).
// Threads: Register() once, before others; callbacks on libmilter's threads.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "app/inspector.h"
#include "base/error.h"
#include "daemon/keep_alive.h"
#include "daemon/negotiation.h"
#include "daemon/traffic.h"
#include "incident/event_log.h"

namespace warifu::daemon {

// All outlive the last callback.
struct AdapterContext {
  app::Inspector* inspector = nullptr;
  incident::Log* log = nullptr;
  Traffic* traffic = nullptr;
  KeepAlive* keep_alive = nullptr;
  Transport transport = Transport::kUnix;
};

struct ListenOptions {
  std::string connection;  // libmilter's own form, see Socket::connection()
  int backlog = 0;
  std::chrono::seconds timeout{};
};

// Tells libmilter about us and binds the socket; from here on connections queue up. Once a process.
Result<void> Register(const AdapterContext& context, const ListenOptions& options);

// Serves connections until Stop(). False when libmilter gave up by itself (see the system log).
bool Run();

// Makes Run() return as soon as its listener wakes, which takes up to 5 s unless the thread of
// Run() is interrupted. Blocks until then.
void Stop();

}  // namespace warifu::daemon
