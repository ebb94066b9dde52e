// Table file: a compiled table of Postfix's, opened once and read at the same time by many.
//
// Two formats, lmdb and cdb. Both read a file as it is: whoever keeps one open goes on reading it
// when another takes its place, so its owner looks whether it is still the one (postfix_table.cc).
// Internal to binding. Threads: const, safe to share.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::binding {

class TableFile {
 public:
  virtual ~TableFile() = default;
  // The first of the keys that is there, and its value; all by one state of the table.
  struct Hit {
    std::size_t key = 0;
    std::string value;
  };
  virtual Result<std::optional<Hit>> First(const std::vector<std::string>& keys) const = 0;
  // Calls `visit` with each row until it says false. The views are good during the call.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> ForEach(const Visit& visit) const = 0;
  virtual Result<std::size_t> Count() const = 0;
};

using OpenTableFile = Result<std::unique_ptr<const TableFile>> (*)(const std::string& path, int fd);

// `fd`: open for reading, and left to the caller. kInvalid: no table of that format.
Result<std::unique_ptr<const TableFile>> OpenLmdb(const std::string& path, int fd);
Result<std::unique_ptr<const TableFile>> OpenCdb(const std::string& path, int fd);

}  // namespace warifu::binding
