#include "mail/html_entities.h"

#include <libxml/HTMLparser.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/utf8.h"
#include "mail/ascii.h"

namespace warifu::mail {
namespace {

// Names of HTML 5 for ASCII and for what shows nothing: the ones a credential can be written with.
// HTML 4's come from libxml2; the rest of the two thousand are mathematics.
constexpr std::pair<std::string_view, char32_t> kHtml5[] = {
    {"Tab", '\t'},
    {"NewLine", '\n'},
    {"excl", '!'},
    {"num", '#'},
    {"dollar", '$'},
    {"percnt", '%'},
    {"apos", '\''},
    {"lpar", '('},
    {"rpar", ')'},
    {"ast", '*'},
    {"midast", '*'},
    {"plus", '+'},
    {"comma", ','},
    {"period", '.'},
    {"sol", '/'},
    {"colon", ':'},
    {"semi", ';'},
    {"equals", '='},
    {"quest", '?'},
    {"commat", '@'},
    {"lsqb", '['},
    {"lbrack", '['},
    {"bsol", '\\'},
    {"rsqb", ']'},
    {"rbrack", ']'},
    {"Hat", '^'},
    {"lowbar", '_'},
    {"UnderBar", '_'},
    {"grave", '`'},
    {"DiacriticalGrave", '`'},
    {"lcub", '{'},
    {"lbrace", '{'},
    {"verbar", '|'},
    {"vert", '|'},
    {"VerticalLine", '|'},
    {"rcub", '}'},
    {"rbrace", '}'},
    {"AMP", '&'},
    {"LT", '<'},
    {"GT", '>'},
    {"QUOT", '"'},
    {"NonBreakingSpace", 0xA0},
    {"ZeroWidthSpace", 0x200B},
    {"NoBreak", 0x2060},
    {"hyphen", 0x2010},
    {"dash", 0x2010},
    {"numsp", 0x2007},
    {"puncsp", 0x2008},
    {"hairsp", 0x200A},
    {"VeryThinSpace", 0x200A},
    {"MediumSpace", 0x205F},
    {"fflig", 0xFB00},
    {"filig", 0xFB01},
    {"fllig", 0xFB02},
    {"fjlig", 'f'},
    {"COPY", 0xA9},
    {"REG", 0xAE},
    {"check", 0x2713},
    {"star", 0x2606},
};

using Names = std::unordered_map<std::string_view, char32_t>;

constexpr std::size_t kLongestName = 24;

// libxml2 searches its table from the begin for each name; this asks it once for each character
// that can have one.
const Names& AllNames() {
  static const Names names = [] {
    Names map(std::begin(kHtml5), std::end(kHtml5));
    const auto add = [&](unsigned from, unsigned to) {
      for (unsigned c = from; c <= to; ++c) {
        const htmlEntityDesc* entity = htmlEntityValueLookup(c);
        if (entity != nullptr) map.emplace(entity->name, c);
      }
    };
    add(0x22, 0x3FF);
    add(0x2000, 0x26FF);
    return map;
  }();
  return names;
}

// The names that browsers also take without a semicolon.
bool NeedsNoSemicolon(std::string_view name, char32_t value) {
  static constexpr std::string_view kOld[] = {"amp", "lt", "gt",   "quot", "AMP",
                                              "LT",  "GT", "QUOT", "COPY", "REG"};
  return (value >= 0xA0 && value <= 0xFF && name != "NonBreakingSpace") ||
         std::ranges::find(kOld, name) != std::end(kOld);
}

// 0x80 to 0x9F as windows-1252; 0 where it has a hole.
constexpr std::array<char16_t, 32> kC1 = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

char32_t Mend(char32_t value) {
  if (value >= 0x80 && value <= 0x9F && kC1[value - 0x80] != 0) return kC1[value - 0x80];
  return value == 0 ? 0xFFFD : value;
}

int DigitOf(char c, int base) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = LowerAscii(c);
  return base == 16 && l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

std::size_t DecodeNumber(std::string_view html, std::size_t pos, std::string* out) {
  std::size_t at = pos + 2;
  const int base = at < html.size() && LowerAscii(html[at]) == 'x' ? 16 : 10;
  if (base == 16) ++at;
  const std::size_t digits = at;
  char32_t value = 0;
  for (; at < html.size() && DigitOf(html[at], base) >= 0; ++at) {
    value = std::min<char32_t>(
        value * static_cast<unsigned>(base) + static_cast<unsigned>(DigitOf(html[at], base)),
        0x110000);
  }
  if (at == digits) return 0;
  if (at < html.size() && html[at] == ';') ++at;
  AppendUtf8(Mend(value), out);
  return at - pos;
}

}  // namespace

std::size_t DecodeReference(std::string_view html, std::size_t pos, std::string* out) {
  if (pos + 2 >= html.size()) return 0;
  if (html[pos + 1] == '#') return DecodeNumber(html, pos, out);
  std::size_t end = pos + 1;
  while (end < html.size() && end - pos <= kLongestName && IsAlnum(html[end])) ++end;
  const std::string_view word = html.substr(pos + 1, end - pos - 1);
  const Names& names = AllNames();
  if (end < html.size() && html[end] == ';') {
    if (const auto it = names.find(word); it != names.end()) {
      AppendUtf8(it->second, out);
      return word.size() + 2;
    }
  }
  for (std::size_t size = std::min<std::size_t>(word.size(), 6); size >= 2; --size) {
    const std::string_view prefix = word.substr(0, size);
    const auto it = names.find(prefix);
    if (it == names.end() || !NeedsNoSemicolon(prefix, it->second)) continue;
    AppendUtf8(it->second, out);
    return size + 1;
  }
  return 0;
}

}  // namespace warifu::mail
