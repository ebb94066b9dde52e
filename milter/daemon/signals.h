// Signals: who gets which, in a program that shares its process with libmilter.
//
// libmilter starts a thread of its own that waits for HUP, TERM and INT and stops at any of them,
// slowly and without regard for messages under way. So:
//
//   TERM, INT  handled in the main thread, by a byte in a pipe, and blocked in all others. The
//   kernel
//              offers a signal for the process to its main thread first and takes another one only
//              when that has it blocked, so the main thread never blocks them once it serves: else
//              libmilter's thread would get them. A second one ends the patience of the first.
//   USR1       blocked everywhere and awaited by a thread of its own: reload. The main thread stays
//              free for TERM meanwhile.
//   HUP        ignored, and not blocked in the main thread, so that the kernel drops it at once. It
//              does not mean "reload": if it ever reached libmilter it would mean "stop".
//   USR2       does nothing, and with that interrupts what a thread waits in: libmilter's listener
//              looks at its stop mark every 5 s, or when its waiting is interrupted.
//   PIPE       ignored.
//
// Threads: the constructor runs in main() before any other thread exists; the rest as described.
#pragma once

#include <pthread.h>

#include <chrono>

#include "base/error.h"

namespace warifu::daemon {

// First thing in main(). Threads that are started later inherit what is blocked.
Result<void> OwnSignals();
// Main thread, before libmilter's thread exists: takes TERM and INT from here on.
void TakeStopSignals();
// In threads that are started after TakeStopSignals().
void BlockStopSignals();

// Main thread. True when TERM or INT came, or StopWaiting() was called, within `time`.
bool WaitForStop(std::chrono::milliseconds time);
// Makes WaitForStop() return true. From any thread.
void StopWaiting();

// Interrupts the system call that the thread waits in.
void Interrupt(pthread_t thread);

}  // namespace warifu::daemon
