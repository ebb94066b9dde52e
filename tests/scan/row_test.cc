// Rows of tables in every form they come in.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Record(const std::string& keys) {
  return "[[records]]\nid = \"row\"\n" + keys + "\n";
}

// "account:secret" of each finding.
std::vector<std::string> Rows(const PatternSet& set, const std::string& text) {
  const Segment segment = BodySegment(text);
  std::vector<std::string> out;
  for (const Finding& f : set.Scan({&segment, 1}, {}).findings) {
    out.push_back(f.account + ":" + segment.text.substr(f.secret.begin, f.secret.size()));
  }
  return out;
}

constexpr const char* kPlain =
    R"(fields = ["digits{4,8}", "login as account", "password{6,32} as secret", "email"])";
// Columns by name, in any order; without names three rows are asked for.
constexpr const char* kNamed = R"(
fields = ["login as account", "password{4,32} as secret", "date optional"]
header = ["会員ID|login|uid", "パスワード|password|userPassword", "登録日|created"]
rows = 3)";

TEST(Rows, StandInEveryDelimiter) {
  const SetPtr set = MustLoad(Record(kPlain));
  ASSERT_NE(set, nullptr);
  for (const char* row :
       {"10023,taro,Nk3wq81z,taro@example.jp", "10023\ttaro\tNk3wq81z\ttaro@example.jp",
        "10023;taro;Nk3wq81z;taro@example.jp", "10023|taro|Nk3wq81z|taro@example.jp",
        "| 10023 | taro | Nk3wq81z | taro@example.jp |",
        "10023 | taro | Nk3wq81z | taro@example.jp",
        "\"10023\",\"taro\",\"Nk3wq81z\",\"taro@example.jp\"",
        "'10023','taro','Nk3wq81z','taro@example.jp'", "> 10023, taro, Nk3wq81z, taro@example.jp",
        "会員: 10023,taro,Nk3wq81z,taro@example.jp です。",
        "No.\"10023\",taro,Nk3wq81z,\"taro@example.jp\" (退会)",
        "x,y,10023,taro,Nk3wq81z,taro@example.jp,z", "10023,\ntaro,\nNk3wq81z,\ntaro@example.jp",
        "> 10023,taro,\n> > Nk3wq81z,taro@example.jp",
        "１００２３，ｔａｒｏ，Ｎｋ３ｗｑ８１ｚ，ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ"}) {
    EXPECT_THAT(Rows(*set, row), ElementsAre("taro:Nk3wq81z")) << row;
  }
  for (const char* none :
       {"10023,taro;Nk3wq81z,taro@example.jp", "10023,taro,Nk3wq81z",
        "100231234,taro,Nk3wq81z,taro@example.jp", "A10023,taro,Nk3wq81z,taro@example.jp",
        "10023,taro,Nk3wq81z,taro@example", "10023,taro,\n\nNk3wq81z,taro@example.jp",
        "10023,taro,Nk3 wq81z,taro@example.jp"}) {
    EXPECT_THAT(Rows(*set, none), IsEmpty()) << none;
  }
}

TEST(Rows, OptionalCellsMayBeEmptyAtEachPlaceAndDelimiter) {
  const std::vector<std::string> cells = {"1024", "taro", "Nk3wq81z", "2011-05-01", "1"};
  for (const char* delimiter : {",", "\t", ";", "|"}) {
    for (const std::size_t optional : {0u, 1u, 3u, 4u}) {
      std::vector<std::string> types = {"digits{4}", "name", "password{8} as secret", "date",
                                        "digits{1}"};
      types[1] = "login";
      types[optional] += " optional";
      std::string fields;
      for (const std::string& type : types)
        fields += (fields.empty() ? "\"" : ", \"") + type + "\"";
      const SetPtr set = MustLoad(Record("fields = [" + fields + "]"));
      ASSERT_NE(set, nullptr);
      for (const char* empty : {"", "\"\"", "''", " ", "NULL", "\\N"}) {
        std::vector<std::string> row = cells;
        for (const bool absent : {false, true}) {
          if (absent) row[optional] = empty;
          std::string text;
          for (const std::string& cell : row) text += (&cell == &row[0] ? "" : delimiter) + cell;
          EXPECT_THAT(SecretsIn(*set, text + "\n"), ElementsAre("Nk3wq81z"))
              << text << " of " << fields;
        }
      }
      std::vector<std::string> row = cells;
      row[optional] = "*";
      std::string text = "x" + std::string(delimiter) + row[0];
      for (std::size_t i = 1; i < row.size(); ++i) text += delimiter + row[i];
      if (optional > 0) {
        EXPECT_THAT(SecretsIn(*set, text), IsEmpty()) << text;
      }
    }
  }
}

