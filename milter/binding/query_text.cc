#include "binding/query_text.h"

#include <algorithm>

#include "base/nearest.h"

namespace warifu::binding {
namespace {

bool IsNameByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view NameAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsNameByte(text[end])) ++end;
  return text.substr(at, end - at);
}

// Behind the quoted text or comment that begins at `at`; `at` where none does.
std::size_t SkipQuoted(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  const auto behind = [&](std::string_view mark, std::size_t from) {
    const std::size_t end = text.find(mark, at + from);
    return end == std::string_view::npos ? text.size() : end + mark.size();
  };
  if (rest.starts_with("--")) return behind("\n", 2);
  if (rest.starts_with("/*")) return behind("*/", 2);
  if (rest[0] == '\'' || rest[0] == '"' || rest[0] == '`') return behind(rest.substr(0, 1), 1);
  return at;
}

bool IsComment(std::string_view quoted) {
  return quoted.starts_with("--") || quoted.starts_with("/*");
}

}  // namespace

void QueryText::Add(std::string_view text) {
  if (pieces_.empty() || pieces_.back().is_name) pieces_.emplace_back();
  pieces_.back().text += text;
}

void QueryText::AddName(std::string_view name) {
  pieces_.push_back({std::string(name), true});
  if (!Uses(name)) names_.emplace_back(name);
}

Result<QueryText> QueryText::ParseSql(std::string_view text, Names known) {
  QueryText out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t behind = SkipQuoted(text, at);
    if (behind > at) {
      const std::string_view quoted = text.substr(at, behind - at);
      out.Add(IsComment(quoted) ? " " : quoted);
      at = behind;
      continue;
    }
    if (text[at] != ':') {
      out.Add(text.substr(at++, 1));
      continue;
    }
    if (at + 1 < text.size() && (text[at + 1] == ':' || text[at + 1] == '=')) {
      out.Add(text.substr(at, 2));
      at += 2;
      continue;
    }
    const std::string_view name = NameAt(text, at + 1);
    if (std::ranges::find(known, name) == known.end()) {
      std::string list;
      for (const std::string_view word : known) {
        list.append(list.empty() ? ":" : ", :").append(word);
      }
      const std::vector<std::string_view> words(known);
      return Fail(ErrorKind::kInvalid, "the query names ':" + std::string(name) +
                                           "', which is none of " + list + DidYouMean(name, words));
    }
    out.AddName(name);
    at += 1 + name.size();
  }
  return out;
}

QueryText QueryText::ParseFilter(std::string_view text, Names known) {
  QueryText out;
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view name = text[at] == ':' ? NameAt(text, at + 1) : std::string_view();
    if (std::ranges::find(known, name) == known.end()) {
      out.Add(text.substr(at++, 1));
    } else {
      out.AddName(name);
      at += 1 + name.size();
    }
  }
  return out;
}

bool QueryText::Uses(std::string_view name) const {
  return std::ranges::find(names_, name) != names_.end();
}

std::string QueryText::Write(const std::function<std::string(std::string_view name)>& write) const {
  std::string out;
  for (const Piece& piece : pieces_) out += piece.is_name ? write(piece.text) : piece.text;
  return out;
}

}  // namespace warifu::binding
