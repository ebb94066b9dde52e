#include "scan/record_key.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/hex.h"
#include "base/unique_fd.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kDigits = 32;

std::string SystemText(const std::string& what) {
  return what + ": " + std::strerror(errno);
}

}  // namespace

Result<void> CheckTrusted(int fd, const std::string& path, const char* what) {
  struct stat st{};
  if (fstat(fd, &st) != 0) return Fail(ErrorKind::kSystem, SystemText("stat"), {path});
  if (!S_ISREG(st.st_mode)) {
    return Fail(ErrorKind::kInvalid, std::string(what) + " is not a regular file", {path});
  }
  if ((st.st_mode & 027) != 0) {
    return Fail(ErrorKind::kInvalid,
                std::string(what) +
                    " must be a file that others cannot read and only its owner can write: "
                    "chmod 0640",
                {path});
  }
  if (st.st_uid != 0 && st.st_uid != geteuid()) {
    return Fail(ErrorKind::kInvalid,
                std::string(what) + " belongs to uid " + std::to_string(st.st_uid) +
                    ", neither to root nor to this process's user",
                {path});
  }
  return {};
}

Result<SipKey> ReadRecordKey(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) {
    return Fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem,
                SystemText("cannot open the key of the record index"), {path});
  }
  if (auto good = CheckTrusted(file.get(), path, "the key"); !good) {
    return std::unexpected(good.error());
  }
  char text[kDigits + 4];
  const ssize_t got = read(file.get(), text, sizeof text);
  if (got < 0) return Fail(ErrorKind::kSystem, SystemText("cannot read"), {path});
  std::string_view digits(text, static_cast<std::size_t>(got));
  while (digits.ends_with('\n') || digits.ends_with('\r')) digits.remove_suffix(1);
  bool good = digits.size() == kDigits;
  unsigned char bytes[kDigits / 2] = {};
  for (std::size_t i = 0; good && i < sizeof bytes; ++i) {
    const int high = HexValue(digits[2 * i]), low = HexValue(digits[2 * i + 1]);
    good = high >= 0 && low >= 0;
    bytes[i] = static_cast<unsigned char>(high << 4 | low);
  }
  SipKey key;
  std::memcpy(&key.k0, bytes, 8);
  std::memcpy(&key.k1, bytes + 8, 8);
  explicit_bzero(text, sizeof text);
  explicit_bzero(bytes, sizeof bytes);
  if (!good) return Fail(ErrorKind::kInvalid, "the key must be 32 hex digits", {path, 1});
  return key;
}

Result<SipKey> RandomRecordKey() {
  SipKey key;
  if (getrandom(&key, sizeof key, 0) != static_cast<ssize_t>(sizeof key)) {
    return Fail(ErrorKind::kSystem, SystemText("getrandom"));
  }
  return key;
}

Result<SipKey> CreateRecordKey(const std::string& path) {
  Result<SipKey> key = RandomRecordKey();
  if (!key) return key;
  const UniqueFd file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) {
    const bool no_folder = errno == ENOENT;
    return Fail(ErrorKind::kSystem,
                no_folder ? "cannot make the key: its folder is not there (records.key_file or "
                            "--key names the place)"
                          : SystemText("cannot make the key"),
                {path});
  }
  unsigned char bytes[kDigits / 2];
  std::memcpy(bytes, &*key, sizeof bytes);
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back("0123456789abcdef"[byte >> 4]);
    text.push_back("0123456789abcdef"[byte & 15]);
  }
  text.push_back('\n');
  const bool written =
      write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fchmod(file.get(), 0640) == 0 && fsync(file.get()) == 0;
  explicit_bzero(text.data(), text.size());
  if (!written) {
    const std::string why = SystemText("cannot write the key");
    unlink(path.c_str());
    return Fail(ErrorKind::kSystem, why, {path});
  }
  return key;
}

}  // namespace warifu::scan
