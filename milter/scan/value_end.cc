#include "scan/value_end.h"

#include <algorithm>
#include <utility>

namespace warifu::scan {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.';
}

// The sign that closes what `open` opens; 0 when it opens nothing.
char CloserOf(char open) {
  constexpr std::pair<char, char> kPairs[] = {{'"', '"'}, {'\'', '\''}, {'`', '`'}, {'(', ')'},
                                              {'[', ']'}, {'{', '}'},   {'<', '>'}};
  for (const auto& [left, right] : kPairs) {
    if (left == open) return right;
  }
  return 0;
}

// Bytes of `value` before the sign that closes `open`; all of them when none does.
std::size_t Closed(std::string_view value, char open) {
  const char close = CloserOf(open);
  std::size_t depth = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == close) {
      if (depth == 0) return i;
      --depth;
    } else if (value[i] == open) {
      ++depth;
    }
  }
  return value.size();
}

// Whether `rest` goes on with a name and its `=` or `:`, as the next member of a list does.
bool NamesNext(std::string_view rest) {
  constexpr std::size_t kLongestName = 40;
  std::size_t i = 0;
  const auto skip = [&](std::string_view signs) {
    while (i < rest.size() && signs.contains(rest[i])) ++i;
  };
  skip("\"' ");
  const std::size_t name = i;
  while (i < rest.size() && i - name <= kLongestName && IsNameByte(rest[i])) ++i;
  if (i == name) return false;
  skip("\"' ");
  return i < rest.size() && (rest[i] == '=' || rest[i] == ':');
}

// Bytes of the value before the next member of a list: `a;Pwd=b`, `a","user":"b"`, `a&b=c`.
std::size_t BeforeNextMember(std::string_view text, Span value) {
  constexpr std::string_view kBehindQuote = ",;:)]}>";
  for (std::size_t i = value.begin + 1; i < value.end; ++i) {
    const char c = text[i];
    const bool quote = c == '"' && i + 1 < text.size() && kBehindQuote.contains(text[i + 1]);
    if (quote || ((c == ',' || c == ';' || c == '&') && NamesNext(text.substr(i + 1)))) {
      return i - value.begin;
    }
  }
  return value.size();
}

// Whether the last byte, a closing bracket, closes one of the value's own.
bool OpensIt(std::string_view value) {
  const char close = value.back();
  const char open = close == ')' ? '(' : close == ']' ? '[' : close == '}' ? '{' : '<';
  return std::ranges::count(value, open) >= std::ranges::count(value, close);
}

bool BelongsToText(std::string_view value) {
  constexpr std::string_view kSigns = "\"',;:.\\`";
  constexpr std::string_view kBrackets = ")]}>";
  return kSigns.contains(value.back()) || (kBrackets.contains(value.back()) && !OpensIt(value));
}

}  // namespace

Span ValueOf(std::string_view text, Span secret) {
  std::string_view value = text.substr(secret.begin, secret.size());
  const char before = secret.begin > 0 ? text[secret.begin - 1] : ' ';
  const std::size_t closed = CloserOf(before) == 0 ? value.size() : Closed(value, before);
  std::size_t size = closed;
  if (closed == value.size()) {
    size = BeforeNextMember(text, secret);
    value = value.substr(0, size);
    while (value.size() > 1 && BelongsToText(value)) value.remove_suffix(1);
    size = value.size();
  } else if (closed > 1 && value[closed - 1] == '\\' && secret.begin > 1 &&
             text[secret.begin - 2] == '\\') {
    --size;  // a quote in a quote: \"value\"
  }
  return {secret.begin, secret.begin + std::max<std::size_t>(size, 1)};
}

}  // namespace warifu::scan
