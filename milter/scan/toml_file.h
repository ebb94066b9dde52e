// TomlFile reading: files and folders of TOML, each document handed over, every mistake collected.
//
// Rules and notices come from such files. A folder stands for its *.toml files in the order of
// their names; folders inside of it are left alone. Nothing throws.
// Refuses: files larger than 16 MiB.
//
// Threads: pure but for reading the files.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/toml_table.h"

namespace warifu::scan {

// The file itself, or the files of a folder that end in one of `endings`, in name order.
Result<std::vector<std::string>> RuleFilesOf(const std::string& path,
                                             std::span<const std::string_view> endings);
// Those that end in ".toml".
Result<std::vector<std::string>> TomlFilesOf(const std::string& path);

// The content of a rule file. A pipe or device is refused and not waited for.
Result<std::string> ReadRuleText(const std::string& path);

// Calls `read` with the document; what kept it from being read is added to `errors`.
void ReadTomlFile(const std::string& path, Errors* errors,
                  const std::function<void(const toml::table&)>& read);
// The same with the content at hand; `path` is for messages.
void ReadTomlText(std::string_view text, const std::string& path, Errors* errors,
                  const std::function<void(const toml::table&)>& read);

}  // namespace warifu::scan
