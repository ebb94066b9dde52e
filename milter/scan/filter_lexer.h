// FilterLexer: the words of a betterleaks filter (filter_expression.h).
//
// Names, numbers, signs, and texts in backticks, single or double quotes; comments from // to the
// end of the line are passed over. Threads: a plain value.
#pragma once

#include <cctype>
#include <cstdlib>
#include <expected>
#include <string>
#include <string_view>

namespace warifu::scan {

struct FilterToken {
  enum class Kind { kEnd, kName, kNumber, kText, kSign };
  Kind kind = Kind::kEnd;
  std::string text;
  double number = 0;
  int line = 0;  // from 0
};

class FilterLexer {
 public:
  explicit FilterLexer(std::string_view source) : rest_(source) {}

  // Or what is wrong, at line().
  std::expected<FilterToken, std::string> Next();
  int line() const { return line_; }

 private:
  void SkipBlank();
  std::expected<FilterToken, std::string> Quoted(char quote);
  std::string_view Take(std::size_t count) {
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  int line_ = 0;
};

}  // namespace warifu::scan
