#include "scan/toml_file.h"

#include <dirent.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxFileBytes = 16u << 20;

}  // namespace

Result<std::vector<std::string>> TomlFilesOf(const std::string& path) {
  constexpr std::string_view kEndings[] = {".toml"};
  return RuleFilesOf(path, kEndings);
}

Result<std::vector<std::string>> RuleFilesOf(const std::string& path,
                                             std::span<const std::string_view> endings) {
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) {
    return Fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem,
                std::string("cannot open: ") + std::strerror(errno), {path});
  }
  if (!S_ISDIR(st.st_mode)) return std::vector{path};
  DIR* dir = opendir(path.c_str());
  if (dir == nullptr) {
    return Fail(ErrorKind::kSystem, std::string("cannot open: ") + std::strerror(errno), {path});
  }
  std::vector<std::string> files;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    const bool ours = std::ranges::any_of(
        endings, [name](std::string_view ending) { return name.ends_with(ending); });
    if (ours && !name.starts_with('.')) {
      files.push_back(path + (path.ends_with('/') ? "" : "/") + std::string(name));
    }
  }
  closedir(dir);
  std::ranges::sort(files);
  return files;
}

Result<std::string> ReadRuleText(const std::string& path) {
  const auto fail = [&](ErrorKind kind, std::string text) {
    return Fail(kind, std::move(text), {path});
  };
  struct stat st{};
  const bool there = stat(path.c_str(), &st) == 0;
  // A pipe would block a reload, and the start, until somebody writes to it.
  if (there && !S_ISREG(st.st_mode)) return fail(ErrorKind::kInvalid, "not a regular file");
  std::ifstream stream;
  if (there) stream.open(path, std::ios::binary);
  if (!stream.is_open()) {
    return fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem,
                std::string("cannot open: ") + std::strerror(errno));
  }
  std::string text(kMaxFileBytes + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) return fail(ErrorKind::kSystem, "cannot read");
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxFileBytes) return fail(ErrorKind::kInvalid, "larger than 16 MiB");
  return text;
}

void ReadTomlFile(const std::string& path, Errors* errors,
                  const std::function<void(const toml::table&)>& read) {
  const Result<std::string> text = ReadRuleText(path);
  if (text) return ReadTomlText(*text, path, errors, read);
  errors->push_back(text.error());
}

void ReadTomlText(std::string_view text, const std::string& path, Errors* errors,
                  const std::function<void(const toml::table&)>& read) {
  try {
    const toml::table document = toml::parse(text, path);
    read(document);
  } catch (const toml::parse_error& e) {
    const toml::source_position& at = e.source().begin;
    errors->push_back({ErrorKind::kInvalid,
                       std::string(e.description()),
                       {path, static_cast<int>(at.line), static_cast<int>(at.column)}});
  }
}

}  // namespace warifu::scan
