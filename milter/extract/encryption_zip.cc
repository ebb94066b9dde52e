#include <algorithm>
#include <optional>

#include "extract/byte_reader.h"
#include "extract/encryption_forms.h"

namespace warifu::extract {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::string_view kLocal = "PK\x03\x04"sv, kCentral = "PK\x01\x02"sv;
constexpr std::string_view kEnd = "PK\x05\x06"sv, kEnd64 = "PK\x06\x06"sv;
constexpr std::string_view kLocator64 = "PK\x06\x07"sv;
constexpr std::string_view kExtraData = "PK\x06\x08"sv;  // of an encrypted central directory
constexpr std::size_t kEndSize = 22, kLocatorSize = 20;
constexpr std::size_t kMostComment = 0xFFFF;
constexpr std::size_t kMostMembers = 1'000'000;
constexpr unsigned kEncryptedBit = 1, kSizesBehind = 1u << 3, kMaskedHeaders = 1u << 13;
constexpr unsigned kAeMethod = 99;
constexpr unsigned kAeField = 0x9901, kStrongField = 0x0017;

bool SaysEncrypted(unsigned flags, unsigned method) {
  return (flags & (kEncryptedBit | kMaskedHeaders)) != 0 || method == kAeMethod;
}

bool HoldsEncryptionField(std::string_view extra) {
  ByteReader r(extra);
  while (r.left().size() >= 4) {
    const unsigned id = r.U16();
    r.Skip(r.U16());
    if (id == kAeField || id == kStrongField) return true;
  }
  return false;
}

struct LocalHeader {
  bool encrypted = false;
  bool sized = false;      // `data` is known
  std::uint64_t data = 0;  // packed bytes behind it
  std::string_view name;
  std::string_view behind;
};

// Nothing where no local header stands at the front.
std::optional<LocalHeader> ReadLocal(std::string_view bytes) {
  if (!bytes.starts_with(kLocal)) return {};
  ByteReader r(bytes);
  r.Skip(6);
  LocalHeader header;
  const unsigned flags = r.U16(), method = r.U16();
  header.encrypted = r.ok() && SaysEncrypted(flags, method);
  r.Skip(8);  // time, date, CRC
  header.data = r.U32();
  r.Skip(4);
  const std::size_t name = r.U16(), extra = r.U16();
  header.name = r.Take(name);
  const std::string_view fields = r.Take(extra);
  header.encrypted = header.encrypted || HoldsEncryptionField(fields);
  header.sized = r.ok() && (flags & kSizesBehind) == 0 && header.data != 0xFFFFFFFF;
  header.behind = r.left();
  return header;
}

// Of an archive whose directory cannot be read: what the members say until one cannot be passed.
bool LocalsSayEncrypted(std::string_view bytes) {
  while (const auto header = ReadLocal(bytes)) {
    if (header->encrypted) return true;
    if (!header->sized || header->data > header->behind.size()) return false;
    bytes = header->behind.substr(header->data);
  }
  return bytes.starts_with(kExtraData);
}

struct Directory {
  std::uint64_t entries = 0, size = 0, offset = 0;
  std::size_t end = 0;  // where its bytes end
};

// The record at the end of the archive whose comment fits; the last, as most readers take it.
std::optional<std::size_t> FindEnd(std::string_view content) {
  if (content.size() < kEndSize) return {};
  const std::size_t lowest = content.size() - std::min(content.size(), kEndSize + kMostComment);
  std::size_t at = content.size() - kEndSize;
  while ((at = content.rfind(kEnd, at)) != std::string_view::npos && at >= lowest) {
    ByteReader r(content.substr(at + kEndSize - 2));
    if (r.U16() <= content.size() - at - kEndSize) return at;
    if (at == 0) break;
    --at;
  }
  return {};
}

std::optional<Directory> FindDirectory(std::string_view content) {
  const std::optional<std::size_t> end = FindEnd(content);
  if (!end) return {};
  ByteReader r(content.substr(*end + 4));
  if (r.U16() != 0 || r.U16() != 0) return {};  // one disk of many
  r.Skip(2);
  Directory directory{.entries = r.U16(), .size = r.U32(), .offset = r.U32(), .end = *end};
  const bool large =
      directory.entries == 0xFFFF || directory.size == 0xFFFFFFFF || directory.offset == 0xFFFFFFFF;
  if (*end < kLocatorSize || !content.substr(*end - kLocatorSize).starts_with(kLocator64)) {
    if (large) return {};
    return directory;
  }
  ByteReader locator(content.substr(*end - kLocatorSize + 8));
  const std::uint64_t at = locator.U64();
  if (at > *end || !content.substr(at).starts_with(kEnd64)) return {};
  ByteReader record(content.substr(at));
  record.Skip(32);
  directory.entries = record.U64();
  directory.size = record.U64();
  directory.offset = record.U64();
  directory.end = at;
  if (!record.ok()) return {};
  return directory;
}

Encryption ReadDirectory(std::string_view content, const Directory& directory) {
  if (directory.size > directory.end || directory.entries > kMostMembers) {
    return Encryption::kUnknown;
  }
  const std::size_t begin = directory.end - directory.size;
  // Of bytes that were put before the archive its offsets know nothing.
  if (directory.offset > begin) return Encryption::kUnknown;
  const std::size_t before = begin - directory.offset;
  ByteReader r(content.substr(begin, directory.size));
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (!r.left().starts_with(kCentral)) return Encryption::kUnknown;
    r.Skip(8);
    const unsigned flags = r.U16(), method = r.U16();
    r.Skip(16);  // time, date, CRC, sizes
    const std::size_t name = r.U16(), extra = r.U16(), comment = r.U16();
    r.Skip(8);  // disk, attributes
    const std::uint64_t local = r.U32();
    r.Skip(name);
    const std::string_view fields = r.Take(extra);
    r.Skip(comment);
    if (!r.ok()) return Encryption::kUnknown;
    if (SaysEncrypted(flags, method) || HoldsEncryptionField(fields)) return Encryption::kEncrypted;
    if (local == 0xFFFFFFFF) continue;  // in a field of its own
    if (local >= directory.offset) return Encryption::kUnknown;
    // Its own header may say otherwise. The fields there are left out: many entries may name one
    // header.
    const std::string_view own = content.substr(before + local);
    if (!own.starts_with(kLocal)) return Encryption::kUnknown;
    ByteReader header(own.substr(6));
    const unsigned own_flags = header.U16(), own_method = header.U16();
    if (SaysEncrypted(own_flags, own_method)) return Encryption::kEncrypted;
  }
  // What else may stand there: a digital signature (4.3.13).
  return r.left().empty() || r.left().starts_with("PK\x05\x05"sv) ? Encryption::kNone
                                                                  : Encryption::kUnknown;
}

}  // namespace

Encryption EncryptionOfZip(std::string_view content) {
  const bool spanned = content.starts_with("PK\x07\x08"sv) || content.starts_with("PK00"sv);
  const std::string_view members = content.substr(spanned ? 4 : 0);
  if (LocalsSayEncrypted(members)) return Encryption::kEncrypted;
  const std::optional<Directory> directory = FindDirectory(content);
  if (!directory) return Encryption::kUnknown;
  const Encryption told = ReadDirectory(content, *directory);
  // OpenDocument and EPUB encrypt inside of their members and begin with one of this name.
  const auto first = ReadLocal(members);
  const bool hides = first && first->name == "mimetype";
  return told == Encryption::kNone && hides ? Encryption::kUnknown : told;
}

}  // namespace warifu::extract
