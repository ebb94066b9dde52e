#include "daemon/pid_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>

namespace warifu::daemon {

Result<PidFile> PidFile::Write(const std::string& path) {
  if (path.empty()) return PidFile("");
  const std::string pid = std::to_string(getpid()), fresh = path + "." + pid;
  {
    std::ofstream out(fresh, std::ios::trunc);
    out << pid << "\n";
    out.close();
    if (out && std::rename(fresh.c_str(), path.c_str()) == 0) return PidFile(path);
  }
  const int reason = errno;
  unlink(fresh.c_str());
  return Fail(ErrorKind::kSystem, "cannot write pid file " + path + ": " + std::strerror(reason));
}

PidFile::PidFile(PidFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}

PidFile::~PidFile() {
  if (path_.empty()) return;
  long pid = 0;
  if (std::ifstream(path_) >> pid && pid == getpid()) unlink(path_.c_str());
}

}  // namespace warifu::daemon
