#include "mail/transfer.h"

#include <gmime/gmime-encodings.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/offset_map.h"
#include "mail/ascii.h"

namespace warifu::mail {
namespace {

constexpr std::uint8_t kNone = 0xFF;  // no letter of base64

constexpr std::array<std::uint8_t, 256> MakeBase64Values() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr std::array<std::uint8_t, 256> kBase64 = MakeBase64Values();

bool IsBase64OrSpace(char c) {
  return kBase64[static_cast<unsigned char>(c)] != kNone || c == '=' || IsSpace(c);
}

void AppendDecoded(std::string_view raw, GMimeContentEncoding encoding, std::string* out) {
  if (raw.empty()) return;
  GMimeEncoding state;
  g_mime_encoding_init_decode(&state, encoding);
  const std::size_t before = out->size();
  out->resize(before + g_mime_encoding_outlen(&state, raw.size()));
  const std::size_t made =
      g_mime_encoding_flush(&state, raw.data(), raw.size(), out->data() + before);
  out->resize(before + made);
}

std::size_t CountJunk(std::string_view raw) {
  std::size_t junk = 0;
  bool in_line = false;  // behind a letter of this line
  std::size_t blanks = 0;
  for (const char c : raw) {
    junk += !IsBase64OrSpace(c);
    if (c == '\n') {
      in_line = false;
      blanks = 0;
    } else if (IsBlank(c)) {
      blanks += in_line;
    } else if (c != '\r') {
      junk += blanks;
      blanks = 0;
      in_line = true;
    }
  }
  return junk;
}

// Decodes letters in fours with line ends between them, and stops at the first group that is
// anything else. Returns how many bytes it read.
std::size_t DecodePlainBase64(std::string_view raw, std::string* out) {
  out->resize(raw.size() / 4 * 3);
  char* to = out->data();
  const auto* from = reinterpret_cast<const unsigned char*>(raw.data());
  std::size_t pos = 0;
  while (raw.size() - pos >= 4) {
    const std::uint8_t a = kBase64[from[pos]], b = kBase64[from[pos + 1]];
    const std::uint8_t c = kBase64[from[pos + 2]], d = kBase64[from[pos + 3]];
    if ((a | b | c | d) < 64) {
      *to++ = static_cast<char>(a << 2 | b >> 4);
      *to++ = static_cast<char>(b << 4 | c >> 2);
      *to++ = static_cast<char>(c << 6 | d);
      pos += 4;
    } else if (from[pos] == '\r' || from[pos] == '\n') {
      ++pos;
    } else {
      break;
    }
  }
  out->resize(static_cast<std::size_t>(to - out->data()));
  return pos;
}

// Plain base64 is decoded here; from the first odd group on GMime reads. It ends at the first
// padding; what stands behind it is decoded as a run of its own.
TransferDecoded DecodeBase64(std::string_view raw) {
  TransferDecoded out;
  const std::string_view whole = raw;
  raw.remove_prefix(DecodePlainBase64(raw, &out.content));
  const std::string_view odd = raw;
  const std::size_t plain = out.content.size();
  while (!raw.empty()) {
    std::size_t end = raw.find('=');
    end = end == std::string_view::npos ? raw.size() : raw.find_first_not_of("= \t\r\n", end);
    end = std::min(end, raw.size());
    AppendDecoded(raw.substr(0, end), GMIME_CONTENT_ENCODING_BASE64, &out.content);
    raw.remove_prefix(end);
  }
  // Clean text decodes to three bytes of four; only then a long one needs no second look.
  const auto ends = std::ranges::count(odd, '\n') + std::ranges::count(odd, '\r');
  const std::size_t clean = plain + (odd.size() - static_cast<std::size_t>(ends)) / 4 * 3;
  const bool is_short = whole.size() < 1024;
  if (is_short || out.content.size() + 3 < clean) out.junk = CountJunk(whole);
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = LowerAscii(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

// Bytes of a soft line break at `pos`, where '=' stands: with the blanks that relays put behind it
// (RFC 2045, 6.7, rule 3), which GMime takes for text. 0 when it is none.
std::size_t SoftBreak(std::string_view raw, std::size_t pos) {
  std::size_t end = pos + 1;
  while (end < raw.size() && IsBlank(raw[end])) ++end;
  if (end == raw.size()) return end - pos;
  if (raw[end] == '\r' && end + 1 < raw.size() && raw[end + 1] == '\n') ++end;
  return raw[end] == '\n' ? end + 1 - pos : 0;
}

std::string DecodeQuotedPrintable(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t pos = 0; pos < raw.size();) {
    const std::size_t sign = std::min(raw.find('=', pos), raw.size());
    out.append(raw, pos, sign - pos);
    pos = sign;
    if (pos == raw.size()) break;
    const QuotedUnit unit = QuotedUnitAt(raw, pos);
    if (unit.byte >= 0) out += static_cast<char>(unit.byte);
    pos += unit.size;
  }
  return out;
}

// The begin line at or behind `pos`: its span, empty when there is none.
Span FindBeginLine(std::string_view text, std::size_t pos) {
  constexpr std::string_view kBegin = "begin ";
  for (; pos < text.size(); ++pos) {
    pos = text.find(kBegin, pos);
    if (pos == std::string_view::npos) break;
    const std::string_view mode = text.substr(pos + kBegin.size(), 3);
    const bool octal =
        mode.size() == 3 && std::ranges::all_of(mode, [](char c) { return c >= '0' && c <= '7'; });
    const std::size_t end = text.find('\n', pos);
    if (end == std::string_view::npos) break;
    if (octal && (pos == 0 || text[pos - 1] == '\n')) return {pos, end + 1};
  }
  return {};
}

// GMime takes the "begin" line for data.
TransferDecoded DecodeUu(std::string_view raw) {
  TransferDecoded out;
  const Span begin = FindBeginLine(raw, 0);
  if (begin.empty()) {
    out.content = raw;
    out.junk = raw.size();
  } else {
    AppendDecoded(raw.substr(begin.end), GMIME_CONTENT_ENCODING_UUENCODE, &out.content);
  }
  return out;
}

constexpr std::string_view kIdentities[] = {"", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"};

std::string EncodeWith(std::string_view content, GMimeContentEncoding encoding) {
  GMimeEncoding state;
  g_mime_encoding_init_encode(&state, encoding);
  std::string out(g_mime_encoding_outlen(&state, content.size()), '\0');
  out.resize(g_mime_encoding_flush(&state, content.data(), content.size(), out.data()));
  return out;
}

std::string WithCrlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 64);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

// A space or tab before a line end would be stripped on the way (RFC 2045, 6.7, rule 3).
std::string EncodeQuotedPrintable(std::string_view content) {
  constexpr std::size_t kMaxLine = 75;  // and the "=" of a soft break
  std::string out;
  std::size_t line = 0;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const char c = content[i];
    const bool crlf = c == '\r' && i + 1 < content.size() && content[i + 1] == '\n';
    if (crlf || c == '\n') {
      out += "\r\n";
      line = 0;
      i += crlf;
      continue;
    }
    const char next = i + 1 < content.size() ? content[i + 1] : '\n';
    const bool ends_line = next == '\n' || next == '\r';
    const bool plain = (c >= 0x21 && c <= 0x7E && c != '=') || (IsBlank(c) && !ends_line);
    const std::size_t width = plain ? 1 : 3;
    if (line + width > kMaxLine) {
      out += "=\r\n";
      line = 0;
    }
    if (plain) {
      out += c;
    } else {
      out += QuotedByte(c);
    }
    line += width;
  }
  return out;
}

}  // namespace

QuotedUnit QuotedUnitAt(std::string_view raw, std::size_t pos) {
  const char c = raw[pos];
  if (c != '=') return {1, static_cast<std::uint8_t>(c)};
  const bool two = raw.size() - pos > 2;
  const int high = two ? HexDigit(raw[pos + 1]) : -1, low = two ? HexDigit(raw[pos + 2]) : -1;
  if (high >= 0 && low >= 0) return {3, high * 16 + low};
  if (const std::size_t skip = SoftBreak(raw, pos); skip > 0) return {skip, -1};
  return {1, '='};
}

std::string QuotedByte(char c) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  const auto b = static_cast<std::uint8_t>(c);
  return {'=', kHex[b >> 4], kHex[b & 15]};
}

