// FirstPassCache: compiled databases kept on disk, since compiling takes seconds.
//
// One file a key, "first-pass-<key>.hsdb", with a header (format, key, checksum, modes) and
// Hyperscan's serialised database. The key covers rules, flags, engine version and CPU features, so
// a changed rule or a moved machine finds no file. A file that is cut, changed or of another owner
// is not used: it is compiled anew, replaced where possible, and said so. Files are written under
// another name, synced and renamed. All but the newest few are removed.
//
// SECURITY: a serialised database is code in effect: it is read only from a plain file that belongs
// to this process's user or root and that nobody else can write.
// Threads: pure but for the files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scan/first_pass.h"

namespace warifu::scan {

class FirstPassCache {
 public:
  // `dir` may be "": then nothing is found and nothing kept.
  FirstPassCache(std::string dir, std::string key);

  // Nothing when there is no usable file; `notes` says so where one was found unusable.
  std::optional<FirstPass> Load(std::size_t expressions, std::vector<std::string>* notes) const;
  void Store(const FirstPass& first_pass, std::vector<std::string>* notes) const;

  const std::string& path() const { return path_; }

 private:
  void Prune() const;

  std::string dir_, key_, path_;
};

}  // namespace warifu::scan
