// Canonical domain: UTS 46 (non-transitional) to A-labels.
#include <unicode/idna.h>
#include <unicode/stringpiece.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/address.h"
#include "base/unicode_text.h"
#include "base/utf8.h"

namespace warifu {
namespace {

constexpr std::size_t kMaxDomain = 253;
constexpr std::size_t kMaxLabel = 63;

// Underscores stand in host names of real mail; DNS carries them.
bool IsHostByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool IsLiteralByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == ':' || c == '-';
}

Result<std::string> CheckedLabels(std::string domain) {
  if (domain.size() > kMaxDomain) return Fail(ErrorKind::kInvalid, "the domain is too long");
  std::size_t label = 0;
  for (const char c : domain) {
    if (c == '.') {
      if (label == 0) return Fail(ErrorKind::kInvalid, "the domain has an empty label");
      label = 0;
    } else if (!IsHostByte(c)) {
      return Fail(ErrorKind::kInvalid, "the domain holds a character that no host name has");
    } else if (++label > kMaxLabel) {
      return Fail(ErrorKind::kInvalid, "a label of the domain is too long");
    }
  }
  if (label == 0) return Fail(ErrorKind::kInvalid, "the domain has an empty label");
  return domain;
}

const icu::IDNA* Uts46() {
  static const std::unique_ptr<const icu::IDNA> instance = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<const icu::IDNA>(icu::IDNA::createUTS46Instance(
        UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII |
            UIDNA_NONTRANSITIONAL_TO_UNICODE,
        status));
  }();
  return instance.get();
}

Result<std::string> ToALabels(std::string_view domain) {
  if (!IsUtf8(domain)) return Fail(ErrorKind::kInvalid, "the domain is not UTF-8");
  if (HasHidden(domain)) {
    return Fail(ErrorKind::kInvalid, "the domain holds a character that cannot be seen");
  }
  const icu::IDNA* idna = Uts46();
  if (idna == nullptr) return Fail(ErrorKind::kInternal, "ICU has no IDNA data");
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  idna->nameToASCII_UTF8(icu::StringPiece(domain.data(), static_cast<std::int32_t>(domain.size())),
                         sink, info, status);
  // Host names such as "r3---sn" exist; these three concern ASCII labels that DNS accepts.
  constexpr std::uint32_t kHarmless =
      UIDNA_ERROR_LEADING_HYPHEN | UIDNA_ERROR_TRAILING_HYPHEN | UIDNA_ERROR_HYPHEN_3_4;
  if (U_FAILURE(status) || (info.getErrors() & ~kHarmless) != 0) {
    return Fail(ErrorKind::kInvalid, "the domain is no valid internationalised name");
  }
  return AsciiLower(out);
}

bool HasALabel(std::string_view lower) {
  return lower.starts_with("xn--") || lower.find(".xn--") != std::string_view::npos;
}

}  // namespace

Result<std::string> CanonicalDomain(std::string_view domain) {
  if (domain.size() > 4 * kMaxDomain) return Fail(ErrorKind::kInvalid, "the domain is too long");
  std::string lower = AsciiLower(domain);
  if (lower.starts_with('[')) {
    const std::string_view inner = std::string_view(lower).substr(1);
    if (inner.size() < 3 || !inner.ends_with(']') ||
        !std::ranges::all_of(inner.substr(0, inner.size() - 1), IsLiteralByte)) {
      return Fail(ErrorKind::kInvalid, "the address literal is broken");
    }
    return lower;
  }
  if (lower.ends_with('.')) lower.pop_back();
  if (lower.empty()) return Fail(ErrorKind::kInvalid, "the domain is empty");
  if (!IsAscii(lower) || HasALabel(lower)) {
    Result<std::string> mapped = ToALabels(lower);
    if (!mapped) return mapped;
    lower = *std::move(mapped);
  }
  return CheckedLabels(std::move(lower));
}

std::string UnicodeDomain(const std::string& canonical) {
  const icu::IDNA* idna = HasALabel(canonical) ? Uts46() : nullptr;
  if (idna == nullptr) return canonical;
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  idna->nameToUnicodeUTF8(
      icu::StringPiece(canonical.data(), static_cast<std::int32_t>(canonical.size())), sink, info,
      status);
  return U_FAILURE(status) || info.hasErrors() ? canonical : out;
}

}  // namespace warifu
