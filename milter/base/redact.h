// Redact: the only road from bytes of a mail to a log, a reply, an event or a report.
//
// Preview() shows nothing of a secret shorter than 8 characters, and only the first two of a longer
// one, and never a digit (暗証番号, also where a row begins with one). Fingerprint() is a keyed
// hash (HMAC-SHA-256 cut to 64 bits, 16 hex digits), stable for one key, so that the same secret
// can be recognised again without being stored; without the key it cannot be enumerated.
// Printable() makes any string safe to print: control bytes, invalid UTF-8 and bidi controls become
// '?', the length is bounded.
//
// SECURITY: these functions see secrets; they keep nothing.
// Threads: pure; FingerprintKey is const after making.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu {

class FingerprintKey {
 public:
  // Random key: fingerprints can be compared within this process only.
  static FingerprintKey Random();
  // Reads 32 bytes as 64 hex digits. kNotFound when there is no such file.
  // kInvalid when it is no key, or others can read it or the group can write it.
  static Result<FingerprintKey> FromFile(const std::string& path);
  // Makes a new key file with mode 0640; fails when it exists already.
  static Result<FingerprintKey> CreateFile(const std::string& path);

  // 16 lower-case hex digits.
  std::string Fingerprint(std::string_view secret) const;

 private:
  std::array<std::uint8_t, 32> key_{};
};

// "pa*******": as many stars as characters, at most 30 of them.
std::string Preview(std::string_view secret_utf8);

// At most `max_bytes` of `text`, safe for a terminal and for a log line.
std::string Printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace warifu
