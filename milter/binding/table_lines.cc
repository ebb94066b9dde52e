#include "binding/table_lines.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace warifu::binding {
namespace {

constexpr std::string_view kSpace = " \t\r\f\v";

bool IsSpace(char c) {
  return kSpace.contains(c);
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

// Length of the key, or npos when a quote stays open.
std::size_t KeyLength(std::string_view line) {
  bool quoted = false;
  std::size_t at = 0;
  for (; at < line.size(); ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      ++at;
    } else if (line[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && IsSpace(line[at])) {
      break;
    }
  }
  return quoted ? std::string_view::npos : at;
}

TableLine Split(std::string_view logical, int line) {
  TableLine out{.line = line, .key = {}, .value = {}, .error = {}};
  const std::size_t length = KeyLength(logical);
  if (length == std::string_view::npos) {
    out.error = "a quote is not closed";
    return out;
  }
  const std::string_view value = Trimmed(logical.substr(length));
  if (value.empty()) {
    out.error = "expected \"address account\": no account stands behind the address";
    return out;
  }
  out.key = logical.substr(0, length);
  out.value = value;
  return out;
}

}  // namespace

void ForEachTableLine(std::string_view text, const std::function<void(const TableLine&)>& visit) {
  std::string joined;        // only of a line with continuations
  std::string_view logical;  // the line so far
  int begun = 0;
  const auto flush = [&] {
    if (begun != 0) visit(Split(logical, begun));
    begun = 0;
  };
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    const std::string_view content = Trimmed(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (!IsSpace(line[0])) {
      flush();
      logical = content;
      begun = number;
    } else if (begun == 0) {
      visit({.line = number,
             .key = {},
             .value = {},
             .error = "the line begins with white space, but there is no line to continue"});
    } else {
      if (logical.data() != joined.data()) joined = logical;
      joined += ' ';
      joined += content;
      logical = joined;
    }
  }
  flush();
}

Result<std::string> ReadTableFile(const std::string& path) {
  const auto failed = [&path] {
    const int error = errno;
    const ErrorKind kind = error == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem;
    return Fail(kind, std::generic_category().message(error), {path});
  };
  // A pipe would block the start, or a reload, until somebody writes to it.
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return failed();
  if (!S_ISREG(status.st_mode)) return Fail(ErrorKind::kInvalid, "not a regular file", {path});
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (!file) return failed();
  constexpr std::size_t kChunk = 1 << 20;
  std::string text;
  std::size_t got = 0;
  do {
    const std::size_t size = text.size();
    text.resize(size + kChunk);
    got = std::fread(text.data() + size, 1, kChunk, file.get());
    text.resize(size + got);
  } while (got == kChunk);
  if (std::ferror(file.get()) != 0) return failed();
  if (text.contains('\0')) {
    return Fail(ErrorKind::kInvalid, "the file is no text; name the source, not the .db", {path});
  }
  return text;
}

}  // namespace warifu::binding
