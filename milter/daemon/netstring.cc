#include "daemon/netstring.h"

namespace warifu::daemon {
namespace {

constexpr std::size_t kMostDigits = 6;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

Netstring TakeNetstring(std::string* buffer, std::size_t max_payload, std::string* payload) {
  const std::string& text = *buffer;
  std::size_t length = 0, digits = 0;
  while (digits < text.size() && IsDigit(text[digits])) {
    if (digits == kMostDigits || (digits == 1 && text[0] == '0')) return Netstring::kBroken;
    length = length * 10 + static_cast<std::size_t>(text[digits++] - '0');
  }
  if (length > max_payload) return Netstring::kBroken;
  if (digits == text.size()) return Netstring::kIncomplete;
  if (digits == 0 || text[digits] != ':') return Netstring::kBroken;
  const std::size_t end = digits + 1 + length;
  if (text.size() <= end) return Netstring::kIncomplete;
  if (text[end] != ',') return Netstring::kBroken;
  *payload = text.substr(digits + 1, length);
  buffer->erase(0, end + 1);
  return Netstring::kWhole;
}

std::string ToNetstring(std::string_view payload) {
  std::string out = std::to_string(payload.size());
  out += ':';
  out += payload;
  out += ',';
  return out;
}

}  // namespace warifu::daemon
