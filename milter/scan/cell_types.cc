#include "scan/cell_types.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "scan/dates.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kWords[] = {"digits", "login", "email", "password", "datetime", "date",
                                       "hash",   "hex",   "name",  "kana",     "phone",    "postal",
                                       "number", "url",   "any",   "free"};

constexpr ByteClasses kAlnum = kDigitByte | kHexByte | kLetterByte;
constexpr ByteClasses kVisible = kWordBytes | kSignByte | kQuoteByte;

bool Within(std::string_view text, ByteClasses allowed) {
  return (ClassesOf(text) & ~allowed) == 0;
}

bool IsLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 &&
         std::ranges::all_of(label, [](char c) { return (ClassOf(c) & kAlnum) != 0 || c == '-'; });
}

// local@label.label: no quoted local part, no address literal.
bool IsEmail(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == text.npos || at > 64) return false;
  const bool local = std::ranges::all_of(text.substr(0, at), [](char c) {
    return (ClassOf(c) & kAlnum) != 0 || std::string_view("!#$%&'*+/=?^_{|}~.-").contains(c);
  });
  if (!local) return false;
  int labels = 0;
  for (std::string_view rest = text.substr(at + 1);;) {
    const std::size_t dot = rest.find('.');
    if (!IsLabel(rest.substr(0, dot)) || ++labels > 9) return false;
    if (dot == rest.npos) return labels >= 2;
    rest.remove_prefix(dot + 1);
  }
}

bool IsBase64Digest(std::string_view text) {
  std::string_view digits = text;
  while (digits.ends_with('=') && text.size() - digits.size() < 2) digits.remove_suffix(1);
  return digits.size() >= 22 && digits.size() <= 86 && std::ranges::all_of(digits, [](char c) {
           return (ClassOf(c) & kAlnum) != 0 || c == '+' || c == '/';
         });
}

bool IsHash(std::string_view text, ByteClasses classes) {
  if ((classes & ~(kDigitByte | kHexByte)) == 0) return text.size() >= 32 && text.size() <= 128;
  if (text.starts_with('$')) {  // $id$salt$hash
    const std::size_t end = text.find('$', 1);
    if (end == text.npos || end < 2 || end > 22 || text.size() - end - 1 < 8) return false;
    const std::string_view id = text.substr(1, end - 1);
    return text.size() - end <= 201 && (ClassOf(id[0]) & kAlnum) != 0 &&
           !(id[0] >= 'A' && id[0] <= 'Z') && std::ranges::all_of(id, [](char c) {
             return (ClassOf(c) & kAlnum) != 0 || c == '_' || c == '-';
           });
  }
  if (text.starts_with('{')) {  // {SSHA}base64
    const std::size_t end = text.find('}');
    if (end == text.npos || end < 4 || end > 13) return false;
    const std::string_view scheme = text.substr(1, end - 1), rest = text.substr(end + 1);
    return rest.size() >= 8 && rest.size() <= 200 &&
           std::ranges::all_of(scheme,
                               [](char c) { return (ClassOf(c) & kAlnum) != 0 || c == '-'; }) &&
           std::ranges::all_of(rest, [](char c) {
             return (ClassOf(c) & kAlnum) != 0 || std::string_view("+/=.$").contains(c);
           });
  }
  return IsBase64Digest(text);
}

// Hiragana and katakana with their signs, blanks between the words.
bool IsKana(std::string_view text) {
  for (std::size_t pos = 0; pos < text.size();) {
    const char32_t c = NextCodePoint(text, &pos);
    if (!(c >= 0x3041 && c <= 0x30ff) && c != ' ') return false;
  }
  return true;
}

bool IsPhone(std::string_view text) {
  const auto digits = std::ranges::count_if(text, [](char c) { return ClassOf(c) == kDigitByte; });
  return digits >= 9 && digits <= 15 && (text[0] == '0' || text[0] == '+' || text[0] == '(') &&
         std::ranges::all_of(text, [](char c) {
           return ClassOf(c) == kDigitByte || std::string_view("+-() .").contains(c);
         });
}

bool IsPostal(std::string_view text) {
  if (text.starts_with("〒")) text.remove_prefix(std::string_view("〒").size());
  if (text.starts_with(' ')) text.remove_prefix(1);
  if (text.size() == 8 && text[3] == '-') {
    return Within(text.substr(0, 3), kDigitByte) && Within(text.substr(4), kDigitByte);
  }
  return text.size() == 7 && Within(text, kDigitByte);
}

// Groups of digits: 4111-1111 1111.
bool IsNumber(std::string_view text) {
  bool digit = false;
  for (const char c : text) {
    const bool is_digit = ClassOf(c) == kDigitByte;
    if (!is_digit && (!digit || (c != ' ' && c != '-'))) return false;
    digit = is_digit;
  }
  return digit;
}

bool IsUrl(std::string_view text) {
  const std::size_t colon = text.find("://");
  return colon != text.npos && colon >= 2 && colon <= 16 &&
         text.find('.', colon + 4) != text.npos &&
         std::ranges::all_of(text.substr(0, colon),
                             [](char c) { return (ClassOf(c) & (kWordBytes)) != 0; });
}

