// Lists of rows, each alone on its line, and which rows of a table count.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// "account:secret" of each finding.
std::vector<std::string> Rows(const PatternSet& set, const std::string& text) {
  const Segment segment = BodySegment(text);
  std::vector<std::string> out;
  for (const Finding& f : set.Scan({&segment, 1}, {}).findings) {
    out.push_back(f.account + ":" + segment.text.substr(f.secret.begin, f.secret.size()));
  }
  return out;
}

SetPtr Logins(const std::string& more = "", const std::string& mail = "") {
  return MustLoad(
      "[[records]]\nid = \"logins\"\nlist = true\nrows = 2\n"
      "delimiters = [\":\", \",\", \"\\t\", \"/\", \"|\"]\n"
      "fields = [\"login{2,64} as account\", \"password{4,64} as secret\"]\n" +
      more + "\n[records.mail]\nstrong = [\"mixed\"]\n" + mail);
}

constexpr const char* kThree = "taro:Nk3wq81z\nhanako:kk10Zt6x\njiro:himawari\n";

TEST(Lists, StandAloneOnTheirLines) {
  const SetPtr set = Logins();
  ASSERT_NE(set, nullptr);
  const auto three = ElementsAre("taro:Nk3wq81z", "hanako:kk10Zt6x", "jiro:himawari");
  for (const char* text :
       {kThree, "一覧です。\n\ntaro:Nk3wq81z\nhanako:kk10Zt6x\njiro:himawari\n\n以上\n",
        "> taro:Nk3wq81z\n> hanako:kk10Zt6x\n> jiro:himawari",
        "・taro : Nk3wq81z\n・hanako : kk10Zt6x\n・jiro : himawari",
        "taro / Nk3wq81z\nhanako / kk10Zt6x\njiro / himawari\n",
        "\"taro\",\"Nk3wq81z\"\n\"hanako\",\"kk10Zt6x\"\n\"jiro\",\"himawari\"\n",
        "taro\tNk3wq81z\nhanako\tkk10Zt6x\njiro\thimawari\n",
        "taro|Nk3wq81z\n----|----\nhanako|kk10Zt6x\n\njiro|himawari\n",
        "ｔａｒｏ：Ｎｋ３ｗｑ８１ｚ\nhanako：kk10Zt6x\njiro：himawari\n",
        "taro:Nk3wq81z\nto be: or not\nhanako:kk10Zt6x\njiro:himawari\n"}) {
    EXPECT_THAT(Rows(*set, text), three) << text;
  }
  for (const char* none :
       {"taro:Nk3wq81z\nhanako:himawari\n",                       // one is strong
        "taro:Nk3wq81z x\nhanako:kk10Zt6x y\njiro:himawari z\n",  // not alone
        "see taro:Nk3wq81z\nsee hanako:kk10Zt6x\nsee jiro:himawari\n",
        "taro:Nk3wq81z\nhanako,kk10Zt6x\njiro\thimawari\n",  // of one delimiter each
        "taro:Nk3wq81z\n\nHello\nWorld\n\nhanako:kk10Zt6x\njiro:himawari\n",
        "taro/Nk3wq81z\nhanako/kk10Zt6x\njiro/himawari\n",                  // paths
        "taro:himawari\nhanako:sakura\njiro:asagao\n",                      // words
        "taro:word1234\nhanako:word1235\njiro:word1236\n",                  // begin alike
        "taro:Nk3wq81z\nhanako:Nk3wq81z\njiro:Nk3wq81z\n",                  // the same
        "taro:Nk3wq81z\ntaro:kk10Zt6x\ntaro:p9Lk2mQz\ntaro:x1y2z3w4\n"}) {  // of one name
    EXPECT_THAT(Rows(*set, none), IsEmpty()) << none;
  }
}

TEST(Lists, HoldPasswordsWithTheDelimiter) {
  const SetPtr set = Logins();
  EXPECT_THAT(Rows(*set, "taro:Nk3wq81z\nhanako:kk:10Z:t6x\njiro:p9Lk2mQz\n"),
              ElementsAre("taro:Nk3wq81z", "hanako:kk:10Z:t6x", "jiro:p9Lk2mQz"));
  EXPECT_THAT(Rows(*set, "10:20:30a\n10:20:31b\n10:20:32c\n"), IsEmpty());
}

