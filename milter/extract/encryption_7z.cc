#include <bit>

#include "extract/byte_reader.h"
#include "extract/encryption_forms.h"

namespace warifu::extract {
namespace {

using std::string_view_literals::operator""sv;

// Property ids of 7zFormat.txt.
constexpr std::uint8_t kEnd = 0, kHeader = 1, kArchiveProperties = 2, kAdditionalStreams = 3,
                       kMainStreams = 4, kFiles = 5, kPackInfo = 6, kUnpackInfo = 7, kSize = 9,
                       kDigests = 10, kFolder = 11, kEncodedHeader = 23;
constexpr std::size_t kStartSize = 32;
constexpr std::uint64_t kMostCoders = 64, kMostStreams = 64;

// A first byte whose leading ones say how many bytes follow.
std::uint64_t Number(ByteReader& r) {
  const std::uint8_t first = r.U8();
  const int more = std::countl_one(first);
  const std::uint64_t low = r.Little(static_cast<std::size_t>(more));
  if (more >= 7) return low;  // 7: no bits are left in the first byte; 8: none were
  const std::uint64_t high = first & (0x7Fu >> more);
  return high << (8 * more) | low;
}

// Methods.txt: 06 is [Crypto]; 06 F1 07 01 is 7zAES.
bool IsCipher(std::string_view id) {
  return id.starts_with('\x06');
}

// True when a coder of the folder is a cipher. Of one that cannot be read the reader is not ok.
bool FolderIsEncrypted(ByteReader& r) {
  const std::uint64_t coders = Number(r);
  if (coders == 0 || coders > kMostCoders) r.Fail();
  std::uint64_t in = 0, out = 0;
  for (std::uint64_t i = 0; i < coders && r.ok(); ++i) {
    const std::uint8_t flags = r.U8();
    const std::string_view id = r.Take(flags & 0x0F);
    if (r.ok() && IsCipher(id)) return true;
    const bool complex = (flags & 0x10) != 0;
    const std::uint64_t ins = complex ? Number(r) : 1, outs = complex ? Number(r) : 1;
    if (ins > kMostStreams || outs > kMostStreams || (flags & 0xC0) != 0) {
      r.Fail();
    }
    in += ins;
    out += outs;
    if ((flags & 0x20) != 0) r.Skip(Number(r));
  }
  if (out == 0 || in + 1 < out) r.Fail();
  for (std::uint64_t i = 1; i < out && r.ok(); ++i) {
    Number(r);
    Number(r);
  }
  const std::uint64_t packed = in + 1 - out;
  for (std::uint64_t i = 0; packed > 1 && i < packed && r.ok(); ++i) Number(r);
  return false;
}

void SkipDigests(ByteReader& r, std::uint64_t count) {
  std::uint64_t defined = count;
  if (r.U8() == 0) {
    defined = 0;
    const std::string_view bits = r.Take(count / 8 + (count % 8 != 0));
    for (const char c : bits) defined += std::popcount(static_cast<unsigned char>(c));
  }
  if (defined > r.left().size()) return r.Fail();
  r.Skip(defined * 4);
}

void SkipPackInfo(ByteReader& r) {
  Number(r);  // where the packed streams begin
  const std::uint64_t streams = Number(r);
  for (std::uint8_t id = r.U8(); r.ok() && id != kEnd; id = r.U8()) {
    if (id == kSize) {
      for (std::uint64_t i = 0; i < streams && r.ok(); ++i) Number(r);
    } else if (id == kDigests) {
      SkipDigests(r, streams);
    } else {
      r.Skip(Number(r));
    }
  }
}

// Of the coders of StreamsInfo; what stands behind them does not matter.
Encryption ReadStreams(ByteReader& r) {
  std::uint8_t id = r.U8();
  if (id == kPackInfo) {
    SkipPackInfo(r);
    id = r.U8();
  }
  if (!r.ok()) return Encryption::kUnknown;
  if (id != kUnpackInfo) return id == kEnd ? Encryption::kNone : Encryption::kUnknown;
  if (r.U8() != kFolder) return Encryption::kUnknown;
  const std::uint64_t folders = Number(r);
  if (r.U8() != 0) return Encryption::kUnknown;  // they stand elsewhere
  for (std::uint64_t i = 0; i < folders && r.ok(); ++i) {
    if (FolderIsEncrypted(r)) return Encryption::kEncrypted;
  }
  return r.ok() ? Encryption::kNone : Encryption::kUnknown;
}

void SkipArchiveProperties(ByteReader& r) {
  while (r.ok() && r.U8() != kEnd) r.Skip(Number(r));
}

Encryption ReadHeader(ByteReader& r) {
  std::uint8_t id = r.U8();
  if (id == kArchiveProperties) {
    SkipArchiveProperties(r);
    id = r.U8();
  }
  if (!r.ok() || id == kAdditionalStreams) return Encryption::kUnknown;  // nobody writes them
  if (id == kMainStreams) return ReadStreams(r);
  return id == kFiles || id == kEnd ? Encryption::kNone : Encryption::kUnknown;
}

}  // namespace

Encryption EncryptionOf7z(std::string_view content) {
  ByteReader start(content);
  start.Skip(12);  // signature, version, CRC
  const std::uint64_t offset = start.U64(), size = start.U64();
  start.Skip(4);
  if (!start.ok()) return Encryption::kUnknown;
  if (size == 0) return Encryption::kNone;  // an empty archive
  if (offset > content.size() - kStartSize || size > content.size() - kStartSize - offset) {
    return Encryption::kUnknown;
  }
  ByteReader r(content.substr(kStartSize + offset, size));
  const std::uint8_t id = r.U8();
  if (id == kHeader) return ReadHeader(r);
  if (id != kEncodedHeader) return Encryption::kUnknown;
  // Not encrypted, it hides the coders of the members even so.
  return ReadStreams(r) == Encryption::kEncrypted ? Encryption::kEncrypted : Encryption::kUnknown;
}

}  // namespace warifu::extract
