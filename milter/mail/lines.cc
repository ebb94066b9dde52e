#include "mail/lines.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "mail/ascii.h"

namespace warifu::mail {
namespace {

// Punctuation and symbols that people draw lines with. Text is normalised: full-width signs are
// ASCII by now.
bool IsRuleSign(char32_t c) {
  if (c < 0x80) return c > 0x20 && c < 0x7F && !IsAlnum(static_cast<char>(c));
  return c == 0xB7 || c == 0xAF || (c >= 0x2010 && c <= 0x2027) || (c >= 0x2030 && c <= 0x205E) ||
         (c >= 0x2190 && c <= 0x27BF) || (c >= 0x2900 && c <= 0x2BFF) ||
         (c >= 0x3001 && c <= 0x3003) || (c >= 0x3008 && c <= 0x3020) || c == 0x30FB ||
         (c >= 0x1F300 && c <= 0x1FAFF);
}

}  // namespace

std::vector<Line> SplitLines(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t newline = text.find('\n', pos);
    const std::size_t end = std::min(newline, text.size());
    Line line;
    line.begin = pos;
    line.next = std::min(end + 1, text.size());
    line.text = Trim(text.substr(pos, end - pos));
    lines.push_back(line);
    pos = line.next;
  }
  return lines;
}

bool IsRule(std::string_view line) {
  constexpr std::size_t kMaxKinds = 6;
  constexpr std::string_view kStrong = "-=_*#~+";
  if (line.starts_with('>')) return false;
  std::array<char32_t, kMaxKinds> kinds{};
  std::size_t used = 0, signs = 0;
  for (std::size_t pos = 0; pos < line.size();) {
    const char32_t c = NextCodePoint(line, &pos);
    if (c == ' ' || c == '\t') continue;
    if (!IsRuleSign(c)) return false;
    ++signs;
    if (std::find(kinds.begin(), kinds.begin() + used, c) != kinds.begin() + used) continue;
    if (used == kMaxKinds) return false;
    kinds[used++] = c;
  }
  const bool one_strong = used == 1 && kinds[0] < 0x80 &&
                          kStrong.find(static_cast<char>(kinds[0])) != std::string_view::npos;
  if (one_strong) return signs >= 3;
  return signs >= std::max<std::size_t>(4, 2 * used);
}

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const char32_t c = NextCodePoint(text, &pos);
    columns += c >= 0x1100 && c != kInvalidCodePoint ? 2 : 1;
  }
  return columns;
}

}  // namespace warifu::mail
