// What else must stand near a match: `near`, its lines, and the account that it names.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SetPtr Pairs(const std::string& more = "") {
  return MustLoad(
      SimpleRule("pair", R"(pw=(\S{4,40}))",
                 "[rules.mail]\nnear = '''id=(\\S{1,40})'''\naccountGroup = 1\n" + more));
}

// "account>secret" of each finding.
std::vector<std::string> PairsIn(const PatternSet& set, const std::string& text) {
  const Segment segment = BodySegment(text);
  std::vector<std::string> out;
  for (const Finding& f : set.Scan({&segment, 1}, {}).findings) {
    out.push_back(f.account + ">" + segment.text.substr(f.secret.begin, f.secret.size()));
  }
  return out;
}

TEST(Near, NamesTheAccountAboveOrElseBelow) {
  const SetPtr set = Pairs();
  EXPECT_THAT(PairsIn(*set, "pw=abcdefgh"), IsEmpty());
  EXPECT_THAT(PairsIn(*set, "id=taro\n\npw=abcdefgh"), ElementsAre("taro>abcdefgh"));
  EXPECT_THAT(PairsIn(*set, "pw=abcdefgh\nid=taro\nid=jiro"), ElementsAre("taro>abcdefgh"));
  EXPECT_THAT(PairsIn(*set, "id=a\npw=secret01\nid=b\npw=secret02 pw=secret03"),
              ElementsAre("a>secret01", "b>secret02", "b>secret03"));
}

TEST(Near, EndsWithItsLines) {
  EXPECT_THAT(PairsIn(*Pairs(), "id=taro\n1\n2\n3\npw=abcdefgh"), ElementsAre("taro>abcdefgh"));
  EXPECT_THAT(PairsIn(*Pairs(), "id=taro\n1\n2\n3\n4\npw=abcdefgh"), IsEmpty());
  EXPECT_THAT(PairsIn(*Pairs("nearAbove = 0\nnearBelow = 0\n"), "id=taro\npw=abcdefgh\nid=taro"),
              IsEmpty());
  EXPECT_THAT(PairsIn(*Pairs("nearAbove = 0\n"), "id=taro pw=abcdefgh"),
              ElementsAre("taro>abcdefgh"));
  EXPECT_THAT(PairsIn(*Pairs("nearBelow = 1\n"), "pw=abcdefgh\n1\nid=taro"), IsEmpty());
  EXPECT_THAT(PairsIn(*Pairs("nearBelow = 1\n"), "pw=abcdefgh\nid=taro"),
              ElementsAre("taro>abcdefgh"));
}

TEST(Near, ReadsNoMoreThanAKilobyteOfALongLine) {
  const std::string filler(3000, 'x');
  EXPECT_THAT(PairsIn(*Pairs(), "id=taro " + filler + " pw=abcdefgh"), IsEmpty());
  std::string long_text;
  for (int i = 0; i < 1500; ++i) long_text += "\xe3\x81\x82";  // the cut falls into a kana
  EXPECT_THAT(PairsIn(*Pairs(), long_text + "id=taro pw=abcdefgh " + long_text),
              ElementsAre("taro>abcdefgh"));
}

TEST(Near, IsNotTheSecretItself) {
  const SetPtr set = MustLoad(SimpleRule(
      "pair", R"(pw=(\S{4,40}))", "[rules.mail]\nnear = '''=(\\S{1,40})'''\naccountGroup = 1\n"));
  EXPECT_THAT(PairsIn(*set, "pw=abcdefgh"), IsEmpty());
  EXPECT_THAT(PairsIn(*set, "pw=abcdefgh x=y"), ElementsAre("y>abcdefgh"));
}

// An expression of two rows takes in the row whose neighbours it is asked for; those behind stand
// all the same.
TEST(Near, IsLookedForBehindASecretThatItTookIn) {
  const SetPtr set =
      MustLoad(SimpleRule("row", R"(pw=(\S{4,40}))",
                          "[rules.mail]\nnear = '''pw=[a-z]{4}\\npw=[a-z]{4}'''\nnearBelow = 3\n"));
  EXPECT_THAT(PairsIn(*set, "pw=aaaa\npw=bbbb\npw=cccc\npw=dddd\n"),
              ElementsAre(">aaaa", ">bbbb", ">cccc", ">dddd"));
  EXPECT_THAT(PairsIn(*set, "pw=aaaa\npw=bbbb\n"), IsEmpty());
}

TEST(Near, WithoutAGroupNamesNoAccount) {
  const SetPtr set =
      MustLoad(SimpleRule("pair", R"(pw=(\S{4,40}))", "[rules.mail]\nnear = 'id='\n"));
  EXPECT_THAT(PairsIn(*set, "id=taro pw=abcdefgh"), ElementsAre(">abcdefgh"));
  EXPECT_THAT(PairsIn(*set, "taro pw=abcdefgh"), IsEmpty());
}

TEST(Near, TellsWhyAMatchWasTurnedDown) {
  std::vector<std::string> keys;
  ScanContext context;
  context.on_dropped = [&](const Dropped& d) { keys.emplace_back(d.key); };
  EXPECT_TRUE(ScanText(*Pairs(), "pw=abcdefgh", context).findings.empty());
  EXPECT_THAT(keys, ElementsAre("near"));
}

TEST(Near, RefusesWhatMakesNoSense) {
  const auto errors = [](const std::string& more) {
    const auto set = TryLoad(SimpleRule("a", "abc", "[rules.mail]\n" + more));
    return set ? std::string() : TextOf(set.error());
  };
  EXPECT_THAT(errors("near = '(?=x)'"), HasSubstr("near: the regex is not valid"));
  EXPECT_THAT(errors("near = 'x'\naccountGroup = 1"), HasSubstr("accountGroup is 1"));
  EXPECT_THAT(errors("nearAbove = 3"), HasSubstr("nearAbove needs a 'near'"));
  EXPECT_THAT(errors("near = 'x'\nnearBelow = 51"), HasSubstr("at most 50"));
}

}  // namespace
}  // namespace warifu::scan
