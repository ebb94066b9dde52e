#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace warifu {
namespace {

bool IsTail(unsigned char b, unsigned char low = 0x80, unsigned char high = 0xBF) {
  return b >= low && b <= high;
}

// What a lead byte promises: length of the sequence and bounds of the second byte.
struct Lead {
  unsigned size = 0;
  unsigned char low = 0x80, high = 0xBF;
  char32_t bits = 0;
};

Lead LeadOf(unsigned char b) {
  if (b >= 0xC2 && b <= 0xDF) return {2, 0x80, 0xBF, b & 0x1Fu};
  if (b >= 0xE0 && b <= 0xEF) {
    return {3, static_cast<unsigned char>(b == 0xE0 ? 0xA0 : 0x80),
            static_cast<unsigned char>(b == 0xED ? 0x9F : 0xBF), b & 0x0Fu};
  }
  if (b >= 0xF0 && b <= 0xF4) {
    return {4, static_cast<unsigned char>(b == 0xF0 ? 0x90 : 0x80),
            static_cast<unsigned char>(b == 0xF4 ? 0x8F : 0xBF), b & 0x07u};
  }
  return {};
}

// Passes over well-formed characters of three bytes that are no surrogates: nearly all of Asia.
std::size_t SkipWide(std::string_view text, std::size_t pos) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data()) + pos;
  const std::size_t most = (text.size() - pos) / 3;
  std::size_t n = 0;
  for (; n < most; ++n, at += 3) {
    const bool lead = at[0] >= 0xE1 && at[0] <= 0xEF && at[0] != 0xED;
    if (!lead || ((at[1] ^ 0x80u) | (at[2] ^ 0x80u)) >= 0x40) break;
  }
  return pos + 3 * n;
}

}  // namespace

CodePoint DecodeUtf8(std::string_view text, std::size_t pos) {
  const auto first = static_cast<unsigned char>(text[pos]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = LeadOf(first);
  if (lead.size == 0) return {0xFFFD, 1, false};
  char32_t value = lead.bits;
  for (std::size_t i = 1; i < lead.size; ++i) {
    if (pos + i >= text.size()) return {0xFFFD, i, false};
    const auto b = static_cast<unsigned char>(text[pos + i]);
    if (i == 1 ? !IsTail(b, lead.low, lead.high) : !IsTail(b)) return {0xFFFD, i, false};
    value = (value << 6) | (b & 0x3Fu);
  }
  return {value, lead.size, true};
}

void AppendUtf8(char32_t value, std::string* out) {
  if (value < 0x80) {
    out->push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out->push_back(static_cast<char>(0xC0 | (value >> 6)));
    out->push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    out->append(kReplacementCharacter);
  } else if (value < 0x10000) {
    out->push_back(static_cast<char>(0xE0 | (value >> 12)));
    out->push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else {
    out->push_back(static_cast<char>(0xF0 | (value >> 18)));
    out->push_back(static_cast<char>(0x80 | ((value >> 12) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | ((value >> 6) & 0x3F)));
    out->push_back(static_cast<char>(0x80 | (value & 0x3F)));
  }
}

std::size_t FindNonAscii(std::string_view text, std::size_t pos) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080u;
  while (pos + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + pos, sizeof word);
    if ((word & kHighBits) != 0) break;
    pos += sizeof word;
  }
  while (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80) ++pos;
  return pos;
}

bool IsAscii(std::string_view text) {
  return FindNonAscii(text) == text.size();
}

bool IsUtf8(std::string_view text) {
  for (std::size_t pos = FindNonAscii(text); pos < text.size();) {
    pos = SkipWide(text, pos);
    if (pos == text.size()) break;
    const CodePoint c = DecodeUtf8(text, pos);
    if (!c.valid) return false;
    pos += c.size;
    if (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80) {
      pos = FindNonAscii(text, pos);
    }
  }
  return true;
}

std::string_view ClipUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  std::size_t end = max_bytes;
  while (end > 0 && IsTail(static_cast<unsigned char>(text[end]))) --end;
  return text.substr(0, end);
}

RepairedUtf8 RepairUtf8(std::string_view text) {
  RepairedUtf8 out;
  out.text.reserve(text.size());
  std::size_t good = 0;  // begin of the stretch that is copied as it is
  for (std::size_t pos = FindNonAscii(text); pos < text.size(); pos = FindNonAscii(text, pos)) {
    if (const std::size_t wide = SkipWide(text, pos); wide > pos) {
      pos = wide;
      continue;
    }
    const CodePoint c = DecodeUtf8(text, pos);
    if (!c.valid) {
      out.text.append(text, good, pos - good);
      out.map.Add(1, 1, pos - good);
      out.text.append(kReplacementCharacter);
      out.map.Add(3, static_cast<std::uint32_t>(c.size));
      good = pos + c.size;
      ++out.errors;
    }
    pos += c.size;
  }
  out.text.append(text, good);
  if (out.errors > 0) out.map.Add(1, 1, text.size() - good);
  return out;
}

}  // namespace warifu
