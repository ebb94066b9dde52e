// The two passes agree: whatever RE2 finds in a whole text, the first pass and the windows find.
//
// Texts are made from the rules themselves (walks through their trees), mutated, and set into mixed
// ASCII, kana, kanji and four-byte text. Seeded, so a failure comes again.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/utf8.h"
#include "scan/compiled_rule.h"
#include "scan/confirm.h"
#include "scan/first_pass.h"
#include "scan/rule_file.h"
#include "scan_fixture.h"

namespace warifu::scan {
namespace {

// Shapes in which byte-wise and character-wise engines are known to part.
constexpr const char* kHardCases[] = {
    R"([^,]{1,12},[^,]{1,12},)",
    R"(\b[^\s]{6,8}\b)",
    R"(x.{3,10}y)",
    R"((?s)x.{3,10}y)",
    R"(pw:\S{6,32})",
    R"(\W{2,5}\d\D{3})",
    R"(a[^b]c)",
    R"([:：=]\s*[ぁ-ん]{3,5})",
    R"((?i)привет[а-я]{2})",
    R"((?i)ünï[à-þ]+x)",
    R"((?i)straße)",
    R"(\p{Han}{2,4}[0-9])",
    R"([^\p{Hiragana}]{3}です)",
    R"(\P{Latin}{2}z)",
    R"((?:パスワード|pass(?:word)?)は([!-~]{4,9}))",
    R"([^\x00-\x7f]{2,5}z)",
    R"([\x{80}-\x{7ff}]{2}|[\x{10000}-\x{10ffff}]+!)",
    R"([Ａ-Ｚａ-ｚ😀-😎]{2})",
    R"((?m)^[^,\n]*,[^,\n]*$)",
    R"((?m)^x.*y$)",
    R"(\A[a-z]+)",
    R"([0-9]{2}\z)",
    R"([0-9]{2}$)",
    R"(\Bfoo\B)",
    R"(\bあ|い\b)",
    R"((?:^|[^a-z])key(?:[^a-z]|$))",
    R"(a*b+c?d{2,3}e{0,4})",
    R"((a|bc?){2,}d?)",
    R"((?:[a-z]{2,3}-){1,3}[0-9]*)",
    R"([[:^alpha:]]{3}[[:space:]])",
    R"(\v?[\v\f]x)",
    R"(\Qa.b*\E+c)",
    R"((?U)a.+b)",
    R"((?i:K[^k]s)[a-k]{2})",
    R"([a-z]{2,90}@[a-z]{2,90}\.[a-z]{2,6})",
    R"((?:ab?)?c{0,3}(?:xyz|x$))",
    R"(((?:\d{1,3}\.){3}\d{1,3}))",
    R"([^a-zあ-ん]{1,3}[a-zあ-ん]{1,3})",
    R"((?:あ|い|う)+(?:漢|字){1,2})",
    R"(.{0,40}secret.{0,40})",
    R"((?s).*end)",
    R"(\x{3042}[\x61-\x{3044}])",
    R"(日本語{0,2}[^語])",
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::size_t Below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  // A text that the tree matches, but for its assertions.
  std::string Walk(const RegexNode& node) {
    std::string out;
    switch (node.kind) {
      case NodeKind::kChars:
        AppendUtf8(Pick(node.set), &out);
        break;
      case NodeKind::kCapture:
        return Walk(node.children[0]);
      case NodeKind::kConcat:
        for (const RegexNode& child : node.children) out += Walk(child);
        break;
      case NodeKind::kAlternate:
        return Walk(node.children[Below(node.children.size())]);
      case NodeKind::kRepeat: {
        const int room = node.max == kNoMax ? 5 : node.max - node.min;
        const int more = Below(4) == 0 ? room : static_cast<int>(Below(std::min(room, 3) + 1));
        for (int i = 0; i < node.min + more && out.size() < 3000; ++i) {
          out += Walk(node.children[0]);
        }
        break;
      }
      case NodeKind::kBeginLine:
      case NodeKind::kEndLine:
        if (Below(2) == 0) out = "\n";
        break;
      default:
        break;
    }
    return out;
  }

  std::string Noise(std::size_t characters) {
    static constexpr CodeRange kKinds[] = {
        {'a', 'z'},   {'A', 'Z'},       {'0', '9'},       {' ', '/'},       {':', '@'},
        {'[', '`'},   {0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x4e00, 0x9fa5}, {0x1f600, 0x1f64f},
        {0xc0, 0xff}, {0x430, 0x44f},   {'\t', '\r'}};
    std::string out;
    while (characters > 0) {
      const CodeRange kind = kKinds[Below(std::size(kKinds))];
      for (std::size_t n = 1 + Below(6); n > 0 && characters > 0; --n, --characters) {
        AppendUtf8(kind.lo + static_cast<char32_t>(Below(kind.hi - kind.lo + 1)), &out);
      }
    }
    return out;
  }

  std::string Mutate(std::string text) {
    for (std::size_t n = 1 + Below(2); n > 0 && !text.empty(); --n) {
      std::size_t at = Below(text.size());
      while (at > 0 && (text[at] & 0xc0) == 0x80) --at;
      std::size_t end = at;
      NextCodePoint(text, &end);
      text.replace(at, Below(2) == 0 ? end - at : 0, Below(3) == 0 ? "" : Noise(1));
    }
    return text;
  }

 private:
  char32_t Pick(const CharSet& set) {
    if (set.symbolic()) {
      static constexpr char32_t kAny[] = {U'漢', U'字', U'あ', U'ア', U'é', U'Ж', U'ж', U'a', U'7'};
      if (set.ranges().empty() || set.negated() || Below(3) == 0)
        return kAny[Below(std::size(kAny))];
    }
    const CodeRange r = set.ranges()[Below(set.ranges().size())];
    // Near the edges of a range, or among characters that mails hold.
    const std::size_t size = r.hi - r.lo + 1;
    if (size > 0x1000 && Below(2) == 0) {
      static constexpr char32_t kUsual[] = {U'あ', U'漢', U'é',  0x7f, 0x80,
                                            0x7ff, 0x800, U'😀', U'~'};
      const char32_t c = kUsual[Below(std::size(kUsual))];
      if (c >= r.lo && c <= r.hi) return c;
    }
    char32_t c = r.lo + static_cast<char32_t>(Below(std::min<std::size_t>(size, 0x3000)));
    if (c >= 0xd800 && c <= 0xdfff) c = 0xe000;
    return c;
  }

  std::mt19937 random_;
};

class Passes {
 public:
  explicit Passes(std::vector<Rule> rules) {
    for (Rule& rule : rules) {
      // Filters are no matter of the passes.
      rule.entropy = 0;
      rule.validators.clear();
      rule.allowlists.clear();
      rule.near = {};
      for (RulePattern& pattern : rule.patterns) pattern.trim = false;
      rule.info.keywords.clear();
      rule.info.regions.clear();
      rule.path.clear();
    }
    std::erase_if(rules, [](const Rule& rule) { return rule.patterns.empty(); });
    auto compiled = CompileRules(std::move(rules));
    if (!compiled) throw std::runtime_error(TextOf(compiled.error()));
    rules_ = std::move(*compiled);
    std::vector<FirstPassPattern> patterns;
    for (const CompiledPattern& p : rules_.patterns) {
      patterns.push_back({rules_.rules[p.rule].rule.info.id, {}, p.probes, {}});
    }
    auto first_pass = MakeFirstPass(patterns, "", {});
    if (!first_pass) throw std::runtime_error(TextOf(first_pass.error()));
    first_pass_ = std::move(*first_pass);
    pool_ = std::move(*ScratchPool::Make(first_pass_.database.get(), first_pass_.forms.size()));
  }

