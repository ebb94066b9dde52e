#include "cli/terminal.h"

#include <algorithm>
#include <cstdint>
#include <ostream>

namespace warifu::cli {
namespace {

std::string_view CodeOf(Style style) {
  switch (style) {
    case Style::kBold:
      return "\x1b[1m";
    case Style::kDim:
      return "\x1b[2m";
    case Style::kRed:
      return "\x1b[31m";
    case Style::kYellow:
      return "\x1b[33m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kPlain:
      break;
  }
  return "";
}

bool IsWide(std::uint32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0x303E) ||
         (c >= 0x3041 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) ||
         (c >= 0xFF00 && c <= 0xFF60) || (c >= 0xFFE0 && c <= 0xFFE6) ||
         (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
}

}  // namespace

std::string Paint(const Terminal& terminal, Style style, std::string_view text) {
  if (!terminal.colour || style == Style::kPlain || text.empty()) return std::string(text);
  return std::string(CodeOf(style)) + std::string(text) + "\x1b[0m";
}

Style StyleOf(Severity severity) {
  if (severity >= Severity::kHigh) return Style::kRed;
  return severity == Severity::kMedium ? Style::kYellow : Style::kPlain;
}

std::size_t Width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    std::uint32_t c = size == 1 ? lead : lead & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < text.size(); ++k) {
      c = c << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
    }
    width += IsWide(c) ? 2 : 1;
    i += size;
  }
  return width;
}

std::string Pad(std::string_view text, std::size_t width) {
  std::string out(text);
  const std::size_t have = Width(text);
  if (have < width) out.append(width - have, ' ');
  return out;
}

void Table::Print(Terminal& terminal, std::string_view indent) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()), 0);
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      widths[i] = std::max(widths[i], Width(row[i].text));
    }
  }
  for (const auto& row : rows_) {
    std::size_t used = row.size();
    while (used > 0 && row[used - 1].text.empty()) --used;
    if (used > 0) terminal.out << indent;
    for (std::size_t i = 0; i < used; ++i) {
      terminal.out << Paint(terminal, row[i].style, row[i].text);
      if (i + 1 < used) terminal.out << Pad("", widths[i] - Width(row[i].text) + 2);
    }
    terminal.out << '\n';
  }
}

std::string Wrap(std::string_view text, std::size_t columns, std::string_view indent) {
  std::string out, line;
  const auto flush = [&] {
    if (!line.empty()) out += std::string(indent) + line + '\n';
    line.clear();
  };
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    if (!line.empty() && Width(indent) + Width(line) + 1 + Width(word) > columns) flush();
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  flush();
  return out;
}

void PrintError(Terminal& terminal, const Error& error) {
  terminal.err << "warifu: " << error.ToString() << '\n';
}

void PrintErrors(Terminal& terminal, std::span<const Error> errors) {
  for (const Error& error : errors) PrintError(terminal, error);
}

}  // namespace warifu::cli
