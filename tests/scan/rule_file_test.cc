// Reading rule files: what is refused, with which place, and that all errors come at once.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <chrono>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Loads, expects failure, and returns the errors' text.
std::string ErrorsOf(const std::string& toml, bool foreign = false) {
  auto set = TryLoad(toml, foreign);
  if (set) {
    ADD_FAILURE() << "loaded: " << toml;
    return "";
  }
  return TextOf(set.error());
}

TEST(RuleFile, NamesFileLineAndColumnOfAnUnknownKey) {
  auto set = TryLoad("[[rules]]\nid = \"a\"\nregex = 'abc'\n  keyword = [\"a\"]\n");
  ASSERT_FALSE(set);
  ASSERT_THAT(set.error(), SizeIs(1));
  const Error& e = set.error()[0];
  EXPECT_EQ(e.place.line, 4);
  EXPECT_EQ(e.place.column, 3);
  EXPECT_THAT(e.place.file, HasSubstr("rules.toml"));
  EXPECT_THAT(e.text, HasSubstr("did you mean 'keywords'?"));
}

TEST(RuleFile, BringsAllErrorsOfAllFilesAtOnce) {
  const TempDir dir;
  dir.Write("a.toml", "[[rules]]\nid = \"a\"\nregex = '(?=x)y'\nentropi = 3\n");
  dir.Write("b.toml", "[[rules]]\nid = \"b\"\n");
  dir.Write("c.toml", "[[rules]\n");
  dir.Write("ignored.txt", "nonsense");
  LoadOptions options;
  options.sources = {{dir.path(), false}, {dir.path() + "/absent.toml", false}};
  auto set = Load(options);
  ASSERT_FALSE(set);
  const std::string text = TextOf(set.error());
  EXPECT_THAT(text, HasSubstr("a.toml:3:9: rule 'a': the regex is not valid"));
  EXPECT_THAT(text, HasSubstr("a.toml:4:1: unknown key 'rules.entropi' (did you mean 'entropy'?)"));
  EXPECT_THAT(text, HasSubstr("b.toml:1:1: a rule needs a regex"));
  EXPECT_THAT(text, HasSubstr("c.toml:1"));
  EXPECT_THAT(text, HasSubstr("absent.toml: cannot open"));
}

// A pipe among the rules blocked the start and every reload, until somebody wrote to it.
TEST(RuleFile, APipeIsRefusedAndNotWaitedFor) {
  const TempDir dir;
  ASSERT_EQ(mkfifo((dir.path() + "/a.toml").c_str(), 0600), 0);
  LoadOptions options;
  options.sources = {{dir.path(), false}};
  const auto set = Load(options);
  ASSERT_FALSE(set);
  EXPECT_THAT(set.error()[0].ToString(), HasSubstr("a.toml: not a regular file"));
}

TEST(RuleFile, RefusesWrongTypesAndWords) {
  const auto rule = [](const std::string& more) { return SimpleRule("a", "abc", more); };
  EXPECT_THAT(ErrorsOf(rule("entropy = \"3\"")), HasSubstr("must be a number"));
  EXPECT_THAT(ErrorsOf(rule("keywords = \"a\"")), HasSubstr("must be a list of strings"));
  EXPECT_THAT(ErrorsOf(rule("keywords = [1]")), HasSubstr("must hold only strings"));
  EXPECT_THAT(ErrorsOf(rule("keywords = [\"\"]")), HasSubstr("empty keyword"));
  EXPECT_THAT(ErrorsOf(rule("secretGroup = -1")), HasSubstr("whole number"));
  EXPECT_THAT(ErrorsOf(rule("secretGroup = 2")),
              HasSubstr("secretGroup is 2, but the regex has 0"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\naccountGroup = 1")), HasSubstr("accountGroup is 1"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nregions = [\"signatur\"]")),
              HasSubstr("did you mean 'signature'?"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nseverity = \"hihg\"")), HasSubstr("'high'"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\naction = \"discard\"")), HasSubstr("no action"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\naction = \"accept\"")), HasSubstr("no action"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nsample = 1.5")), HasSubstr("0.0 to 1.0"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nsample = nan")), HasSubstr("0.0 to 1.0"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nuntil = \"soon\"")), HasSubstr("must be a date"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nvalidate = [\"lunh\"]")), HasSubstr("'luhn'"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nvalidate = [\"!lunh\"]")), HasSubstr("'!lunh'"));
  EXPECT_THAT(ErrorsOf(rule("[rules.mail]\nvalidate = [\"!\"]")), HasSubstr("no validator"));
  EXPECT_THAT(ErrorsOf("[[rules]]\nid = \"bad id\"\nregex = 'x1'\n"), HasSubstr("made of letters"));
  EXPECT_THAT(ErrorsOf("[[rules]]\nregex = 'x1'\n"), HasSubstr("needs an id"));
  EXPECT_THAT(ErrorsOf("rules = 3\n"), HasSubstr("array of tables"));
  EXPECT_THAT(ErrorsOf(rule("[[rules.allowlists]]\ncondition = \"XOR\"")), HasSubstr("condition"));
  EXPECT_THAT(ErrorsOf(rule("[[rules.allowlists]]\nregexes = ['(']")), HasSubstr("allowlist:"));
}

