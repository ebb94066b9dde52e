// Foreign packs: gitleaks' meaning, and the differences that mail needs, each with its test.
#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kRule = "[[rules]]\nid = \"a\"\nregex = '''tok_([0-9a-z]{6,12})'''\n";

std::vector<std::string> Found(const std::string& toml, const std::string& text) {
  const SetPtr set = MustLoad(toml, true);
  return set ? SecretsIn(*set, text) : std::vector<std::string>{"not loaded"};
}

TEST(Foreign, UnknownKeysAreIgnoredAndNoted) {
  const SetPtr set = MustLoad(std::string(kRule) + "specificity = 0\n", true);
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(set->notes(), ElementsAre(HasSubstr("key 'rules.specificity' is ignored")));
}

TEST(Foreign, ExtendIsRefused) {
  auto set = TryLoad("[extend]\nuseDefault = true\n" + std::string(kRule), true);
  ASSERT_FALSE(set);
  EXPECT_THAT(TextOf(set.error()), HasSubstr("'extend' is not followed"));
}

TEST(Foreign, TheSecretIsTheFirstGroupUnlessNamed) {
  EXPECT_THAT(Found(kRule, "tok_abc123"), ElementsAre("abc123"));
  const std::string two = "[[rules]]\nid = \"a\"\nregex = '''(u\\d)=(\\w{6})'''\n";
  EXPECT_THAT(Found(two, "u1=secret"), ElementsAre("u1"));
  EXPECT_THAT(Found(two + "secretGroup = 2\n", "u1=secret"), ElementsAre("secret"));
}

TEST(Foreign, Stopwords) {
  const std::string toml = std::string(kRule) + "[[rules.allowlists]]\nstopwords = [\"Test\"]\n";
  EXPECT_THAT(Found(toml, "tok_xtest9 tok_xreal9"), ElementsAre("xreal9"));
}

TEST(Foreign, RegexTargetsSecretMatchAndLine) {
  const auto with = [](const std::string& target, const std::string& regex) {
    return std::string(kRule) + "[[rules.allowlists]]\n" +
           (target.empty() ? "" : "regexTarget = \"" + target + "\"\n") + "regexes = ['''" + regex +
           "''']\n";
  };
  const std::string text = "line one tok_abc123\nline two tok_def456\n";
  EXPECT_THAT(Found(with("", "^abc"), text), ElementsAre("def456"));
  EXPECT_THAT(Found(with("", "^tok_"), text), SizeIs(2)) << "the secret has no tok_";
  EXPECT_THAT(Found(with("match", "^tok_a"), text), ElementsAre("def456"));
  EXPECT_THAT(Found(with("line", "^line two"), text), ElementsAre("abc123"));
  // Of a line without end a match sees its neighbourhood.
  const std::string far = "exempt " + std::string(3000, 'x') + " tok_abc123\n";
  EXPECT_THAT(Found(with("line", "exempt"), far), ElementsAre("abc123"));
  EXPECT_THAT(Found(with("line", "^line two"), far + text), ElementsAre("abc123", "abc123"));
}

TEST(Foreign, ConditionAndNeedsAll) {
  const auto with = [](const std::string& condition) {
    return std::string(kRule) + "[[rules.allowlists]]\ncondition = \"" + condition +
           "\"\nregexes = ['''^abc''']\nstopwords = [\"123\"]\n";
  };
  const std::string text = "tok_abc123 tok_abc999 tok_zzz123";
  EXPECT_THAT(Found(with("OR"), text), IsEmpty());
  EXPECT_THAT(Found(with("AND"), text), ElementsAre("abc999", "zzz123"));
}

TEST(Foreign, TheOldSingleAllowlistTableIsReadToo) {
  EXPECT_THAT(Found(std::string(kRule) + "[rules.allowlist]\nregexes = ['''^abc''']\n",
                    "tok_abc123 tok_def456"),
              ElementsAre("def456"));
}

