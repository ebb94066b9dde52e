// Rule packs in YAML made into rules of warifu's own.
#include "scan/rule_import.h"

#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class RuleImportTest : public ::testing::Test {
 protected:
  RuleImport Import(const std::string& yaml) {
    const std::string path = dir_.Write("pack.yml", yaml);
    return ImportRules({&path, 1});
  }

  // The rules that came out, loaded as any file of warifu's own, with no error left in them.
  SetPtr Loaded(const RuleImport& import) {
    SetPtr set = MustLoad(import.toml);
    if (set == nullptr) return set;
    for (const RuleProblem& problem : set->CheckExamples()) {
      EXPECT_FALSE(problem.error) << problem.rule << ": " << problem.text;
    }
    return set;
  }

  TempDir dir_;
};

constexpr std::string_view kVerbose = R"(rules:
- name: Pelican token
  id: np.pelican.1
  pattern: |
    (?x)(?i)
    pelican [ _-] token   # the label
    \s* = \s*
    ( [a-z0-9]{12} )
  categories: [api, secret]
  references: [https://pelican.example/docs]
  examples:
  - 'pelican_token = a1b2c3d4e5f6'
  - |
    pelican-token=
      zz99yy88xx77
  negative_examples:
  - pelican_token = short
)";

TEST_F(RuleImportTest, VerbosePatternIsRewrittenAndProven) {
  const RuleImport import = Import(std::string(kVerbose));
  EXPECT_THAT(import.errors, IsEmpty());
  ASSERT_EQ(import.rules.size(), 1u);
  EXPECT_EQ(import.rules[0].result, Imported::kRewritten);
  EXPECT_EQ(import.rules[0].place.line, 2);
  EXPECT_THAT(import.rules[0].notes, IsEmpty());
  EXPECT_THAT(import.toml, HasSubstr("regex = '''(?i)pelican[ _-]token\\s*=\\s*([a-z0-9]{12})'''"));
  EXPECT_THAT(import.toml, HasSubstr("# see https://pelican.example/docs"));
  const SetPtr set = Loaded(import);
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(set->rules()[0].tags, ElementsAre("api", "secret"));
  EXPECT_THAT(SecretsIn(*set, "Pelican Token = 0123456789ab"), ElementsAre("0123456789ab"));
}

TEST_F(RuleImportTest, WhatRe2LacksIsRefusedWithTheReason) {
  const RuleImport import = Import(R"(rules:
- {id: a, name: A, pattern: 'a(?=b)', examples: [ab]}
- {id: b, name: B, pattern: '(?<!x)b1', examples: [b1]}
- {id: c, name: C, pattern: '(["`])secret\1', examples: ['"secret"']}
- {id: d, name: D, pattern: 'x{1,2000}', examples: [x]}
- {id: e, name: E, pattern: 'x*', examples: [x]}
- {id: f, name: F, pattern: 'fine[0-9]{6}', examples: [fine123456]}
- {id: g, name: G, pattern: 'gold[0-9]{6}', examples: [silver]}
)");
  std::vector<std::string> reasons;
  for (const ImportedRule& rule : import.rules) reasons.push_back(rule.id + ": " + rule.reason);
  EXPECT_THAT(reasons,
              ElementsAre("a: needs look-around", "b: needs look-around",
                          "c: needs back-references", "d: repeats more than 1000 times",
                          "e: matches the empty text", "f: ", "g: matches none of its examples"));
  EXPECT_EQ(import.rules[5].result, Imported::kAsIs);
  EXPECT_EQ(import.rules[0].result, Imported::kRefused);
  EXPECT_FALSE(import.rules[0].detail.empty());
  const SetPtr set = Loaded(import);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->rules().size(), 1u);
}

