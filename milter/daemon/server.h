// Server: runs the daemon from an open socket to its last message.
//
// Serve() opens the socket, tells systemd, serves, reloads on USR1 and stops on TERM or INT:
//
//   1. The public name of the socket is withdrawn, unless a successor has taken it already.
//   2. Connections that had queued up are accepted.
//   3. Messages under way may end, within Options::grace; new ones are told to come back (421). If
//      a successor has taken over, nobody is waiting: sessions may go on to their own end within
//      the grace, new messages included.
//   4. libmilter is stopped, and its listener interrupted in its waiting, which makes that take
//      milliseconds instead of seconds.
//
// Connections that are idle between messages are closed with the process, as the MTA closes them
// itself after a while. A second TERM or INT skips the waiting.
//
// Guarantees: when Serve() returns kStopped nothing runs any more that uses `hooks`; when it
// returns kAbandoned a callback still does, and the caller must leave by _exit().
//
// Threads: called on the main thread, once a process, after OwnSignals().
#pragma once

#include <functional>

#include "app/counters.h"
#include "app/inspector.h"
#include "base/error.h"
#include "daemon/options.h"
#include "incident/event_log.h"

namespace warifu::daemon {

struct Hooks {
  app::Inspector* inspector = nullptr;
  incident::Log* log = nullptr;
  std::function<void()> reload;              // on USR1; logs its own outcome
  app::SessionCounters* sessions = nullptr;  // kept up to date, where given
};

enum class Ended { kStopped, kAbandoned };

// An error: the daemon could not start, or libmilter gave up by itself.
Result<Ended> Serve(const Options& options, const Hooks& hooks);

}  // namespace warifu::daemon