TEST(RuleFile, ExplainsWhatRe2LeavesOut) {
  const auto explain = [](const std::string& regex) { return ErrorsOf(SimpleRule("a", regex)); };
  EXPECT_THAT(explain("foo(?=bar)"), HasSubstr("no look-ahead"));
  EXPECT_THAT(explain("foo(?!bar)"), HasSubstr("no look-ahead"));
  EXPECT_THAT(explain("(?<=foo)bar"), HasSubstr("no look-behind"));
  EXPECT_THAT(explain("(?<!foo)bar"), HasSubstr("no look-behind"));
  EXPECT_THAT(explain("(a+)\\1"), HasSubstr("no back-references"));
  EXPECT_THAT(explain("a++b"), HasSubstr("no possessive"));
  EXPECT_THAT(explain("(?>a+)b"), HasSubstr("no atomic groups"));
  EXPECT_THAT(explain("a{1,2000}"), HasSubstr("at most 1000"));
  EXPECT_THAT(explain("(?:a{1,500}b){1,50}"), HasSubstr("multiplied"));
  EXPECT_THAT(explain("a\\Cb"), HasSubstr("half a character"));
  EXPECT_THAT(explain("(?x) a # b"), HasSubstr("not valid"));
}

TEST(RuleFile, RefusesARegexThatMatchesNothingAtAll) {
  EXPECT_THAT(ErrorsOf(SimpleRule("a", "x*")), HasSubstr("matches the empty text"));
  EXPECT_THAT(ErrorsOf(SimpleRule("a", "(?:a|b?)")), HasSubstr("matches the empty text"));
  EXPECT_THAT(ErrorsOf(SimpleRule("a", "^$")), HasSubstr("matches the empty text"));
  EXPECT_THAT(ErrorsOf(SimpleRule("a", "[^\\x{0}-\\x{10ffff}]")), HasSubstr("'a'"));
}

TEST(RuleFile, RefusesTwoRulesOfOneId) {
  EXPECT_THAT(ErrorsOf(SimpleRule("a", "abc") + SimpleRule("a", "def")),
              HasSubstr("a rule 'a' stands already in"));
}

TEST(RuleFile, ReadsEveryKey) {
  const SetPtr set = MustLoad(R"(
title = "test"
[[rules]]
id = "a"
description = "text"
regex = '''user=(\w+) pass=(\w+)'''
secretGroup = 2
entropy = 1.0
keywords = ["PASS", "ｐａｓｓ"]
tags = ["t1", "t2"]
[rules.mail]
regions = ["body", "signature"]
severity = "critical"
action = "strip"
until = 2027-03-31
sample = 0.5
validate = ["not-placeholder"]
accountGroup = 1
matches = ["user=taro pass=Xk29vmQ1"]
misses = ["user=taro pass=changeme"]
)");
  ASSERT_NE(set, nullptr);
  ASSERT_THAT(set->rules(), SizeIs(1));
  const RuleInfo& info = set->rules()[0];
  EXPECT_EQ(info.description, "text");
  EXPECT_THAT(info.tags, ElementsAre("t1", "t2"));
  EXPECT_THAT(info.keywords, ElementsAre("pass", "pass")) << "normalised and case-folded";
  EXPECT_THAT(info.regions, ElementsAre(Region::kBody, Region::kSignature));
  EXPECT_EQ(info.severity, Severity::kCritical);
  EXPECT_EQ(info.action, Action::kStrip);
  EXPECT_EQ(info.sample, 0.5);
  using namespace std::chrono;
  EXPECT_EQ(info.until, WallTime{sys_days{2027y / March / 31}});
  EXPECT_EQ(info.line, 3);
  EXPECT_THAT(set->CheckExamples(), IsEmpty());
}

