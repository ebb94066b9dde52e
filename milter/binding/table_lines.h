// Table lines: the logical lines of a Postfix table source file (postmap(5)).
//
// A line that begins with white space continues the one before it; empty lines, lines of white
// space and lines whose first character other than white space is '#' are passed over, between
// continuations too. The key ends at the first white space outside of quotes.
//
// Threads: pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu::binding {

struct TableLine {
  int line = 0;            // where the logical line begins, from 1
  std::string_view key;    // as written
  std::string_view value;  // continuation lines joined by one space
  std::string error;       // set when the line is none; key and value are then empty
};

// The whole file. kNotFound, kSystem: it cannot be read; kInvalid: it is no plain file or no text.
Result<std::string> ReadTableFile(const std::string& path);

// The views are good during the call only.
void ForEachTableLine(std::string_view text, const std::function<void(const TableLine&)>& visit);

}  // namespace warifu::binding
