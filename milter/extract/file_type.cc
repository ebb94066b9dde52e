#include "extract/file_type.h"

#include <magic.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "base/wide_text.h"
#include "extract/text_check.h"

namespace warifu::extract {
namespace {

constexpr std::string_view kOctets = "application/octet-stream";

// A libmagic handle that closes itself.
struct CookieCloser {
  void operator()(magic_t cookie) const { magic_close(cookie); }
};
using Cookie = std::unique_ptr<magic_set, CookieCloser>;

Result<Cookie> OpenCookie() {
  // Nothing is unpacked here: libmagic must not start decompressors on hostile bytes.
  Cookie cookie(magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR | MAGIC_NO_CHECK_COMPRESS));
  if (cookie == nullptr) return Fail(ErrorKind::kSystem, "libmagic cannot be opened");
  if (magic_load(cookie.get(), nullptr) != 0) {
    const char* why = magic_error(cookie.get());
    return Fail(ErrorKind::kSystem,
                std::string("the magic database cannot be loaded: ") + (why ? why : "no reason"));
  }
  return cookie;
}

// Types that are made of text lines to the eye but have their own readers, so that their text is
// not what a person sees in them.
constexpr std::array<std::string_view, 2> kTextButOpaque = {"application/pdf", "application/x-dvi"};

bool IsPgpMessage(std::string_view content) {
  return content.substr(0, 4096).find("-----BEGIN PGP MESSAGE-----") != std::string_view::npos;
}

// Readers of PDF forgive what stands before its head.
Encryption EncryptionAs(std::string_view content, std::string_view mime) {
  if (mime == "application/encrypted") return Encryption::kEncrypted;
  if (mime == "application/pdf") {
    const std::size_t head = content.substr(0, 1024).find("%PDF-");
    content.remove_prefix(head == std::string_view::npos ? 0 : head);
  }
  return EncryptionOf(content);
}

bool IsHtml(std::string_view mime) {
  return mime == "text/html" || mime == "application/xhtml+xml";
}

bool IsMail(std::string_view mime) {
  return mime == "message/rfc822" || mime == "message/news";
}

FileType Judge(std::string_view content, std::string_view probe, std::string mime) {
  const Encryption encryption = EncryptionAs(content, mime);
  if (encryption == Encryption::kEncrypted || mime == "application/pgp-encrypted") {
    return {Kind::kEncrypted, std::move(mime), encryption};
  }
  const bool wide = DetectWideEncoding(probe).unit > 0;
  if (!wide && !LooksLikeText(probe)) {
    // libmagic may still know better: it has seen text with stray control characters.
    const bool says_text = mime.starts_with("text/") && probe.find('\0') == std::string_view::npos;
    if (!says_text) return {Kind::kOther, std::move(mime), encryption};
  }
  if (std::ranges::find(kTextButOpaque, mime) != kTextButOpaque.end()) {
    return {Kind::kOther, std::move(mime), encryption};
  }
  if (IsPgpMessage(content)) return {Kind::kEncrypted, "application/pgp-encrypted", encryption};
  if (IsHtml(mime)) return {Kind::kHtml, std::move(mime), encryption};
  if (IsMail(mime)) return {Kind::kMail, std::move(mime), encryption};
  if (mime == kOctets || mime.empty()) mime = "text/plain";
  return {Kind::kText, std::move(mime), encryption};
}

class MagicTyper final : public FileTyper {
 public:
  explicit MagicTyper(Cookie first) { idle_.push_back(std::move(first)); }

  Result<FileType> Identify(std::string_view content) const override {
    if (content.empty()) return FileType{Kind::kEmpty, "inode/x-empty", Encryption::kNotAsked};
    const std::string_view probe = content.substr(0, kProbeBytes);
    Result<Cookie> cookie = Lease();
    if (!cookie) return std::unexpected(std::move(cookie.error()));
    const char* answer = magic_buffer(cookie->get(), probe.data(), probe.size());
    if (answer == nullptr) {
      // The handle may be in a bad state; it is not given back.
      const char* why = magic_error(cookie->get());
      return Fail(ErrorKind::kSystem, std::string("libmagic: ") + (why ? why : "no reason"));
    }
    std::string mime = answer;
    GiveBack(std::move(*cookie));
    return Judge(content, probe, std::move(mime));
  }

 private:
  // More handles than this are closed after use: each maps its own view of the database.
  static constexpr std::size_t kMaxIdle = 16;

  Result<Cookie> Lease() const {
    {
      const std::scoped_lock lock(mutex_);
      if (!idle_.empty()) {
        Cookie cookie = std::move(idle_.back());
        idle_.pop_back();
        return cookie;
      }
    }
    return OpenCookie();
  }

  void GiveBack(Cookie cookie) const {
    const std::scoped_lock lock(mutex_);
    if (idle_.size() < kMaxIdle) idle_.push_back(std::move(cookie));
  }

  mutable std::mutex mutex_;
  mutable std::vector<Cookie> idle_;
};

}  // namespace

Result<std::unique_ptr<FileTyper>> OpenFileTyper() {
  Result<Cookie> cookie = OpenCookie();
  if (!cookie) return std::unexpected(std::move(cookie.error()));
  return std::make_unique<MagicTyper>(std::move(*cookie));
}

}  // namespace warifu::extract
