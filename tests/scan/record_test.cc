// [[records]]: rows of a table, by their fields.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::string Record(const std::string& fields, const std::string& more = "") {
  return "[[records]]\nid = \"row\"\nfields = [" + fields + "]\n" + more + "\n";
}

// The row of the year 2000: number, member id, password, registered, last access, and the rest.
constexpr const char* kMemberRow =
    "\"digits{4,12}\", \"login as account\", \"password{6,32} as secret\", \"datetime\", "
    "\"datetime\", \"any * 5..12\"";
constexpr const char* kHead = "1234567,jimukyoku,passpass,5/23/1998 10:00:00,3/20/2000 9:00:00,";
constexpr const char* kTail = "フリーメール事務局,goo goo,,,ただ今休暇中です。,0,3";

TEST(Records, FindTheRowOfTheYear2000OnOneLineAndFolded) {
  const SetPtr set = MustLoad(Record(kMemberRow));
  ASSERT_NE(set, nullptr);
  for (const char* fold : {"", "\n", "\r\n", "\n ", "\n> ", " \n"}) {
    const std::string text =
        "よろしくお願いします。\n# # # #\n" + std::string(kHead) + fold + kTail + "\n";
    const Segment segment = BodySegment(text, Region::kSignature);
    const ScanResult result = set->Scan({&segment, 1}, {});
    ASSERT_THAT(result.findings, SizeIs(1)) << ::testing::PrintToString(fold);
    const Finding& f = result.findings[0];
    EXPECT_EQ(segment.text.substr(f.secret.begin, f.secret.size()), "passpass");
    EXPECT_EQ(f.account, "jimukyoku");
    EXPECT_EQ(f.region, Region::kSignature);
    EXPECT_EQ(f.preview, "pa******");
  }
}

TEST(Records, FindEveryRowAndEveryDelimiter) {
  const SetPtr set = MustLoad(Record(kMemberRow));
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += std::to_string(1000000 + i) + ",user" + std::to_string(i) + ",secret" +
            std::to_string(100 + i) + ",5/23/1998 10:00:00,3/20/2000 9:00:00," +
            (i % 2 ? "\n" : "") + kTail + "\n";
  }
  EXPECT_THAT(SecretsIn(*set, text), SizeIs(20));
  EXPECT_THAT(SecretsIn(*set,
                        "7654321\thanako\tkk10Zt6x\t1999-12-01 08:05:09\t2000-03-27 23:59:59\t"
                        "署名\t\t\t\t\t0"),
              ElementsAre("kk10Zt6x"));
  EXPECT_THAT(SecretsIn(*set,
                        "\"7654321\";\"hanako\";\"kk,10Zt6x\";\"1999-12-01 08:05\";"
                        "\"2000-03-27 23:59\";\"a;b\";;;;;"),
              ElementsAre("kk,10Zt6x"));
}

TEST(Records, KeepToOneDelimiter) {
  const SetPtr set = MustLoad(Record(kMemberRow));
  EXPECT_THAT(
      SecretsIn(*set, "1234567,jimukyoku;passpass,5/23/1998 10:00:00,3/20/2000 9:00:00,,,,,,"),
      IsEmpty());
}

TEST(Records, APasswordIsTheVerbatimRun) {
  const SetPtr set =
      MustLoad(Record("\"login as account\", \"password{6,32} as secret\", \"email\""));
  EXPECT_THAT(SecretsIn(*set, "taro,a-b;c|d#e!,taro@example.jp"), ElementsAre("a-b;c|d#e!"));
  EXPECT_THAT(SecretsIn(*set, "taro,short,taro@example.jp"), IsEmpty());
  EXPECT_THAT(SecretsIn(*set, "taro," + std::string(33, 'p') + ",taro@example.jp"), IsEmpty());
}

TEST(Records, CountCharactersNotBytes) {
  const SetPtr set = MustLoad(Record("\"any{2,4}\", \"password{6,8} as secret\", \"digits{2}\""));
  EXPECT_THAT(SecretsIn(*set, "山田太郎,Nk3wq81,12"), ElementsAre("Nk3wq81"));
  EXPECT_THAT(SecretsIn(*set, "(山田太郎左衛門),Nk3wq81,123"), IsEmpty());
}

TEST(Records, OptionalRepeatedAndFreeFields) {
  const SetPtr set = MustLoad(Record(
      "\"digits{4}\", \"date optional\", \"hex{4} * 2\", \"password{6,} as secret\", \"free\""));
  EXPECT_THAT(SecretsIn(*set, "1234,,ab12,cd34,hunter22,a, b, c"), ElementsAre("hunter22"));
  EXPECT_THAT(SecretsIn(*set, "1234,令和6年4月1日,ab12,cd34,hunter22,"), ElementsAre("hunter22"));
  EXPECT_THAT(SecretsIn(*set, "1234,,ab12,hunter22,a"), IsEmpty());
}

TEST(Records, HashesAreSecretsToo) {
  const SetPtr set = MustLoad(Record("\"email as account\", \"hash as secret\""));
  EXPECT_THAT(SecretsIn(*set, "taro@example.jp,5f4dcc3b5aa765d61d8327deb882cf99"),
              ElementsAre("5f4dcc3b5aa765d61d8327deb882cf99"));
  EXPECT_THAT(SecretsIn(*set, "taro@example.jp;$6$salt$abcdefgh0123456789"),
              ElementsAre("$6$salt$abcdefgh0123456789"));
}

TEST(Records, RefuseBadSchemas) {
  const auto error = [](const std::string& fields, const std::string& more = "") {
    auto set = TryLoad(Record(fields, more));
    return set ? std::string("loaded") : TextOf(set.error());
  };
  EXPECT_THAT(error("\"digit{4}\", \"password as secret\""), HasSubstr("did you mean 'digits'?"));
  EXPECT_THAT(error("\"digits{5,4}\", \"password as secret\""), HasSubstr("counts must rise"));
  EXPECT_THAT(error("\"digits{4}\", \"password\""), HasSubstr("'as secret'"));
  EXPECT_THAT(error("\"password as secret\""), HasSubstr("at least two"));
  EXPECT_THAT(error("\"free\", \"password as secret\""), HasSubstr("must be the last field"));
  EXPECT_THAT(error("\"any * 9..2\", \"password as secret\""), HasSubstr("repeats must rise"));
  EXPECT_THAT(error("\"digits{4}\", \"password as secret optional\""), HasSubstr("must be there"));
  EXPECT_THAT(error("\"digits(4)\", \"password as secret\""), HasSubstr("expected"));
  EXPECT_THAT(error("\"digits\", \"password as secret\"", "delimiters = [\"ab\"]"),
              HasSubstr("one character"));
  EXPECT_THAT(error("\"digits\", \"password as secret\"", "delimiters = []"),
              HasSubstr("at least one"));
}

}  // namespace
}  // namespace warifu::scan
