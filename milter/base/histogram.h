// Histogram: how long something took, each time, counted in buckets from 100 µs to a minute.
//
// Adding costs two relaxed atomics and no lock. Copies are as those of CounterTable.
// Threads: Add() and reading from any thread; copies are plain values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/counter_table.h"

namespace warifu {

class Histogram {
 public:
  // Upper ends in microseconds, the end included; behind the last there is one more bucket.
  static constexpr std::array<std::uint64_t, 18> kEnds = {
      100,       250,       500,       1'000,      2'500,      5'000,
      10'000,    25'000,    50'000,    100'000,    250'000,    500'000,
      1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};
  static constexpr std::size_t kBuckets = kEnds.size() + 1;

  void Add(std::uint64_t microseconds) noexcept {
    std::size_t bucket = 0;
    while (bucket < kEnds.size() && microseconds > kEnds[bucket]) ++bucket;
    buckets_[bucket].Add();
    sum_.Add(microseconds);
  }

  std::uint64_t bucket(std::size_t index) const noexcept { return buckets_[index].value(); }
  std::uint64_t sum() const noexcept { return sum_.value(); }  // microseconds
  std::uint64_t count() const noexcept {
    std::uint64_t count = 0;
    for (const Counter& bucket : buckets_) count += bucket.value();
    return count;
  }
  // The end of the bucket in which the share `q` of all is reached: 0.99 gives what 99 of 100 did
  // not exceed, rounded up to a bucket. 0 where nothing was counted; the last end for all beyond.
  std::uint64_t Quantile(double q) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count()));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i].value();
      if (seen > 0 && seen >= wanted) return kEnds[i < kEnds.size() ? i : kEnds.size() - 1];
    }
    return 0;
  }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_;
};

}  // namespace warifu
