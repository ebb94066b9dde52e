#include "mail/boundary.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"

namespace warifu::mail {

std::size_t Boundaries::Push(std::string boundary) {
  open_.push_back(std::move(boundary));
  return open_.size() - 1;
}

bool Boundaries::Matches(std::size_t pos, std::size_t level, bool strict, Delimiter* out) const {
  const std::string_view rest = raw_.substr(pos + 2);
  std::string_view boundary = open_[level];
  // White space at its end is forbidden, and stripped by some on the way.
  const bool stripped = !rest.starts_with(boundary);
  if (stripped) boundary = Trim(boundary);
  if (boundary.empty() || !rest.starts_with(boundary)) return false;
  std::size_t end = boundary.size();
  if (stripped && end < rest.size() && IsBlank(rest[end])) return false;
  const bool closing = rest.substr(end, 2) == "--";
  if (closing) end += 2;
  const std::size_t padding = end;
  while (end < rest.size() && (IsBlank(rest[end]) || rest[end] == '\r')) ++end;
  if (end < rest.size() && rest[end] != '\n') {
    if (strict || end == padding) return false;
    end = std::min(rest.find('\n', end), rest.size());
  }
  *out = {level, closing, pos, std::min(pos + 2 + end + 1, raw_.size())};
  return true;
}

bool Boundaries::At(std::size_t pos, Delimiter* out) const {
  if (open_.empty() || raw_.substr(pos, 2) != "--") return false;
  // A line with something behind the boundary counts too (RFC 2046, 5.1.1), but not when it is the
  // whole line of another multipart.
  for (const bool strict : {true, false}) {
    for (std::size_t level = open_.size(); level-- > 0;) {
      if (Matches(pos, level, strict, out)) return true;
    }
  }
  return false;
}

Delimiter Boundaries::FindFrom(std::size_t pos) const {
  Delimiter found;
  // No line of ordinary base64 holds a '-', so most of a mail is passed at memchr's speed.
  for (std::size_t at = open_.empty() ? std::string_view::npos : raw_.find('-', pos);
       at != std::string_view::npos; at = raw_.find('-', at)) {
    const bool line_start = at == pos || raw_[at - 1] == '\n';
    if (line_start && At(at, &found)) return found;
    while (at < raw_.size() && raw_[at] == '-') ++at;
  }
  found.line = found.next = raw_.size();
  return found;
}

}  // namespace warifu::mail