  std::size_t size() const { return rules_.patterns.size(); }
  const std::string& RegexOf(std::size_t p) const { return rules_.patterns[p].regex->pattern(); }

  // Compares both ways over one text; returns how many matches there were.
  std::size_t Check(const std::string& raw) {
    const Segment segment = BodySegment(raw);
    const std::string& text = segment.text;
    auto scratch = std::move(*pool_->Take());
    scratch->Begin(first_pass_, text);
    EXPECT_EQ(hs_scan(first_pass_.database.get(), text.data(), static_cast<unsigned>(text.size()),
                      0, scratch->hs.get(), RecordHit, &*scratch),
              HS_SUCCESS);
    std::vector<Search> searches;
    MakeSearches(first_pass_, scratch->hits, text, &searches);
    std::size_t matches = 0;
    for (std::uint32_t p = 0; p < rules_.patterns.size(); ++p) {
      const std::vector<Span> expected = Whole(rules_.patterns[p], text);
      std::vector<Search> mine;
      for (const Search& search : searches) {
        if (search.pattern == p) mine.push_back(search);
      }
      std::vector<Span> found;
      std::vector<Candidate> candidates;
      ConfirmPattern(rules_, rules_.patterns[p], mine, segment, &candidates);
      for (const Candidate& c : candidates) found.push_back(c.match);
      EXPECT_EQ(found.size(), expected.size());
      if (found != expected) {
        ADD_FAILURE() << "passes differ for " << RegexOf(p) << "\nprobes "
                      << ProbesOf(rules_.patterns[p]) << "\ntext "
                      << ::testing::PrintToString(text);
      }
      matches += expected.size();
    }
    return matches;
  }