TEST(Rows, QuotedCellsHoldDelimitersQuotesAndLineFeeds) {
  const SetPtr set = MustLoad(
      Record(R"(fields = ["digits{4}", "any", "password{6,32} as secret", "email as account"])"));
  EXPECT_THAT(Rows(*set, "1024,\"Yamada, \"\"Taro\"\"\",\"a,b\"\"c,d\",t@example.jp"),
              ElementsAre("t@example.jp:a,b\"\"c,d"));
  EXPECT_THAT(Rows(*set, "1024,'O''Neil, T','it''s,1',t@example.jp"),
              ElementsAre("t@example.jp:it''s,1"));
  EXPECT_THAT(
      Rows(*set,
           "1024,\"東京都\n千代田区, 1-1\n\",abc123,t@example.jp\n1025,x,def456,u@example.jp"),
      ElementsAre("t@example.jp:abc123", "u@example.jp:def456"));
  EXPECT_THAT(Rows(*set, R"(1024,"a\"b,c","x\"y,z1",t@example.jp)"),
              ElementsAre("t@example.jp:x\\\"y,z1"));
  // A quote that does not close is a character.
  EXPECT_THAT(Rows(*set, "1024,\"x,abc123,t@example.jp"), ElementsAre("t@example.jp:abc123"));
  EXPECT_THAT(Rows(*set, "1024,x,'abc123,t@example.jp"), ElementsAre("t@example.jp:'abc123"));
}

TEST(Rows, SeveralRowsAreAskedForInOnePart) {
  const SetPtr set =
      MustLoad(Record("fields = [\"login as account\", \"password{6,32} as secret\"]\nrows = 3"));
  EXPECT_THAT(Rows(*set, "taro,Nk3wq81z\nhanako,kk10Zt6x\n"), IsEmpty());
  EXPECT_THAT(Rows(*set, "taro,Nk3wq81z\nhanako,kk10Zt6x\n\njiro,p9Lk2mQz\n"),
              ElementsAre("taro:Nk3wq81z", "hanako:kk10Zt6x", "jiro:p9Lk2mQz"));
  std::vector<Segment> parts;
  for (const char* row : {"taro,Nk3wq81z", "hanako,kk10Zt6x", "jiro,p9Lk2mQz"}) {
    parts.push_back(BodySegment(row));
  }
  EXPECT_THAT(set->Scan(parts, {}).findings, IsEmpty());
}

TEST(Rows, AHeadingNamesColumnsInAnyOrder) {
  const SetPtr set = MustLoad(Record(kNamed));
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(Rows(*set, "会員ID,パスワード\ntaro,1234\n"), ElementsAre("taro:1234"));
  EXPECT_THAT(Rows(*set,
                   "No\t氏名\tパスワード\t登録日\t会員ID\n1\t山田 "
                   "太郎\tNk3w\t2011/5/1\ttaro\n2\t山田 花子\tkk10\t\thanako\n"),
              ElementsAre("taro:Nk3w", "hanako:kk10"));
  EXPECT_THAT(
      Rows(*set, "| Login | Password |\n|-------|:------:|\n| taro  | Nk3w |\n\n| x | yyyy |\n"),
      ElementsAre("taro:Nk3w"));
  EXPECT_THAT(Rows(*set, " login  | password \n--------+----------\n taro   | Nk3w\n(1 row)\n"),
              ElementsAre("taro:Nk3w"));
  EXPECT_THAT(Rows(*set,
                   "> \"login\",\"memo\",\"PASSWORD\"\n> \"taro\",\"a\nb\",\"Nk3w\"\n> "
                   "\"jiro\",\"\",\"p9Lk\"\n"),
              ElementsAre("taro:Nk3w", "jiro:p9Lk"));
  // The date's column is named, and holds none.
  EXPECT_THAT(Rows(*set, "会員ID,パスワード,登録日\ntaro,Nk3w,明日\n"), IsEmpty());
  // A heading by itself, and one that lacks the password.
  EXPECT_THAT(Rows(*set, "会員ID,パスワード\n"), IsEmpty());
  EXPECT_THAT(Rows(*set, "会員ID,氏名\ntaro,yamada\n"), IsEmpty());
  // Without names three rows are asked for.
  EXPECT_THAT(Rows(*set, "taro,Nk3w,\nhanako,kk10,"), IsEmpty());
  EXPECT_THAT(Rows(*set, "taro,Nk3w,\nhanako,kk10,2011-05-01\njiro,p9Lk,\n"), SizeIs(3));
}

