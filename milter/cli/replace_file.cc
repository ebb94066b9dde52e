#include "cli/replace_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace warifu::cli {

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    const bool folder = std::filesystem::is_directory(status);
    return Fail(
        ErrorKind::kInvalid,
        folder ? "is a folder: name a file in it" : "is no regular file, and would be replaced",
        {path});
  }
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    std::filesystem::remove(temporary, error);
    return Fail(ErrorKind::kSystem, "cannot write: " + why, {path});
  }
  return {};
}

}  // namespace warifu::cli
