#include "base/address_view.h"

#include <string>

#include "base/address_parts.h"

namespace warifu {
namespace {

bool IsLocalByte(char c) {
  return c == '.' || IsAtext(static_cast<unsigned char>(c));
}

bool IsDomainByte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
         u == '.' || u == '-' || u == '_';
}

}  // namespace

std::vector<std::string_view> FindAddressLike(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t floor = 0;  // left sides do not reach into the address before: linear
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > floor && IsLocalByte(text[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && IsDomainByte(text[end])) ++end;
    floor = at + 1;
    while (end > at + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
    if (begin < at && end > at + 1) out.push_back(text.substr(begin, end - begin));
  }
  return out;
}

}  // namespace warifu
