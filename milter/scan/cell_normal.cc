#include "scan/cell_normal.h"

#include <algorithm>

#include "base/normalise.h"
#include "base/unicode_text.h"
#include "base/utf8.h"
#include "scan/dates.h"

namespace warifu::scan {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string DigitsOf(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
    } else if (!IsDigitSeparator(c) && !(c == '+' && digits.empty())) {
      return "";
    }
  }
  return digits;
}

// Letters of two-byte characters may have cases: Latin beyond ASCII, Greek, Cyrillic, Armenian.
bool MayHaveCase(unsigned char lead) {
  return lead >= 0xC3 && lead <= 0xD6;
}

}  // namespace

bool IsOneCharacter(std::string_view normal) {
  return normal.size() <= 4 && DecodeUtf8(normal, 0).size == normal.size();
}

bool IsFolded(ColumnType type) {
  return type == ColumnType::kLogin || type == ColumnType::kEmail || type == ColumnType::kName ||
         type == ColumnType::kFree;
}

bool IsDigitSeparator(char c) {
  return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')';
}

std::string FoldInPlace(std::string_view normal) {
  std::string out = AsciiLower(normal);
  for (std::size_t at = FindNonAscii(out); at < out.size(); at = FindNonAscii(out, at)) {
    const std::size_t size = std::max<std::size_t>(1, DecodeUtf8(out, at).size);
    if (size == 2 && MayHaveCase(static_cast<unsigned char>(out[at]))) {
      const std::string fold = FoldCase(std::string_view(out).substr(at, size));
      if (fold.size() == size) out.replace(at, size, fold);
    }
    at += size;
  }
  return out;
}

std::string NormalCell(ColumnType type, std::string_view cell) {
  std::string made;
  if (!IsNormalAscii(cell)) {
    made = Normalise(std::string(cell)).text;
    cell = made;
  }
  if (type != ColumnType::kPassword) cell = Trim(cell);
  switch (type) {
    case ColumnType::kPassword:
      return std::string(cell);
    case ColumnType::kDigits:
      return DigitsOf(cell);
    case ColumnType::kDate:
      return IsoDateOf(cell);
    case ColumnType::kLogin:
    case ColumnType::kEmail:
      return FoldInPlace(cell);
    case ColumnType::kName:
    case ColumnType::kFree:
      break;
  }
  std::string text = FoldInPlace(cell);
  std::erase_if(text, IsBlank);
  return text;
}

}  // namespace warifu::scan
