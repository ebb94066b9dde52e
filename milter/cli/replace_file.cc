#include "cli/replace_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace warifu::cli {

Result<void> ReplaceFile(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return Fail(ErrorKind::kSystem, std::string("cannot write: ") + std::strerror(errno), {path});
  }
  return {};
}

}  // namespace warifu::cli