TEST_F(RuleImportTest, DialectsOfTheOthers) {
  const RuleImport import = Import(R"(rules:
- name: Heron key
  id: kingfisher.heron.1
  pattern: 'heron_(?P<user>[a-z]{2,8})_(?P<TOKEN>[A-Za-z0-9]{10})\b'
  min_entropy: 2.5
  confidence: high
  visible: false
  pattern_requirements:
    min_digits: 2
    ignore_if_contains: [EXAMPLE]
    checksum: {actual: x}
  validation: {type: Http}
  depends_on_rule: [{rule_id: x, variable: Y}]
  non_examples: [heron]
  examples:
  - heron_bob_Xk29vmQ1zz
  - heron_bob_aaaaaaaaaa
  - heron_bob_XkvvmQQzz9
  negative_examples:
  - heron_bob_1EXAMPLE23
  - heron_bob_Xk29vmQ1zy
)");
  ASSERT_EQ(import.rules.size(), 1u);
  const auto& notes = import.rules[0].notes;
  EXPECT_EQ(import.rules[0].result, Imported::kAsIs);
  for (const char* expected :
       {"visible: it only", "checksum: ", "validation: ", "depends_on_rule: ",
        "unknown key 'non_examples'", "example 2 is not found: its own 'entropy'",
        "example 3 is not found: its own 'allowlists'", "negative example 2 is found"}) {
    EXPECT_THAT(notes, Contains(HasSubstr(expected)));
  }
  EXPECT_EQ(notes.size(), 8u);
  const SetPtr set = Loaded(import);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->rules()[0].severity, Severity::kInfo);
  EXPECT_THAT(SecretsIn(*set, "heron_bob_Xk29vmQ1zz"), ElementsAre("Xk29vmQ1zz"));
  EXPECT_THAT(SecretsIn(*set, "heron_bob_XkEXAMPLE29"), IsEmpty());
}

TEST_F(RuleImportTest, IdsAreMendedAndUsedOnce) {
  const RuleImport import = Import(R"(rules:
- {id: 'a b', name: A, pattern: 'aaa[0-9]{6}', examples: [aaa123456]}
- {id: x, name: B, pattern: 'bbb[0-9]{6}', examples: [bbb123456]}
- {id: x, name: C, pattern: 'ccc[0-9]{6}', examples: [ccc123456]}
)");
  const SetPtr set = Loaded(import);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->rules()[0].id, "a-b");
  EXPECT_EQ(set->rules()[2].id, "x-2");
  EXPECT_THAT(import.rules[2].notes, ElementsAre(HasSubstr("'x' is renamed to 'x-2'")));
}

// Quotes, control characters, line feeds and other scripts survive the way through TOML.
TEST_F(RuleImportTest, AwkwardTextIsKeptToTheLetter) {
  const RuleImport import = Import(
      "rules:\n- id: q\n  name: \"q \\\"x\\\" \\\\ \\t ひみつ\"\n"
      "  pattern: \"q'''[0-9]{4}\\\\s+ひみつ'\"\n"
      "  examples: [\"q'''1234 \\t\\nひみつ'\", \"q'''1234\\x01 q'''9999 ひみつ'\"]\n");
  EXPECT_THAT(import.rules[0].notes, IsEmpty());
  const SetPtr set = Loaded(import);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->rules()[0].regex, "q'''[0-9]{4}\\s+ひみつ'");
  EXPECT_EQ(set->rules()[0].description, "q \"x\" \\ \t ひみつ");
}

TEST_F(RuleImportTest, FilesThatAreNoRulesAreErrors) {
  EXPECT_THAT(TextOf(Import("rules: [\n- {").errors), HasSubstr("pack.yml:2:"));
  EXPECT_THAT(TextOf(Import("- a\n- b\n").errors), HasSubstr("holds no list 'rules'"));
  EXPECT_THAT(TextOf(Import("rules:\n- 5\n- {id: x}\n").errors),
              ::testing::AllOf(HasSubstr(":2:3: a rule is a table"),
                               HasSubstr(":3:3: a rule needs an id and a pattern")));
  EXPECT_THAT(TextOf(Import(std::string(5000, '[')).errors), HasSubstr("not valid YAML"));
  const std::string missing = dir_.path() + "/none.yml", folder = dir_.path();
  EXPECT_EQ(ImportRules({&missing, 1}).errors.size(), 1u);
  EXPECT_EQ(Import("").toml, "");
}

}  // namespace
}  // namespace warifu::scan
