// FileType: what the content of a part really is, by libmagic, whatever its label and name say.
//
// SECURITY: libmagic reads hostile bytes in this process; only the first `kProbeBytes` are shown to
// it. Threads: FileTyper is safe to share; each call leases a libmagic cookie from a pool (a cookie
// is not thread-safe, and threads of the milter come and go).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "extract/encryption.h"

namespace warifu::extract {

enum class Kind {
  kText,       // scan as text: plain, CSV, JSON, XML, SQL, source, logs
  kHtml,       // scan as HTML
  kMail,       // a whole mail: parse it, its parts are encoded
  kEncrypted,  // recognised as encrypted: PGP, an archive or document (extract/encryption.h)
  kOther,      // recognised, not opened by this release
  kEmpty,
};

struct FileType {
  Kind kind = Kind::kOther;
  std::string mime;                               // "application/pdf"
  Encryption encryption = Encryption::kNotAsked;  // of an archive or document
};

class FileTyper {
 public:
  static constexpr std::size_t kProbeBytes = 64 * 1024;
  virtual ~FileTyper() = default;
  // kSystem when libmagic fails: the caller makes it a fault.
  virtual Result<FileType> Identify(std::string_view content) const = 0;
};

// kSystem when the magic database cannot be loaded.
Result<std::unique_ptr<FileTyper>> OpenFileTyper();

}  // namespace warifu::extract