std::string TransferName(std::string_view field_body) {
  const std::string_view text = Trim(field_body);
  return LowerAscii(text.substr(0, text.find_first_of(" \t\r\n;(,")));
}

Transfer TransferOf(std::string_view field_body) {
  const std::string name = TransferName(field_body);
  if (name == "base64") return Transfer::kBase64;
  if (name == "quoted-printable") return Transfer::kQuotedPrintable;
  if (name == "x-uuencode" || name == "uuencode" || name == "x-uue" || name == "uue") {
    return Transfer::kUu;
  }
  const bool identity = std::ranges::find(kIdentities, name) != std::end(kIdentities);
  return identity ? Transfer::kIdentity : Transfer::kUnknown;
}

TransferDecoded DecodeTransfer(std::string_view raw, Transfer encoding) {
  if (encoding == Transfer::kBase64) return DecodeBase64(raw);
  if (encoding == Transfer::kUu) return DecodeUu(raw);
  TransferDecoded out;
  if (encoding == Transfer::kQuotedPrintable) {
    out.content = DecodeQuotedPrintable(raw);
  } else {
    out.content = raw;
  }
  return out;
}

std::vector<UuFile> FindUuFiles(std::string_view text) {
  constexpr std::size_t kMode = 10;  // "begin 644 "
  std::vector<UuFile> files;
  Span begin = FindBeginLine(text, 0);
  while (!begin.empty()) {
    const std::size_t end = text.find("\nend", begin.end - 1);
    if (end == std::string_view::npos) break;
    UuFile file;
    file.name = Trim(text.substr(begin.begin, begin.size()).substr(kMode - 1));
    AppendDecoded(text.substr(begin.end, end + 5 - begin.end), GMIME_CONTENT_ENCODING_UUENCODE,
                  &file.content);
    files.push_back(std::move(file));
    begin = FindBeginLine(text, end);
  }
  return files;
}

std::string EncodeTransfer(std::string_view content, Transfer encoding) {
  if (encoding == Transfer::kBase64) {
    return WithCrlf(EncodeWith(content, GMIME_CONTENT_ENCODING_BASE64));
  }
  if (encoding == Transfer::kQuotedPrintable) return EncodeQuotedPrintable(content);
  return std::string(content);
}

}  // namespace warifu::mail