TEST(RuleFile, TakesTheActionFromTheSeverity) {
  const SetPtr set = MustLoad(SimpleRule("a", "abc", "[rules.mail]\nseverity = \"high\"") +
                              SimpleRule("b", "abd",
                                         "[rules.mail]\naction = \"observe\"\n"
                                         "severity = \"critical\"") +
                              SimpleRule("c", "abe"));
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->rules()[0].action, Action::kHold);
  EXPECT_EQ(set->rules()[1].action, Action::kReject);
  EXPECT_EQ(set->rules()[1].mode, Mode::kObserve);
  EXPECT_EQ(set->rules()[2].action, Action::kTag);
}

TEST(RuleFile, TheRuleThatNoTextIsSearchedForTakesNoRegex) {
  const std::string rule = "[[rules]]\nid = \"ppap-password\"\n";
  const SetPtr set = MustLoad(rule + "[rules.mail]\nseverity = \"high\"\nsample = 0.5\n");
  ASSERT_NE(set, nullptr);
  ASSERT_THAT(set->rules(), SizeIs(1));
  EXPECT_EQ(set->rules()[0].action, Action::kHold);
  EXPECT_EQ(set->rules()[0].sample, 0.5);
  EXPECT_THAT(set->CheckExamples(), IsEmpty()) << "it can have none";
  for (const char* key : {"regex = 'abc'", "path = 'a'", "keywords = [\"a\"]", "entropy = 3",
                          "[rules.mail]\nregions = [\"body\"]", "[rules.mail]\nnear = 'a'",
                          "[rules.mail]\nmatches = [\"a\"]"}) {
    EXPECT_THAT(ErrorsOf(rule + key + "\n"), HasSubstr("is not searched for in a text")) << key;
  }
}

TEST(RuleFile, NotesADisabledRuleThatIsNone) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {{dir.Write("r.toml", SimpleRule("a", "abc") + SimpleRule("b", "abd")), false}};
  options.disabled_rules = {"a", "nonesuch"};
  auto set = Load(options);
  ASSERT_TRUE(set) << TextOf(set.error());
  ASSERT_THAT((*set)->rules(), SizeIs(1));
  EXPECT_EQ((*set)->rules()[0].id, "b");
  EXPECT_THAT((*set)->notes(), ElementsAre(HasSubstr("nonesuch")));
}

TEST(RuleFile, AnEmptySetScansAndFindsNothing) {
  auto set = Load({});
  ASSERT_TRUE(set) << TextOf(set.error());
  EXPECT_THAT(ScanText(**set, "anything").findings, IsEmpty());
}

TEST(RuleFile, TheVersionFollowsWhatDecidesAMatch) {
  const auto version = [](const std::string& toml) { return MustLoad(toml)->version(); };
  const std::string base = version(SimpleRule("a", "abc"));
  EXPECT_THAT(base, SizeIs(12));
  EXPECT_EQ(version(SimpleRule("a", "abc", "description = \"other\"")), base);
  for (const char* more : {"entropy = 1.5", "keywords = [\"b\"]", "[rules.mail]\nsample = 0.5",
                           "[rules.mail]\nregions = [\"body\"]", "[rules.mail]\nuntil = 2030-01-01",
                           "[[rules.allowlists]]\nstopwords = [\"x\"]"}) {
    EXPECT_NE(version(SimpleRule("a", "abc", more)), base) << more;
  }
  EXPECT_NE(version(SimpleRule("a", "abd")), base);
}

