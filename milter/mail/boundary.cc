#include "mail/boundary.h"

#include <utility>

#include "mail/ascii.h"

namespace warifu::mail {

std::size_t Boundaries::Push(std::string boundary) {
  open_.push_back(std::move(boundary));
  return open_.size() - 1;
}

bool Boundaries::At(std::size_t pos, Delimiter* out) const {
  if (open_.empty() || raw_.substr(pos, 2) != "--") return false;
  const std::string_view rest = raw_.substr(pos + 2);
  for (std::size_t level = open_.size(); level-- > 0;) {
    const std::string& boundary = open_[level];
    if (!rest.starts_with(boundary)) continue;
    std::size_t end = boundary.size();
    const bool closing = rest.substr(end, 2) == "--";
    if (closing) end += 2;
    while (end < rest.size() && (IsBlank(rest[end]) || rest[end] == '\r')) ++end;
    if (end < rest.size() && rest[end] != '\n') continue;
    *out = {level, closing, pos, std::min(pos + 2 + end + 1, raw_.size())};
    return true;
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
