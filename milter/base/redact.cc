#include "base/redact.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/hex.h"
#include "base/utf8.h"

namespace warifu {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kShownFrom = 8;  // characters
constexpr std::size_t kMaxStars = 30;

// Closes its descriptor.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::string SystemText(std::string_view what) {
  return std::string(what) + ": " + std::strerror(errno);
}

bool IsUnsafe(char32_t c) {
  return c == kInvalidCodePoint || c < 0x20 || (c >= 0x7f && c < 0xa0) ||  // C0, DEL, C1
         c == 0x061c || c == 0x200e || c == 0x200f ||                      // bidi marks
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||   // line ends, bidi
         c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

}  // namespace

FingerprintKey FingerprintKey::Random() {
  FingerprintKey key;
  // Without randomness no secret may be fingerprinted: a fixed key could be enumerated.
  if (RAND_bytes(key.key_.data(), static_cast<int>(kKeyBytes)) != 1) std::abort();
  return key;
}

Result<FingerprintKey> FingerprintKey::FromFile(const std::string& path) {
  const File file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (file.get() < 0) {
    const ErrorKind kind = errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem;
    return Fail(kind, SystemText("cannot open the fingerprint key"), {path});
  }
  struct stat st{};
  if (fstat(file.get(), &st) != 0) return Fail(ErrorKind::kSystem, SystemText("stat"), {path});
  if (!S_ISREG(st.st_mode) || (st.st_mode & 027) != 0) {
    return Fail(ErrorKind::kInvalid,
                "the fingerprint key must be a plain file that others cannot read and only its "
                "owner can write: chmod 0640",
                {path});
  }
  char text[kKeyBytes * 2 + 8];
  const ssize_t got = read(file.get(), text, sizeof text);
  if (got < 0) return Fail(ErrorKind::kSystem, SystemText("cannot read"), {path});
  std::string_view digits(text, static_cast<std::size_t>(got));
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) {
    digits.remove_suffix(1);
  }
  FingerprintKey key;
  bool good = digits.size() == kKeyBytes * 2;
  for (std::size_t i = 0; good && i < kKeyBytes; ++i) {
    const int high = HexValue(digits[2 * i]), low = HexValue(digits[2 * i + 1]);
    good = high >= 0 && low >= 0;
    key.key_[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  OPENSSL_cleanse(text, sizeof text);
  if (!good) {
    return Fail(ErrorKind::kInvalid, "the fingerprint key must be 64 hex digits", {path, 1});
  }
  return key;
}

Result<FingerprintKey> FingerprintKey::CreateFile(const std::string& path) {
  const FingerprintKey key = Random();
  const File file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640));
  if (file.get() < 0) {
    return Fail(ErrorKind::kSystem, SystemText("cannot create the fingerprint key"), {path});
  }
  std::string text =
      ToHex({reinterpret_cast<const char*>(key.key_.data()), key.key_.size()}) + "\n";
  const bool written =
      fchmod(file.get(), 0640) == 0 &&
      write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(file.get()) == 0;
  const std::string reason = SystemText("cannot write the fingerprint key");
  OPENSSL_cleanse(text.data(), text.size());
  if (!written) {
    unlink(path.c_str());
    return Fail(ErrorKind::kSystem, reason, {path});
  }
  return key;
}

std::string FingerprintKey::Fingerprint(std::string_view secret) const {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
           reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), mac,
           &size) == nullptr) {
    return "";
  }
  return ToHex({reinterpret_cast<const char*>(mac), 8});
}

std::string Preview(std::string_view secret_utf8) {
  std::size_t characters = 0, second_end = 0;
  bool digits_only = true;
  for (std::size_t pos = 0; pos < secret_utf8.size();) {
    const char32_t c = NextCodePoint(secret_utf8, &pos);
    if (++characters == 2) second_end = pos;
    digits_only = digits_only && ((c >= '0' && c <= '9') || c == ' ' || c == '-');
  }
  const bool shown = characters >= kShownFrom && !digits_only;
  std::string out = shown ? Printable(secret_utf8.substr(0, second_end)) : std::string();
  // The secret may be a whole row that begins with a short number.
  std::ranges::replace_if(out, [](char c) { return c >= '0' && c <= '9'; }, '*');
  out.append(std::min(shown ? characters - 2 : characters, kMaxStars), '*');
  return out;
}

std::string Printable(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t begin = pos;
    const char32_t c = NextCodePoint(text, &pos);
    const bool unsafe = IsUnsafe(c);
    if (out.size() + (unsafe ? 1 : pos - begin) > max_bytes) break;
    if (unsafe) {
      out += '?';
    } else {
      out.append(text, begin, pos - begin);
    }
  }
  return out;
}

}  // namespace warifu
