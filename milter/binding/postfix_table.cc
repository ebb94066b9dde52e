// A compiled table of Postfix's as a directory: opened anew whenever another file has its name.
//
// Read by the thread that asks, without a lane: a file of this machine answers or fails, but for
// the moment while postmap rewrites an lmdb table, which holds its lock meanwhile.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "binding/keyed_directory.h"
#include "binding/table_file.h"

namespace warifu::binding {
namespace {

using Steady = std::chrono::steady_clock;
using FilePtr = std::shared_ptr<const TableFile>;

std::unexpected<Error> SystemError(int error, const std::string& path) {
  const bool lasting = error == ENOENT || error == EACCES || error == ENOTDIR || error == ELOOP ||
                       error == EISDIR || error == EPERM;
  return Fail(lasting ? ErrorKind::kNotFound : ErrorKind::kTemporary,
              std::generic_category().message(error), {path});
}

// A file by what tells one from the next.
struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
  std::int64_t changed = 0;
  friend bool operator==(const Identity&, const Identity&) = default;
};

class PostfixTable final : public KeySource {
 public:
  PostfixTable(OpenTableFile open, bool locked, std::string path, std::chrono::milliseconds timeout)
      : open_(open), locked_(locked), path_(std::move(path)), timeout_(timeout) {}

  Result<std::optional<KeyHit>> First(std::vector<TableKey> keys) const override {
    const Result<Access> access = Enter();
    if (!access) return std::unexpected(access.error());
    std::vector<std::string> texts;
    texts.reserve(keys.size());
    for (TableKey& key : keys) texts.push_back(std::move(key.text));
    const auto hit = access->file->First(texts);
    if (!hit) return std::unexpected(hit.error());
    if (!*hit) return std::nullopt;
    return KeyHit{(*hit)->key, SplitOwners((*hit)->value)};
  }

  Spelling spelling() const override { return Spelling::kPostfix; }

  std::size_t size() const override {
    const Result<Access> access = Enter();
    return access ? access->file->Count().value_or(0) : 0;
  }
  std::string Describe() const override { return std::to_string(size()) + " rows"; }

  Result<void> Probe() const override {
    const Result<Access> access = Enter();
    if (!access) return std::unexpected(access.error());
    return {};
  }

  Result<store::DirectoryRows> Rows(std::shared_ptr<RowReader> reader) const override;

 private:
  struct Access {
    UniqueFd lock;  // held while the file is read
    FilePtr file;
  };

  Result<Access> Enter() const {
    UniqueFd fd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return SystemError(errno, path_);
    if (locked_) {
      if (Result<void> locked = Lock(fd.get()); !locked) return std::unexpected(locked.error());
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return SystemError(errno, path_);
    if (!S_ISREG(status.st_mode)) return Fail(ErrorKind::kInvalid, "is no file", {path_});
    const Identity identity{
        status.st_dev, status.st_ino,
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
    const std::lock_guard lock(mutex_);
    if (!file_ || identity != identity_) {
      auto opened = open_(path_, fd.get());
      if (!opened) return std::unexpected(opened.error());
      file_ = *std::move(opened);
      identity_ = identity;
    }
    return Access{std::move(fd), file_};
  }

  Result<void> Lock(int fd) const {
    const auto deadline = Steady::now() + timeout_;
    while (::flock(fd, LOCK_SH | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return SystemError(errno, path_);
      if (Steady::now() >= deadline) {
        return Fail(ErrorKind::kTemporary, "the table is being rewritten", {path_});
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return {};
  }

  const OpenTableFile open_;
  const bool locked_;
  const std::string path_;
  const std::chrono::milliseconds timeout_;
  mutable std::mutex mutex_;  // guards what follows
  mutable FilePtr file_;
  mutable Identity identity_;
};

// The whole table is copied first, so that its lock is not held while an import takes its time:
// about 100 bytes a row.
Result<store::DirectoryRows> PostfixTable::Rows(std::shared_ptr<RowReader> reader) const {
  const Result<Access> access = Enter();
  if (!access) return std::unexpected(access.error());
  auto text = std::make_shared<std::string>();
  const Result<void> read =
      access->file->ForEach([&text](std::string_view key, std::string_view value) {
        text->append(key).append(1, '\0').append(value).append(1, '\0');
        return true;
      });
  if (!read) return std::unexpected(read.error());
  return [text, reader, at = std::size_t{0}](store::DirectoryRow* row) mutable -> Result<bool> {
    while (!reader->Next(row)) {
      if (at >= text->size()) return false;
      const std::string_view key = text->c_str() + at;
      const std::string_view value = text->c_str() + at + key.size() + 1;
      at += key.size() + value.size() + 2;
      reader->Add(key, SplitOwners(value));
    }
    return true;
  };
}

}  // namespace

std::unique_ptr<const Directory> OpenPostfixTable(PostfixTableType type, const std::string& path,
                                                  std::chrono::milliseconds timeout,
                                                  const std::vector<std::string>& local_domains) {
  const bool lmdb = type == PostfixTableType::kLmdb;
  return MakeKeyed(std::make_unique<PostfixTable>(lmdb ? &OpenLmdb : &OpenCdb, lmdb, path, timeout),
                   local_domains);
}

}  // namespace warifu::binding
