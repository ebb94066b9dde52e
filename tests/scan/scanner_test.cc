// What Scan() guarantees beyond finding: filters, regions, modes, faults, dedup, threads.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "scan/scratch_pool.h"
#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kPassword =
    R"((?i)(?:パスワード|password)[ \t]{0,4}[:=][ \t]{0,4}([!-~]{6,32}))";

// The same rules with an engine whose scan always answers `code`.
template <hs_error_t code>
hs_error_t HSFail(const hs_database_t*, const char*, unsigned, unsigned, hs_scratch_t*,
                  match_event_handler, void*) {
  return code;
}

SetPtr LoadFailing(decltype(&hs_scan) scan) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {{dir.Write("r.toml", SimpleRule("pw", kPassword)), false}};
  EngineHooks hooks;
  hooks.scan = scan;
  auto set = LoadWith(options, hooks);
  EXPECT_TRUE(set) << TextOf(set.error());
  return set ? *set : nullptr;
}

TEST(Scanner, FindsASecretBetweenKana) {
  const SetPtr set = MustLoad(SimpleRule("token", R"(\bghp_[0-9A-Za-z]{36}\b)"));
  EXPECT_THAT(SecretsIn(*set, "トークンghp_abcdefghijklmnopqrstuvwxyz0123456789です"),
              ElementsAre("ghp_abcdefghijklmnopqrstuvwxyz0123456789"));
}

TEST(Scanner, AsksThatANegatedValidatorRefuses) {
  const std::string text = "4111111111111111 and 4111111111111112";
  const auto rule = [](const std::string& name) {
    return SimpleRule("card", R"(\b4[0-9]{15}\b)", "[rules.mail]\nvalidate = [\"" + name + "\"]");
  };
  EXPECT_THAT(SecretsIn(*MustLoad(rule("luhn")), text), ElementsAre("4111111111111111"));
  EXPECT_THAT(SecretsIn(*MustLoad(rule("!luhn")), text), ElementsAre("4111111111111112"));
}

TEST(Scanner, FindsEveryOccurrence) {
  const SetPtr set = MustLoad(SimpleRule("pw", kPassword));
  EXPECT_THAT(SecretsIn(*set, "パスワード：Xk29vmQ1\nPassword = hunter22\n" +
                                  std::string(5000, 'x') + "\nPASSWORD:third33"),
              ElementsAre("Xk29vmQ1", "hunter22", "third33"));
}

TEST(Scanner, ARowThatConfirmedAnotherIsFoundToo) {
  const SetPtr set =
      MustLoad(SimpleRule("list", R"((?m)^\w+:([0-9]{4})\n\w+:[0-9])", "secretGroup = 1"));
  EXPECT_THAT(SecretsIn(*set, "a:1111\nb:2222\nc:3333\nd:4444\n"),
              ElementsAre("1111", "2222", "3333"));
}

TEST(Scanner, NamesTheSecretButNeverHoldsIt) {
  const SetPtr set = MustLoad(SimpleRule("pw", kPassword, "description = \"d\"\ntags = [\"t\"]"));
  const FingerprintKey key = FingerprintKey::Random();
  ScanContext context;
  context.key = &key;
  const ScanResult result = ScanText(*set, "x ｐａｓｓｗｏｒｄ：Ｘｋ２９ｖｍＱ１zz", context);
  ASSERT_THAT(result.findings, SizeIs(1));
  const Finding& f = result.findings[0];
  EXPECT_EQ(f.preview, "Xk********");
  EXPECT_EQ(f.fingerprint, key.Fingerprint("Xk29vmQ1zz"));
  EXPECT_EQ(f.description, "d");
  EXPECT_THAT(f.tags, ElementsAre("t"));
  EXPECT_EQ(f.part, "1");
  // Eight full-width characters of three bytes, then two ASCII ones.
  EXPECT_EQ(f.content, (Span{2 + 9 * 3, 2 + 9 * 3 + 8 * 3 + 2}));
  for (const std::string& field : {f.rule, f.description, f.preview, f.fingerprint, f.account}) {
    EXPECT_THAT(field, ::testing::Not(HasSubstr("Xk29")));
  }
}

