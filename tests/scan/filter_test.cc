// The filters of betterleaks' rules, and rules that require others.
#include <gmock/gmock.h>

#include "scan/filter_expression.h"
#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A match of "key=SECRET" in the second line.
bool Discards(const std::string& source, bool whole = false, std::string_view secret = "abcD1234") {
  const std::string text = "provider acme\n  my-key=" + std::string(secret) + " end\nthird";
  const std::size_t match = text.find("key="), begin = match + 4;
  const auto filter = ParseFilter(source, whole);
  if (!filter) {
    ADD_FAILURE() << source << ": " << filter.error().text;
    return false;
  }
  return (*filter)->Discards(
      {text, {match, begin + secret.size()}, {begin, begin + secret.size()}, "rule", "about"});
}

TEST(Filter, ComparesEntropyAndLength) {
  EXPECT_TRUE(Discards("entropy(finding[\"secret\"]) <= 3.0"));
  EXPECT_FALSE(Discards("filter.entropy(finding[\"secret\"]) < 3.0"));
  EXPECT_TRUE(Discards("len(finding['secret']) == 8 && len(finding[`match`]) > 11"));
  EXPECT_FALSE(Discards("len(finding[\"secret\"]) + 1 != 9"));
  EXPECT_TRUE(Discards("finding[\"secret\"] == \"abcD1234\""));
  EXPECT_TRUE(Discards("max(1, 2) - min(1, 2) >= 1"));
}

TEST(Filter, MatchesAndContains) {
  EXPECT_TRUE(Discards("matchesAny(finding[\"secret\"], [`^x`, `\\d{4}$`,])"));
  EXPECT_FALSE(Discards("filter.matchesAny(finding[\"secret\"], [\n  `^\\d`\n])"));
  EXPECT_TRUE(Discards("containsAny(finding[\"secret\"], [\"zz\", \"CD12\"])"));
  EXPECT_FALSE(Discards("containsAny(finding[\"secret\"], [\".\"])"));
  EXPECT_TRUE(Discards("containsAny(finding[\"line\"], [\"my-key\"])"));
  EXPECT_FALSE(Discards("containsAny(finding[\"line\"], [\"third\", \"acme\"])"));
  EXPECT_TRUE(Discards("!matchesAny(finding[\"match\"], [\"^abcD\"])"));
}

TEST(Filter, SlicesAndVariables) {
  EXPECT_TRUE(
      Discards("// the line before the match\n"
               "let before = finding[\"fragment_raw\"][\n"
               "  max(finding[\"match_start_idx\"] - 50, finding[\"match_line_start_idx\"]):\n"
               "  finding[\"match_start_idx\"]\n];\n"
               "let prefix = filter.findMatch(before, `[\\w.-]{0,50}$`);\n"
               "prefix + finding[\"secret\"] == \"my-abcD1234\""));
  EXPECT_TRUE(
      Discards("containsAny(finding[\"fragment_raw\"]"
               "[finding[\"match_end_idx\"]:finding[\"match_line_end_idx\"]], [\" end\"])"));
  EXPECT_FALSE(Discards("containsAny(finding[\"fragment_raw\"][0 - 5:2 - 9], [\"p\"])"));
}

// What is not known to mail never discards, on either side of a negation.
TEST(Filter, UnknownDiscardsNothing) {
  for (const char* unknown :
       {"failsTokenEfficiency(finding[\"secret\"])",
        "matchesAny(get(attributes, \"path\", \"\"), [`.*`])",
        "matchesAny((attributes[\"path\"] ?? \"\"), [`.*`])", "attributes[\"git.author\"] == \"x\"",
        "attributes[\"path\"] + \"x\" != \"y\"", "len(attributes[\"path\"]) < 5"}) {
    const std::string text = unknown;
    const auto filter = ParseFilter(text, false);
    ASSERT_TRUE(filter) << text << ": " << filter.error().text;
    EXPECT_TRUE((*filter)->has_unknown()) << text;
    EXPECT_FALSE(Discards(text)) << text;
    EXPECT_FALSE(Discards("!(" + text + ")")) << text;
    EXPECT_TRUE(Discards(text + " || len(finding[\"secret\"]) == 8")) << text;
    EXPECT_FALSE(Discards("!(" + text + " && len(finding[\"secret\"]) == 8)")) << text;
    EXPECT_TRUE(Discards("!(" + text + " && len(finding[\"secret\"]) == 9)")) << text;
  }
}

TEST(Filter, PackFilterMustMatchTheWholeSecret) {
  const std::string filter = "matchesAny(finding[\"secret\"], [`(?i)^true|false|null$`])";
  EXPECT_TRUE(Discards(filter, false, "xfalsexx"));
  EXPECT_FALSE(Discards(filter, true, "xfalsexx"));
  EXPECT_TRUE(Discards(filter, true, "False"));
}

