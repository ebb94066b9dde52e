#include "mail/params.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/message.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxParameters = 200;

// Walks a field body byte by byte; knows what lies between Japanese escapes.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool done() const { return pos_ >= text_.size(); }
  char peek() const { return text_[pos_]; }

  // Takes one byte, and whether it is of a double-byte run (ESC $ … until ESC ( ).
  char Take(bool* opaque) {
    if (text_[pos_] == 0x1B && pos_ + 1 < text_.size()) shifted_ = text_[pos_ + 1] == '$';
    *opaque = shifted_ && text_[pos_] != '\n';
    if (text_[pos_] == '\n') shifted_ = false;
    return text_[pos_++];
  }

  void SkipBlanksAndComments() {
    int depth = 0;
    while (!done() && (IsSpace(peek()) || peek() == '(' || depth > 0)) {
      if (peek() == '\\' && depth > 0) ++pos_;
      if (done()) return;
      depth += peek() == '(' ? 1 : peek() == ')' ? -1 : 0;
      ++pos_;
    }
  }

  std::string TakeQuoted() {
    std::string out;
    bool opaque = false;
    Take(&opaque);
    while (!done()) {
      const char c = Take(&opaque);
      if (!opaque && c == '"') break;
      if (!opaque && c == '\\' && !done()) {
        out += Take(&opaque);
      } else if (opaque || (c != '\r' && c != '\n')) {
        out += c;
      }
    }
    return out;
  }

  // Up to one of `stops`, white space at the end cut.
  std::string TakeUntil(std::string_view stops) {
    std::string out;
    bool opaque = false;
    while (!done() && (shifted_ || stops.find(peek()) == std::string_view::npos)) {
      const char c = Take(&opaque);
      if (c != '\r' && c != '\n') out += c;
    }
    return std::string(Trim(out));
  }

  void SkipBehind(char separator) {
    TakeUntil({&separator, 1});
    if (!done()) ++pos_;
  }

 private:
  std::string_view text_;
  std::size_t pos_ = 0;
  bool shifted_ = false;
};

std::string PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    if (text[i] == '%' && text.size() - i > 2 &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr ==
            text.data() + i + 3) {
      out += static_cast<char>(value);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// The pieces of one RFC 2231 parameter: name*0*=charset'lang'…, name*1=….
struct Continued {
  std::map<unsigned, std::pair<std::string, bool>> pieces;  // index → text, is it extended

  Parameter Join(std::string name) const {
    std::string label, bytes;
    for (const auto& [index, piece] : pieces) {
      std::string_view text = piece.first;
      if (!piece.second) {
        bytes += text;
        continue;
      }
      const std::size_t first = text.find('\'');
      const std::size_t second =
          first == std::string_view::npos ? first : text.find('\'', first + 1);
      if (index == pieces.begin()->first && second != std::string_view::npos) {
        label = text.substr(0, first);
        text.remove_prefix(second + 1);
      }
      bytes += PercentDecode(text);
    }
    Parameter out{std::move(name), "", bytes};
    // Some write encoded words into the pieces.
    out.value = bytes.find("=?") != std::string::npos ? DecodeHeader(bytes)
                                                      : DecodeCharset(bytes, label).text;
    return out;
  }
};

// "filename*1*" → "filename", 1, extended. False when the name has no marks.
bool SplitMarks(std::string_view name, std::string* base, unsigned* index, bool* extended) {
  const std::size_t star = name.find('*');
  if (star == std::string_view::npos) return false;
  *base = name.substr(0, star);
  std::string_view rest = name.substr(star + 1);
  *extended = rest.empty() || rest.ends_with('*');
  if (rest.ends_with('*')) rest.remove_suffix(1);
  *index = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), *index);
  return true;
}

std::string TakeValue(Cursor* cursor, std::string_view name) {
  cursor->SkipBlanksAndComments();
  if (!cursor->done() && cursor->peek() == '"') return cursor->TakeQuoted();
  const bool may_hold_blanks = name.starts_with("name") || name.starts_with("filename");
  if (may_hold_blanks) return cursor->TakeUntil(";");
  std::string value = cursor->TakeUntil(";");
  return value.substr(0, value.find_first_of(" \t("));
}

// Where the parameters begin when the first semicolon was forgotten ("multipart/mixed boundary=b"),
// else npos.
std::size_t UnmarkedParameters(std::string_view raw_body) {
  const std::string_view head = raw_body.substr(0, raw_body.find_first_of(";(\""));
  if (head.find('=') == std::string_view::npos) return std::string_view::npos;
  const std::size_t value = head.find_first_not_of(" \t\r\n");
  return head.find_first_of(" \t\r\n", value);
}

}  // namespace

const Parameter* Parameterised::Find(std::string_view name) const {
  const auto it =
      std::ranges::find_if(parameters, [&](const Parameter& p) { return p.name == name; });
  return it == parameters.end() ? nullptr : &*it;
}

Parameterised ParseParameterised(std::string_view raw_body) {
  Parameterised out;
  const std::size_t unmarked = UnmarkedParameters(raw_body);
  bool at_parameter = unmarked != std::string_view::npos;
  Cursor cursor(at_parameter ? raw_body.substr(unmarked) : raw_body);
  if (at_parameter) {
    out.value = LowerAscii(raw_body.substr(0, unmarked));
  } else {
    cursor.SkipBlanksAndComments();
    out.value = LowerAscii(cursor.TakeUntil(";("));
  }
  std::erase_if(out.value, IsSpace);
  std::map<std::string, Continued> continued;
  std::vector<Parameter> plain;
  for (std::size_t count = 0; !cursor.done() && count < kMaxParameters; ++count) {
    if (!std::exchange(at_parameter, false)) cursor.SkipBehind(';');
    cursor.SkipBlanksAndComments();
    const std::string name = LowerAscii(cursor.TakeUntil("=;"));
    if (cursor.done() || cursor.peek() != '=') continue;
    bool opaque = false;
    cursor.Take(&opaque);
    std::string value = TakeValue(&cursor, name);
    std::string base;
    unsigned index = 0;
    bool extended = false;
    if (SplitMarks(name, &base, &index, &extended)) {
      continued[base].pieces.try_emplace(index, std::move(value), extended);
    } else {
      plain.push_back({name, DecodeHeader(value), value});
    }
  }
  // The extended form wins (RFC 6266, 4.3, and what mail programs do).
  for (const auto& [name, pieces] : continued) out.parameters.push_back(pieces.Join(name));
  for (Parameter& p : plain) {
    const auto same = std::ranges::find(plain, p.name, &Parameter::name);
    out.conflicting = out.conflicting || same->raw != p.raw;
    out.parameters.push_back(p);
  }
  return out;
}

}  // namespace warifu::mail
