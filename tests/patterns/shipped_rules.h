// The rules of patterns/, loaded once for a test program.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "scan/pattern_set.h"

namespace warifu::scan {

inline const PatternSet& ShippedRules() {
  static const std::shared_ptr<const PatternSet> set = [] {
    LoadOptions options;
    options.sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
    options.cache_dir = WARIFU_BINARY_DIR "/patterns-cache";  // each test is a process of its own
    std::filesystem::create_directories(options.cache_dir);
    auto loaded = Load(options);
    std::string errors;
    if (!loaded) {
      for (const Error& e : loaded.error()) errors += e.ToString() + "\n";
    }
    EXPECT_TRUE(loaded) << errors;
    return loaded ? *loaded : nullptr;
  }();
  if (!set) {
    ADD_FAILURE() << "the shipped rules do not load";
    std::abort();
  }
  return *set;
}

}  // namespace warifu::scan
