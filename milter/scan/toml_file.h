// TomlFile reading: files and folders of TOML, each document handed over, every mistake collected.
//
// Rules and notices come from such files. A folder stands for its *.toml files in the order of
// their names; folders inside of it are left alone. Nothing throws.
// Refuses: files larger than 16 MiB.
//
// Threads: pure but for reading the files.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scan/toml_table.h"

namespace warifu::scan {

// The file itself, or the *.toml files of a folder in name order.
Result<std::vector<std::string>> TomlFilesOf(const std::string& path);

// Calls `read` with the document; what kept it from being read is added to `errors`.
void ReadTomlFile(const std::string& path, Errors* errors,
                  const std::function<void(const toml::table&)>& read);

}  // namespace warifu::scan