TEST(Filter, RefusesTheRestWithItsLine) {
  const auto error = [](const std::string& source) {
    const auto filter = ParseFilter(source, false);
    return filter ? "loaded" : std::to_string(filter.error().line) + ": " + filter.error().text;
  };
  EXPECT_EQ(error("true"), "0: 'true' is not known to warifu");
  EXPECT_EQ(error("len(finding[\"secret\"]) > 3 ||\n http.get(\"x\")"),
            "1: 'http' is not known to warifu");
  EXPECT_EQ(error("lower(finding[\"secret\"]) == \"x\""),
            "0: the function 'lower' is not known to warifu");
  EXPECT_EQ(error("finding[\"secrets\"] == \"x\""), "0: a finding has no 'secrets'");
  EXPECT_EQ(error("finding[\"secret\"] contains \"x\""), "0: 'contains' is not expected here");
  EXPECT_EQ(error("len(finding[\"secret\"])"), "0: the filter must be true or false");
  EXPECT_EQ(error("entropy(3) < 3"), "0: what 'entropy' takes must be a text");
  EXPECT_EQ(error("finding[\"secret\"] < 3"), "0: what is compared with it must be a text");
  EXPECT_EQ(error("matchesAny(finding[\"secret\"], [])"), "0: a text in quotes is expected");
  EXPECT_THAT(error("\n\nmatchesAny(finding[\"secret\"], [`a(?=b)`])"),
              HasSubstr("2: the regex is"));
  EXPECT_EQ(error("\"x"), "0: a text is not closed");
  EXPECT_EQ(error("\"\\x41\" == \"A\""), "0: the escape '\\x' is not known to warifu");
  EXPECT_EQ(error(std::string(100000, '!')), "0: the expression is nested too deeply");
  EXPECT_NE(error(std::string(100000, '(')), "loaded");
  EXPECT_NE(error("len(" + std::string(100000, '(')), "loaded");
}

constexpr std::string_view kPack = R"(
title = "pack"
minVersion = "v8.25.0"
betterleaksMinVersion = "v1.6.0"
prefilter = '''
matchesAny(get(attributes, "path", ""), [`\.docx?$`])
'''
filter = '''
matchesAny(finding["secret"], [`(?i)^true|false|null$`])
'''
[[rules]]
id = "key"
regex = '''key=([a-z0-9]{8})'''
keywords = ["key"]
validate = '''
let r = http.get("https://example.com", {}); r.status == 200
'''
filter = '''
entropy(finding["secret"]) <= 1.0
|| containsAny(finding["secret"], ["demo"])
'''
[[rules]]
id = "secret-of-id"
regex = '''sec_[a-z0-9]{8}'''
required = [{ id = "the-id", withinLines = 2 }]
[[rules]]
id = "the-id"
regex = '''id_[a-z0-9]{4}'''
skipReport = true
)";

TEST(Filter, PackOfBetterleaksLoads) {
  const SetPtr set = MustLoad(std::string(kPack), true);
  ASSERT_NE(set, nullptr);
  const auto found = [&](const std::string& text) { return RulesIn(ScanText(*set, text)); };
  EXPECT_THAT(found("key=k29vmq1z"), ElementsAre("key"));
  EXPECT_THAT(found("key=aaaaaaaa"), IsEmpty());
  EXPECT_THAT(found("key=demo29vm"), IsEmpty());
  EXPECT_THAT(found("key=xfalse12"), ElementsAre("key"));
  std::string dropped;
  ScanContext context;
  context.on_dropped = [&](const Dropped& d) { dropped = d.key; };
  ScanText(*set, "key=demo29vm", context);
  EXPECT_EQ(dropped, "filter");
  std::string notes;
  for (const std::string& note : set->notes()) notes += note + "\n";
  EXPECT_THAT(notes,
              AllOf(HasSubstr("rules.validate' is ignored"), HasSubstr("path allowlists are off")));
}

// A rule that requires another is silent without it; the other is never a finding itself.
TEST(Filter, RequiredRulesMustBeNear) {
  const SetPtr set = MustLoad(std::string(kPack), true);
  ASSERT_NE(set, nullptr);
  const auto found = [&](const std::string& text) { return RulesIn(ScanText(*set, text)); };
  EXPECT_THAT(found("sec_k29vmq1z"), IsEmpty());
  EXPECT_THAT(found("id_ab12"), IsEmpty());
  EXPECT_THAT(found("id_ab12 sec_k29vmq1z"), ElementsAre("secret-of-id"));
  EXPECT_THAT(found("sec_k29vmq1z\n\nid_ab12"), ElementsAre("secret-of-id"));
  EXPECT_THAT(found("sec_k29vmq1z\n\n\nid_ab12"), IsEmpty());
}

TEST(Filter, UnknownExpressionIsRefusedAtItsPlace) {
  const auto set = TryLoad(
      "[[rules]]\nid = \"a\"\nregex = '''a{4}'''\nfilter = '''\nlen(finding[\"secret\"]) > 3\n"
      "|| hash(finding[\"secret\"]) == \"x\"\n'''\n",
      true);
  ASSERT_FALSE(set);
  EXPECT_THAT(TextOf(set.error()), HasSubstr(":6: filter: the function 'hash' is not known"));
  // In warifu's own files there is no such key.
  EXPECT_THAT(TextOf(TryLoad("[[rules]]\nid = \"a\"\nregex = '''a{4}'''\nfilter = ''\n").error()),
              HasSubstr("unknown key 'rules.filter'"));
}

}  // namespace
}  // namespace warifu::scan
