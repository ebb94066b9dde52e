#include "scan/filter_lexer.h"

#include <algorithm>

namespace warifu::scan {
namespace {

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

}  // namespace

void FilterLexer::SkipBlank() {
  while (!rest_.empty()) {
    if (rest_.starts_with("//")) {
      rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
    } else if (std::isspace(static_cast<unsigned char>(rest_[0])) != 0) {
      line_ += rest_[0] == '\n' ? 1 : 0;
      rest_.remove_prefix(1);
    } else {
      return;
    }
  }
}

std::expected<FilterToken, std::string> FilterLexer::Quoted(char quote) {
  FilterToken token{FilterToken::Kind::kText, "", 0, line_};
  Take(1);
  while (!rest_.empty() && rest_[0] != quote) {
    char c = Take(1)[0];
    line_ += c == '\n' ? 1 : 0;
    if (c == '\\' && quote != '`' && !rest_.empty()) {
      c = Take(1)[0];
      if (c == 'n' || c == 't' || c == 'r') {
        c = c == 'n' ? '\n' : c == 't' ? '\t' : '\r';
      } else if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
        return std::unexpected("the escape '\\" + std::string(1, c) + "' is not known to warifu");
      }
    }
    token.text += c;
  }
  if (rest_.empty()) return std::unexpected("a text is not closed");
  Take(1);
  return token;
}

std::expected<FilterToken, std::string> FilterLexer::Next() {
  SkipBlank();
  FilterToken token{FilterToken::Kind::kEnd, "", 0, line_};
  if (rest_.empty()) return token;
  const char c = rest_[0];
  if (c == '`' || c == '"' || c == '\'') return Quoted(c);
  std::size_t size = 1;
  if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
    size = std::min(rest_.find_first_not_of("0123456789."), rest_.size());
    token.kind = FilterToken::Kind::kNumber;
    token.number = std::strtod(std::string(rest_.substr(0, size)).c_str(), nullptr);
  } else if (IsNameByte(c)) {
    while (size < rest_.size() && IsNameByte(rest_[size])) ++size;
    token.kind = FilterToken::Kind::kName;
  } else {
    for (const std::string_view two : {"||", "&&", "<=", ">=", "==", "!=", "??", "?."}) {
      if (rest_.starts_with(two)) size = 2;
    }
    token.kind = FilterToken::Kind::kSign;
  }
  token.text = Take(size);
  return token;
}

}  // namespace warifu::scan
