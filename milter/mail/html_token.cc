#include "mail/html_token.h"

#include <algorithm>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxAttributes = 64;
constexpr std::size_t kMaxName = 32;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

}  // namespace

bool HtmlTokenizer::Opens(std::size_t at) const {
  if (at + 1 >= source_.size()) return false;
  const char c = source_[at + 1];
  return IsLetter(c) || c == '!' || c == '/' || c == '?';
}

bool HtmlTokenizer::Next(HtmlToken* token) {
  if (pos_ >= source_.size()) return false;
  *token = {};
  token->span.begin = pos_;
  if (source_[pos_] == '<' && Opens(pos_)) {
    ReadMarkup(token);
  } else {
    std::size_t end = source_.find('<', pos_);
    while (end != std::string_view::npos && !Opens(end)) end = source_.find('<', end + 1);
    pos_ = std::min(end, source_.size());
  }
  token->span.end = pos_;
  return true;
}

void HtmlTokenizer::ReadMarkup(HtmlToken* token) {
  const std::string_view rest = source_.substr(pos_);
  if (rest.starts_with("<!--")) return ReadComment(token);
  const bool end_tag = rest[1] == '/';
  const std::size_t name = pos_ + (end_tag ? 2 : 1);
  if (name < source_.size() && IsLetter(source_[name])) {
    token->kind = end_tag ? HtmlToken::Kind::kEndTag : HtmlToken::Kind::kStartTag;
    pos_ = name;
    return ReadTag(token);
  }
  // <!DOCTYPE, <![if…]>, <?xml, </ 3: a bogus comment to the next '>'.
  token->kind = HtmlToken::Kind::kComment;
  const std::size_t end = std::min(source_.find('>', pos_), source_.size());
  token->inside = {std::min(pos_ + 2, end), end};
  pos_ = std::min(end + 1, source_.size());
}

void HtmlTokenizer::ReadComment(HtmlToken* token) {
  token->kind = HtmlToken::Kind::kComment;
  const std::size_t begin = pos_ + 4;
  const std::string_view rest = source_.substr(begin);
  std::size_t end = 0;
  if (rest.starts_with(">") || rest.starts_with("->")) {
    end = begin;
    pos_ = begin + (rest[0] == '>' ? 1 : 2);
  } else {
    // "-->" or "--!>", whichever comes first.
    end = source_.find("--", begin);
    while (end != std::string_view::npos && !source_.substr(end + 2).starts_with('>') &&
           !source_.substr(end + 2).starts_with("!>")) {
      end = source_.find("--", end + 1);
    }
    end = std::min(end, source_.size());
    pos_ = std::min(std::min(source_.find('>', end), source_.size()) + 1, source_.size());
  }
  token->inside = {begin, end};
}

void HtmlTokenizer::ReadTag(HtmlToken* token) {
  const std::size_t begin = pos_;
  while (pos_ < source_.size() && !IsSpace(source_[pos_]) && source_[pos_] != '/' &&
         source_[pos_] != '>') {
    ++pos_;
  }
  token->name = LowerAscii(source_.substr(begin, std::min(pos_ - begin, kMaxName)));
  ReadAttributes(token);
}

void HtmlTokenizer::ReadAttributes(HtmlToken* token) {
  attributes_.clear();
  while (pos_ < source_.size()) {
    const char c = source_[pos_];
    if (c == '>') {
      ++pos_;
      return;
    }
    if (IsSpace(c) || c == '/') {
      token->self_closing = c == '/';
      ++pos_;
      continue;
    }
    token->self_closing = false;
    const std::size_t name = pos_++;  // a name may begin with '='
    while (pos_ < source_.size() && !IsSpace(source_[pos_]) && source_[pos_] != '/' &&
           source_[pos_] != '>' && source_[pos_] != '=') {
      ++pos_;
    }
    HtmlAttribute attribute{source_.substr(name, pos_ - name), {}};
    while (pos_ < source_.size() && IsSpace(source_[pos_])) ++pos_;
    if (pos_ < source_.size() && source_[pos_] == '=') {
      ++pos_;
      while (pos_ < source_.size() && IsSpace(source_[pos_])) ++pos_;
      const char quote = pos_ < source_.size() ? source_[pos_] : '\0';
      if (quote == '"' || quote == '\'') {
        const std::size_t end = std::min(source_.find(quote, pos_ + 1), source_.size());
        attribute.value = {pos_ + 1, end};
        pos_ = std::min(end + 1, source_.size());
      } else {
        const std::size_t begin = pos_;
        while (pos_ < source_.size() && !IsSpace(source_[pos_]) && source_[pos_] != '>') ++pos_;
        attribute.value = {begin, pos_};
      }
    }
    if (attributes_.size() < kMaxAttributes) attributes_.push_back(attribute);
  }
}

HtmlToken HtmlTokenizer::RawText(std::string_view name) {
  HtmlToken token;
  token.span.begin = pos_;
  for (std::size_t end = source_.find("</", pos_); end != std::string_view::npos;
       end = source_.find("</", end + 2)) {
    const std::string_view rest = source_.substr(end + 2);
    if (!StartsWithNoCase(rest, name)) continue;
    const char behind = rest.size() > name.size() ? rest[name.size()] : '>';
    if (!IsSpace(behind) && behind != '/' && behind != '>') continue;
    pos_ = end;
    token.span.end = end;
    return token;
  }
  return Rest();
}

HtmlToken HtmlTokenizer::Rest() {
  HtmlToken token;
  token.span = {pos_, source_.size()};
  pos_ = source_.size();
  return token;
}

}  // namespace warifu::mail