TEST(Foreign, TargetRulesOfAGlobalAllowlist) {
  const std::string two =
      std::string(kRule) + "[[rules]]\nid = \"b\"\nregex = '''key_([0-9a-z]{6})'''\n";
  const std::string list = "[[allowlists]]\ntargetRules = [\"b\"]\nstopwords = [\"abc\"]\n";
  EXPECT_THAT(Found(two + list, "tok_abc123 key_abc123"), ElementsAre("abc123"));
  auto set = TryLoad(two + "[[allowlists]]\ntargetRules = [\"c\"]\nstopwords = [\"x\"]\n", true);
  ASSERT_FALSE(set);
  EXPECT_THAT(TextOf(set.error()), HasSubstr("no rule 'c'"));
}

// Differences for mail.

TEST(Foreign, AGlobalAllowlistIsThePacksOwn) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {
      {dir.Write("own.toml", SimpleRule("own", "key_[a-z]{6}")), false},
      {dir.Write("pack.toml", "[allowlist]\nstopwords = [\"secret\"]\n" + std::string(kRule)),
       true}};
  auto set = Load(options);
  ASSERT_TRUE(set) << TextOf(set.error());
  EXPECT_THAT(RulesIn(ScanText(**set, "key_secret tok_secret")), ElementsAre("own"));
}

TEST(Foreign, AGlobalRegexMustMatchTheWholeSecret) {
  // Taken literally this pattern exempts every secret that holds "false" or ends in "null".
  const std::string toml =
      "[allowlist]\nregexes = ['''(?i)^true|false|null$''']\n" + std::string(kRule);
  EXPECT_THAT(Found(toml, "tok_abfalse9 tok_xx9null"), ElementsAre("abfalse9", "xx9null"));
  const std::string short_rule =
      "[allowlist]\nregexes = ['''(?i)^true|false|null$''']\n"
      "[[rules]]\nid = \"a\"\nregex = '''tok_([a-z]{4,5})'''\n";
  EXPECT_THAT(Found(short_rule, "tok_false tok_real"), ElementsAre("real"));
}

TEST(Foreign, PathAllowlistsAreOff) {
  const std::string toml = "[allowlist]\npaths = ['''\\.docx?$''']\n" + std::string(kRule) +
                           "[[rules.allowlists]]\ncondition = \"AND\"\npaths = ['''x''']\n"
                           "regexes = ['''.''']\n";
  const SetPtr set = MustLoad(toml, true);
  Segment segment = BodySegment("tok_abc123", Region::kAttachment);
  segment.name = "x.docx";
  EXPECT_THAT(set->Scan({&segment, 1}, {}).findings, SizeIs(1)) << "AND with a path never holds";
  EXPECT_THAT(set->notes(), Contains(HasSubstr("path allowlists are off")));
}

TEST(Foreign, AllowMarksInTheTextAreNotHonoured) {
  EXPECT_THAT(Found(kRule, "tok_abc123 # gitleaks:allow\ntok_def456 betterleaks:allow"),
              ElementsAre("abc123", "def456"));
}

TEST(Foreign, ACatchAllYieldsToANamedRule) {
  const std::string toml =
      "[[rules]]\nid = \"generic-api-key\"\nregex = '''key=([a-z0-9_]{6,12})'''\n" +
      std::string(kRule);
  const SetPtr set = MustLoad(toml, true);
  EXPECT_THAT(RulesIn(ScanText(*set, "key=tok_abc123")), ElementsAre("a"));
  EXPECT_THAT(RulesIn(ScanText(*set, "key=abcdef")), ElementsAre("generic-api-key"));
}

TEST(Foreign, AnOwnRuleStandsBeforeThePacks) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {{dir.Write("pack.toml", kRule), true},
                     {dir.Write("own.toml", SimpleRule("a", "own_[a-z]{4}")), false}};
  auto set = Load(options);
  ASSERT_TRUE(set) << TextOf(set.error());
  EXPECT_THAT(RulesIn(ScanText(**set, "own_abcd tok_abc123")), SizeIs(1));
  EXPECT_THAT((*set)->notes(), ElementsAre(HasSubstr("rule 'a' is left out")));
}

}  // namespace
}  // namespace warifu::scan
