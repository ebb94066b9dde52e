// Encryption: is this file an archive or a document that wants a password?
//
// Tells it from the file's own headers; nothing is unpacked, decrypted or guessed. What is known:
//
// - ZIP: a member that is encrypted (APPNOTE.TXT 6.3.10: bit 0 of 4.4.4 in its local or its central
//   header, method 99 and extra field 0x9901 of AE-x, extra field 0x0017), or an encrypted
//   central directory (4.3.11, 7.3).
// - 7z: AES among the coders of the header or of the members (7zFormat.txt, Methods.txt).
//   A header that is packed but not encrypted hides the coders of the members: unknown.
// - RAR 1.5 to 4 (technote.txt of RAR 4: 0x80 of the archive header, 0x04 of a file header), RAR 5
//   (technote.txt of RAR 5: the encryption header, the file encryption record).
// - PDF: /Encrypt in the trailer (ISO 32000-1, 7.5.5 and 7.5.8).
// - Office: the stream EncryptedPackage of a compound file ([MS-OFFCRYPTO] 2.3, [MS-CFB] 2.6).
// Older
//   documents have ciphers of their own, which are not looked for: unknown.
//
// A member that is an archive of its own is not looked into, nor is a program that unpacks itself.
//
// Guarantees: kNone only where the headers that say it were read to their end. What is cut off,
// damaged, or of a form that can hide it (an OpenDocument file) is kUnknown.
//
// SECURITY: hostile bytes; every read is bounded, time is linear in the size. Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace warifu::extract {

enum class Encryption : std::uint8_t {
  kNotAsked,   // no archive or document of a kind that is known here
  kNone,       // opens without a password
  kEncrypted,  // does not: the whole, or a member of it
  kUnknown,    // could not be told
};

Encryption EncryptionOf(std::string_view content);

}  // namespace warifu::extract
