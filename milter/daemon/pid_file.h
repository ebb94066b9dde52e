// PidFile: the process number on disk, for those who start daemons by script.
//
// Written beside its name and renamed, so that no reader sees half of it. Removed at the end only
// while it still holds our own number: a successor may have written its own.
// Threads: one.
#pragma once

#include <string>

#include "base/error.h"

namespace warifu::daemon {

class PidFile {
 public:
  // "" writes nothing.
  static Result<PidFile> Write(const std::string& path);
  ~PidFile();
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace warifu::daemon
