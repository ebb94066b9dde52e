#include "scan/record_audit.h"

#include <gtest/gtest.h>

#include <set>

#include "tables.h"

namespace warifu::scan {
namespace {

class RecordAudit : public test::TableTest {
 protected:
  struct Found {
    AuditResult result;
    std::vector<DamagedCell> cells;
  };

  Found Audit(const std::string& table, unsigned threads = 1) {
    Found found;
    const std::string path = Write("t.csv", table);
    const auto schema = WithAllColumns(test::Schema(), path);
    EXPECT_TRUE(schema);
    auto rows = OpenTable(*schema, path);
    EXPECT_TRUE(rows);
    const auto result = AuditTable(
        *schema, **rows, WallTime{}, {},
        [&](const DamagedCell& cell) { found.cells.push_back(cell); }, threads);
    EXPECT_TRUE(result) << result.error().ToString();
    if (result) found.result = *result;
    return found;
  }
};

constexpr const char* kHead = "number,login,password,name,born,signature,reply\n";

TEST_F(RecordAudit, NamesTheRowTheColumnAndTheOwners) {
  const Found found = Audit(std::string(kHead) +
                            "1000001,taro,\"pw;1,x\",山田 太郎,1970-01-02,,\n"
                            "1000002,hanako,kk10Zt6x,花子,1971-03-04,\"やあ\n"
                            "1000003,jiro,Zz!9;a,次郎,1/2/1972,\n山田太郎：pw;1,x\",\n"
                            "1000003,jiro,Zz!9;a,次郎,1972-01-02,次郎 jiro,jiro@example.jp\n");
  EXPECT_EQ(found.result.rows, 3u);
  EXPECT_EQ(found.result.damaged_rows, 1u);
  EXPECT_EQ(found.result.records, 2u);
  EXPECT_EQ(found.result.owners, 2u);
  ASSERT_EQ(found.cells.size(), 1u);
  EXPECT_EQ(found.cells[0].row, "1000002");
  EXPECT_EQ(found.cells[0].account, "hanako");
  EXPECT_EQ(found.cells[0].line, 3u);
  EXPECT_EQ(found.cells[0].column, "signature");
  EXPECT_EQ(found.cells[0].owners, (std::vector<std::string>{"1000003", "1000001"}));
}

// As an incident of 2000 had it: several rows, folded, pasted behind a signature.
TEST_F(RecordAudit, FindsEachPastedRowOfManyMembers) {
  std::string table = kHead;
  std::set<std::string> damaged;
  std::size_t planted = 0;
  const auto row = [](int i) {
    return std::to_string(2000003 + 7 * i) + ",user" + std::to_string(i * i) + ",p!" +
           std::to_string(i * 31 % 997) + "=" + std::to_string(i) + ",名前" + std::to_string(i) +
           "," + std::to_string(1 + i % 12) + "/" + std::to_string(1 + i % 28) + "/1998";
  };
  for (int i = 0; i < 3000; ++i) {
    std::string signature = "名前" + std::to_string(i) + "\nuser" + std::to_string(i * i) + "\n";
    if (i % 100 == 17) {
      damaged.insert(std::to_string(2000003 + 7 * i));
      for (int k = 1; k <= 5; ++k) {
        signature += row((i + 211 * k) % 3000) + ",\n,,,ただ今休暇中です。,0,3\n";
        ++planted;
      }
    }
    table += row(i) + ",\"" + signature + "\",\n";
  }
  const Found found = Audit(table);
  // On several threads the same comes out in the same order.
  const Found side_by_side = Audit(table, 3);
  ASSERT_EQ(side_by_side.cells.size(), found.cells.size());
  for (std::size_t i = 0; i < found.cells.size(); ++i) {
    EXPECT_EQ(side_by_side.cells[i].line, found.cells[i].line);
    EXPECT_EQ(side_by_side.cells[i].owners, found.cells[i].owners);
  }
  EXPECT_EQ(side_by_side.result.owners, found.result.owners);
  EXPECT_EQ(found.result.damaged_rows, damaged.size());
  EXPECT_EQ(found.result.records, planted);
  std::set<std::string> named;
  for (const DamagedCell& cell : found.cells) named.insert(cell.row);
  EXPECT_EQ(named, damaged);
}

TEST_F(RecordAudit, AColumnOfDatesIsSearchedWhereItHoldsNone) {
  const Found found = Audit(std::string(kHead) +
                            "1000001,taro,\"pw;1,x\",山田 太郎,1970-01-02,,\n"
                            "1000002,hanako,kk10Zt6x,花子,\"1000001,taro\",,\n"
                            "1000003,jiro,Zz!9;a,次郎,1/2/1972 10:00:01,,\n");
  ASSERT_EQ(found.cells.size(), 1u);
  EXPECT_EQ(found.cells[0].column, "born");
  EXPECT_EQ(found.cells[0].owners, (std::vector<std::string>{"1000001"}));
}

// A table that is written while it is audited.
class ChangingRows final : public RowSource {
 public:
  // So many rows at the first reading, and at the second.
  ChangingRows(int first, int second) : rows_{first, second} {}
  Result<bool> Next(std::span<const std::string_view>* cells) override {
    if (row_ == rows_[reading_]) return false;
    const std::string n = std::to_string(1000000 + row_++);
    text_ = {n, "user" + n, "p!" + n, "", ""};
    cells_.assign(text_.begin(), text_.end());
    *cells = cells_;
    return true;
  }
  std::uint64_t line() const override { return static_cast<std::uint64_t>(row_); }
  std::uint64_t done() const override { return line(); }
  std::uint64_t total() const override { return 0; }
  Result<void> Rewind() override {
    reading_ = 1;
    row_ = 0;
    return {};
  }

 private:
  int rows_[2], reading_ = 0, row_ = 0;
  std::vector<std::string> text_;
  std::vector<std::string_view> cells_;
};

TEST_F(RecordAudit, ATableThatLosesOrGainsRowsIsAnError) {
  const IndexSchema schema = test::Schema();
  for (const int second : {2999, 3000, 3001}) {
    ChangingRows rows(3000, second);
    const auto result = AuditTable(schema, rows, WallTime{}, {}, [](const DamagedCell&) {}, 2);
    EXPECT_EQ(result.has_value(), second == 3000);
    if (!result) {
      EXPECT_EQ(result.error().text.find("the table was another"), 0U);
    }
  }
}

TEST_F(RecordAudit, OwnDataAndSharedValuesAreNoDamage) {
  const Found found = Audit(std::string(kHead) +
                            "1000001,taro,same99pw,山田 太郎,1970-01-02,"
                            "\"山田太郎 taro same99pw 1000001\",taro@example.jp\n"
                            "1000002,hanako,same99pw,山田 太郎,1970-01-02,"
                            "\"山田太郎 hanako\",\n"
                            "1000003,jiro,pw3pw3,次郎,1972-01-02,hanako@example.jp,hanako\n");
  EXPECT_EQ(found.result.rows, 3u);
  EXPECT_EQ(found.result.damaged_rows, 0u);
  EXPECT_TRUE(found.cells.empty());
}

}  // namespace
}  // namespace warifu::scan
