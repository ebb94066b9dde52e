// KeepAlive: tells the MTA during a long inspection that the filter still works.
//
// Postfix gives a filter milter_content_timeout (300 s) at end of message and starts anew with each
// "progress" that it hears; Sendmail likewise. An inspection cannot be trusted to come by often
// enough (one long call into a library is one long call), so one thread of the process sends it for
// all inspections that are under way.
//
// Guarantees: from Watch() on, no more than an interval and a quarter passes between two sendings;
// once a Ticket is gone, nothing is being sent for it.
// Threads: Watch() from any thread; `send` runs on the KeepAlive's thread, one at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

namespace warifu::daemon {

class KeepAlive {
  struct Entry;

 public:
  explicit KeepAlive(std::chrono::milliseconds interval);
  ~KeepAlive();
  KeepAlive(const KeepAlive&) = delete;
  KeepAlive& operator=(const KeepAlive&) = delete;

  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    // False once a sending failed: the MTA has gone.
    bool alive() const;

   private:
    friend class KeepAlive;
    Ticket(KeepAlive& owner, std::list<Entry>::iterator entry) : owner_(owner), entry_(entry) {}
    KeepAlive& owner_;
    std::list<Entry>::iterator entry_;
  };

  // `send` returns false when the MTA cannot be reached; it is then not called again.
  [[nodiscard]] Ticket Watch(std::function<bool()> send);

 private:
  struct Entry {
    std::function<bool()> send;
    std::chrono::steady_clock::time_point due;
    bool alive = true;
  };
  void Run();
  void SendDue();

  const std::chrono::milliseconds interval_;
  mutable std::mutex mutex_;
  std::condition_variable stopped_;
  bool stop_ = false;
  std::list<Entry> entries_;
  std::thread thread_;
};

}  // namespace warifu::daemon