TEST(Rows, UnderAHeadingAlone) {
  const SetPtr set = MustLoad(Record(
      "fields = [\"password{4,32} as secret\"]\nheader = [\"パスワード|password\"]\nrows = 0"));
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(Rows(*set, "氏名,パスワード\n山田,Nk3wq81z\n鈴木,kk10Zt6x\n"),
              ElementsAre(":Nk3wq81z", ":kk10Zt6x"));
  EXPECT_THAT(Rows(*set, "山田,Nk3wq81z\n鈴木,kk10Zt6x\n"), IsEmpty());
}

TEST(Rows, InSqlStatements) {
  const SetPtr set = MustLoad(Record(kPlain) + "[[records]]\nid = \"named\"\n" + kNamed + "\n");
  EXPECT_THAT(Rows(*set,
                   "INSERT INTO t VALUES "
                   "(10023,'taro','Nk3''wq,81z','taro@example.jp'),(10024,'jiro',N'p9\\'Lk2','j@"
                   "example.jp');"),
              ElementsAre("taro:Nk3''wq,81z", "jiro:p9\\'Lk2"));
  EXPECT_THAT(Rows(*set,
                   "INSERT INTO `m` (`id`, `password`, `mail`, `login`) "
                   "VALUES\n(1,'Nk3w',NULL,'taro'),\n(2,'kk10',now(),'hanako');\n"),
              ElementsAre("taro:Nk3w", "hanako:kk10"));
  EXPECT_THAT(
      Rows(*set, "COPY public.m (login, password) FROM stdin;\ntaro\tNk3w\njiro\tp9Lk\n\\.\n"),
      ElementsAre("taro:Nk3w", "jiro:p9Lk"));
  EXPECT_THAT(Rows(*set, "INSERT INTO m (login, password) VALUES (?, ?)"), IsEmpty());
}

TEST(Rows, InJson) {
  const SetPtr set = MustLoad(Record(kPlain) + "[[records]]\nid = \"named\"\n" + kNamed + "\n");
  EXPECT_THAT(
      Rows(
          *set,
          R"([{"login":"taro","n":{"a":[1]},"password":"Nk3w"},{"password":"kk10","login":"hanako"}])"),
      ElementsAre("taro:Nk3w", "hanako:kk10"));
  EXPECT_THAT(Rows(*set,
                   "{\n  \"users\": [\n    {\n      \"会員ID\": \"taro\",\n      \"パスワード\": "
                   "\"Nk3w\"\n    }\n  ]\n}\n"),
              ElementsAre("taro:Nk3w"));
  EXPECT_THAT(
      Rows(*set, R"({"\u4f1a\u54e1ID":"taro","\u30d1\u30b9\u30ef\u30fc\u30c9":"Nk\u0033w"})"),
      ElementsAre("taro:Nk\\u0033w"));
  EXPECT_THAT(
      Rows(
          *set,
          R"([[10023, "taro", "Nk3wq81z", "taro@example.jp"], [10024, "jiro", "a\"b,c1", "j@example.jp"]])"),
      ElementsAre("taro:Nk3wq81z", "jiro:a\\\"b,c1"));
  EXPECT_THAT(Rows(*set, R"({"login":"taro","password":null})"), IsEmpty());
  EXPECT_THAT(Rows(*set, R"({"login":"taro","password":"Nk3w")"), IsEmpty());
  EXPECT_THAT(Rows(*set, R"(10023,taro,Nk3wq81z,taro@example.jp,{"a":1})"),
              ElementsAre("taro:Nk3wq81z"));
}

TEST(Rows, InLdif) {
  const SetPtr set = MustLoad(Record(kNamed));
  EXPECT_THAT(Rows(*set,
                   "dn: uid=taro,ou=people\nobjectClass: account\nuid: taro\nuserPassword:: "
                   "TmszdzEyMzQ=\n\ndn: uid=jiro\nuid: jiro\nuserPassword: p9\n Lk2m\n"),
              SizeIs(2));
  EXPECT_THAT(Rows(*set, "dn: uid=taro,ou=people\nuid: taro\nmail: taro@example.jp\n"), IsEmpty());
}

