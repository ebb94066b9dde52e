#include "scan/rule_bench.h"

#include <time.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "scan/compiled_rule.h"
#include "scan/confirm.h"
#include "scan/first_pass.h"
#include "scan/probe_part.h"
#include "scan/rule_file.h"
#include "scan/scratch_pool.h"

namespace warifu::scan {
namespace {

constexpr int kRuns = 3;
// A whole set runs at about 1 GB/s, which is 1000 us a MiB, so these are much for one rule.
constexpr double kSlowFirst = 400, kSlowSecond = 150;  // us a MiB
constexpr double kManyHits = 2000;                     // a MiB
constexpr double kMiB = 1 << 20;

double CpuMicroseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

template <typename Work>
double Least(const Work& work) {
  double least = 0;
  for (int run = 0; run < kRuns; ++run) {
    const double begin = CpuMicroseconds();
    work();
    const double used = CpuMicroseconds() - begin;
    least = run == 0 ? used : std::min(least, used);
  }
  return least;
}

bool HoldsBlank(const RegexNode& node) {
  const CharSet* set = SetOf(node);
  return set != nullptr && set->MayContain(' ') && !set->MayContain('z');
}

// A repeated class, and behind it a blank: each word of a text begins it.
bool ClassThenBlank(const RegexNode& node) {
  for (std::size_t i = 0; i + 1 < node.children.size() && node.kind == NodeKind::kConcat; ++i) {
    const RegexNode& left = node.children[i];
    const CharSet* set = SetOf(left);
    const bool wide = left.kind == NodeKind::kRepeat && set != nullptr && set->MayContain('e') &&
                      (left.max == kNoMax || left.max > 1);
    if (wide && HoldsBlank(node.children[i + 1])) return true;
  }
  return std::ranges::any_of(node.children, ClassThenBlank);
}

bool NeedsTables(const RegexNode& node) {
  if (node.kind == NodeKind::kChars) return node.set.symbolic();
  return std::ranges::any_of(node.children, NeedsTables);
}

std::vector<Segment> SegmentsOf(std::span<const std::string> texts) {
  std::vector<Segment> segments;
  for (const std::string& text : texts) {
    Segment& segment = segments.emplace_back();
    segment.text = text;
    segment.regions.push_back({Region::kBody, {0, text.size()}});
  }
  return segments;
}

FirstPassPattern ForFirstPass(const CompiledRules& rules, const CompiledPattern& pattern) {
  const Rule& rule = rules.rules[pattern.rule].rule;
  return {rule.info.id, rule.place, pattern.probes, rule.info.keywords};
}

// A first pass with its working memory, run over texts.
class Runner {
 public:
  static Result<Runner> Make(FirstPass first_pass) {
    auto pool = ScratchPool::Make(first_pass.database.get(), first_pass.forms.size());
    if (!pool) return std::unexpected(pool.error());
    return Runner(std::move(first_pass), *std::move(pool));
  }

  // Microseconds of one reading of all texts; `hits` gets what is reported in each.
  double Time(std::span<const Segment> segments, std::vector<std::vector<Hit>>* hits) {
    auto scratch = pool_->Take();
    if (!scratch || pass_.database == nullptr) return 0;
    return Least([&] {
      hits->clear();
      for (const Segment& segment : segments) {
        (*scratch)->Begin(pass_, segment.text);
        hs_scan(pass_.database.get(), segment.text.data(),
                static_cast<unsigned>(segment.text.size()), 0, (*scratch)->hs.get(), RecordHit,
                &**scratch);
        hits->push_back((*scratch)->hits);
      }
    });
  }
  const FirstPass& pass() const { return pass_; }

 private:
  Runner(FirstPass pass, std::unique_ptr<ScratchPool> pool)
      : pass_(std::move(pass)), pool_(std::move(pool)) {}
  FirstPass pass_;
  std::unique_ptr<ScratchPool> pool_;
};

class Bench {
 public:
  Bench(const CompiledRules& rules, const LoadOptions& options, std::span<const std::string> texts)
      : rules_(rules), options_(options), segments_(SegmentsOf(texts)) {
    for (const std::string& text : texts) out_.bytes += text.size();
    per_mib_ = out_.bytes == 0 ? 0 : kMiB / static_cast<double>(out_.bytes);
  }

  std::expected<BenchResult, Errors> Run() {
    if (auto done = Together(); !done) return std::unexpected(std::move(done.error()));
    for (std::uint32_t rule = 0; rule < rules_.rules.size(); ++rule) {
      if (auto done = Alone(rule); !done) return std::unexpected(std::move(done.error()));
    }
    double sum = 0;
    for (const RuleCost& cost : out_.rules) sum += cost.first_us_mib;
    for (RuleCost& cost : out_.rules) cost.share = sum > 0 ? cost.first_us_mib / sum : 0;
    std::ranges::stable_sort(out_.rules, std::greater(), [](const RuleCost& cost) {
      return cost.first_us_mib + cost.second_us_mib;
    });
    return std::move(out_);
  }

 private:
  std::expected<Runner, Errors> Compile(const std::vector<FirstPassPattern>& patterns, double* ms) {
    const auto begin = std::chrono::steady_clock::now();
    auto pass = MakeFirstPass(patterns, "", options_.bounds);
    *ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    if (!pass) return std::unexpected(std::move(pass.error()));
    auto runner = Runner::Make(std::move(*pass));
    if (!runner) return std::unexpected(Errors{runner.error()});
    return std::move(*runner);
  }

