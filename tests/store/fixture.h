// Fixture: an empty store on each engine, and short names for what tests say often.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "store/store.h"

namespace warifu::store {

inline WallTime At(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

inline Act By(std::string who, std::int64_t at) {
  return {.who = std::move(who), .at = At(at), .reference = "T-1", .why = "test"};
}

// A folder that goes away with it.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// libpq's words for the server of the test run; "" where there is none.
std::string PostgresqlWords();

// Where a test's store is; empty at first.
class Place {
 public:
  virtual ~Place() = default;
  virtual Options At() = 0;
  // SQL from outside of the product.
  virtual void Execute(const std::string& sql) = 0;
  // Null where there is no server.
  static std::unique_ptr<Place> On(const std::string& engine);
};

class StoreTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override;
  // Opens the same store again, as another process would.
  std::unique_ptr<Store> Reopen();

  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

#define WARIFU_ON_BOTH_ENGINES(suite)                                              \
  INSTANTIATE_TEST_SUITE_P(Engine, suite, testing::Values("sqlite", "postgresql"), \
                           [](const auto& at) { return at.param; })

// The value of a Result that must hold one.
template <typename T>
T Must(Result<T> result) {
  if (!result) {
    ADD_FAILURE() << result.error().ToString();
    if constexpr (std::is_default_constructible_v<T>) return T{};
  }
  return std::move(*result);
}
inline void Must(const Result<void>& result) {
  if (!result) ADD_FAILURE() << result.error().ToString();
}

}  // namespace warifu::store
