// CellTypes: what a cell of a table may hold, told by hand-written checks.
//
// A record rule names its columns by type; a cell's bytes are read once into a set of classes and a
// length, which settles most types without a second look. The few that need one (addresses, dates,
// hashes) are only parsed when the classes allow them.
//
// Counts are characters, not bytes. An empty cell is accepted where the shape says optional, and by
// `any`.
//
// SECURITY: cells are hostile text; every check is linear in the cell's length.
// Threads: pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace warifu::scan {

enum class CellType : std::uint8_t {
  kDigits,    // ASCII digits
  kLogin,     // an account's name: letters, digits, _.@+-
  kEmail,     // an address
  kPassword,  // visible ASCII
  kDateTime,  // dates.h
  kDate,
  kHash,    // hex of 32 to 128, crypt(3), PHC, {SCHEME}base64, a bare base64 digest
  kHex,     // hex digits
  kName,    // no digits, no quotes
  kKana,    // hiragana or katakana
  kPhone,   // 9 to 15 digits, grouped
  kPostal,  // seven digits of a Japanese postal code, a hyphen behind the third or not
  kNumber,  // digits in groups, one blank or hyphen between them; the count is of digits
  kUrl,     // scheme://host.domain and what follows
  kAny,
  kFree,  // as any, and delimiters too
};

// The word in rule files; "" for none.
std::string_view ToString(CellType type);
bool FromString(std::string_view word, CellType* type);
std::span<const std::string_view> CellTypeWords();

// Which kinds of bytes a text holds, or-ed together.
using ByteClasses = std::uint16_t;
inline constexpr ByteClasses kDigitByte = 1, kHexByte = 2, kLetterByte = 4,
                             kLoginByte = 8,  // _ . @ + -
    kSignByte = 16, kQuoteByte = 32, kBlankByte = 64, kHighByte = 128, kControlByte = 256;
inline constexpr int kAllByteClasses = 512;

ByteClasses ClassOf(char byte);
ByteClasses ClassesOf(std::string_view text);
constexpr ByteClasses ClassOfByte(unsigned char c) {
  if (c >= '0' && c <= '9') return kDigitByte;
  if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) return kHexByte;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return kLetterByte;
  if (c == '_' || c == '.' || c == '@' || c == '+' || c == '-') return kLoginByte;
  if (c == '"') return kQuoteByte;
  if (c == ' ' || c == '\t') return kBlankByte;
  if (c >= 0x80) return kHighByte;
  return c > ' ' && c < 0x7f ? kSignByte : kControlByte;
}

inline constexpr auto kClassesOfBytes = [] {
  std::array<ByteClasses, 256> out{};
  for (int c = 0; c < 256; ++c) {
    out[static_cast<std::size_t>(c)] = ClassOfByte(static_cast<unsigned char>(c));
  }
  return out;
}();

// Asked of nearly every byte of a cell.
inline ByteClasses ClassOf(char byte) {
  return kClassesOfBytes[static_cast<unsigned char>(byte)];
}
ByteClasses ClassesOf(std::string_view text);
inline constexpr ByteClasses kWordBytes = kDigitByte | kHexByte | kLetterByte | kLoginByte;

struct CellShape {
  CellType type = CellType::kAny;
  int min = 0, max = -1;  // characters; max < 0: no end
  bool optional = false;  // may be empty

  bool operator==(const CellShape&) const = default;
};

// The shape of a type where its rule states no count.
CellShape DefaultShape(CellType type);

// False when no text of these classes has the shape.
bool MayHave(const CellShape& shape, ByteClasses classes);

// False when no part of a text of these classes has the shape, and when no text of the shape ends
// with the byte.
bool MayBegin(const CellShape& shape, ByteClasses classes);
bool MayEnd(const CellShape& shape, char last);

// The rest of Has(), where MayHave() is known to hold and the text is not empty.
bool HasForm(const CellShape& shape, std::string_view text, ByteClasses classes);

// Whether the text, whose classes these are, has the shape.
bool Has(const CellShape& shape, std::string_view text, ByteClasses classes);
inline bool Has(const CellShape& shape, std::string_view text) {
  return Has(shape, text, ClassesOf(text));
}

}  // namespace warifu::scan
