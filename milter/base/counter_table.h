// CounterTable: counters by the values of enums, such as direction and action.
//
// Adding costs one relaxed atomic and no lock. A copy holds the values of its moment, each for
// itself: a reader may see a mail in one cell and not yet in another.
//
// Threads: Add() and reading from any thread; copies are plain values.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace warifu {

// A counter that can be copied.
class Counter {
 public:
  Counter() = default;
  Counter(const Counter& other) noexcept : value_(other.value()) {}
  Counter& operator=(const Counter& other) noexcept {
    value_.store(other.value(), std::memory_order_relaxed);
    return *this;
  }
  void Add(std::uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// Enums count from 0; kSizes are how many values each has.
template <std::size_t... kSizes>
class CounterTable {
 public:
  static constexpr std::size_t kCells = (kSizes * ...);

  template <typename... Enums>
  void Add(Enums... at) noexcept {
    cells_[Index(at...)].Add();
  }
  template <typename... Enums>
  std::uint64_t At(Enums... at) const noexcept {
    return cells_[Index(at...)].value();
  }
  std::uint64_t Sum() const noexcept {
    std::uint64_t sum = 0;
    for (const Counter& cell : cells_) sum += cell.value();
    return sum;
  }

 private:
  template <typename... Enums>
  static constexpr std::size_t Index(Enums... at) noexcept {
    static_assert(sizeof...(Enums) == sizeof...(kSizes));
    std::size_t index = 0;
    ((index = index * kSizes + static_cast<std::size_t>(at)), ...);
    return index;
  }

  std::array<Counter, kCells> cells_;
};

}  // namespace warifu