TEST(Scanner, ARuleWithKeywordsFiresOnlyWhereOneOccurs) {
  const SetPtr set =
      MustLoad(SimpleRule("a", R"(\b[A-Z]{4}[0-9]{6}\b)", "keywords = [\"会員番号\", \"Member\"]"));
  EXPECT_THAT(SecretsIn(*set, "ABCD123456"), IsEmpty());
  EXPECT_THAT(SecretsIn(*set, "ABCD123456 は会員番号です"), ElementsAre("ABCD123456"));
  EXPECT_THAT(SecretsIn(*set, "ABCD123456 is a MEMBER"), ElementsAre("ABCD123456"));
}

TEST(Scanner, EntropyMustBeGreater) {
  const SetPtr set = MustLoad(SimpleRule("a", "k=([a-z]{4})", "entropy = 2.0"));
  EXPECT_THAT(SecretsIn(*set, "k=abcd"), IsEmpty()) << "exactly 2 bits";
  const SetPtr less = MustLoad(SimpleRule("a", "k=([a-z]{4})", "entropy = 1.9"));
  EXPECT_THAT(SecretsIn(*less, "k=abcd k=aaaa"), ElementsAre("abcd"));
}

TEST(Scanner, RegionsAreThoseOfTheSecret) {
  const SetPtr set =
      MustLoad(SimpleRule("a", "tok_[0-9]{4}", "[rules.mail]\nregions = [\"signature\"]"));
  Segment segment = BodySegment("tok_1111 body\n-- \ntok_2222\n");
  segment.regions = {{Region::kBody, {0, 14}}, {Region::kSignature, {14, segment.text.size()}}};
  const ScanResult result = set->Scan({&segment, 1}, {});
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].region, Region::kSignature);
}

TEST(Scanner, PlainAndHtmlOfOneAlternativeCountOnce) {
  const SetPtr set = MustLoad(SimpleRule("a", "tok_[0-9]{4}"));
  std::vector<Segment> segments = {BodySegment("tok_1111 tok_1111"),
                                   BodySegment("tok_1111 tok_2222"), BodySegment("tok_1111"),
                                   BodySegment("tok_1111")};
  segments[0].alternative = segments[1].alternative = 1;
  segments[2].alternative = 2;
  const ScanResult result = set->Scan(segments, {});
  std::vector<std::size_t> where;
  for (const Finding& f : result.findings) where.push_back(f.segment);
  EXPECT_THAT(where, ElementsAre(0, 0, 1, 2, 3)) << "another alternative, or none, counts anew";
}

TEST(Scanner, UntilAndObserveAndSampleOnlyObserve) {
  using namespace std::chrono;
  const SetPtr set =
      MustLoad(SimpleRule("u", "until_[0-9]", "[rules.mail]\nuntil = 2027-03-31") +
               SimpleRule("o", "observe_[0-9]", "[rules.mail]\naction = \"observe\"") +
               SimpleRule("n", "never_[0-9]", "[rules.mail]\nsample = 0.0"));
  const auto mode = [&](const std::string& text, WallTime now) {
    ScanContext context;
    context.now = now;
    const ScanResult result = ScanText(*set, text, context);
    return result.findings.empty() ? Mode::kEnforce : result.findings[0].mode;
  };
  EXPECT_EQ(mode("until_1", sys_days{2027y / March / 30} + 23h), Mode::kEnforce);
  EXPECT_EQ(mode("until_1", sys_days{2027y / March / 31}), Mode::kObserve);
  EXPECT_EQ(mode("observe_1", {}), Mode::kObserve);
  EXPECT_EQ(mode("never_1", {}), Mode::kObserve);
}

TEST(Scanner, SampleActsOnItsShareOfMessages) {
  const SetPtr set = MustLoad(SimpleRule("s", "tok_[0-9]", "[rules.mail]\nsample = 0.3"));
  const FingerprintKey key = FingerprintKey::Random();
  int acted = 0;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = "<" + std::to_string(i) + "@example.jp>";
    ScanContext context;
    context.key = &key;
    context.message_id = id;
    const ScanResult once = ScanText(*set, "tok_1", context),
                     again = ScanText(*set, "tok_1", context);
    ASSERT_THAT(once.findings, SizeIs(1)) << "it is always found";
    EXPECT_EQ(once.findings[0].mode, again.findings[0].mode) << "the same mail, the same answer";
    acted += once.findings[0].mode == Mode::kEnforce ? 1 : 0;
  }
  EXPECT_NEAR(acted, 600, 100);
}

