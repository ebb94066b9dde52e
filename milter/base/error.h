// Error and Result: the one way a function of warifu says that it could not do its work.
//
// An Error carries a kind (what policy may do about it), a text for a person (what is wrong and,
// where we know it, what to do next) and the place in an input file that caused it. Functions
// return Result<T>; nothing in the core rooms throws, prints or exits.
//
// Threads: plain values.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

namespace warifu {

// A place in an input file. `line` and `column` count from 1; 0 means "not known".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

enum class ErrorKind {
  kInvalid,    // the input is wrong: a person must mend it
  kNotFound,   // asked for something that is not there
  kTemporary,  // may work later: time-out, lock, full disk
  kSystem,     // the operating system refused; `text` holds its reason
  kInternal,   // a defect of warifu
};

struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string text;
  Place place = {};

  // "file:line:column: text", leaving out what is not known.
  std::string ToString() const;
};

using Errors = std::vector<Error>;

template <typename T>
using Result = std::expected<T, Error>;

// Shorthand for `return Fail(ErrorKind::kInvalid, "…", {file, line})`.
inline std::unexpected<Error> Fail(ErrorKind kind, std::string text, Place place = {}) {
  return std::unexpected(Error{kind, std::move(text), std::move(place)});
}

}  // namespace warifu
