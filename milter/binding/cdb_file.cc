// cdb: a file that is never changed, only replaced (postmap renames the new one over it).
#include <cdb.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "binding/table_file.h"

namespace warifu::binding {
namespace {

constexpr int kHeader = 2048;  // where the format's 256 pointers end

std::unexpected<Error> Broken(const std::string& path) {
  return Fail(ErrorKind::kInvalid, "the file is no cdb table, or a broken one", {path});
}

std::string_view WithoutNul(std::string_view text) {
  if (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

class CdbFile final : public TableFile {
 public:
  CdbFile(cdb table, std::string path) : table_(table), path_(std::move(path)) {}
  ~CdbFile() override {
    cdb_free(&table_);
    ::close(table_.cdb_fd);
  }
  CdbFile(const CdbFile&) = delete;
  CdbFile& operator=(const CdbFile&) = delete;

  Result<std::optional<Hit>> First(const std::vector<std::string>& keys) const override {
    cdb at = table_;  // keeps the place of the hit; the mapping is shared
    for (std::size_t i = 0; i < keys.size(); ++i) {
      for (const std::size_t size : {keys[i].size(), keys[i].size() + 1}) {
        const int found = cdb_find(&at, keys[i].c_str(), static_cast<unsigned>(size));
        if (found < 0) return Broken(path_);
        if (found == 0) continue;
        const std::optional<std::string_view> value = Text(&at, cdb_datalen(&at), cdb_datapos(&at));
        if (!value) return Broken(path_);
        return Hit{i, std::string(*value)};
      }
    }
    return std::nullopt;
  }

  Result<void> ForEach(const Visit& visit) const override {
    cdb at = table_;
    unsigned next = 0;
    cdb_seqinit(&next, &at);
    int more = 0;
    while ((more = cdb_seqnext(&next, &at)) > 0) {
      const auto key = Text(&at, cdb_keylen(&at), cdb_keypos(&at));
      const auto value = Text(&at, cdb_datalen(&at), cdb_datapos(&at));
      if (!key || !value) return Broken(path_);
      if (!visit(*key, *value)) return {};
    }
    if (more < 0) return Broken(path_);
    return {};
  }

  Result<std::size_t> Count() const override {
    std::size_t count = 0;
    const Result<void> read = ForEach([&count](std::string_view, std::string_view) {
      ++count;
      return true;
    });
    if (!read) return std::unexpected(read.error());
    return count;
  }

 private:
  static std::optional<std::string_view> Text(const cdb* at, unsigned length, unsigned position) {
    if (length == 0) return "";
    const void* data = cdb_get(at, length, position);
    if (data == nullptr) return std::nullopt;
    return WithoutNul({static_cast<const char*>(data), length});
  }

  cdb table_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<const TableFile>> OpenCdb(const std::string& path, int fd) {
  struct stat status{};
  if (::fstat(fd, &status) == 0 && status.st_size < kHeader) return Broken(path);
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  cdb table{};
  if (own < 0 || cdb_init(&table, own) != 0) {
    const int error = errno;
    if (own >= 0) ::close(own);
    if (error == EPROTO) return Broken(path);
    return Fail(ErrorKind::kTemporary, std::generic_category().message(error), {path});
  }
  return std::make_unique<CdbFile>(table, path);
}

}  // namespace warifu::binding
