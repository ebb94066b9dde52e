// Where a value ends, and `trim` of a rule: the mask and the fingerprint take the password alone.
#include "scan/value_end.h"

#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;

// The value that begins at '^' in the text, of which a rule took all up to the next blank.
std::string ValueIn(std::string text) {
  const std::size_t begin = text.find('^');
  text.erase(begin, 1);
  const std::size_t end = std::min(text.find_first_of(" \n", begin), text.size());
  const Span value = ValueOf(text, {begin, end});
  EXPECT_EQ(value.begin, begin);
  return text.substr(value.begin, value.size());
}

TEST(ValueEnd, EndsAtTheQuoteOrBracketThatHoldsIt) {
  EXPECT_EQ(ValueIn(R"({"password":"^kk10Zt6x","user":"taro"})"), "kk10Zt6x");
  EXPECT_EQ(ValueIn(R"("{\"password\":\"^kk10Zt6x\",\"a\":1}")"), "kk10Zt6x");
  EXPECT_EQ(ValueIn("password='^kk10;Zt6x';"), "kk10;Zt6x");
  EXPECT_EQ(ValueIn("(^kk10(Zt)6x)."), "kk10(Zt)6x");
  EXPECT_EQ(ValueIn("`^kk10Zt6x`,"), "kk10Zt6x");
}

TEST(ValueEnd, EndsBeforeTheNextMember) {
  EXPECT_EQ(ValueIn("Uid=sa;Pwd=^kk10Zt6x;Database=shop"), "kk10Zt6x");
  EXPECT_EQ(ValueIn("a?password=^kk10Zt6x&user=taro"), "kk10Zt6x");
  EXPECT_EQ(ValueIn("PW:^kk10Zt6x,ID:taro"), "kk10Zt6x");
  EXPECT_EQ(ValueIn("pass:^kk10Zt6x\",\"user\":1"), "kk10Zt6x");
}

TEST(ValueEnd, DropsTheSignsOfTheSentence) {
  EXPECT_EQ(ValueIn("is ^kk10Zt6x."), "kk10Zt6x");
  EXPECT_EQ(ValueIn("is ^kk10Zt6x);"), "kk10Zt6x");
  EXPECT_EQ(ValueIn("is ^kk10Zt6x\","), "kk10Zt6x");
}

TEST(ValueEnd, KeepsSignsThatAreThePasswords) {
  EXPECT_EQ(ValueIn("is ^k,k1;0Z&t6x!"), "k,k1;0Z&t6x!");
  EXPECT_EQ(ValueIn("is ^kk10(Zt6x)"), "kk10(Zt6x)");
  EXPECT_EQ(ValueIn("is ^kk=10:Zt6x?"), "kk=10:Zt6x?");
  EXPECT_EQ(ValueIn("is ^kk10\"Zt6x"), "kk10\"Zt6x");
}

TEST(ValueEnd, SomethingIsAlwaysLeft) {
  EXPECT_EQ(ValueIn("is ^;;;;"), ";");
  EXPECT_EQ(ValueIn("\"^\"\"\""), "\"");
  EXPECT_EQ(ValueIn("is ^)"), ")");
}

TEST(ValueEnd, ARuleThatTrimsFindsEachOfALine) {
  const auto set = MustLoad(R"toml(
[[rules]]
id = "a"
regex = '(?:pass)"?[:=]"?([!-~]{4,60})'
[[rules.allowlists]]
regexes = ['^[a-z]+\);$']
[rules.mail]
trim = true
)toml");
  EXPECT_THAT(SecretsIn(*set, R"([{"pass":"wq81Nk3z"},{"pass":"kk10Zt6x","n":2}])"),
              ElementsAre("wq81Nk3z", "kk10Zt6x"));
  // The allowlists see both forms.
  EXPECT_THAT(SecretsIn(*set, "pass=word); pass=sunny)"), ElementsAre("sunny"));
}

}  // namespace
}  // namespace warifu::scan