TEST(Rows, RefuseBadKeys) {
  const auto error = [](const std::string& keys) {
    auto set = TryLoad(Record(keys));
    return set ? std::string("loaded") : TextOf(set.error());
  };
  const std::string fields = "fields = [\"login as account\", \"password as secret\"]\n";
  EXPECT_THAT(error(fields + "header = [\"id\"]"), HasSubstr("one entry for each field"));
  EXPECT_THAT(error(fields + "header = [\"id\", \"\"]"), HasSubstr("column 'secret' needs a name"));
  EXPECT_THAT(error(fields + "rows = 0"), HasSubstr("there is no header"));
  EXPECT_THAT(error(fields + "rows = -1"), HasSubstr("rows"));
  EXPECT_THAT(error(fields + "row = 3"), HasSubstr("did you mean 'rows'?"));
  EXPECT_THAT(error("fields = [\"digits * 0..64\", \"password as secret\"]"),
              HasSubstr("at most 63"));
  EXPECT_THAT(error("fields = [\"any * 0..2\", \"password as secret\"]"),
              HasSubstr("at least two cells"));
  EXPECT_THAT(error("fields = [\"password as secret\"]\nheader = [\"pw\"]\nrows = 0"), "loaded");
}

TEST(Rows, OfAWholeTableAreCountedFromTheHundredthOn) {
  const SetPtr set = MustLoad(Record(kPlain));
  std::string text;
  for (int i = 0; i < 30000; ++i) {
    text += std::to_string(100000 + i) + ",taro" + std::to_string(i / 2) + ",Nk3wq" +
            std::to_string(i) + ",taro@example.jp\n";
  }
  const Segment segment = BodySegment(text);
  const ScanResult result = set->Scan({&segment, 1}, {});
  EXPECT_THAT(result.faults, IsEmpty());
  ASSERT_THAT(result.findings, SizeIs(101));
  EXPECT_EQ(result.findings[0].rows, 1u);
  EXPECT_EQ(result.findings[0].account, "taro0");
  const Finding& rest = result.findings[100];
  EXPECT_EQ(rest.rows, 29900u);
  EXPECT_EQ(rest.accounts, 15000u);
  EXPECT_EQ(rest.account, "");
  EXPECT_EQ(rest.preview, "Nk******");
  EXPECT_EQ(segment.text.substr(rest.secret.begin, 8), "Nk3wq100");
  EXPECT_TRUE(segment.text.substr(0, rest.secret.end).ends_with("Nk3wq29999"));
  EXPECT_EQ(rest.content.end, rest.secret.end);
}

TEST(Rows, ThatStandForManyAreOnesOnlyWhereAllAre) {
  const SetPtr set = MustLoad(
      "[[rules]]\nid = \"r\"\nregex = \'\'\'user=(\\w*);pw=(\\S+)\'\'\'\nsecretGroup = 2\n"
      "[rules.mail]\naccountGroup = 1\n");
  const auto account_of_rest = [&](std::string_view other) {
    std::string text;
    for (int i = 0; i < 150; ++i) {
      text +=
          "user=" + std::string(i == 120 ? other : "taro") + ";pw=Nk3wq" + std::to_string(i) + "\n";
    }
    const Segment segment = BodySegment(text);
    const ScanResult result = set->Scan({&segment, 1}, {});
    EXPECT_EQ(result.findings.back().rows, 50u);
    return result.findings.back().account;
  };
  EXPECT_EQ(account_of_rest("taro"), "taro");
  EXPECT_EQ(account_of_rest("hanako"), "");
  EXPECT_EQ(account_of_rest(""), "") << "nobody's record is not his who is named beside it";
}

TEST(Rows, HostileTextTakesNoTime) {
  const SetPtr set = MustLoad(Record(kPlain) + "[[records]]\nid = \"named\"\n" + kNamed + "\n");
  for (const char* piece : {",\"",
                            ",'",
                            "\",\n",
                            "(a",
                            "(\"",
                            "('",
                            "{\"",
                            "[{\"a\":",
                            "[",
                            "{\"a\\",
                            "dn: x\n",
                            "a,b,\n",
                            "1,\n",
                            "(1,(",
                            "1024,",
                            "a@",
                            "2011-05-01\n,",
                            "login,password\n",
                            "(login,password) values (1,",
                            "\"\"",
                            ",\"\\\"",
                            " ",
                            "|",
                            "\\,"}) {
    std::string text;
    while (text.size() < 300000) text += piece;
    Rows(*set, text);
  }
}

}  // namespace
}  // namespace warifu::scan
