#include "scan/password_form.h"

#include <algorithm>
#include <cstddef>

#include "scan/dates.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kShortest = 6, kLongest = 40;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLower(char c) {
  return c >= 'a' && c <= 'z';
}
bool IsUpper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool IsLetter(char c) {
  return IsLower(c) || IsUpper(c);
}
bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// How the characters of a word are mixed.
struct Mix {
  std::size_t lower = 0, upper = 0, digits = 0, signs = 0;
  std::size_t turns = 0;        // from a letter to a digit, or back
  std::size_t last_digits = 0;  // at the end
};

Mix MixOf(std::string_view word) {
  Mix mix;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    mix.lower += IsLower(c);
    mix.upper += IsUpper(c);
    mix.digits += IsDigit(c);
    mix.signs += !IsLetter(c) && !IsDigit(c);
    mix.last_digits = IsDigit(c) ? mix.last_digits + 1 : 0;
    if (i > 0) {
      mix.turns += (IsDigit(c) && IsLetter(word[i - 1])) || (IsLetter(c) && IsDigit(word[i - 1]));
    }
  }
  return mix;
}

// 10px, 1.5GB, 3rd, 100%, v2.0.1, 1.2.3-4ubuntu1
bool IsQuantity(std::string_view word, const Mix& mix) {
  if (word[0] == 'v' && word.size() > 1 && IsDigit(word[1])) return true;
  if (!IsDigit(word[0]) && word[0] != '+' && word[0] != '-') return false;
  const std::size_t end = std::min(word.find_first_not_of("+-0123456789.,:"), word.size());
  const bool letters = std::ranges::all_of(word.substr(end), [](char c) { return IsLetter(c); });
  if (letters && word.size() - end <= 4) return true;
  const std::size_t number = std::min(word.find_first_not_of("0123456789"), word.size());
  // A version has points between its first numbers.
  return number + 1 < word.size() && word[number] == '.' && IsDigit(word[number + 1]) &&
         mix.digits >= 2;
}

// 12jan2024, 3Feb99
bool IsDayOfMonth(std::string_view word) {
  const std::size_t day = std::min(word.find_first_not_of("0123456789"), word.size());
  return (day == 1 || day == 2) && word.size() > day + 3 && word.size() <= day + 7 &&
         std::ranges::all_of(word.substr(day, 3), IsLetter) &&
         std::ranges::all_of(word.substr(day + 3), IsDigit);
}

// Words of one kind of letters joined by '-', '_', '.' or '/': files, hosts, packages, variables.
bool IsJoinedName(std::string_view word, const Mix& mix) {
  const auto joins = static_cast<std::size_t>(
      std::ranges::count_if(word, [](char c) { return std::string_view("-_./").contains(c); }));
  return joins > 0 && joins == mix.signs && (mix.lower == 0 || mix.upper == 0) &&
         mix.turns <= joins + 1;
}

// CamelCase12, UInt32
bool IsCamelCase(std::string_view word, const Mix& mix) {
  if (mix.signs > 0 || mix.turns > 1 || mix.last_digits != mix.digits || mix.digits > 3)
    return false;
  return mix.upper > 1 && IsUpper(word[0]);
}

}  // namespace

bool IsPasswordLike(std::string_view word) {
  if (word.size() < kShortest || word.size() > kLongest) return false;
  if (!std::ranges::all_of(word, [](char c) { return c > ' ' && c < 0x7f; })) return false;
  if (word.find_first_of("\\<>(){}\"`") != word.npos || word.contains("::")) return false;
  if (word.front() == '/' || std::string_view(":=.,;").contains(word.back())) return false;
  const Mix mix = MixOf(word);
  if (mix.digits == 0 || mix.lower == 0) return false;
  if (std::ranges::all_of(word, [](char c) { return IsHexDigit(c) || c == '-'; })) return false;
  if (IsQuantity(word, mix) || IsDate(word) || IsDayOfMonth(word) || IsJoinedName(word, mix) ||
      IsCamelCase(word, mix)) {
    return false;
  }
  const std::size_t at = word.find('@');
  if (at != word.npos && at > 0 && word.find('.', at) != word.npos) return false;
  const std::size_t sign = word.find_first_of("=:");  // name=value, scheme:value
  if (sign != word.npos && sign > 0 && std::ranges::all_of(word.substr(0, sign), IsLetter)) {
    return false;
  }
  if (mix.upper > 0 || mix.signs > 0 || mix.turns > 1) return true;
  return mix.digits >= 2 && word.size() >= 8;
}

}  // namespace warifu::scan
