// Transfer encodings (RFC 2045, section 6): undone for reading, done again for edits.
//
// Reading sees everything that some mail program may see: base64 goes on behind padding, where
// others stop; characters outside of the alphabet are passed over and counted.
//
// SECURITY: input is hostile; linear in time, output never longer than the input. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::mail {

enum class Transfer { kIdentity, kBase64, kQuotedPrintable, kUu, kUnknown };

// From the body of Content-Transfer-Encoding; what is not known is kUnknown, nothing is kIdentity.
Transfer TransferOf(std::string_view field_body);

// The encoding's name as declared, lower case, without comments.
std::string TransferName(std::string_view field_body);

struct TransferDecoded {
  std::string content;
  // Bytes that the encoding does not have, and blanks inside of lines: signs that this is something
  // else. 0 for encodings that have every byte.
  std::size_t junk = 0;
};

TransferDecoded DecodeTransfer(std::string_view raw, Transfer encoding);

struct UuFile {
  std::string name;  // raw
  std::string content;
};

// The files in a text that stand between lines "begin 644 NAME" and "end".
std::vector<UuFile> FindUuFiles(std::string_view text);

// One step of quoted-printable: what stands at `pos`, and the byte that it says; -1 for a soft line
// break, which says none.
struct QuotedUnit {
  std::size_t size = 0;
  int byte = -1;
};
QuotedUnit QuotedUnitAt(std::string_view raw, std::size_t pos);

// "=3D", as quoted-printable writes a byte that it does not write as it is.
std::string QuotedByte(char c);

// CRLF lines of at most 76 characters for base64 and quoted-printable. Refuses nothing: kUu and
// kUnknown are written as they are.
std::string EncodeTransfer(std::string_view content, Transfer encoding);

}  // namespace warifu::mail
