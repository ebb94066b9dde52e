#include "mail/transfer.h"

#include <gmime/gmime-encodings.h>

#include <array>
#include <cstdint>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

constexpr std::array<bool, 256> MakeBase64Alphabet() {
  std::array<bool, 256> is{};
  for (unsigned c = 0; c < 256; ++c) {
    is[c] = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '+' || c == '/' || c == '=' || c == ' ' || (c >= '\t' && c <= '\r');
  }
  return is;
}
constexpr std::array<bool, 256> kBase64OrSpace = MakeBase64Alphabet();

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

// GMime ends at the first padding; what stands behind it is decoded as a run of its own.
TransferDecoded DecodeBase64(std::string_view raw) {
  TransferDecoded out;
  out.content.reserve(raw.size() / 4 * 3 + 8);
  for (const char c : raw) out.junk += !kBase64OrSpace[static_cast<unsigned char>(c)];
  while (!raw.empty()) {
    std::size_t end = raw.find('=');
    end = end == std::string_view::npos ? raw.size() : raw.find_first_not_of("= \t\r\n", end);
    end = std::min(end, raw.size());
    AppendDecoded(raw.substr(0, end), GMIME_CONTENT_ENCODING_BASE64, &out.content);
    raw.remove_prefix(end);
  }
  return out;
}

// GMime takes the "begin" line for data.
TransferDecoded DecodeUu(std::string_view raw) {
  TransferDecoded out;
  const bool at_start = raw.starts_with("begin ");
  const std::size_t begin = at_start ? 0 : raw.find("\nbegin ");
  if (begin == std::string_view::npos) {
    out.content = raw;
    out.junk = raw.size();
    return out;
  }
  const std::size_t line_end = raw.find('\n', begin + 1);
  if (line_end == std::string_view::npos) return out;
  AppendDecoded(raw.substr(line_end + 1), GMIME_CONTENT_ENCODING_UUENCODE, &out.content);
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
  static constexpr char kHex[] = "0123456789ABCDEF";
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
      const auto b = static_cast<std::uint8_t>(c);
      out += {'=', kHex[b >> 4], kHex[b & 15]};
    }
    line += width;
  }
  return out;
}

}  // namespace

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
    AppendDecoded(raw, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE, &out.content);
  } else {
    out.content = raw;
  }
  return out;
}

std::string EncodeTransfer(std::string_view content, Transfer encoding) {
  if (encoding == Transfer::kBase64) {
    return WithCrlf(EncodeWith(content, GMIME_CONTENT_ENCODING_BASE64));
  }
  if (encoding == Transfer::kQuotedPrintable) return EncodeQuotedPrintable(content);
  return std::string(content);
}

}  // namespace warifu::mail
