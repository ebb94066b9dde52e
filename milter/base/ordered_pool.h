// OrderedPool: work on many threads, results one by one in the order of the input.
//
// Submit() waits while more than `max_cost` (bytes) or `max_count` inputs are under way, so that
// memory stays bounded however slow one of them or the taker of the results is. `take` runs on one
// thread at a time, in order. What `work` or `take` throws comes out of Finish().
// Threads: Submit() and Finish() belong to one thread.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace warifu {

template <typename In, typename Out>
class OrderedPool {
 public:
  struct Options {
    unsigned threads = 1;
    std::size_t max_cost = 0;
    std::size_t max_count = 0;
  };

  OrderedPool(const Options& options, std::function<Out(In)> work, std::function<void(Out)> take)
      : options_(options), work_(std::move(work)), take_(std::move(take)) {
    for (unsigned i = 0; i < std::max(1u, options.threads); ++i) {
      threads_.emplace_back([this] { Loop(); });
    }
  }
  ~OrderedPool() { Stop(); }

  // False after a failure: no more is wanted.
  bool Submit(In input, std::size_t cost) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [&] {
      return failure_ || under_way_ == 0 ||
             (cost_ + cost <= options_.max_cost && under_way_ < options_.max_count);
    });
    if (failure_) return false;
    ++under_way_;
    cost_ += cost;
    waiting_.push_back({next_in_++, cost, std::move(input)});
    more_.notify_one();
    return true;
  }

  // Waits for everything.
  void Finish() {
    Stop();
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  }

 private:
  struct Job {
    std::uint64_t number = 0;
    std::size_t cost = 0;
    In input;
  };
  struct Done {
    std::size_t cost = 0;
    Out output;
  };

  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    more_.notify_all();
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }

  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      more_.wait(lock, [&] { return closed_ || !waiting_.empty(); });
      if (waiting_.empty() || failure_) return;
      Job job = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      try {
        Done done{job.cost, work_(std::move(job.input))};
        lock.lock();
        done_.emplace(job.number, std::move(done));
        Deliver(lock);
      } catch (...) {
        if (!lock.owns_lock()) lock.lock();
        failure_ = std::current_exception();
        delivering_ = false;
        room_.notify_all();
        more_.notify_all();
      }
    }
  }

  // One thread delivers all that is ready; the others leave theirs to it.
  void Deliver(std::unique_lock<std::mutex>& lock) {
    if (delivering_) return;
    delivering_ = true;
    for (auto it = done_.find(next_out_); it != done_.end(); it = done_.find(next_out_)) {
      Done done = std::move(it->second);
      done_.erase(it);
      ++next_out_;
      lock.unlock();
      take_(std::move(done.output));
      lock.lock();
      --under_way_;
      cost_ -= done.cost;
      room_.notify_all();
    }
    delivering_ = false;
  }

  const Options options_;
  const std::function<Out(In)> work_;
  const std::function<void(Out)> take_;
  std::mutex mutex_;
  std::condition_variable room_, more_;
  std::deque<Job> waiting_;
  std::map<std::uint64_t, Done> done_;
  std::size_t under_way_ = 0, cost_ = 0;
  std::uint64_t next_in_ = 0, next_out_ = 0;
  bool delivering_ = false, closed_ = false;
  std::exception_ptr failure_;
  std::vector<std::thread> threads_;
};

}  // namespace warifu
