// Program: runs another program for its output.
//
// Searched on PATH, without a shell, standard input and error closed to it; killed when it has not
// ended in time or says too much (1 MiB). Threads: reentrant.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

// Standard output. kNotFound: no such program; kTemporary: out of time; kSystem: it failed.
Result<std::string> RunProgram(const std::vector<std::string>& command,
                               std::chrono::milliseconds timeout);

}  // namespace warifu::cli