TEST(Lists, UnderAHeadingNeedOneRow) {
  const SetPtr set = Logins("header = [\"id|user\", \"pw|pass\"]");
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(Rows(*set, "user:pass\ntaro:Nk3wq81z\n"), ElementsAre("taro:Nk3wq81z"));
  EXPECT_THAT(Rows(*set, "【PW / ID】\nNk3wq81z / taro\nkk10Zt6x / hanako\n"),
              ElementsAre("taro:Nk3wq81z", "hanako:kk10Zt6x"));
  EXPECT_THAT(Rows(*set, "user:pass\n以上です\nこれで終わり\ntaro:Nk3wq81z\n"), IsEmpty());
}

TEST(Lists, OfTwoThatFindTheSameTheFirstTells) {
  const std::string list = "list = true\ndelimiters = [\":\"]\nrows = 2\n";
  const SetPtr set =
      MustLoad("[[records]]\nid = \"mails\"\n" + list +
               "fields = [\"email as account\", \"password as secret\"]\n[records.mail]\nstrong = "
               "[\"mixed\"]\n[[records]]\nid = \"logins\"\n" +
               list + "fields = [\"login as account\", \"password as secret\"]\n");
  const auto rules = [&](const char* text) { return RulesIn(ScanText(*set, text)); };
  EXPECT_THAT(rules("taro@example.jp:Nk3wq81z\nhanako@example.jp:kk10Zt6x\n"),
              ElementsAre("mails", "mails"));
  // What the first turns down, the second may tell.
  EXPECT_THAT(rules("taro@example.jp:himawari\nhanako@example.jp:sakura\n"),
              ElementsAre("logins", "logins"));
}

TEST(Lists, KeepUrlsTogether) {
  const SetPtr set = MustLoad(
      "[[records]]\nid = \"urls\"\nlist = true\ndelimiters = [\":\", \" \"]\n"
      "fields = [\"url\", \"email as account\", \"password as secret\"]\n");
  for (const char* text : {"https://a.example.jp/x:taro@example.jp:Nk3wq81z",
                           "https://a.example.jp:8443/:taro@example.jp:Nk3wq81z",
                           "https://a.example.jp  taro@example.jp  Nk3wq81z"}) {
    EXPECT_THAT(Rows(*set, text), ElementsAre("taro@example.jp:Nk3wq81z")) << text;
  }
  EXPECT_THAT(Rows(*set, "a.example.jp:taro@example.jp:Nk3wq81z"), IsEmpty());
}

TEST(Lists, MostRowsOfWhichAreTurnedDownAreNone) {
  const SetPtr set = Logins("", "validate = [\"!date\"]\n");
  EXPECT_THAT(Rows(*set, kThree), SizeIs(3));
  EXPECT_THAT(Rows(*set, std::string(kThree) + "a1:2024-01-01\na2:2024-01-02\n"), SizeIs(3));
  EXPECT_THAT(Rows(*set, std::string(kThree) +
                             "a1:2024-01-01\na2:2024-01-02\na3:2024-01-03\na4:2024-01-04\n"),
              IsEmpty());
}

TEST(Tables, OneWeakPasswordSilencesNone) {
  const SetPtr set = MustLoad(
      "[[records]]\nid = \"table\"\nfields = [\"any as account optional\", \"password as "
      "secret\"]\n"
      "header = [\"login|id|name\", \"password\"]\nrows = 0\n[[records.allowlists]]\nregexes = "
      "['^allowed']\n[records.mail]\nvalidate = [\"not-placeholder\"]\nstrong = [\"mixed\"]\n");
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(Rows(*set, "login,password\ntaro,himawari\nhanako,12345678\njiro,Nk3wq81z\n"),
              ElementsAre("taro:himawari", "hanako:12345678", "jiro:Nk3wq81z"));
  EXPECT_THAT(Rows(*set, "login,password\ntaro,himawari\nhanako,sakura\n"), IsEmpty());
  // A third at least is strong.
  EXPECT_THAT(Rows(*set, "login,password\na,himawari\nb,sakura\nc,asagao\nd,Nk3wq81z\n"),
              IsEmpty());
  // Masked cells are no secrets, and what an allowlist exempts is none.
  EXPECT_THAT(Rows(*set, "login,password\ntaro,********\nhanako,xxxxxxxx\njiro,●●●●\n"), IsEmpty());
  EXPECT_THAT(Rows(*set, "login,password\ntaro,****\nhanako,allowed1\njiro,Nk3wq81z\nsiro,\n"),
              ElementsAre("jiro:Nk3wq81z"));
  // Tables are judged one by one.
  EXPECT_THAT(Rows(*set, "id;password\na;himawari\n\nlogin,password\njiro,Nk3wq81z\n"),
              ElementsAre("jiro:Nk3wq81z"));
  // Statements for one row each are one table, and so are objects.
  EXPECT_THAT(Rows(*set,
                   "INSERT INTO m (login, password) VALUES ('taro', 'himawari');\n"
                   "INSERT INTO m (login, password) VALUES ('jiro', 'Nk3wq81z');\n"),
              SizeIs(2));
  EXPECT_THAT(Rows(*set,
                   "{\"login\":\"taro\",\"password\":\"himawari\"}\n"
                   "{\"login\":\"jiro\",\"password\":\"Nk3wq81z\"}\n"),
              SizeIs(2));
  // Of several columns for one field the name that is stated first counts.
  EXPECT_THAT(Rows(*set, "name,id,password,login\nYamada,1,Nk3wq81z,taro\n"),
              ElementsAre("taro:Nk3wq81z"));
  // A row is no heading.
  EXPECT_THAT(Rows(*set, "password\t1:4.13\nlibfoo2x\t1.2\nlibbar3y\t1.3\n"), IsEmpty());
  EXPECT_THAT(Rows(*set, "{\"login\":\"taro\",\"password\":\"Nk3wq81z\"}"),
              ElementsAre("taro:Nk3wq81z"));
}

