// Shared data: real mail beside the source tree, which not everybody has. Tests on it say loudly
// that they were skipped.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::test {

inline std::filesystem::path SharedData(std::string_view folder) {
  return std::filesystem::path(WARIFU_SOURCE_DIR).parent_path() / "shared" / "data" / folder;
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// All files below `folder`, sorted.
inline std::vector<std::filesystem::path> FilesBelow(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace warifu::test

#define SKIP_WITHOUT_SHARED_DATA(folder)                                             \
  if (!std::filesystem::exists(warifu::test::SharedData(folder))) {                  \
    GTEST_SKIP() << "SKIPPED: no test data at " << warifu::test::SharedData(folder); \
  }
