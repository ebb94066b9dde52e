#include "scan/row_cells.h"

#include <algorithm>

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxQuoted = 8192;  // bytes of a quoted cell

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// Whether a row or its cell ends at `pos`, blanks passed over.
bool EndsAt(std::string_view text, std::size_t pos, std::string_view delimiter) {
  while (pos < text.size() && IsBlank(text[pos]) && text[pos] != delimiter[0]) ++pos;
  return pos == text.size() || text[pos] == '\n' || text.substr(pos).starts_with(delimiter);
}

struct Quoted {
  std::size_t end = std::string_view::npos;  // behind the closing quote; npos: there is none
  bool tail = false;
};

// Finds the end of the quoted cell whose quote stands at `begin`.
Quoted FindClosing(std::string_view text, std::size_t begin, std::size_t line_end,
                   std::string_view delimiter) {
  const char quote = text[begin];
  // An apostrophe stands in prose too: its cell ends within the line.
  const std::size_t limit = std::min(quote == '"' ? text.size() : line_end, begin + kMaxQuoted);
  for (std::size_t pos = begin + 1; pos < limit;) {
    pos = text.substr(0, limit).find(quote, pos);
    if (pos == text.npos) break;
    if (pos + 1 < text.size() && text[pos + 1] == quote) {
      pos += 2;
    } else if (EndsAt(text, pos + 1, delimiter)) {
      return {pos + 1, false};
    } else if (text[pos - 1] == '\\') {
      ++pos;
    } else {
      // Words may follow the last cell of a row: "…" です
      const std::string_view rest = text.substr(0, line_end);
      return pos < line_end && rest.find(delimiter, pos) == rest.npos ? Quoted{pos + 1, true}
                                                                      : Quoted{};
    }
  }
  return {};
}

// Where the plain cell ends. The colons of a URL's scheme and port are no delimiters, and a slash
// is one only between blanks.
std::size_t PlainEnd(std::string_view line, std::size_t pos, std::string_view delimiter) {
  const std::size_t begin = pos;
  if (delimiter.size() == 1 && delimiter[0] != ':' && delimiter[0] != '/') {
    return std::min(line.find(delimiter[0], pos), line.size());  // a byte is found sooner
  }
  for (; (pos = line.find(delimiter, pos)) != line.npos; ++pos) {
    if (delimiter == "/") {
      if (pos > begin && line[pos - 1] == ' ' && pos + 1 < line.size() && line[pos + 1] == ' ')
        break;
    } else if (delimiter != ":") {
      break;
    } else if (!line.substr(pos).starts_with("://")) {
      const std::size_t digits =
          std::min(line.find_first_not_of("0123456789", pos + 1), line.size());
      const bool port = digits > pos + 1 && digits < line.size() && line[digits] == '/' &&
                        line.substr(begin, pos - begin).contains("://");
      if (!port) break;
    }
  }
  return std::min(pos, line.size());
}

// Takes doubled quotes and backslashes out.
std::string Unescape(std::string_view value, char quote) {
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool escape = (value[i] == quote || value[i] == '\\') && i + 1 < value.size() &&
                        (value[i + 1] == quote || value[i + 1] == '\\');
    if (escape) ++i;
    out += value[i];
  }
  return out;
}

}  // namespace

void RowCells::AddDecoded(std::string value, Span span) {
  store_.push_front(std::move(value));
  const std::string_view kept = store_.front();
  cells_.push_back({kept, span, ClassesOf(kept), true, false});
}

void RowCells::AddQuoted(std::string_view text, std::size_t begin, std::size_t end, bool tail) {
  const char quote = text[begin];
  Span span{begin + 1, end - 1};
  const auto is_space = [text](std::size_t pos) { return IsBlank(text[pos]) || text[pos] == '\n'; };
  while (!span.empty() && is_space(span.begin)) ++span.begin;
  while (!span.empty() && is_space(span.end - 1)) --span.end;
  const std::string_view value = text.substr(span.begin, span.size());
  if (value.find(quote) != value.npos || value.find('\\') != value.npos) {
    AddDecoded(Unescape(value, quote), span);
    cells_.back().tail = tail;
    return;
  }
  cells_.push_back({value, span, ClassesOf(value), true, tail});
}

void RowCells::AddPlain(std::string_view text, std::size_t begin, std::size_t end) {
  while (begin < end && IsBlank(text[begin])) ++begin;
  while (begin < end && IsBlank(text[end - 1])) --end;
  std::string_view value = text.substr(begin, end - begin);
  if (value == "\\N" || value == "NULL") value = value.substr(0, 0);  // a database's empty cell
  cells_.push_back({value, {begin, end}, ClassesOf(value), false, false});
}

void RowCells::ExtendLast(std::string_view text, std::size_t end) {
  Cell& cell = cells_.back();
  cell.span.end = end;
  cell.value = text.substr(cell.span.begin, cell.span.size());
  cell.classes = ClassesOf(cell.value);
}

std::size_t RowCells::Split(std::string_view text, std::size_t begin, std::size_t line_end,
                            std::string_view delimiter) {
  const char first = delimiter[0];
  for (std::size_t pos = begin;;) {
    while (pos < line_end && IsBlank(text[pos]) && text[pos] != first) ++pos;
    if (pos < line_end && (text[pos] == '"' || text[pos] == '\'')) {
      const Quoted quoted = FindClosing(text, pos, line_end, delimiter);
      if (quoted.end != text.npos) {
        AddQuoted(text, pos, quoted.end, quoted.tail);
        pos = quoted.end;
        if (pos > line_end) line_end = std::min(text.find('\n', pos), text.size());
        if (quoted.tail) {
          pos = std::min(text.find(delimiter, pos), line_end);
        } else {
          while (pos < line_end && IsBlank(text[pos]) && text[pos] != first) ++pos;
        }
        if (pos >= line_end) return line_end;
        pos += delimiter.size();
        continue;
      }
    }
    const std::size_t end = PlainEnd(text.substr(0, line_end), pos, delimiter);
    AddPlain(text, pos, end);
    pos = end;
    if (pos >= line_end) return line_end;
    pos += delimiter.size();
    if (first == ' ') {  // blanks in a row are one delimiter
      while (pos < line_end && text[pos] == ' ') ++pos;
    }
  }
}

}  // namespace warifu::scan