  std::expected<void, Errors> Together() {
    std::vector<FirstPassPattern> patterns;
    for (const CompiledPattern& p : rules_.patterns) patterns.push_back(ForFirstPass(rules_, p));
    auto runner = Compile(patterns, &out_.compile_ms);
    if (!runner) return std::unexpected(std::move(runner.error()));
    std::vector<std::vector<Hit>> hits;
    out_.first_us_mib = runner->Time(segments_, &hits) * per_mib_;
    return {};
  }

  std::expected<void, Errors> Alone(std::uint32_t index) {
    const Rule& rule = rules_.rules[index].rule;
    RuleCost cost{.rule = rule.info.id, .place = rule.place};
    std::vector<FirstPassPattern> patterns;
    std::vector<std::uint32_t> numbers;  // of the rule's patterns in the whole set
    for (std::uint32_t i = 0; i < rules_.patterns.size(); ++i) {
      if (rules_.patterns[i].rule != index) continue;
      patterns.push_back(ForFirstPass(rules_, rules_.patterns[i]));
      numbers.push_back(i);
    }
    if (!patterns.empty()) {
      auto runner = Compile(patterns, &cost.compile_ms);
      if (!runner) return std::unexpected(std::move(runner.error()));
      Measure(*runner, numbers, &cost);
      Judge(runner->pass(), rule, &cost);
    }
    out_.rules.push_back(std::move(cost));
    return {};
  }

  void Measure(Runner& runner, const std::vector<std::uint32_t>& numbers, RuleCost* cost) {
    std::vector<std::vector<Hit>> hits;
    cost->first_us_mib = runner.Time(segments_, &hits) * per_mib_;
    for (const auto& of_text : hits) cost->hits += of_text.size();
    std::vector<Search> searches;
    std::vector<Candidate> found;
    cost->second_us_mib = per_mib_ * Least([&] {
                            cost->found = 0;
                            for (std::size_t i = 0; i < hits.size(); ++i) {
                              const Segment& segment = segments_[i];
                              MakeSearches(runner.pass(), hits[i], segment.text, &searches);
                              found.clear();
                              for (std::size_t at = 0; at < searches.size();) {
                                const std::uint32_t local = searches[at].pattern;
                                std::size_t end = at;
                                while (end < searches.size() && searches[end].pattern == local)
                                  ++end;
                                ConfirmPattern(rules_, rules_.patterns[numbers[local]],
                                               {searches.data() + at, end - at}, segment, &found);
                                at = end;
                              }
                              cost->found += found.size();
                            }
                          });
  }

  void Judge(const FirstPass& pass, const Rule& rule, RuleCost* cost) {
    const double hits = static_cast<double>(cost->hits) * per_mib_;
    cost->slow = cost->first_us_mib > kSlowFirst || cost->second_us_mib > kSlowSecond;
    if (!cost->slow) return;
    const auto add = [&](std::string reason) {
      if (std::ranges::find(cost->reasons, reason) == cost->reasons.end()) {
        cost->reasons.push_back(std::move(reason));
      }
    };
    for (const RulePattern& pattern : rule.patterns) {
      for (std::string& reason : DearParts(pattern.regex)) add(std::move(reason));
    }
    for (const FirstPassMode mode : pass.modes) {
      if (mode == FirstPassMode::kPrefilter) add("too large for the first pass as it stands");
      if (mode == FirstPassMode::kKeywords) add("found by its keywords alone, in the whole text");
    }
    if (hits > kManyHits) {
      add("may begin every " + std::to_string(static_cast<int>(kMiB / hits)) + " bytes");
    }
    if (!cost->reasons.empty()) return;
    add(cost->second_us_mib > kSlowSecond ? "the exact search around each hit is dear"
                                          : "many places look like its beginning");
  }

  const CompiledRules& rules_;
  const LoadOptions& options_;
  const std::vector<Segment> segments_;
  double per_mib_ = 0;
  BenchResult out_;
};

}  // namespace

std::vector<std::string> DearParts(const std::string& regex) {
  std::vector<std::string> out;
  const auto tree = ParseRegex(regex);
  if (!tree) return out;
  if (!LiteralChance(*tree)) out.emplace_back("no letters or signs that every match holds");
  if (ClassThenBlank(*tree)) out.emplace_back("a repeated class with a blank behind it");
  if (MaxWidth(*tree) == kUnbounded) out.emplace_back("a match may be of any length");
  if (NeedsTables(*tree)) out.emplace_back("needs Unicode tables (\\p{…}, or case beyond ASCII)");
  return out;
}

std::expected<BenchResult, Errors> BenchRules(const LoadOptions& options,
                                              std::span<const std::string> texts) {
  RuleFiles files = ReadRuleFiles(options.sources, options.actions);
  if (!files.errors.empty()) return std::unexpected(std::move(files.errors));
  std::erase_if(files.rules, [&](const Rule& rule) {
    const auto& ids = options.disabled_rules;
    return std::ranges::find(ids, rule.info.id) != ids.end();
  });
  auto rules = CompileRules(std::move(files.rules));
  if (!rules) return std::unexpected(std::move(rules.error()));
  return Bench(*rules, options, texts).Run();
}

}  // namespace warifu::scan