TEST(Scanner, EveryEngineErrorIsAFault) {
  const std::vector<std::pair<decltype(&hs_scan), FaultCause>> cases = {
      {HSFail<HS_INVALID>, FaultCause::kEngine},
      {HSFail<HS_NOMEM>, FaultCause::kResources},
      {HSFail<HS_SCAN_TERMINATED>, FaultCause::kEngine},
      {HSFail<HS_DB_MODE_ERROR>, FaultCause::kEngine},
      {HSFail<HS_SCRATCH_IN_USE>, FaultCause::kEngine},
      {HSFail<HS_UNKNOWN_ERROR>, FaultCause::kEngine},
      {HSFail<-99>, FaultCause::kEngine},
  };
  for (const auto& [scan, cause] : cases) {
    const SetPtr set = LoadFailing(scan);
    const ScanResult result = ScanText(*set, "password: Xk29vmQ1");
    ASSERT_THAT(result.faults, SizeIs(1));
    EXPECT_EQ(result.faults[0].cause, cause);
    EXPECT_EQ(result.faults[0].part, "1");
    EXPECT_THAT(result.findings, IsEmpty());
  }
}

TEST(Scanner, RunningOutOfTimeIsAFault) {
  const SetPtr set = MustLoad(SimpleRule("a", "tok_[0-9]{4}"));
  const std::vector<Segment> segments = {BodySegment("tok_1111"), BodySegment("tok_2222")};
  int asked = 0;
  ScanContext context;
  context.out_of_time = [&asked] { return ++asked > 2; };
  const ScanResult result = set->Scan(segments, context);
  EXPECT_THAT(result.findings, SizeIs(1)) << "what was found until then stays";
  ASSERT_THAT(result.faults, SizeIs(1));
  EXPECT_EQ(result.faults[0].cause, FaultCause::kTimeout);
}

TEST(Scanner, VeryManyFindingsAreCutWithAFault) {
  const SetPtr set = MustLoad(SimpleRule("a", "tok_[0-9]"));
  std::string text;
  for (int i = 0; i < 100; ++i) text += "tok_1 ";
  const std::vector<Segment> segments(201, BodySegment(text));
  const ScanResult result = set->Scan(segments, {});
  EXPECT_THAT(result.findings, SizeIs(20000));
  ASSERT_THAT(result.faults, SizeIs(1));
  EXPECT_EQ(result.faults[0].cause, FaultCause::kTooLarge);
}

TEST(Scanner, ARuleOnTheNameAloneFiresOnIt) {
  const SetPtr set = MustLoad("[[rules]]\nid = \"p12\"\npath = '''(?i)\\.p12$'''\n" +
                              SimpleRule("in-conf", "tok_[0-9]{4}", "path = '''\\.conf$'''"));
  Segment segment = BodySegment("", Region::kAttachment);
  segment.name = "key.P12";
  EXPECT_THAT(RulesIn(set->Scan({&segment, 1}, {})), ElementsAre("p12"));
  segment = BodySegment("tok_1111", Region::kAttachment);
  segment.name = "a.conf";
  EXPECT_THAT(RulesIn(set->Scan({&segment, 1}, {})), ElementsAre("in-conf"));
  segment.name = "a.txt";
  EXPECT_THAT(set->Scan({&segment, 1}, {}).findings, IsEmpty());
}

TEST(Scanner, StageTimesAreFilled) {
  const SetPtr set = MustLoad(SimpleRule("a", "tok_[0-9]"));
  const Segment segment = BodySegment("tok_1");
  StageTimes times;
  set->Scan({&segment, 1}, {}, &times);
  EXPECT_GT(times.first_pass_us, 0);
  EXPECT_GT(times.second_pass_us, 0);
}

TEST(Scanner, ManyThreadsShareASet) {
  const SetPtr set = MustLoad(SimpleRule("pw", kPassword));
  std::atomic<int> found = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        found += static_cast<int>(ScanText(*set, "パスワード：Xk29vmQ1").findings.size());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(found, 1600);
}

TEST(ScratchPool, KeepsNoMoreThanRanAtOnce) {
  auto pool = ScratchPool::Make(nullptr, 3);
  ASSERT_TRUE(pool);
  {
    auto a = (*pool)->Take(), b = (*pool)->Take();
    ASSERT_TRUE(a && b);
    EXPECT_EQ((*pool)->idle(), 0u);
  }
  EXPECT_EQ((*pool)->idle(), 2u);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*pool)->Take());
  EXPECT_EQ((*pool)->idle(), 2u);
}

}  // namespace
}  // namespace warifu::scan
