#include "scan/token_checks.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "base/digest.h"
#include "base/hex.h"
#include "scan/base64.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase36 = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBase32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";  // BIP 173's order

// CRC-32 of IEEE 802.3, as in gzip.
std::uint32_t Crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

// With leading zeros to `width` digits.
std::string InBase(std::uint32_t number, std::string_view digits, std::size_t width) {
  std::string out(width, digits[0]);
  for (std::size_t i = width; i > 0 && number > 0; --i) {
    out[i - 1] = digits[number % digits.size()];
    number /= static_cast<std::uint32_t>(digits.size());
  }
  return out;
}

// BIP 173: one step of the checksum's polynomial.
std::uint32_t Polymod(std::uint32_t sum, std::uint32_t value) {
  static constexpr std::uint32_t kGenerators[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                  0x2a1462b3};
  const std::uint32_t top = sum >> 25;
  sum = (sum & 0x1ffffff) << 5 ^ value;
  for (int i = 0; i < 5; ++i) sum ^= top >> i & 1 ? kGenerators[i] : 0;
  return sum;
}

// Bytes of a base 58 number, a leading '1' being a zero byte; "" when it is none.
std::string FromBase58(std::string_view text) {
  std::string reversed;  // little end first
  for (const char c : text) {
    const std::size_t value = kBase58.find(c);
    if (value == kBase58.npos) return "";
    auto carry = static_cast<std::uint32_t>(value);
    for (char& byte : reversed) {
      carry += static_cast<unsigned char>(byte) * 58u;
      byte = static_cast<char>(carry);
      carry >>= 8;
    }
    if (carry > 0) reversed += static_cast<char>(carry);
  }
  reversed.append(std::min(text.find_first_not_of('1'), text.size()), '\0');
  std::ranges::reverse(reversed);
  return reversed;
}

std::string Sha256(std::string_view bytes) {
  const std::string hex = Sha256Hex(bytes);
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    out += static_cast<char>(HexValue(hex[i]) << 4 | HexValue(hex[i + 1]));
  }
  return out;
}

constexpr std::uint64_t kEndOfSection = 0, kLocation = 1, kIdentifier = 2, kSignature = 6;

// The fields of a macaroon's second binary form: type and length as numbers of seven bits a byte,
// the lowest first, then the value; the end of a section is its type alone.
class MacaroonFields {
 public:
  struct Field {
    std::uint64_t type = 0;
    std::string_view value;
  };

  explicit MacaroonFields(std::string_view bytes) : rest_(bytes) {}
  bool AtEnd() const { return rest_.empty(); }

  // nullopt where the bytes are none.
  std::optional<Field> Next() {
    Field field;
    if (!Number(&field.type)) return std::nullopt;
    if (field.type == kEndOfSection) return field;
    std::uint64_t size = 0;
    if (!Number(&size) || size > rest_.size()) return std::nullopt;
    field.value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return field;
  }

 private:
  bool Number(std::uint64_t* number) {
    for (unsigned shift = 0; shift < 35; shift += 7) {
      if (rest_.empty()) return false;
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      *number |= std::uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80u) == 0) return true;
    }
    return false;
  }

  std::string_view rest_;
};

}  // namespace

bool HasGitHubChecksum(std::string_view token) {
  const std::size_t mark = token.rfind('_');
  if (mark == token.npos || token.size() - mark - 1 != 36) return false;
  return InBase(Crc32(token.substr(mark + 1, 30)), kBase62, 6) == token.substr(mark + 31);
}

bool HasGitLabChecksum(std::string_view token) {
  const std::size_t dot = token.rfind('.');
  if (dot == token.npos || token.size() - dot - 1 != 9) return true;
  const std::size_t sum = token.size() - 7;
  return InBase(Crc32(token.substr(0, sum)), kBase36, 7) == token.substr(sum);
}

bool HasGrafanaChecksum(std::string_view token) {
  if (token.size() != 46 || !token.starts_with("glsa_") || token[37] != '_') return false;
  const std::uint32_t crc = Crc32(token.substr(0, 37));
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(crc >> 8 * i);
  return ToHex(bytes) == token.substr(38);
}

