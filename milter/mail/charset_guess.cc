#include "mail/charset_guess.h"

#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "base/wide_text.h"
#include "mail/iso2022jp.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kSample = 64 * 1024;
// Prose in Japanese scores 0.6 to 0.9, other languages read as Japanese below 0.2.
constexpr double kConvincing = 0.35;
constexpr double kBroken = -3;

unsigned char At(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// How usual a character of a row of JIS X 0208 (1 to 94) is in Japanese mail.
double RowWeight(int row) {
  if (row == 4 || row == 5) return 1;                 // kana
  if (row >= 16 && row <= 47) return 0.6;             // level 1 kanji
  if (row == 1 || row == 3) return 0.6;               // punctuation, full-width letters
  if (row >= 48 && row <= 84) return 0.05;            // level 2 kanji
  if (row == 2 || row == 8 || row == 13) return 0.3;  // symbols, rules, NEC's
  if (row == 6 || row == 7 || (row >= 89 && row <= 92)) return 0.05;
  return -2;
}

struct Character {
  std::size_t size = 1;
  double weight = 0;
};

Character ShiftJisAt(std::string_view text, std::size_t pos) {
  const unsigned char lead = At(text, pos);
  if (lead >= 0xA1 && lead <= 0xDF) return {1, 0.1};  // half-width kana
  const bool leads = (lead >= 0x81 && lead <= 0x9F) || (lead >= 0xE0 && lead <= 0xFC);
  if (!leads || pos + 1 >= text.size()) return {1, kBroken};
  const unsigned char trail = At(text, pos + 1);
  if (trail < 0x40 || trail == 0x7F || trail > 0xFC) return {1, kBroken};
  const int block = lead >= 0xE0 ? lead - 0xC1 : lead - 0x81;
  return {2, RowWeight(block * 2 + (trail >= 0x9F ? 2 : 1))};
}

Character EucAt(std::string_view text, std::size_t pos) {
  const unsigned char lead = At(text, pos);
  const std::size_t size = lead == 0x8F ? 3 : 2;
  const bool leads = (lead >= 0xA1 && lead <= 0xFE) || lead == 0x8E || lead == 0x8F;
  if (!leads || text.size() - pos < size) return {1, kBroken};
  for (std::size_t i = 1; i < size; ++i) {
    if (At(text, pos + i) < 0xA1 || At(text, pos + i) == 0xFF) return {1, kBroken};
  }
  if (lead == 0x8E) {
    if (At(text, pos + 1) > 0xDF) return {2, kBroken};
    // In a run they are half-width kana for sure: as Shift_JIS they would all be kanji of one row.
    return {2, pos >= 2 && At(text, pos - 2) == 0x8E ? 0.9 : 0.1};
  }
  return {size, lead == 0x8F ? 0.05 : RowWeight(lead - 0xA0)};
}

template <typename CharacterAt>
double Score(std::string_view text, CharacterAt character_at) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t pos = FindNonAscii(text); pos < text.size(); pos = FindNonAscii(text, pos)) {
    const Character c = character_at(text, pos);
    if (c.weight == kBroken && text.size() == kSample && text.size() - pos < 3) break;
    sum += c.weight;
    ++count;
    pos += c.size;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

}  // namespace

std::string_view GuessJapanese(std::string_view bytes) {
  const std::string_view sample = bytes.substr(0, kSample);
  const double sjis = Score(sample, ShiftJisAt);
  const double euc = Score(sample, EucAt);
  if (std::max(sjis, euc) < kConvincing) return "";
  return sjis >= euc ? "cp932" : "euc-jp-ms";
}

std::string_view GuessCharset(std::string_view bytes) {
  if (HasJisEscape(bytes)) return "iso-2022-jp";
  if (IsUtf8(bytes)) return "utf-8";
  const std::string_view japanese = GuessJapanese(bytes);
  return japanese.empty() ? "windows-1252" : japanese;
}

bool IsMostlyUtf8(std::string_view bytes) {
  std::size_t good = 0, bad = 0;
  for (std::size_t pos = FindNonAscii(bytes); pos < bytes.size(); pos = FindNonAscii(bytes, pos)) {
    const CodePoint c = DecodeUtf8(bytes, pos);
    ++(c.valid ? good : bad);
    pos += c.size;
  }
  return good > 0 && bad * 10 <= good;
}

}  // namespace warifu::mail
