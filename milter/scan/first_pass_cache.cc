#include "scan/first_pass_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/digest.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kMagic = "warifu-first-pass-1\n";
constexpr std::string_view kPrefix = "first-pass-";
constexpr std::string_view kSuffix = ".hsdb";
constexpr std::size_t kKept = 4;  // files; the daemon's set and a few trials
constexpr std::size_t kMaxFileBytes = 512u << 20;
constexpr std::size_t kDigestSize = 64;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string Reason() {
  return std::strerror(errno);
}

// Whole content of a plain file of ours or of root's that nobody else can write; or why not.
std::expected<std::string, std::string> ReadTrusted(const std::string& path) {
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0) return std::unexpected(errno == ENOENT ? std::string() : Reason());
  struct stat st{};
  if (fstat(fd.get(), &st) != 0) return std::unexpected(Reason());
  if (!S_ISREG(st.st_mode)) return std::unexpected("it is no plain file");
  if (st.st_uid != geteuid() && st.st_uid != 0)
    return std::unexpected("it belongs to another user");
  if ((st.st_mode & 022) != 0) return std::unexpected("others can write it");
  const auto size = static_cast<std::size_t>(st.st_size);
  if (size > kMaxFileBytes) return std::unexpected("it is too large");
  std::string content(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = read(fd.get(), content.data() + got, size - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::unexpected("it cannot be read whole");
    got += static_cast<std::size_t>(n);
  }
  return content;
}

bool WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// Magic, key, digest of what follows, modes, database.
std::expected<FirstPass, std::string> Parse(std::string_view content, std::string_view key,
                                            std::size_t expressions) {
  const auto take = [&content](std::size_t size) {
    const std::string_view part = content.substr(0, size);
    content.remove_prefix(part.size());
    return part;
  };
  if (take(kMagic.size()) != kMagic) return std::unexpected("it is of another format");
  if (take(kDigestSize) != key) return std::unexpected("it is of other rules");
  const std::string_view digest = take(kDigestSize);  // first, and only then the rest is hashed
  if (digest != Sha256Hex(content)) return std::unexpected("it is damaged");
  FirstPass out;
  const std::string_view modes = take(expressions);
  if (modes.size() != expressions) return std::unexpected("it is damaged");
  for (const char mode : modes) {
    if (mode < 0 || mode > static_cast<char>(FirstPassMode::kKeywords)) {
      return std::unexpected("it is damaged");
    }
    out.modes.push_back(static_cast<FirstPassMode>(mode));
  }
  hs_database_t* db = nullptr;
  const hs_error_t code = hs_deserialize_database(content.data(), content.size(), &db);
  if (code != HS_SUCCESS) {
    return std::unexpected("Hyperscan does not take it (error " + std::to_string(code) + ")");
  }
  out.database.reset(db);
  out.from_cache = true;
  return out;
}

}  // namespace

FirstPassCache::FirstPassCache(std::string dir, std::string key)
    : dir_(std::move(dir)), key_(std::move(key)) {
  path_ = dir_ + "/" + std::string(kPrefix) + key_.substr(0, 24) + std::string(kSuffix);
}

std::optional<FirstPass> FirstPassCache::Load(std::size_t expressions,
                                              std::vector<std::string>* notes) const {
  if (dir_.empty()) return std::nullopt;
  const auto unusable = [&](const std::string& why) {
    notes->push_back(path_ + ": not used, " + why + "; the rules are compiled anew");
    return std::nullopt;
  };
  const auto content = ReadTrusted(path_);
  if (!content) {
    if (content.error().empty()) return std::nullopt;
    return unusable(content.error());
  }
  auto parsed = Parse(*content, key_, expressions);
  if (!parsed) return unusable(parsed.error());
  return std::move(*parsed);
}

void FirstPassCache::Store(const FirstPass& first_pass, std::vector<std::string>* notes) const {
  if (dir_.empty()) return;
  const auto not_kept = [&](const std::string& why) {
    notes->push_back(dir_ + ": the compiled rules cannot be kept (" + why +
                     "); the next start compiles them again");
  };
  char* bytes = nullptr;
  std::size_t size = 0;
  if (hs_serialize_database(first_pass.database.get(), &bytes, &size) != HS_SUCCESS) {
    return not_kept("Hyperscan cannot serialise them");
  }
  std::string body;
  for (const FirstPassMode mode : first_pass.modes) body += static_cast<char>(mode);
  body.append(bytes, size);
  std::free(bytes);
  std::string temporary = path_ + ".XXXXXX";
  const Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (fd.get() < 0) return not_kept(Reason());
  const bool written = WriteAll(fd.get(), kMagic) && WriteAll(fd.get(), key_) &&
                       WriteAll(fd.get(), Sha256Hex(body)) && WriteAll(fd.get(), body) &&
                       fchmod(fd.get(), 0644) == 0 && fsync(fd.get()) == 0 &&
                       rename(temporary.c_str(), path_.c_str()) == 0;
  if (!written) {
    const std::string why = Reason();
    unlink(temporary.c_str());
    return not_kept(why);
  }
  Prune();
}

// Removes all but the newest files of ours.
void FirstPassCache::Prune() const {
  DIR* dir = opendir(dir_.c_str());
  if (dir == nullptr) return;
  std::vector<std::pair<std::int64_t, std::string>> files;
  while (const dirent* entry = readdir(dir)) {
    const std::string_view name = entry->d_name;
    if (!name.starts_with(kPrefix) || !name.contains(kSuffix)) continue;
    std::string path = dir_ + "/" + entry->d_name;
    struct stat st{};
    if (lstat(path.c_str(), &st) != 0) continue;
    files.emplace_back(st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec, std::move(path));
  }
  closedir(dir);
  std::sort(files.rbegin(), files.rend());
  for (std::size_t i = kKept; i < files.size(); ++i) unlink(files[i].second.c_str());
}

}  // namespace warifu::scan