 private:
  static std::string ProbesOf(const CompiledPattern& pattern) {
    std::string out;
    for (const Probe& probe : pattern.probes) out += probe.expression + "  ";
    return out;
  }

  // What RE2 finds by itself, as the second pass would report it.
  static std::vector<Span> Whole(const CompiledPattern& pattern, const std::string& text) {
    std::vector<Span> out;
    const int groups = pattern.secret_group + 1;
    std::vector<re2::StringPiece> match(static_cast<std::size_t>(groups));
    const auto end_of = [&](const re2::StringPiece& piece) {
      return static_cast<std::size_t>(piece.data() - text.data()) + piece.size();
    };
    std::size_t pos = 0;
    while (pos < text.size() &&
           pattern.regex->Match(text, pos, text.size(), RE2::UNANCHORED, match.data(), groups)) {
      Span span{end_of(match[0]) - match[0].size(), end_of(match[0])};
      pos = span.empty() ? span.end + 1 : span.end;
      if (groups > 1 && !match.back().empty()) pos = end_of(match.back());
      while (!span.empty() && text[span.begin] == '\n') ++span.begin;
      while (!span.empty() && text[span.end - 1] == '\n') --span.end;
      if (!span.empty()) out.push_back(span);
    }
    return out;
  }

  CompiledRules rules_;
  FirstPass first_pass_;
  std::unique_ptr<ScratchPool> pool_;
};

std::size_t CheckAll(Passes* passes, unsigned seed, int rounds) {
  Generator generator(seed);
  std::size_t matches = 0;
  for (int round = 0; round < rounds && !::testing::Test::HasFailure(); ++round) {
    matches += passes->Check(generator.Noise(1 + generator.Below(300)));
    for (std::size_t p = 0; p < passes->size(); ++p) {
      const auto tree = ParseRegex(passes->RegexOf(p));
      std::string text = generator.Walk(*tree);
      if (generator.Below(2) == 0) text = generator.Mutate(std::move(text));
      if (generator.Below(4) != 0) {
        text = generator.Noise(generator.Below(12)) + text + generator.Noise(generator.Below(12));
      }
      if (generator.Below(8) == 0) text = generator.Noise(300) + text + text;
      matches += passes->Check(text);
      if (::testing::Test::HasFailure()) break;
    }
  }
  return matches;
}

TEST(TwoPasses, AgreeOnHardCases) {
  std::vector<Rule> rules;
  for (const char* regex : kHardCases) {
    Rule rule;
    rule.info.id = "hard-" + std::to_string(rules.size());
    rule.patterns.push_back({regex, 0, 0, {}});
    rules.push_back(std::move(rule));
  }
  Passes passes(std::move(rules));
  const std::size_t matches = CheckAll(&passes, 20001, 150);
  EXPECT_GT(matches, 10000u) << "the texts must hit, or nothing is shown";
}

// A hostile text of labels alone: from some on they are not checked, and count as hits.
TEST(TwoPasses, AgreeWhenChecksAreSpent) {
  Rule rule;
  rule.info.id = "label";
  rule.patterns.push_back(
      {R"(password[ \t]{0,4}(?:[:=]|は)[ \t]{0,4}([!-~]{4,9}))", 0, 0, false, {}});
  Passes passes({std::move(rule)});
  std::string labels;
  while (labels.size() < 200'000) labels += "password  ";
  EXPECT_EQ(passes.Check(labels + "password: Nk3wq8\n" + labels + "passwordは 7h2Kx9\n"), 2u);
}

TEST(TwoPasses, AgreeOnShippedRules) {
  const std::string folder = WARIFU_SOURCE_DIR "/patterns";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shipped rules at " << folder;
  const RuleSource source{folder, false};
  RuleFiles files = ReadRuleFiles({&source, 1}, {});
  ASSERT_TRUE(files.errors.empty()) << TextOf(files.errors);
  Passes passes(std::move(files.rules));
  EXPECT_GT(CheckAll(&passes, 20002, 12), 500u);
}

TEST(TwoPasses, AgreeOnACommunityPack) {
  const std::string pack = WARIFU_SOURCE_DIR "/../shared/data/rule-packs/gitleaks/gitleaks.toml";
  if (!std::filesystem::exists(pack)) GTEST_SKIP() << "no test data at " << pack;
  const RuleSource source{pack, true};
  RuleFiles files = ReadRuleFiles({&source, 1}, {});
  ASSERT_TRUE(files.errors.empty()) << TextOf(files.errors);
  Passes passes(std::move(files.rules));
  EXPECT_GT(CheckAll(&passes, 20003, 6), 500u);
}

}  // namespace
}  // namespace warifu::scan
