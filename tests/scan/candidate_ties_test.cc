// Candidates that depend on others: what they decide, and how much work that is.
#include "scan/candidate_ties.h"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace warifu::scan {
namespace {

using ::testing::SizeIs;

CompiledRules Rules(std::optional<int> within_lines = std::nullopt) {
  CompiledRules rules;
  rules.rules.resize(3);
  rules.rules[0].rule.info.id = "needs";
  rules.rules[0].rule.required.push_back({"other", within_lines});
  rules.rules[1].rule.info.id = "other";
  rules.rules[2].rule.info.id = "generic";
  rules.rules[2].generic = true;
  return rules;
}

Candidate At(std::uint32_t rule, std::size_t begin, std::size_t end) {
  return {rule, {begin, end}, {begin, end}, {}};
}

// Each with each, as it is meant.
std::size_t CountMet(const std::vector<Candidate>& all, std::string_view text, int within) {
  const auto apart = [&](Span a, Span b) {
    if (b.begin < a.begin) std::swap(a, b);
    if (b.begin <= a.end) return std::ptrdiff_t{0};
    return std::ranges::count(text.substr(a.end, b.begin - a.end), '\n');
  };
  std::size_t count = 0;
  for (const Candidate& c : all) {
    const auto near = [&](const Candidate& other) {
      return other.rule == 1 && apart(c.match, other.match) <= within;
    };
    count += c.rule != 0 || std::ranges::any_of(all, near);
  }
  return count;
}

TEST(CandidateTies, AgreeWithComparingEachWithEach) {
  std::mt19937 random(4711);
  for (int round = 0; round < 300; ++round) {
    std::string text(200, 'x');
    for (char& c : text) {
      if (random() % 20 == 0) c = '\n';
    }
    std::vector<Candidate> all;
    for (int i = 0; i < 8; ++i) {
      const std::size_t begin = random() % 180;
      all.push_back(At(random() % 4 == 0 ? 1 : 0, begin, begin + 1 + random() % 20));
    }
    const int within = static_cast<int>(random() % 4);
    const std::size_t met = CountMet(all, text, within);
    DropUnmet(Rules(within), text, &all);
    EXPECT_EQ(all.size(), met);
  }
}

TEST(CandidateTies, ACatchAllYieldsToWhatOverlaps) {
  std::vector<Candidate> all = {At(1, 10, 20), At(2, 19, 30), At(2, 20, 30), At(2, 0, 11),
                                At(2, 12, 15)};
  DropYielding(Rules(), &all);
  EXPECT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[1].secret.begin, 20u);
}

TEST(CandidateTies, WorkIsThatOfSorting) {
  constexpr std::size_t kMany = 100000;
  std::string text;
  std::vector<Candidate> needs, generics;
  for (std::size_t i = 0; i < kMany; ++i) {
    text += i % 2 == 0 ? "aaaa bbbb\n" : "aaaa bbbb ";
    // All that is required stands at the very end, and one span covers all of the text.
    needs.push_back(At(i + 100 < kMany ? 0 : 1, i * 10, i * 10 + 4));
    generics.push_back(At(i % 2 == 0 ? 2 : 1, i * 10, i == 1 ? kMany * 10 : i * 10 + 4));
  }
  const double most = 8.0 * kMany * std::log2(static_cast<double>(kMany));
  std::size_t work = 0;
  DropUnmet(Rules(3), text, &needs, &work);
  EXPECT_THAT(needs, SizeIs(107u));
  EXPECT_LT(static_cast<double>(work), most);
  work = 0;
  DropYielding(Rules(), &generics, &work);
  EXPECT_THAT(generics, SizeIs(kMany / 2 + 1));
  EXPECT_LT(static_cast<double>(work), most);
}

}  // namespace
}  // namespace warifu::scan
