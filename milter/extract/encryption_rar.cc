#include "extract/byte_reader.h"
#include "extract/encryption_forms.h"

namespace warifu::extract {
namespace {

// RAR 1.5 to 4, technote.txt: types and flags of a block.
constexpr std::uint8_t kArchive = 0x73, kFile = 0x74, kService = 0x7A, kArchiveEnd = 0x7B;
constexpr unsigned kHeadersEncrypted = 0x80, kMemberEncrypted = 0x04, kLarge = 0x100;
constexpr unsigned kDataBehind = 0x8000;
constexpr std::size_t kBlockSize = 7;

// RAR 5, technote.txt.
constexpr std::uint64_t kFile5 = 2, kService5 = 3, kEncryption5 = 4, kEnd5 = 5;
constexpr std::uint64_t kExtraArea = 1, kDataArea = 2;
constexpr std::uint64_t kFileEncryption = 1;

// Seven bits a byte, the lowest first; at most ten bytes.
std::uint64_t Vint(ByteReader& r) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = r.U8();
    value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  r.Fail();
  return 0;
}

// Records of `extra`, the last bytes of a header.
bool HoldsEncryption(std::string_view extra) {
  ByteReader r(extra);
  while (r.ok() && !r.left().empty()) {
    ByteReader record(r.Take(Vint(r)));
    if (r.ok() && Vint(record) == kFileEncryption && record.ok()) return true;
  }
  return false;
}

}  // namespace

Encryption EncryptionOfRar4(std::string_view content) {
  ByteReader r(content.substr(7));
  // Archives before RAR 3 have no block that ends them.
  while (!r.left().empty()) {
    ByteReader block(r.left());
    block.Skip(2);  // CRC
    const std::uint8_t type = block.U8();
    const unsigned flags = block.U16();
    const std::uint64_t size = block.U16();
    if (!block.ok() || size < kBlockSize) return Encryption::kUnknown;
    const bool member = type == kFile || type == kService;
    if (type == kArchive && (flags & kHeadersEncrypted) != 0) return Encryption::kEncrypted;
    if (member && (flags & kMemberEncrypted) != 0) return Encryption::kEncrypted;
    if (type == kArchiveEnd) return Encryption::kNone;
    std::uint64_t data = member || (flags & kDataBehind) != 0 ? block.U32() : 0;
    if (member && (flags & kLarge) != 0) {
      block.Skip(21);  // to HIGH_PACK_SIZE, 32 bytes behind the block's begin
      data |= block.Little(4) << 32;
    }
    if (!block.ok()) return Encryption::kUnknown;
    r.Skip(size);
    r.Skip(data);
    if (!r.ok()) return Encryption::kUnknown;
  }
  return content.size() > 7 ? Encryption::kNone : Encryption::kUnknown;
}

Encryption EncryptionOfRar5(std::string_view content) {
  ByteReader r(content.substr(8));
  while (r.ok()) {
    r.Skip(4);  // CRC
    ByteReader header(r.Take(Vint(r)));
    const std::uint64_t type = Vint(header), flags = Vint(header);
    const std::uint64_t extra = (flags & kExtraArea) != 0 ? Vint(header) : 0;
    const std::uint64_t data = (flags & kDataArea) != 0 ? Vint(header) : 0;
    if (!r.ok() || !header.ok() || extra > header.left().size()) return Encryption::kUnknown;
    if (type == kEncryption5) return Encryption::kEncrypted;
    if (type == kEnd5) return Encryption::kNone;
    const std::string_view area = header.left().substr(header.left().size() - extra);
    if ((type == kFile5 || type == kService5) && HoldsEncryption(area)) {
      return Encryption::kEncrypted;
    }
    r.Skip(data);
  }
  return Encryption::kUnknown;
}

}  // namespace warifu::extract
