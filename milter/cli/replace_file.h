// ReplaceFile: writes a whole file under another name and renames it, so that nobody reads half of
// one. Threads: pure but for the file.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu::cli {

Result<void> ReplaceFile(const std::string& path, std::string_view text);

}  // namespace warifu::cli