TEST(RuleExamples, AreHeldAgainstTheEngine) {
  const SetPtr set =
      MustLoad(SimpleRule("a", "abc[0-9]",
                          "keywords = [\"abc\"]\n[rules.mail]\n"
                          "matches = [\"abc1\", \"abd1\"]\nmisses = [\"abc2\", \"x\"]"));
  ASSERT_NE(set, nullptr);
  const auto problems = set->CheckExamples();
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems[0].text, HasSubstr("does not find its example 2"));
  EXPECT_THAT(problems[1].text, HasSubstr("finds its counter-example 1"));
  EXPECT_TRUE(problems[0].error && problems[1].error);
}

TEST(RuleExamples, WarnOfARuleWithoutThem) {
  const auto problems = MustLoad(SimpleRule("a", "abc"))->CheckExamples();
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_FALSE(problems[0].error);
}

TEST(RuleExamples, WarnOfAnAlternativeWithoutAKeyword) {
  const std::string examples = "\n[rules.mail]\nmatches = [\"foo1\"]\nmisses = [\"x\"]";
  const SetPtr set = MustLoad(
      SimpleRule("a", "(?i)(?:foo|ba[rz]|qux)[0-9]", "keywords = [\"foo\", \"bar\"]" + examples));
  const auto problems = set->CheckExamples();
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_FALSE(problems[0].error);
  EXPECT_THAT(problems[0].text, HasSubstr("ba[rz]"));
  EXPECT_THAT(
      MustLoad(
          SimpleRule("a", "(?i)passw(?:or)?d=x",
                     "keywords = [\"passwd=\", \"password\"]" +
                         std::string("\n[rules.mail]\nmatches = [\"passwd=x\"]\nmisses = [\"x\"]")))
          ->CheckExamples(),
      IsEmpty());
}

TEST(RuleExamples, WarnOfCharactersThatNormalisedTextLacks) {
  const auto problems = MustLoad(SimpleRule("a", "pass[:：]x",
                                            "[rules.mail]\nmatches = "
                                            "[\"pass：x\"]\nmisses = [\"y\"]"))
                            ->CheckExamples();
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].text, HasSubstr("NFKC"));
}

TEST(RuleParts, StandForAPieceOfAnExpressionEverywhere) {
  const SetPtr set = MustLoad(R"(
[parts]
label = 'foo|{{two}}'
two = 'ba[rz]'
[[rules]]
id = "a"
regex = '(?i){{label}}[=]([a-z]+)\{\{'
[[rules.allowlists]]
regexes = ['^{{two}}$']
[rules.mail]
near = 'at {{label}}'
)");
  EXPECT_THAT(RulesIn(ScanText(*set, "at foo: BAZ=word{{")), ElementsAre("a"));
  EXPECT_THAT(RulesIn(ScanText(*set, "at foo: BAZ=bar{{")), IsEmpty());
  EXPECT_THAT(RulesIn(ScanText(*set, "BAZ=word{{")), IsEmpty());
}

TEST(RuleParts, MistakesAreToldWithTheirPlace) {
  const std::string rule = "[[rules]]\nid = \"a\"\nregex = '{{labl}}x'\n";
  EXPECT_THAT(ErrorsOf("[parts]\nlabel = 'foo'\n" + rule),
              HasSubstr("rules.toml:5:9: no part is named 'labl' (did you mean 'label'?)"));
  EXPECT_THAT(ErrorsOf("[parts]\nlabl = '{{b}}'\nb = '{{labl}}'\n" + rule),
              HasSubstr("too deep, or holds itself"));
  EXPECT_THAT(ErrorsOf("[parts]\nlabl = '{{b}}{{b}}{{b}}{{b}}'\nb = '" + std::string(20000, 'y') +
                       "'\n" + rule),
              HasSubstr("longer than 64 KiB"));
  EXPECT_THAT(ErrorsOf("[parts]\nlabl = 3\n" + rule), HasSubstr("parts.labl must be a piece"));
  EXPECT_THAT(ErrorsOf("[parts]\n'La bl' = 'x'\nlabl = 'y'\n" + rule),
              HasSubstr("small letters, digits"));
}

TEST(RuleParts, WithoutATableOfThemBracesAreBraces) {
  EXPECT_THAT(
      RulesIn(ScanText(*MustLoad("[[rules]]\nid = \"a\"\nregex = 'x{{label}}'\n"), "x{{label}}")),
      ElementsAre("a"));
}

}  // namespace
}  // namespace warifu::scan
