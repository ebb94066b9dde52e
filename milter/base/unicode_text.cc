#include "base/unicode_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/ucnv.h>
#include <unicode/unistr.h>

#include <cstdint>
#include <memory>

#include "base/utf8.h"

namespace warifu {
namespace {

bool IsHidden(UChar32 c) {
  if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT)) return true;
  constexpr std::uint32_t kHiddenTypes = U_GC_C_MASK | U_GC_Z_MASK;
  return (U_GET_GC_MASK(c) & kHiddenTypes) != 0;
}

// Both normalizers are singletons that ICU keeps until exit.
icu::UnicodeString Normalised(const icu::Normalizer2* normalizer, const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString out;
  normalizer->normalize(text, out, status);
  return U_SUCCESS(status) ? out : text;
}

std::string Fold(std::string_view utf8, const icu::Normalizer2* normalizer) {
  const icu::StringPiece piece(utf8.data(), static_cast<std::int32_t>(utf8.size()));
  icu::UnicodeString text = Normalised(normalizer, icu::UnicodeString::fromUTF8(piece));
  text.foldCase(U_FOLD_CASE_DEFAULT);
  std::string out;
  Normalised(normalizer, text).toUTF8String(out);
  return out;
}

using Converter = std::unique_ptr<UConverter, decltype(&ucnv_close)>;

Result<std::string> Convert(std::string_view bytes, const std::string& charset, bool strict) {
  UErrorCode status = U_ZERO_ERROR;
  const Converter converter(ucnv_open(charset.c_str(), &status), &ucnv_close);
  if (U_FAILURE(status) || !converter) {
    return Fail(ErrorKind::kNotFound, "unknown charset");
  }
  if (strict) {
    ucnv_setToUCallBack(converter.get(), UCNV_TO_U_CALLBACK_STOP, nullptr, nullptr, nullptr,
                        &status);
  }
  const icu::UnicodeString text(bytes.data(), static_cast<std::int32_t>(bytes.size()),
                                converter.get(), status);
  if (U_FAILURE(status)) return Fail(ErrorKind::kInvalid, "broken text");
  std::string out;
  text.toUTF8String(out);
  return out;
}

}  // namespace

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string FoldCase(std::string_view utf8) {
  if (IsAscii(utf8)) return AsciiLower(utf8);
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status) || !IsUtf8(utf8)) return std::string(utf8);
  return Fold(utf8, nfc);
}

std::string FoldCompatible(std::string_view utf8) {
  if (IsAscii(utf8)) return AsciiLower(utf8);
  UErrorCode status = U_ZERO_ERROR;
  // NFKC_Casefold drops the default-ignorable characters by itself.
  const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCCasefoldInstance(status);
  if (U_FAILURE(status) || !IsUtf8(utf8)) return std::string(utf8);
  return Fold(utf8, nfkc);
}

bool HasHidden(std::string_view utf8) {
  for (std::size_t at = FindNonAscii(utf8); at < utf8.size(); at = FindNonAscii(utf8, at)) {
    const CodePoint c = DecodeUtf8(utf8, at);
    if (c.valid && IsHidden(static_cast<UChar32>(c.value))) return true;
    at += c.size;
  }
  return false;
}

Result<std::string> ToUtf8(std::string_view bytes, const std::string& charset) {
  return Convert(bytes, charset, false);
}

Result<std::string> ToUtf8Strict(std::string_view bytes, const std::string& charset) {
  return Convert(bytes, charset, true);
}

}  // namespace warifu
