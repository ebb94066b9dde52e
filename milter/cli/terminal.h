// Terminal: where a command reads and writes, and how its text looks there.
//
// Text for people is aligned, and coloured only on a terminal (and not with NO_COLOR set or
// TERM=dumb). Tests give string streams. Everything that comes out of a mail or a file goes through
// Printable() before it is written here. Threads: one thread writes.
#pragma once

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/action.h"
#include "base/clock.h"
#include "base/error.h"

namespace warifu::cli {

struct Terminal {
  int in = 0;  // descriptor of standard input
  std::ostream& out;
  std::ostream& err;
  bool colour = false;    // on `out`
  bool progress = false;  // `err` is a terminal
  int columns = 80;
  const Clock* clock = &Clock::System();  // what "3 h ago" and "for 24h" count from
};

enum class Style { kPlain, kBold, kDim, kRed, kYellow, kGreen };

// `text` in that style, or as it is where there is no colour.
std::string Paint(const Terminal& terminal, Style style, std::string_view text);
Style StyleOf(Severity severity);

// Columns that UTF-8 `text` takes on a terminal: kana, kanji and full-width forms take two.
std::size_t Width(std::string_view text);
std::string Pad(std::string_view text, std::size_t width);

// Rows aligned by column; the last column is not padded, and trailing blanks are cut.
class Table {
 public:
  struct Cell {
    std::string text;
    Style style = Style::kPlain;
    Cell(std::string t, Style s = Style::kPlain) : text(std::move(t)), style(s) {}
    Cell(std::string_view t) : text(t) {}
    Cell(const char* t) : text(t) {}
  };
  void Add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  void Print(Terminal& terminal, std::string_view indent = "") const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

// `text` broken at blanks into lines of at most `columns`, each behind `indent`.
std::string Wrap(std::string_view text, std::size_t columns, std::string_view indent);

// "warifu: file:1:2: text", one line an error, to standard error.
void PrintError(Terminal& terminal, const Error& error);
void PrintErrors(Terminal& terminal, std::span<const Error> errors);

}  // namespace warifu::cli
