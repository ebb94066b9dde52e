#include "scan/row_forms.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/hex.h"
#include "base/utf8.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxTuple = 64 << 10;  // bytes
constexpr std::size_t kMaxArguments = 256;   // bytes of a function's, in a tuple
constexpr std::size_t kMaxCells = 1000;      // of one row
constexpr std::size_t kMaxDepth = 64;        // of JSON
constexpr std::size_t kMaxEntry = 256 << 10;

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

std::size_t SkipSpace(std::string_view text, std::size_t pos) {
  while (pos < text.size() && IsSpace(text[pos])) ++pos;
  return pos;
}

bool IsWord(char c) {
  return (ClassOf(c) & (kWordBytes | kHighByte)) != 0 || c == ':' || c == '\\';
}

// Behind the closing quote of the SQL string that begins at `begin`; 0 when it does not end.
std::size_t EndOfSqlString(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  for (std::size_t pos = begin + 1; pos < text.size(); ++pos) {
    if (text[pos] == '\\') {
      ++pos;
    } else if (text[pos] == quote) {
      if (pos + 1 >= text.size() || text[pos + 1] != quote) return pos + 1;
      ++pos;
    }
  }
  return 0;
}

// One value of a tuple; returns the place behind it, or 0.
std::size_t ReadSqlValue(std::string_view text, std::size_t pos, RowCells* cells) {
  std::size_t end = pos;
  while (end < text.size() && IsWord(text[end])) ++end;
  if (end < text.size() && std::string_view("'\"`").contains(text[end]) && end - pos <= 8) {
    const std::size_t close = EndOfSqlString(text, end);  // perhaps behind N, E, _utf8
    if (close != 0) cells->AddQuoted(text, end, close);
    return close;
  }
  if (end == pos && text[pos] == '[') {  // a column's name, as SQL Server writes it
    end = text.substr(0, pos + kMaxArguments).find(']', pos);
    if (end == text.npos) return 0;
    cells->AddPlain(text, pos + 1, end);
    return end + 1;
  }
  if (end == pos) return 0;
  cells->AddPlain(text, pos, end);
  end = SkipSpace(text, end);
  if (end < text.size() && text[end] == '(') {  // now(), md5('x')
    const std::size_t close = text.substr(0, end + kMaxArguments).find(')', end);
    return close == text.npos ? 0 : close + 1;
  }
  return end;
}

// Behind the closing quote of the JSON string at `begin`, its value decoded; nullopt for none.
std::optional<std::size_t> DecodeJsonString(std::string_view text, std::size_t begin,
                                            std::string* value) {
  std::size_t pos = begin + 1;
  char32_t high = 0;
  while (pos < text.size()) {
    const char c = text[pos];
    if (c == '"') return pos + 1;
    if (c == '\n') return std::nullopt;
    if (c != '\\') {
      *value += c;
      ++pos;
      continue;
    }
    if (pos + 1 >= text.size()) return std::nullopt;
    const char escape = text[pos + 1];
    pos += 2;
    if (escape != 'u') {
      const std::size_t at = std::string_view("bfnrt").find(escape);
      *value += at == std::string_view::npos ? escape : "\b\f\n\r\t"[at];
      continue;
    }
    char32_t unit = 0;
    for (int i = 0; i < 4; ++i, ++pos) {
      const int digit = pos < text.size() ? HexValue(text[pos]) : -1;
      if (digit < 0) return std::nullopt;
      unit = unit << 4 | static_cast<char32_t>(digit);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high = unit;
    } else if (unit >= 0xdc00 && unit < 0xe000) {
      if (high != 0) AppendUtf8(0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00), value);
      high = 0;
    } else {
      AppendUtf8(unit, value);
    }
  }
  return std::nullopt;
}

// Walks a JSON text; an error ends it.
class JsonReader {
 public:
  JsonReader(std::string_view text, const OnRow& on_row) : text_(text), on_row_(on_row) {}

  std::size_t Run(std::size_t pos, bool* whole) {
    *whole = false;
    while (pos < text_.size()) {
      pos = SkipSpace(text_, pos);
      if (pos == text_.size()) break;
      const std::size_t next = Step(pos);
      if (next == 0) break;
      pos = next;
      if (depth_ == 0) {
        *whole = true;
        break;
      }
    }
    return pos;
  }

 private:
  struct Frame {
    bool object = false;
    enum class Wants : std::uint8_t { kKey, kColon, kValue, kComma } wants = Wants::kKey;
    bool fresh = true;  // nothing read yet: it may close
    RowCells names, cells;
  };

  Frame& Top() { return *frames_[depth_ - 1]; }

