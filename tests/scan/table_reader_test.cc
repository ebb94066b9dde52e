#include "scan/table_reader.h"

#include <gtest/gtest.h>

#include "tables.h"

namespace warifu::scan {
namespace {

using TableReader = test::TableTest;
using Rows = std::vector<std::vector<std::string>>;

IndexSchema Three(const std::string& more = "") {
  return test::Schema("[index]\nid = \"t\"\nhandle = \"a\"\n" + more +
                      "[[index.columns]]\nname = \"a\"\nrole = \"key\"\ntype = \"login\"\n"
                      "[[index.columns]]\nname = \"b\"\nrole = \"corroborate\"\ntype = \"free\"\n"
                      "[[index.columns]]\nname = \"c\"\nrole = \"ignore\"\n");
}

// All rows, or the error's text.
std::expected<Rows, std::string> Read(const IndexSchema& schema, const std::string& path) {
  auto table = OpenTable(schema, path);
  if (!table) return std::unexpected(table.error().ToString());
  Rows rows;
  std::span<const std::string_view> cells;
  for (;;) {
    const Result<bool> more = (*table)->Next(&cells);
    if (!more) return std::unexpected(more.error().ToString());
    if (!*more) return rows;
    rows.emplace_back(cells.begin(), cells.end());
  }
}

TEST_F(TableReader, QuotesLineFeedsAndOrderOfColumns) {
  const std::string path = Write("t.csv",
                                 "\xEF\xBB\xBF"
                                 "c,a,b\r\n"
                                 "1,\"x,y\",\"one\ntwo\"\r\n\n"
                                 "2,\"say \"\"hi\"\"\",\r\n"
                                 "3,plain \"inner\",last");
  const auto rows = Read(Three(), path);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(
      *rows,
      (Rows{{"x,y", "one\ntwo", "1"}, {"say \"hi\"", "", "2"}, {"plain \"inner\"", "last", "3"}}));
}

TEST_F(TableReader, ErrorsNameFileAndLine) {
  const std::string p = folder_ + "/t.csv";
  Write("t.csv", "a,b,c\n1,2,3\n1,2\n");
  EXPECT_EQ(Read(Three(), p).error(),
            p + ":3: this row has 2 cells, not 3 (see its delimiter and quotes)");
  Write("t.csv", "a,b,c\n1,\"2\n3\"x,3\n");
  EXPECT_EQ(Read(Three(), p).error(), p + ":2: text stands behind a closing quote");
  Write("t.csv", "a,b,c\n1,2,3\n1,\"2,3\n\n\n");
  EXPECT_EQ(Read(Three(), p).error(), p + ":3: a quote is opened here and never closed");
  Write("t.csv", "a,signature,c\n1,2,3\n");
  EXPECT_EQ(Read(Three(), p).error(), p + ":1: the table has no column 'b' (did you mean 'a'?)");
  Write("t.csv", "a,b,c\n1,2,3\n1,\x82\xA0,3\n");
  EXPECT_EQ(Read(Three(), p).error(),
            p + ":3: this line is not UTF-8: the schema's charset names another");
  Write("t.csv", "");
  EXPECT_EQ(Read(Three(), p).error(), p + ":1: the table has no header line");
  EXPECT_NE(Read(Three(), folder_ + "/none").error().find("cannot open"), std::string::npos);
}

TEST_F(TableReader, OtherCharsets) {
  // 山田 in CP932; the second byte of ポ is "|".
  const std::string path = Write("t.csv", "a|b|c\ntaro|\x8E\x52\x93\x63|\x83\x7C\n");
  const auto rows = Read(Three("charset = \"CP932\"\ndelimiter = \"|\"\n"), path);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(*rows, (Rows{{"taro", "山田", "ポ"}}));
  Write("t.csv", "a|b|c\ntaro|\xFF\xFF|x\n");
  EXPECT_EQ(Read(Three("charset = \"CP932\"\ndelimiter = \"|\"\n"), path).error(),
            path + ":2: this line is not CP932: the schema's charset names another");
  EXPECT_NE(Read(Three("charset = \"klingon-8\"\ndelimiter = \"|\"\n"), path)
                .error()
                .find("'klingon-8' is not known"),
            std::string::npos);
}

TEST_F(TableReader, WithoutHeaderOrQuotes) {
  const std::string path = Write("t.tsv", "x\t\"y\tz\n");
  const auto rows = Read(Three("header = false\nquoting = false\ndelimiter = \"\\t\"\n"), path);
  ASSERT_TRUE(rows) << rows.error();
  EXPECT_EQ(*rows, (Rows{{"x", "\"y", "z"}}));
}

// Records cross the blocks in which the file is read.
TEST_F(TableReader, LongFilesAndALongCell) {
  std::string text = "a,b,c\n";
  for (int i = 0; i < 60000; ++i) {
    text += std::to_string(i) + ",\"line\n" + std::string(static_cast<std::size_t>(i % 90), 'x') +
            "\",z\r\n";
  }
  text += "big,\"" + std::string(2u << 20, 'y') + "\",z\n";
  const auto rows = Read(Three(), Write("t.csv", text));
  ASSERT_TRUE(rows) << rows.error();
  ASSERT_EQ(rows->size(), 60001u);
  for (std::size_t i = 0; i < 60000; ++i) {
    ASSERT_EQ((*rows)[i][0], std::to_string(i));
    ASSERT_EQ((*rows)[i][1].size(), 5 + i % 90);
  }
  EXPECT_EQ(rows->back()[1].size(), 2u << 20);
  const std::string path = Write("t.csv", "a,b,c\n1,\"" + std::string(9u << 20, 'y') + "\",z\n");
  EXPECT_NE(Read(Three(), path).error().find("longer than 4 MiB"), std::string::npos);
}

}  // namespace
}  // namespace warifu::scan
