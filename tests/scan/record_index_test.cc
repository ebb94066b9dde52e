// The exact-match index: what is found, what is not, and files that cannot be trusted.
#include "scan/record_index.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <random>

#include "base/normalise.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"
#include "scan/record_key.h"
#include "scan/record_rule.h"
#include "tables.h"

namespace warifu::scan {
namespace {

using ::testing::HasSubstr;

constexpr SipKey kKey{1, 2};

class RecordIndexTest : public test::TableTest {
 protected:
  BuiltIndex Build(const std::string& table, const std::string& schema = test::kMembers) {
    const IndexSchema read = test::Schema(schema);
    auto rows = OpenTable(read, Write("t.csv", table));
    EXPECT_TRUE(rows) << rows.error().ToString();
    auto built = BuildIndex(read, kKey, **rows, WallTime{}, {});
    EXPECT_TRUE(built) << built.error().ToString();
    return built ? *built : BuiltIndex{};
  }

  std::shared_ptr<const RecordIndex> Index(const std::string& table,
                                           const std::string& schema = test::kMembers) {
    auto index = RecordIndex::FromBytes(Build(table, schema).bytes, kKey);
    EXPECT_TRUE(index) << index.error().ToString();
    return *index;
  }
};

// Handles of the rows that stand in a text.
std::vector<std::string> RowsIn(const RecordIndex& index, const std::string& text) {
  std::vector<IndexMatch> matches;
  RecordFinder(index).Find(Normalise(text).text, {}, &matches);
  std::vector<std::string> handles;
  std::string buffer;
  for (const IndexMatch& match : matches) handles.emplace_back(index.Handle(match.row, &buffer));
  return handles;
}

constexpr const char* kTable =
    "number,login,password,name,born\n"
    "1000001,taro,\"p@ss,w;rd|x\",山田 太郎,1970-01-02\n"
    "1000002,hanako,kk10Zt6x,鈴木ハナコABC,1971/3/4\n"
    "1000003,jiro,#(;)=/!,林,昭和47年5月6日\n"
    "0000004,info,password,Info Desk,1/2/1999\n";

using Handles = std::vector<std::string>;

TEST_F(RecordIndexTest, FindsARowByTwoOfItsCellsInOneLine) {
  const auto index = Index(kTable);
  EXPECT_EQ(index->rows(), 4u);
  const auto in = [&](const std::string& text) { return RowsIn(*index, text); };
  EXPECT_EQ(in("1000001,taro,x\n"), Handles{"1000001"});
  EXPECT_EQ(in("ID:TARO パスワードはp@ss,w;rd|xです。\n"), Handles{"1000001"});
  EXPECT_EQ(in("山田太郎さんの番号は１０００００１です\n"), Handles{"1000001"});
  EXPECT_EQ(in("<taro>\t山田　太郎\n"), Handles{"1000001"});
  EXPECT_EQ(in("hanako / 鈴木 ﾊﾅｺ abc\n"), Handles{"1000002"});
  EXPECT_EQ(in("hanako 1971年3月4日\n"), Handles{"1000002"});
  EXPECT_EQ(in("\"#(;)=/!\" jiro\n"), Handles{"1000003"});
  EXPECT_EQ(in("100-0003 jiro\n"), Handles{"1000003"});
  EXPECT_EQ(in("0000004 info"), Handles{"0000004"});
}

TEST_F(RecordIndexTest, OneCellOrCellsOfTwoRowsAreNoMatch) {
  const auto index = Index(kTable);
  const auto in = [&](const std::string& text) { return RowsIn(*index, text); };
  EXPECT_EQ(in("taro\n"), Handles{});
  EXPECT_EQ(in("taro taro taro@example.jp\n"), Handles{});
  EXPECT_EQ(in("taro,kk10Zt6x\n"), Handles{});
  EXPECT_EQ(in("hanako,KK10ZT6X\n"), Handles{});
  EXPECT_EQ(in("1000003,山田太郎\n"), Handles{});
  EXPECT_EQ(in("xhanako kk10Zt6x2 11000002\n"), Handles{});
  // 林 is one character: it is worth half a cell.
  EXPECT_EQ(in("jiro 林\n"), Handles{});
  EXPECT_EQ(in("jiro 林 1972-05-06\n"), Handles{"1000003"});
}

TEST_F(RecordIndexTest, CellsOfOneRecordMayStandInLinesAround) {
  const auto index = Index(kTable);
  EXPECT_EQ(RowsIn(*index, "ログインID：hanako\nパスワード：kk10Zt6x\n"), Handles{"1000002"});
  EXPECT_EQ(RowsIn(*index, "hanako\n\n\n\nkk10Zt6x\n"), Handles{});
}

TEST_F(RecordIndexTest, ManyRowsInOneMailAreWorse) {
  const auto index = Index(kTable, std::string(test::kMembers) +
                                       "[index.mail]\nseverity = \"medium\"\naction = \"tag\"\n"
                                       "bulk_rows = 3\nbulk_action = \"reject\"\n");
  const RecordRule rule(index, {});
  Segment segment;
  segment.part = "1";
  segment.text = "1000001 taro\n1000002 hanako kk10Zt6x\n";
  segment.regions = {{Region::kBody, {0, segment.text.size()}}};
  ScanResult result;
  rule.Scan(std::vector{segment}, {}, &result);
  ASSERT_EQ(result.findings.size(), 2u);
  EXPECT_EQ(result.findings[0].rule, "members");
  EXPECT_EQ(result.findings[0].owner, "1000001");
  EXPECT_EQ(result.findings[0].account, "taro");
  EXPECT_EQ(result.findings[0].severity, Severity::kMedium);
  EXPECT_EQ(result.findings[0].action, Action::kTag);
  EXPECT_EQ(result.findings[1].preview, "kk******");
  EXPECT_EQ(result.findings[1].description, "Row of the member table, one of 2 rows in this mail");
  for (const Finding& finding : result.findings) {
    EXPECT_EQ(finding.description.find("hanako"), std::string::npos);
  }
  segment.text += "1000003 jiro\n";
  segment.regions[0].span.end = segment.text.size();
  result = {};
  // The same mail as HTML: one alternative, no row twice.
  segment.alternative = 1;
  Segment html = segment;
  html.html = true;
  rule.Scan(std::vector{segment, html}, {}, &result);
  ASSERT_EQ(result.findings.size(), 3u);
  EXPECT_EQ(result.findings[0].severity, Severity::kCritical);
  EXPECT_EQ(result.findings[0].action, Action::kReject);
}

TEST_F(RecordIndexTest, DenseAndCommonValuesOnlyCorroborate) {
  std::string table = "number,login,password,name,born\n";
  for (int i = 0; i < 600; ++i) {
    table += std::to_string(100 + i) + ",user" + std::to_string(1000 + i) + ",secret,名,\n";
  }
  const BuiltIndex built = Build(table);
  EXPECT_EQ(built.columns[0].demoted, "its numbers fill 60 % of their space");
  EXPECT_NEAR(built.columns[0].density, 0.6, 1e-9);
  EXPECT_EQ(built.columns[0].counts.key, 0u);
  EXPECT_EQ(built.columns[1].counts.key, 1u);
  EXPECT_EQ(built.columns[2].demoted, "most of its cells are shared by many rows");
  EXPECT_EQ(built.columns[2].counts.most, 600u);
  const auto index = RecordIndex::FromBytes(built.bytes, kKey);
  ASSERT_TRUE(index);
  EXPECT_EQ(RowsIn(**index, "107 secret"), Handles{});
  EXPECT_EQ(RowsIn(**index, "107 user1007"), Handles{"107"});
  EXPECT_EQ(RowsIn(**index, "user1008 secret"), Handles{});

  const IndexSchema schema = test::Schema(
      "[index]\nid = \"n\"\nhandle = \"number\"\n[[index.columns]]\nname = \"number\"\n"
      "role = \"key\"\ntype = \"digits\"\n[[index.columns]]\nname = \"name\"\n"
      "role = \"corroborate\"\ntype = \"name\"\n");
  auto rows = OpenTable(schema, Write("t.csv", table));
  ASSERT_TRUE(rows);
  const auto refused = BuildIndex(schema, kKey, **rows, WallTime{}, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text, HasSubstr("no key column is left: number, its numbers fill"));
}

TEST_F(RecordIndexTest, AFileThatCannotBeTrustedSaysWhy) {
  const std::string bytes = Build(kTable).bytes;
  const std::string path = folder_ + "/t.idx";
  ASSERT_TRUE(WriteIndex(path, bytes, -1));
  struct stat st{};
  ASSERT_EQ(stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640u);
  EXPECT_TRUE(RecordIndex::Open(path, kKey));
  const auto why = [&](SipKey key = kKey) {
    const auto index = RecordIndex::Open(path, key);
    return index ? "it opens" : index.error().text;
  };
  EXPECT_THAT(why({1, 3}), HasSubstr("another key"));
  const auto with = [&](std::size_t at, char byte) {
    std::string changed = bytes;
    changed[at] = byte;
    EXPECT_TRUE(WriteIndex(path, changed, -1));
    return why();
  };
  EXPECT_THAT(with(0, 'x'), HasSubstr("this is no record index"));
  EXPECT_THAT(with(8, 9), HasSubstr("is of version 9, and this program reads version 2; build it "
                                    "again: warifu records index --output " +
                                    path + " SCHEMA TABLE"));
  EXPECT_THAT(with(40, '\x7f'), HasSubstr("damaged"));
  EXPECT_THAT(with(bytes.size() - 1, '\x7f'), HasSubstr("this index is damaged"));
  EXPECT_THAT(with(bytes.size() / 2, static_cast<char>(bytes[bytes.size() / 2] ^ 1)),
              HasSubstr("this index is damaged"));
  ASSERT_TRUE(WriteIndex(path, bytes.substr(0, bytes.size() - 8), -1));
  EXPECT_THAT(why(), HasSubstr("this index is cut"));
  ASSERT_TRUE(WriteIndex(path, "", -1));
  EXPECT_THAT(why(), HasSubstr("too short"));
  ASSERT_TRUE(WriteIndex(path, bytes, -1));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(why(), HasSubstr("others cannot read"));
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_THAT(why(), HasSubstr("cannot open the record index"));
}

// Where the names hold a column's text, its fingerprints are left out, but not where the text was
// cut or many rows share it.
TEST_F(RecordIndexTest, TheAccountIsNotKeptTwice) {
  const auto index = Index(kTable);
  EXPECT_EQ(index->head().named_column, 2u);
  EXPECT_EQ(index->head().cells.size, 4u * 4 * 8);
  EXPECT_EQ(RowsIn(*index, "TARO 山田太郎"), Handles{"1000001"});
  EXPECT_EQ(RowsIn(*index, "1000003 jiro"), Handles{"1000003"});
  const std::string head = "number,login,password,name,born\n";
  const auto cut =
      Index(head + "1,\"" + std::string(100, 'a') + std::string(200, ' ') + "b\",,,\n");
  EXPECT_EQ(cut->head().named_column, 0u);
  std::string shared = head;
  for (int i = 0; i < 40; ++i)
    shared += std::to_string(3000 + 7 * i) + ",office,p" + std::to_string(1000 + i) + ",,\n";
  const auto weak = Index(shared);
  EXPECT_EQ(weak->head().named_column, 0u);
  EXPECT_EQ(weak->head().cells.size, 40u * 5 * 8);
  EXPECT_EQ(RowsIn(*weak, "p1003 3021"), Handles{"3021"});
}

TEST_F(RecordIndexTest, EveryChangedByteOfTheHeadShows) {
  const std::string bytes = Build(kTable).bytes;
  for (std::size_t i = 0; i < sizeof(IndexHead); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    EXPECT_FALSE(RecordIndex::FromBytes(std::move(changed), kKey)) << i;
  }
}

TEST_F(RecordIndexTest, TheKeyLiesInAFileOfItsOwn) {
  const std::string path = folder_ + "/records.key";
  EXPECT_EQ(ReadRecordKey(path).error().kind, ErrorKind::kNotFound);
  const auto made = CreateRecordKey(path);
  ASSERT_TRUE(made);
  const auto read = ReadRecordKey(path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->k0, made->k0);
  EXPECT_EQ(read->k1, made->k1);
  EXPECT_FALSE(CreateRecordKey(path));
  struct stat st{};
  ASSERT_EQ(stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640u);
  ASSERT_EQ(chmod(path.c_str(), 0660), 0);
  EXPECT_THAT(ReadRecordKey(path).error().text, HasSubstr("only its owner can write"));
  std::string key(16, '\0');
  std::memcpy(key.data(), &*made, 16);
  EXPECT_EQ(Build(kTable).bytes.find(key), std::string::npos);
}

// No cell but the handle lies in the file as it is.
TEST_F(RecordIndexTest, HoldsNoCells) {
  const std::string bytes = Build(kTable).bytes;
  for (const char* cell : {"kk10Zt6x", "p@ss", "山田", "1971"}) {
    EXPECT_EQ(bytes.find(cell), std::string::npos) << cell;
  }
}

// Any two cells of a row, a key among them, in a line of ordinary text, in any writing.
TEST_F(RecordIndexTest, EveryPlantedPairIsFound) {
  std::mt19937 random(7);
  const auto below = [&](std::size_t n) { return random() % n; };
  const std::string kSymbols = "abcdefgXYZ0123456789!#$%&()*+,-./:;<=>?@[]^_{|}~";
  const std::vector<std::string> kNames = {"山田",   "ヤマダ", "Smith",
                                           "佐々木", "ﾔﾏﾓﾄ",   "株式会社ABC"};
  std::string table = "number,login,password,name,born\n";
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 4000; ++i) {
    std::string password;
    for (std::size_t n = 6 + below(8); n > 0; --n) password += kSymbols[below(kSymbols.size())];
    rows.push_back({std::to_string(30000000 + 13 * i), "u" + std::to_string(below(1u << 30)) + "x",
                    password,
                    kNames[below(6)] + (below(2) != 0 ? " " : "") + std::to_string(i) + "号",
                    "19" + std::to_string(50 + below(50)) + "-0" + std::to_string(1 + below(9)) +
                        "-1" + std::to_string(below(10))});
    std::string quoted = password;
    for (std::size_t at = 0; (at = quoted.find('"', at)) != std::string::npos; at += 2) {
      quoted.insert(at, 1, '"');
    }
    table += rows.back()[0] + "," + rows.back()[1] + ",\"" + quoted + "\"," + rows.back()[3] + "," +
             rows.back()[4] + "\n";
  }
  const auto index = Index(table);
  const std::vector<std::string> kLines = {"お客様の情報は A と B です\n",
                                           "x,A,y,B,z\n",
                                           "ID：A　PW：B\n",
                                           "A\tB\n",
                                           "登録内容「A」「B」を確認\n",
                                           "[A] (B)\n",
                                           "A|B|\n",
                                           "Dear A, your code is B !\n"};
  int planted = 0;
  Handles missed;
  for (const auto& row : rows) {
    const std::size_t key = below(3), other = (key + 1 + below(4)) % 5;
    std::string line = kLines[below(kLines.size())];
    const bool swap = below(2) != 0;
    line.replace(line.find('B'), 1, "\x01");
    line.replace(line.find('A'), 1, row[swap ? other : key]);
    line.replace(line.find('\x01'), 1, row[swap ? key : other]);
    ++planted;
    const Handles found = RowsIn(*index, "前の行\n" + line + "次の行\n");
    if (found != Handles{row[0]}) missed.push_back(line);
  }
  EXPECT_EQ(planted, 4000);
  EXPECT_THAT(missed, ::testing::IsEmpty());
}

}  // namespace
}  // namespace warifu::scan
