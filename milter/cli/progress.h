// Progress: how far a long piece of work is, on a terminal and nowhere else.
//
// Nothing is shown in the first second. The line is wiped at the end. Threads: one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "cli/terminal.h"

namespace warifu::cli {

class Progress {
 public:
  // `total` 0: not known.
  Progress(Terminal& terminal, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "compared  [#####-----]  45 %  461000  120000/s"
  void Show(const std::string& doing, std::uint64_t done);

 private:
  Terminal& terminal_;
  const std::uint64_t total_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_ = begin_ + std::chrono::seconds(1);
  bool shown_ = false;
};

}  // namespace warifu::cli