// What the type asks beyond MayHave() and the count.
bool HasTypesForm(CellType type, std::string_view text, ByteClasses classes) {
  switch (type) {
    case CellType::kLogin:
      return (ClassOf(text[0]) & kAlnum) != 0 || text[0] == '_';
    case CellType::kEmail:
      return IsEmail(text);
    case CellType::kDateTime:
      return IsDateTime(text);
    case CellType::kDate:
      return IsDate(text);
    case CellType::kHash:
      return IsHash(text, classes);
    case CellType::kKana:
      return IsKana(text);
    case CellType::kPhone:
      return IsPhone(text);
    case CellType::kPostal:
      return IsPostal(text);
    case CellType::kNumber:
      return IsNumber(text);
    case CellType::kUrl:
      return IsUrl(text);
    default:
      return true;
  }
}

bool HasCount(const CellShape& shape, std::string_view text, ByteClasses classes) {
  const auto bytes = static_cast<std::int64_t>(text.size());
  if (shape.min <= 0 && shape.max < 0) return true;
  if (bytes < shape.min) return false;
  const bool ascii = (classes & kHighByte) == 0;
  if (!ascii && bytes / 4 > shape.max && shape.max >= 0) return false;
  const std::int64_t count =
      shape.type == CellType::kNumber
          ? std::ranges::count_if(text, [](char c) { return ClassOf(c) == kDigitByte; })
      : ascii ? bytes
              : std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; });
  return count >= shape.min && (shape.max < 0 || count <= shape.max);
}

}  // namespace

std::string_view ToString(CellType type) {
  return kWords[static_cast<int>(type)];
}

bool FromString(std::string_view word, CellType* type) {
  const auto* const it = std::ranges::find(kWords, word);
  if (it == std::end(kWords)) return false;
  *type = static_cast<CellType>(it - std::begin(kWords));
  return true;
}

std::span<const std::string_view> CellTypeWords() {
  return kWords;
}

ByteClasses ClassesOf(std::string_view text) {
  ByteClasses all = 0;
  for (const char c : text) all |= ClassOf(c);
  return all;
}

CellShape DefaultShape(CellType type) {
  switch (type) {
    case CellType::kDigits:
      return {type, 1, 20};
    case CellType::kLogin:
      return {type, 1, 64};
    case CellType::kPassword:
      return {type, 4, 64};
    case CellType::kHex:
      return {type, 2, 128};
    case CellType::kNumber:
      return {type, 1, 30};
    case CellType::kName:
    case CellType::kKana:
      return {type, 1, 60};
    default:
      return {type, 0, -1};
  }
}

bool MayHave(const CellShape& shape, ByteClasses classes) {
  if (classes == 0) return shape.optional || (shape.type >= CellType::kAny && shape.min <= 0);
  const auto only = [classes](int allowed) { return (classes & ~allowed) == 0; };
  const bool digit = (classes & kDigitByte) != 0;
  switch (shape.type) {
    case CellType::kDigits:
      return classes == kDigitByte;
    case CellType::kHex:
      return only(kDigitByte | kHexByte);
    case CellType::kLogin:
      return only(kWordBytes);
    case CellType::kEmail:
      return (classes & kLoginByte) != 0 && only(kWordBytes | kSignByte);
    case CellType::kPassword:
      return only(kVisible);
    case CellType::kHash:
      return only(kWordBytes | kSignByte);
    case CellType::kDate:
      return digit && only(kWordBytes | kSignByte | kHighByte);
    case CellType::kDateTime:
      return digit && (classes & kQuoteByte) == 0;
    case CellType::kName:
      return !digit && (classes & (kQuoteByte | kControlByte)) == 0;
    case CellType::kKana:
      return only(kHighByte | kBlankByte);
    case CellType::kPhone:
      return digit && only(kDigitByte | kLoginByte | kSignByte | kBlankByte);
    case CellType::kPostal:
      return digit && only(kDigitByte | kLoginByte | kHighByte | kBlankByte);
    case CellType::kNumber:
      return digit && only(kDigitByte | kLoginByte | kBlankByte);
    case CellType::kUrl:
      return (classes & kSignByte) != 0 && only(kVisible | kHighByte);
    default:
      return true;
  }
}

bool MayBegin(const CellShape& shape, ByteClasses classes) {
  switch (shape.type) {
    case CellType::kDigits:
    case CellType::kDate:
    case CellType::kDateTime:
    case CellType::kPhone:
    case CellType::kPostal:
    case CellType::kNumber:
      return (classes & kDigitByte) != 0;
    case CellType::kHex:
      return (classes & (kDigitByte | kHexByte)) != 0;
    case CellType::kLogin:
      return (classes & kWordBytes) != 0;
    case CellType::kEmail:
      return (classes & kLoginByte) != 0;
    case CellType::kPassword:
    case CellType::kHash:
      return (classes & kVisible) != 0;
    case CellType::kKana:
      return (classes & kHighByte) != 0;
    default:
      return true;
  }
}

bool MayEnd(const CellShape& shape, char last) {
  const ByteClasses ends = ClassOf(last);
  switch (shape.type) {
    case CellType::kDate:
      return ends == kDigitByte || last == '\xa5';  // 日
    case CellType::kDateTime:
      return (ends & (kAlnum | kHighByte)) != 0;
    case CellType::kEmail:
      return (ends & kAlnum) != 0 || last == '-';
    default:
      return (ends & (kVisible | kHighByte)) != 0;
  }
}

bool HasForm(const CellShape& shape, std::string_view text, ByteClasses classes) {
  return HasCount(shape, text, classes) && HasTypesForm(shape.type, text, classes);
}

bool Has(const CellShape& shape, std::string_view text, ByteClasses classes) {
  if (!MayHave(shape, classes)) return false;
  return text.empty() || HasForm(shape, text, classes);
}

}  // namespace warifu::scan