bool HasBech32Checksum(std::string_view token) {
  const std::size_t one = token.rfind('1');
  if (one == token.npos || one == 0 || token.size() - one - 1 < 6) return false;
  bool upper = false, lower = false;
  std::string text(token);
  for (char& c : text) {
    upper = upper || (c >= 'A' && c <= 'Z');
    lower = lower || (c >= 'a' && c <= 'z');
    if (c < 33 || c > 126) return false;
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  if (upper && lower) return false;
  std::uint32_t sum = 1;
  for (std::size_t i = 0; i < one; ++i)
    sum = Polymod(sum, static_cast<unsigned char>(text[i]) >> 5);
  sum = Polymod(sum, 0);
  for (std::size_t i = 0; i < one; ++i)
    sum = Polymod(sum, static_cast<unsigned char>(text[i]) & 31);
  for (std::size_t i = one + 1; i < text.size(); ++i) {
    const std::size_t value = kBase32.find(text[i]);
    if (value == kBase32.npos) return false;
    sum = Polymod(sum, static_cast<std::uint32_t>(value));
  }
  return sum == 1 || sum == 0x2bc830a3;
}

bool HasBase58Checksum(std::string_view token) {
  if (token.size() > 120) return false;  // the conversion is quadratic
  const std::string bytes = FromBase58(token);
  if (bytes.size() < 5) return false;
  const std::string body = bytes.substr(0, bytes.size() - 4);
  return Sha256(Sha256(body)).substr(0, 4) == bytes.substr(body.size());
}

bool IsSaslPlain(std::string_view text) {
  const auto bytes = DecodeBase64(text);
  if (!bytes || std::ranges::count(*bytes, '\0') != 2) return false;
  const std::size_t login = bytes->find('\0') + 1, password = bytes->find('\0', login) + 1;
  return password > login + 1 && bytes->size() >= password + 4;
}

bool IsPyPiToken(std::string_view token) {
  constexpr std::string_view kMark = "pypi-", kVersion = "\x02";
  if (!token.starts_with(kMark)) return false;
  const auto bytes = DecodeBase64(token.substr(kMark.size()));
  if (!bytes || !bytes->starts_with(kVersion)) return false;
  MacaroonFields fields(std::string_view(*bytes).substr(kVersion.size()));
  const auto location = fields.Next();
  if (!location || location->type != kLocation) return false;
  if (location->value != "pypi.org" && location->value != "test.pypi.org") return false;
  const auto identifier = fields.Next();
  if (!identifier || identifier->type != kIdentifier) return false;
  bool section_ended = false;
  while (const auto field = fields.Next()) {
    if (field->type == kSignature) {
      return section_ended && field->value.size() == 32 && fields.AtEnd();
    }
    section_ended = field->type == kEndOfSection;
  }
  return false;
}

bool IsAwsKeyId(std::string_view id) {
  constexpr std::size_t kKind = 4, kLength = 20;
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  if (id.size() != kLength) return false;
  std::uint64_t bits = 0;  // of the first eight characters: 40
  for (std::size_t i = kKind; i < kLength; ++i) {
    const std::size_t value = kDigits.find(id[i]);
    if (value == kDigits.npos) return false;
    if (i < kKind + 8) bits = bits << 5 | value;
  }
  // Bits 1 to 40 of the 80 that stand behind the kind.
  const std::size_t ninth = kDigits.find(id[kKind + 8]);
  const std::uint64_t account = (bits & 0x7fffffffff) << 1 | ninth >> 4;
  return account < 1'000'000'000'000;
}

bool IsDiscordToken(std::string_view token) {
  const std::size_t dot = token.find('.');
  if (dot == token.npos || std::ranges::count(token, '.') != 2) return false;
  const auto id = DecodeBase64(token.substr(0, dot));
  return id && id->size() >= 17 && id->size() <= 20 &&
         std::ranges::all_of(*id, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace warifu::scan
