#include "cli/terminal.h"

#include <gtest/gtest.h>

#include <sstream>

namespace warifu::cli {
namespace {

TEST(TerminalTest, WidthCountsWideCharactersTwice) {
  EXPECT_EQ(Width(""), 0u);
  EXPECT_EQ(Width("abc"), 3u);
  EXPECT_EQ(Width("暗証番号"), 8u);
  EXPECT_EQ(Width("ｶﾅ"), 2u);
  EXPECT_EQ(Width("Ａ"), 2u);
  EXPECT_EQ(Width("ü"), 1u);
  EXPECT_EQ(Width("\xf0\x9f"), 1u);  // cut short
  EXPECT_EQ(Pad("暗", 4), "暗  ");
}

TEST(TerminalTest, ColourOnlyWhereItIsWanted) {
  std::ostringstream out;
  Terminal plain{.out = out, .err = out};
  EXPECT_EQ(Paint(plain, Style::kRed, "x"), "x");
  Terminal coloured{.out = out, .err = out, .colour = true};
  EXPECT_EQ(Paint(coloured, Style::kRed, "x"), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Paint(coloured, Style::kPlain, "x"), "x");
}

TEST(TerminalTest, TableAlignsColumnsWithoutTrailingBlanks) {
  std::ostringstream out;
  Terminal terminal{.out = out, .err = out};
  Table table;
  table.Add({"a", "暗証", "end"});
  table.Add({"bcd", "x", ""});
  table.Add({"e", "", "end"});
  table.Print(terminal, "> ");
  EXPECT_EQ(out.str(), "> a    暗証  end\n> bcd  x\n> e          end\n");
}

TEST(TerminalTest, WrapBreaksAtBlanks) {
  EXPECT_EQ(Wrap("one two three", 9, "  "), "  one two\n  three\n");
  EXPECT_EQ(Wrap("averyverylongword x", 5, ""), "averyverylongword\nx\n");
  EXPECT_EQ(Wrap("", 5, ""), "");
}

TEST(TerminalTest, ErrorsCarryTheirPlace) {
  std::ostringstream out, err;
  Terminal terminal{.out = out, .err = err};
  const Errors errors = {{ErrorKind::kInvalid, "bad", {"a.conf", 2, 3}},
                         {ErrorKind::kSystem, "worse", {}}};
  PrintErrors(terminal, errors);
  EXPECT_EQ(err.str(), "warifu: a.conf:2:3: bad\nwarifu: worse\n");
  EXPECT_EQ(out.str(), "");
}

}  // namespace
}  // namespace warifu::cli
