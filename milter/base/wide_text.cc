#include "base/wide_text.h"

#include <array>

#include "base/utf8.h"

namespace warifu {
namespace {

struct Mark {
  std::string_view bytes;
  WideEncoding encoding;
};

using std::string_view_literals::operator""sv;

// UTF-32 first: its little-endian mark begins with that of UTF-16.
constexpr Mark kMarks[] = {
    {"\xFF\xFE\0\0"sv, {4, false, 4}},
    {"\0\0\xFE\xFF"sv, {4, true, 4}},
    {"\xFF\xFE"sv, {2, false, 2}},
    {"\xFE\xFF"sv, {2, true, 2}},
};

bool IsLatin(unsigned char b) {
  return (b >= 0x20 && b <= 0x7E) || (b >= 0x09 && b <= 0x0D);
}

// How many code units are what ordinary text is made of, read in one byte order.
struct Kinds {
  // kana: and the punctuation beside it; signs: dashes, arrows, rules, squares, stars
  std::size_t latin = 0, kana = 0, han = 0, signs = 0;

  void Count(unsigned char high, unsigned char low) {
    latin += high == 0 && IsLatin(low);
    kana += high == 0x30 || (high == 0xFF && low >= 0x01 && low <= 0x9F);
    han += high >= 0x4E && high <= 0x9F;
    signs += high >= 0x20 && high <= 0x26;
  }

  // Mostly Latin; or next to nothing but Japanese, with as many kana or Latin letters among it as
  // no other data has.
  bool AreText(std::size_t units) const {
    if (latin * 10 >= units * 7) return true;
    return (kana * 10 >= units || latin * 10 >= units * 3) && latin > 0 &&
           (latin + kana + han + signs) * 100 >= units * 97;
  }
};

char32_t UnitAt(std::string_view bytes, std::size_t pos, WideEncoding encoding) {
  char32_t value = 0;
  for (int i = 0; i < encoding.unit; ++i) {
    const int at = encoding.big_endian ? i : encoding.unit - 1 - i;
    value = (value << 8) | static_cast<unsigned char>(bytes[pos + static_cast<std::size_t>(at)]);
  }
  return value;
}

}  // namespace

WideEncoding DetectWideEncoding(std::string_view bytes) {
  for (const Mark& mark : kMarks) {
    if (bytes.starts_with(mark.bytes)) return mark.encoding;
  }
  const std::size_t pairs = std::min<std::size_t>(bytes.size(), 64 * 1024) / 2;
  if (pairs < 4 || bytes.find('\0') >= 2 * pairs) return {};
  Kinds big, little;
  for (std::size_t i = 0; i < pairs; ++i) {
    const auto first = static_cast<unsigned char>(bytes[2 * i]);
    const auto second = static_cast<unsigned char>(bytes[2 * i + 1]);
    big.Count(first, second);
    little.Count(second, first);
  }
  if (big.AreText(pairs)) return {2, true, 0};
  if (little.AreText(pairs)) return {2, false, 0};
  return {};
}

std::size_t DecodeWide(std::string_view bytes, WideEncoding encoding, std::string* text,
                       OffsetMap* map) {
  std::size_t errors = 0;
  const auto unit = static_cast<std::size_t>(encoding.unit);
  const auto put = [&](char32_t c, std::size_t size) {
    const std::size_t before = text->size();
    AppendUtf8(c, text);
    map->Add(static_cast<std::uint32_t>(text->size() - before), static_cast<std::uint32_t>(size));
  };
  std::size_t pos = 0;
  for (const Mark& mark : kMarks) {
    if (mark.encoding.unit == encoding.unit && mark.encoding.big_endian == encoding.big_endian &&
        bytes.starts_with(mark.bytes)) {
      pos = mark.bytes.size();
      map->Add(0, static_cast<std::uint32_t>(pos));
      break;
    }
  }
  while (bytes.size() - pos >= unit) {
    char32_t c = UnitAt(bytes, pos, encoding);
    std::size_t size = unit;
    if (unit == 2 && c >= 0xD800 && c <= 0xDBFF && bytes.size() - pos >= 4) {
      const char32_t low = UnitAt(bytes, pos + 2, encoding);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        size = 4;
      }
    }
    errors += c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF);
    put(c, size);
    pos += size;
  }
  if (pos < bytes.size()) {
    put(0xFFFD, bytes.size() - pos);
    ++errors;
  }
  return errors;
}

}  // namespace warifu