TEST(Tables, AskForRowsUnderAHeading) {
  const SetPtr set = MustLoad(
      "[[records]]\nid = \"accounts\"\nfields = [\"any\", \"digits{7} as secret\"]\nheader = "
      "[\"銀行名\", \"口座番号\"]\nrows = 0\nheaded = 2\n");
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(Rows(*set, "銀行名,口座番号\nワリフ,1234567\n"), IsEmpty());
  EXPECT_THAT(Rows(*set, "銀行名,口座番号\nワリフ,1234567\n和利,7654321\n"), SizeIs(2));
  EXPECT_THAT(Rows(*set, "銀行名,口座番号\nワリフ,1234567\n\n銀行名,口座番号\n和利,7654321\n"),
              IsEmpty());
}

TEST(Tables, GroupedNumbersAreCells) {
  const SetPtr set = MustLoad(
      "[[records]]\nid = \"numbers\"\nfields = [\"number{12} as secret\"]\nheader = "
      "[\"個人番号\"]\n"
      "rows = 0\n");
  EXPECT_THAT(
      Rows(*set,
           "名,個人番号\na,123456789018\nb,1234-5678-9018\nc,1234 5678 9018\nd,1234--56789018\n"
           "e,12345678901\nf,-123456789018\n"),
      SizeIs(3));
}

TEST(Tables, TheirKeysAreChecked) {
  const auto error = [](const std::string& keys) {
    auto set =
        TryLoad("[[records]]\nid = \"r\"\nfields = [\"login\", \"password as secret\"]\n" + keys);
    return set ? std::string("loaded") : TextOf(set.error());
  };
  EXPECT_EQ(error("list = true\n"), "loaded");
  EXPECT_THAT(error("list = 1\n"), HasSubstr("list"));
  EXPECT_THAT(error("headed = 2\n"), HasSubstr("there is no header"));
  EXPECT_THAT(error("lists = true\n"), HasSubstr("did you mean 'list'?"));
  EXPECT_THAT(error("[records.mail]\nstrong = [\"mixd\"]\n"), HasSubstr("did you mean 'mixed'?"));
  EXPECT_THAT(error("[[records.allowlists]]\nregexs = [\"x\"]\n"),
              HasSubstr("did you mean 'regexes'?"));
  EXPECT_THAT(error("[[records.allowlists]]\nregexes = [\"(\"]\n"), HasSubstr("allowlist"));
  const auto rule = TryLoad("[[rules]]\nid = \"r\"\nregex = 'abc'\n[rules.mail]\nstrong = []\n");
  EXPECT_FALSE(rule) << "of records alone";
}

TEST(Lists, HostileTextTakesNoTime) {
  const SetPtr set = Logins("header = [\"id|user\", \"pw|pass\"]");
  for (const char* piece : {":", "a:b\n", "a:\"", "\n:", "id:pw\n", "id:pw", "://", "a://b:1/",
                            "\"\n", "/ ", "a / ", "|\n", "・", "> ", "a:Nk3wq81z\n", "-|-\n"}) {
    std::string text;
    while (text.size() < 300000) text += piece;
    Rows(*set, text);
  }
}

}  // namespace
}  // namespace warifu::scan
