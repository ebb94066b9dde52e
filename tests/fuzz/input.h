// What the fuzz targets share: the input as text or as a file, and the invariant that ends the run.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace warifu::fuzz {

inline std::string_view Text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the program when the invariant does not hold: the fuzzer keeps the input, a replay fails.
inline void Require(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

// The next word of a script, cut off at `end`; the rest of it when there is no `end`.
inline std::string_view Take(std::string_view* script, char end) {
  const std::size_t size = script->find(end);
  const std::string_view word = script->substr(0, size);
  script->remove_prefix(size == std::string_view::npos ? script->size() : size + 1);
  return word;
}

// A file of this process, removed with it; for readers that want a path.
class InputFile {
 public:
  explicit InputFile(const std::string& ending)
      : folder_("/tmp/warifu-fuzz-XXXXXX"), made_(mkdtemp(folder_.data()) != nullptr) {
    Require(made_, "no folder in /tmp");
    path_ = folder_ + "/input" + ending;
  }
  ~InputFile() {
    unlink(path_.c_str());
    rmdir(folder_.c_str());
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& Write(std::string_view text) {
    std::FILE* file = std::fopen(path_.c_str(), "wb");
    Require(file != nullptr, "no input file");
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
    return path_;
  }

 private:
  std::string folder_, path_;
  bool made_;
};

}  // namespace warifu::fuzz
