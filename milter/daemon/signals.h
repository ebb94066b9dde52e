// Signals: who gets which, in a program that shares its process with libmilter.
//
// libmilter starts a thread of its own that waits for HUP, TERM and INT and stops at any of them,
// slowly and without regard for messages under way. So:
//
//   TERM, INT  blocked everywhere and awaited by the main thread. The kernel offers a signal for
//              the process to its main thread first, so libmilter's never sees it. A second one
//              ends the patience of the first.
//   USR1       blocked everywhere and awaited by a thread of its own: reload. The main thread stays
//              free for TERM meanwhile.
//   HUP        ignored, and not blocked in the main thread, so that the kernel drops it at once. It
//              does not mean "reload": if it ever reached libmilter it would mean "stop".
//   PIPE       ignored.
//
// Threads: the constructor runs in main() before any other thread exists; the rest as described.
#pragma once

#include <chrono>

namespace warifu::daemon {

// Blocks and ignores as above. Threads that are started later inherit it.
void OwnSignals();

// Main thread. True when TERM or INT came (or StopWaiting() was called) within `time`.
bool WaitForStop(std::chrono::milliseconds time);
// Makes the main thread's WaitForStop() return true. From any thread of the process.
void StopWaiting();

}  // namespace warifu::daemon