  // Takes one token; 0 when it may not stand here.
  std::size_t Step(std::size_t pos) {
    const char c = text_[pos];
    if (depth_ == 0) return Open(pos);
    Frame& top = Top();
    if (c == (top.object ? '}' : ']')) {
      if (!top.fresh && top.wants != Frame::Wants::kComma) return 0;
      return Close(pos);
    }
    top.fresh = false;
    switch (top.wants) {
      case Frame::Wants::kComma:
        if (c != ',') return 0;
        top.wants = top.object ? Frame::Wants::kKey : Frame::Wants::kValue;
        return pos + 1;
      case Frame::Wants::kColon:
        if (c != ':') return 0;
        top.wants = Frame::Wants::kValue;
        return pos + 1;
      case Frame::Wants::kKey:
        if (c != '"') return 0;
        top.wants = Frame::Wants::kColon;
        return String(pos, &top.names);
      default:
        return Value(pos);
    }
  }

  std::size_t Open(std::size_t pos) {
    const char c = text_[pos];
    if (depth_ == kMaxDepth || (c != '{' && c != '[')) return 0;
    if (depth_ == frames_.size()) frames_.push_back(std::make_unique<Frame>());
    ++depth_;
    Frame& top = Top();
    top.object = c == '{';
    top.wants = top.object ? Frame::Wants::kKey : Frame::Wants::kValue;
    top.fresh = true;
    top.names.Clear();
    top.cells.Clear();
    return pos + 1;
  }

  std::size_t Close(std::size_t pos) {
    const Frame& top = Top();
    if (!top.cells.cells().empty()) on_row_(top.names.cells(), top.cells.cells());
    --depth_;
    return pos + 1;
  }

  std::size_t Value(std::size_t pos) {
    Frame& top = Top();
    if (top.cells.size() >= kMaxCells) return 0;
    top.wants = Frame::Wants::kComma;
    const char c = text_[pos];
    if (c == '{' || c == '[') {
      // Its place in the row around it, empty.
      top.cells.AddPlain(text_, pos, pos);
      return Open(pos);
    }
    if (c == '"') return String(pos, &top.cells);
    std::size_t end = pos;
    while (end < text_.size() && IsWord(text_[end]) && text_[end] != ':') ++end;
    if (end == pos) return 0;
    const bool null = text_.substr(pos, end - pos) == "null";
    top.cells.AddPlain(text_, pos, null ? pos : end);
    return end;
  }

  std::size_t String(std::size_t pos, RowCells* cells) {
    std::string value;
    const auto end = DecodeJsonString(text_, pos, &value);
    if (!end) return 0;
    cells->AddDecoded(std::move(value), {pos + 1, *end - 1});
    return *end;
  }

  std::string_view text_;
  const OnRow& on_row_;
  std::vector<std::unique_ptr<Frame>> frames_;
  std::size_t depth_ = 0;
};

std::string DecodeBase64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kDigits.find(c);
    if (value == kDigits.npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xff);
  }
  return out;
}

}  // namespace

std::size_t ReadTuple(std::string_view text, std::size_t begin, RowCells* cells) {
  text = text.substr(0, std::min(text.size(), begin + kMaxTuple));
  for (std::size_t pos = SkipSpace(text, begin + 1); pos < text.size();) {
    pos = ReadSqlValue(text, pos, cells);
    if (pos == 0 || cells->size() > kMaxCells) return 0;
    pos = SkipSpace(text, pos);
    if (pos == text.size()) return 0;
    if (text[pos] == ')') return pos + 1;
    if (text[pos] != ',') return 0;
    pos = SkipSpace(text, pos + 1);
  }
  return 0;
}

std::size_t ReadJson(std::string_view text, std::size_t begin, const OnRow& on_row, bool* whole) {
  return JsonReader(text, on_row).Run(begin, whole);
}

std::size_t ReadLdif(std::string_view text, std::size_t begin, RowCells* names, RowCells* cells) {
  std::size_t pos = begin;
  const std::size_t limit = std::min(text.size(), begin + kMaxEntry);
  while (pos < limit && text[pos] != '\n' && cells->size() < kMaxCells) {
    // A line that begins with a blank goes on with the one before.
    std::size_t end = std::min(text.find('\n', pos), text.size());
    std::string line(text.substr(pos, end - pos));
    const std::size_t line_begin = pos;
    while (end + 1 < limit && text[end + 1] == ' ') {
      const std::size_t next = std::min(text.find('\n', end + 1), text.size());
      line += text.substr(end + 2, next - end - 2);
      end = next;
    }
    pos = end < text.size() ? end + 1 : end;
    const std::size_t colon = line.find(':');
    if (line.starts_with('#')) continue;
    if (colon == line.npos || colon == 0) break;
    const bool base64 = line.substr(colon).starts_with("::");
    const std::size_t value = std::min(line.find_first_not_of(": ", colon), line.size());
    names->AddDecoded(line.substr(0, std::min(line.find(';'), colon)), {});
    const bool folded = end - line_begin != line.size();
    const Span span{line_begin + (folded ? colon + 1 : value), end};
    cells->AddDecoded(base64 ? DecodeBase64(line.substr(value)) : line.substr(value), span);
  }
  return pos;
}

}  // namespace warifu::scan
