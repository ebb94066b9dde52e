#include "base/address_view.h"

#include <algorithm>
#include <string>

#include "base/address_parts.h"
#include "base/utf8.h"

namespace warifu {
namespace {

bool IsLocalByte(char c) {
  return c == '.' || IsAtext(static_cast<unsigned char>(c));
}

bool IsAsciiDomainByte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}

bool IsDomainByte(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || IsAsciiDomainByte(c);
}

// What programs drop when they put an address together from pieces.
bool IsDropped(char c) {
  return std::string_view("\"\\() \t\r\n\x1b").contains(c);
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// "x.example": a dot and two letters behind it.
bool IsDotted(std::string_view domain) {
  for (std::size_t dot = domain.find('.', 1); dot != domain.npos; dot = domain.find('.', dot + 1)) {
    if (dot + 2 < domain.size() && IsLetter(domain[dot + 1]) && IsLetter(domain[dot + 2])) {
      return true;
    }
  }
  return false;
}

// The address-like stretch round text[at] == '@'; "" when one side is missing.
std::string_view Around(std::string_view text, std::size_t at, std::size_t floor) {
  std::size_t begin = at;
  while (begin > floor && IsLocalByte(text[begin - 1])) --begin;
  std::size_t end = at + 1;
  while (end < text.size() && IsDomainByte(text[end])) ++end;
  while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  return begin == at || end == at + 1 ? std::string_view() : text.substr(begin, end - begin);
}

// The domain behind an @, put together over dropped bytes.
std::string GluedDomain(std::string_view rest, bool utf8) {
  std::string domain;
  for (const char c : rest) {
    if (utf8 ? IsDomainByte(c) : IsAsciiDomainByte(c)) {
      domain += c;
    } else if (!IsDropped(c)) {
      break;
    }
  }
  return domain;
}

// The bytes that are left to a reader who knows no shifts once he has dropped comments, quotes and
// white space; `places` says where each stood.
std::string WithoutComments(std::string_view field, std::vector<std::size_t>* places) {
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    if (c == '(') ++depth;
    if (depth == 0 && !IsDropped(c)) {
      out += c;
      places->push_back(i);
    }
    if (c == ')' && depth > 0) --depth;
  }
  return out;
}

bool HasLocal(std::string_view before) {
  const std::size_t last = before.find_last_not_of("\"\\() \t\r\n\x1b");
  return last != std::string_view::npos && IsLocalByte(before[last]);
}

}  // namespace

std::vector<std::string_view> FindAddressLike(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t floor = 0;  // left sides do not reach into the address before: linear
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    const std::string_view found = Around(text, at, floor);
    if (!found.empty()) out.push_back(found);
    floor = at + 1;
  }
  return out;
}

bool IsFragile(std::string_view field, std::span<const Token> tokens) {
  return !IsUtf8(field) || std::ranges::any_of(tokens, [](const Token& token) {
    const bool escaped = token.kind == Token::Kind::kComment && token.escaped;
    return escaped || token.shifted || token.nested || token.folded;
  });
}

bool SplitsWord(std::span<const std::pair<std::size_t, std::size_t>> words,
                std::span<const Token> tokens) {
  auto token = tokens.begin();
  for (const auto& [begin, end] : words) {
    while (token != tokens.end() && token->end <= begin) ++token;
    for (auto at = token; at != tokens.end() && at->begin < end; ++at) {
      // White space and dots inside of a word are unlawful, but mean nothing else.
      if (at->kind == Token::Kind::kAtom || at->Is('.')) continue;
      if (at->kind == Token::Kind::kEnd) continue;
      if (at->kind == Token::Kind::kSpecial || at->begin >= begin || at->end < end) return true;
    }
  }
  return false;
}

bool HidesAddress(std::string_view field, std::span<const Token> tokens,
                  const std::function<bool(std::string_view)>& known) {
  const bool utf8 = IsUtf8(field);
  auto token = tokens.begin();
  std::size_t floor = 0;
  std::vector<std::size_t> doubtful;  // each @ that belongs to no known address
  for (std::size_t at = field.find('@'); at != field.npos; at = field.find('@', at + 1)) {
    const std::string_view found = Around(field, at, floor);
    const std::string_view before = field.substr(floor, at - floor);
    floor = at + 1;
    if (!found.empty() && known(found)) continue;
    doubtful.push_back(at);
    if (!HasLocal(before)) continue;
    const std::string domain = GluedDomain(field.substr(at + 1), utf8);
    while (token != tokens.end() && token->end <= at) ++token;
    const bool shifted = token != tokens.end() && token->begin <= at && token->shifted;
    const bool trail = !utf8 && at > 0 && static_cast<unsigned char>(field[at - 1]) >= 0x81;
    if (shifted || trail ? IsDotted(domain) : !domain.empty()) return true;
  }
  if (doubtful.empty()) return false;
  std::vector<std::size_t> places;
  const std::string rest = WithoutComments(field, &places);
  for (std::size_t at = rest.find('@'); at != rest.npos; at = rest.find('@', at + 1)) {
    if (!std::ranges::binary_search(doubtful, places[at])) continue;
    const bool local = at > 0 && IsLocalByte(rest[at - 1]);
    if (local && IsDotted(GluedDomain(std::string_view(rest).substr(at + 1), utf8))) return true;
  }
  return false;
}

}  // namespace warifu
