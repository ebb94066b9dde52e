#include "cli/source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/unique_fd.h"
#include "cli/mbox.h"

namespace warifu::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = 128 * 1024;

// Fields that mails are known by; lower case, sorted.
constexpr std::array<std::string_view, 19> kMailFields = {
    "cc",           "content-transfer-encoding",
    "content-type", "date",
    "delivered-to", "dkim-signature",
    "from",         "message-id",
    "mime-version", "received",
    "reply-to",     "resent-from",
    "return-path",  "sender",
    "subject",      "to",
    "user-agent",   "x-mailer",
    "x-original-to"};
static_assert(std::ranges::is_sorted(kMailFields));

std::string LowerName(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

// The field's name in lower case, or "" when the line is no header field.
std::string FieldName(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return "";
  std::string_view name = line.substr(0, colon);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  for (const char c : name) {
    if (c <= ' ' || c > '~') return "";
  }
  return LowerName(name);
}

Error SystemError(const std::string& path, int number) {
  return {ErrorKind::kSystem, std::strerror(number), {path}};
}

class Reader {
 public:
  Reader(int standard_input, std::size_t max_bytes, const SourceSink& sink)
      : standard_input_(standard_input), max_bytes_(max_bytes), sink_(sink) {}

  bool Path(const std::string& path);

 private:
  // `mails`: cur or new of a Maildir.
  bool Folder(const std::string& path, bool mails);
  bool Entry(const std::string& path, bool mails);
  bool File(const std::string& path, bool surely_mail);
  bool Stream(int fd, const std::string& path, bool surely_mail);
  bool Mbox(int fd, const std::string& path, std::string_view head);
  bool Whole(int fd, const std::string& path, std::string head, bool mail);
  // Appends up to `size` bytes; false at an error, which is then told.
  bool Append(int fd, const std::string& path, std::size_t size, std::string* to);

  const int standard_input_;
  const std::size_t max_bytes_;
  const SourceSink& sink_;
};

bool Reader::Path(const std::string& path) {
  if (path == "-") return Stream(standard_input_, path, false);
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    sink_.unreadable(SystemError(path, errno));
    return true;
  }
  return S_ISDIR(status.st_mode) ? Folder(path, false) : File(path, path.ends_with(".eml"));
}

bool Reader::Folder(const std::string& path, bool mails) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    names.push_back(it->path().filename().string());
  }
  if (error) sink_.unreadable(SystemError(path, error.value()));
  std::ranges::sort(names);
  const std::string base = path.ends_with('/') ? path : path + '/';
  const auto is_folder = [&](const std::string& name) {
    return fs::is_directory(fs::symlink_status(base + name, error));
  };
  const auto has = [&](const char* name) {
    return std::ranges::binary_search(names, name) && is_folder(name);
  };
  const bool maildir = !mails && has("cur") && has("new");
  for (const std::string& name : names) {
    if (maildir && name == "tmp" && is_folder(name)) continue;  // not yet delivered
    if (!Entry(base + name, mails || (maildir && (name == "cur" || name == "new")))) return false;
  }
  return true;
}

bool Reader::Entry(const std::string& path, bool mails) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) {
    sink_.unreadable(SystemError(path, errno));
    return true;
  }
  if (S_ISDIR(status.st_mode)) return Folder(path, mails);
  if (S_ISLNK(status.st_mode) && ::stat(path.c_str(), &status) != 0) {
    sink_.unreadable(SystemError(path, errno));
    return true;
  }
  return !S_ISREG(status.st_mode) || File(path, mails || path.ends_with(".eml"));
}

bool Reader::File(const std::string& path, bool surely_mail) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) {
    sink_.unreadable(SystemError(path, errno));
    return true;
  }
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  return Stream(fd.get(), path, surely_mail);
}

bool Reader::Stream(int fd, const std::string& path, bool surely_mail) {
  std::string head;
  if (!Append(fd, path, kChunk, &head)) return true;
  const FileKind kind = SniffFile(head);
  if (kind == FileKind::kMbox) return Mbox(fd, path, head);
  return Whole(fd, path, std::move(head), surely_mail || kind == FileKind::kMail);
}

bool Reader::Mbox(int fd, const std::string& path, std::string_view head) {
  std::uint64_t index = 0;
  MboxSplitter splitter(max_bytes_, [&](std::string raw) {
    return sink_.message({path, index++, true, std::move(raw), true});
  });
  if (!splitter.Push(head)) return false;
  for (std::string chunk; Append(fd, path, kChunk, &chunk) && !chunk.empty(); chunk.clear()) {
    if (!splitter.Push(chunk)) return false;
  }
  return splitter.Finish();
}

bool Reader::Whole(int fd, const std::string& path, std::string head, bool mail) {
  const std::size_t most = max_bytes_ + 1;
  while (head.size() < most) {
    const std::size_t before = head.size();
    if (!Append(fd, path, std::min(most - before, kChunk), &head)) return true;
    if (head.size() == before) break;
  }
  return sink_.message({path, 0, mail, std::move(head), false});
}

bool Reader::Append(int fd, const std::string& path, std::size_t size, std::string* to) {
  const std::size_t before = to->size();
  to->resize(before + size);
  std::size_t got = 0;
  int error = 0;
  while (got < size && error == 0) {
    const ssize_t n = ::read(fd, to->data() + before + got, size - got);
    if (n == 0) break;
    if (n > 0) got += static_cast<std::size_t>(n);
    if (n < 0 && errno != EINTR) error = errno;
  }
  to->resize(before + got);
  if (error != 0) sink_.unreadable(SystemError(path, error));
  return error == 0;
}

}  // namespace

FileKind SniffFile(std::string_view head) {
  if (MboxSplitter::IsSeparator(head.substr(0, head.find('\n')))) return FileKind::kMbox;
  const bool from_line = head.starts_with("From ");
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  bool known = false;
  for (bool first = true; !head.empty(); first = false) {
    const std::size_t eol = std::min(head.find('\n'), head.size());
    const std::string_view line = head.substr(0, eol);
    head.remove_prefix(std::min(eol + 1, head.size()));
    if (first && (from_line || line.starts_with(">From "))) continue;
    if (!first && (line.starts_with(' ') || line.starts_with('\t'))) continue;
    const std::string name = FieldName(line);
    if (name.empty()) break;
    known = known || std::ranges::binary_search(kMailFields, std::string_view(name));
  }
  if (!known) return FileKind::kPlain;
  return from_line ? FileKind::kMbox : FileKind::kMail;
}

bool ReadSources(std::span<const std::string> paths, int standard_input, std::size_t max_bytes,
                 const SourceSink& sink) {
  Reader reader(standard_input, max_bytes, sink);
  return std::ranges::all_of(paths, [&](const std::string& path) { return reader.Path(path); });
}

}  // namespace warifu::cli
