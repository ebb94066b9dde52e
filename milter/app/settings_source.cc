#include "app/settings_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string_view>

namespace warifu::app {
namespace {

constexpr std::uintmax_t kLargest = 4u << 20;
constexpr int kDeepest = 10;

std::string Why(int error) {
  const std::string text = std::strerror(error);
  return error == EACCES ? text + "; run this as root or as a user who may read it" : text;
}

Result<std::string> ReadRegularFile(const std::string& path, const Place& asked_by) {
  const bool included = asked_by.line > 0;
  const auto fail = [&](const std::string& why, ErrorKind kind = ErrorKind::kInvalid) {
    // An include that is not there is a mistake in the file that asks for it.
    return Fail(included ? ErrorKind::kInvalid : kind,
                (included ? "cannot include " + path + ": " : "") + why,
                included ? asked_by : Place{path});
  };
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return fail(Why(errno), errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem);
  }
  if (!S_ISREG(status.st_mode)) return fail("not a regular file", ErrorKind::kSystem);
  if (static_cast<std::uintmax_t>(status.st_size) > kLargest) return fail("larger than 4 MiB");
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return fail(in.is_open() ? "cannot be read" : Why(errno), ErrorKind::kSystem);
  return std::move(text).str();
}

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '*';
}

class SourceReader {
 public:
  SourceReader(std::string folder, Errors* errors) : folder_(std::move(folder)), errors_(errors) {}

  void Read(const std::string& path, const Place& asked_by, int depth) {
    Result<std::string> text = ReadRegularFile(path, asked_by);
    if (!text) {
      errors_->push_back(text.error());
      return;
    }
    if (const std::size_t nul = text->find('\0'); nul != std::string::npos) {
      const auto line =
          std::count(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(nul), '\n');
      errors_->push_back(
          {ErrorKind::kInvalid, "holds a NUL byte", {path, static_cast<int>(line) + 1}});
      return;
    }
    Walk({.path = path, .text = *text, .at = 0, .line = 1}, depth);
  }

 private:
  struct Cursor {
    const std::string& path;
    std::string_view text;
    std::size_t at = 0;
    int line = 1;

    bool done() const { return at >= text.size(); }
    bool Starts(std::string_view word) const { return text.substr(at).starts_with(word); }
    char Next() {
      const char c = text[at++];
      if (c == '\n') ++line;
      return c;
    }
    void SkipThrough(std::string_view word) {
      while (!done() && !Starts(word)) Next();
      for (std::size_t i = 0; i < word.size() && !done(); ++i) Next();
    }
    // The cursor stands on the opening quote.
    std::string TakeString() {
      std::string out;
      Next();
      while (!done() && text[at] != '"') {
        if (text[at] == '\\' && at + 1 < text.size()) Next();
        out.push_back(Next());
      }
      if (!done()) Next();
      return out;
    }
    std::string_view TakeWord() {
      const std::size_t begin = at;
      while (!done() && (IsNameByte(text[at]) || text[at] == '.')) ++at;
      return text.substr(begin, at - begin);
    }
  };

  void Walk(Cursor cursor, int depth) {
    while (!cursor.done()) {
      const char c = cursor.text[cursor.at];
      if (c == '#' || cursor.Starts("//")) {
        cursor.SkipThrough("\n");
      } else if (cursor.Starts("/*")) {
        cursor.SkipThrough("*/");
      } else if (c == '"') {
        cursor.TakeString();
      } else if (cursor.Starts("@include")) {
        Include(&cursor, depth);
      } else if (IsNameByte(c)) {
        const int line = cursor.line;
        CheckInteger(cursor.TakeWord(), {cursor.path, line});
      } else {
        cursor.Next();
      }
    }
  }

  void Include(Cursor* cursor, int depth) {
    const Place place{cursor->path, cursor->line};
    cursor->at += std::string_view("@include").size();
    while (!cursor->done() &&
           (cursor->text[cursor->at] == ' ' || cursor->text[cursor->at] == '\t')) {
      cursor->Next();
    }
    if (cursor->done() || cursor->text[cursor->at] != '"') return;  // libconfig's to refuse
    const std::filesystem::path name = cursor->TakeString();
    if (too_deep_) return;
    if (depth == kDeepest) {
      too_deep_ = true;
      errors_->push_back({ErrorKind::kInvalid, "files include each other too deep", place});
      return;
    }
    Read(name.is_absolute() ? name.string() : (folder_ / name).string(), place, depth + 1);
  }

  // `word`: a name or a number. Numbers with an L are libconfig's 64-bit ones.
  void CheckInteger(std::string_view word, const Place& place) {
    std::string_view digits = word;
    if (digits.starts_with('-')) digits.remove_prefix(1);
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (hex) digits.remove_prefix(2);
    if (digits.empty()) return;
    constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
    std::uint64_t value = 0;
    for (const char c : digits) {
      const auto u = static_cast<unsigned char>(c);
      if (hex ? std::isxdigit(u) == 0 : std::isdigit(u) == 0) return;
      const unsigned digit = std::isdigit(u) != 0 ? c - '0' : (std::tolower(u) - 'a') + 10;
      value = value * (hex ? 16 : 10) + digit;
      if (value > kMost) {
        errors_->push_back({ErrorKind::kInvalid,
                            "the number " + std::string(word) +
                                " is too large; sizes and times are written as strings with a unit,"
                                " such as \"64M\" or \"24h\"",
                            place});
        return;
      }
    }
  }

  const std::filesystem::path folder_;
  Errors* errors_;
  bool too_deep_ = false;
};

}  // namespace

std::string FolderOf(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

std::string DottedNameHint(const Place& place) {
  const Result<std::string> text = ReadRegularFile(place.file, {});
  if (!text) return "";
  std::istringstream lines(*text);
  std::string line;
  for (int number = 0; number < place.line && std::getline(lines, line); ++number) {
  }
  const auto name_begin =
      std::ranges::find_if_not(line, [](char c) { return c == ' ' || c == '\t'; });
  const auto name_end =
      std::find_if_not(name_begin, line.end(), [](char c) { return IsNameByte(c) || c == '.'; });
  const std::string name(name_begin, name_end);
  const std::size_t dot = name.find('.');
  if (dot == 0 || dot == std::string::npos || dot + 1 == name.size()) return "";
  std::string opening, closing;
  for (const char c : name) {
    opening += c == '.' ? std::string(" = { ") : std::string(1, c);
    closing += c == '.' ? " };" : "";
  }
  return "; " + name + " is written " + opening + " = ...;" + closing;
}

Errors CheckSource(const std::string& path) {
  Errors errors;
  SourceReader(FolderOf(path), &errors).Read(path, {}, 0);
  return errors;
}

}  // namespace warifu::app
