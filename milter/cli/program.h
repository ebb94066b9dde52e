// Program: runs another program for its output.
//
// Searched on PATH, without a shell, standard input and error closed to it; killed when it has not
// ended in time or says too much. Threads: reentrant.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

struct ProgramOptions {
  bool errors_too = false;      // standard error comes with the output
  bool failure_too = false;     // the output of a program that failed, too
  std::size_t most = 1u << 20;  // bytes of output
};

// Standard output. kNotFound: no such program; kTemporary: out of time; kSystem: it failed.
Result<std::string> RunProgram(const std::vector<std::string>& command,
                               std::chrono::milliseconds timeout,
                               const ProgramOptions& options = {});

// `text` as one word of a shell's command line, in quotes.
std::string ShellWord(std::string_view text);

// Is there a program of that name on PATH?
bool IsOnPath(const std::string& program);

}  // namespace warifu::cli
