#include "scan/match_filter.h"

#include <algorithm>
#include <string>

namespace warifu::scan {
namespace {

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

constexpr std::size_t kLineReach = 2048;  // bytes of a line before and behind a match

bool FoldedContains(std::string_view text, const std::vector<std::string>& folded_words) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return std::ranges::any_of(folded_words,
                             [&](const std::string& word) { return lower.contains(word); });
}

}  // namespace

// Begin of the line that lies `lines` line feeds above `pos`.
std::size_t LineBegin(std::string_view text, std::size_t pos, std::size_t lines) {
  for (std::size_t seen = 0; pos > 0; ++seen) {
    const std::size_t feed = text.rfind('\n', pos - 1);
    if (feed == text.npos) return 0;
    if (seen == lines) return feed + 1;
    pos = feed;
  }
  return 0;
}

std::size_t LineEnd(std::string_view text, std::size_t pos, std::size_t lines) {
  for (std::size_t seen = 0;; ++seen) {
    const std::size_t feed = text.find('\n', pos);
    if (feed == text.npos) return text.size();
    if (seen == lines) return feed;
    pos = feed + 1;
  }
}

bool Finds(const RE2& regex, std::string_view text) {
  return regex.Match(Piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

bool MatchFilter::MayFire() const {
  const bool region = std::ranges::any_of(segment_.regions, [this](const RegionSpan& r) {
    return (rule_.regions >> static_cast<unsigned>(r.region) & 1u) != 0;
  });
  if (!region && !segment_.regions.empty()) return false;
  return rule_.path == nullptr || Finds(*rule_.path, segment_.name);
}

std::string_view MatchFilter::Refuses(const Candidate& c) {
  const std::string_view text = segment_.text;
  const std::string_view match = text.substr(c.match.begin, c.match.size());
  const std::string_view secret = text.substr(c.secret.begin, c.secret.size());
  const auto region = static_cast<unsigned>(segment_.RegionAt(c.secret.begin));
  detail_ = {};
  if ((rule_.regions >> region & 1u) == 0) return "regions";
  if (rule_.rule.entropy > 0 && Entropy(secret) <= rule_.rule.entropy) return "entropy";
  if (!HasKeyword(match)) return "keywords";
  for (std::size_t i = 0; i < rule_.validators.size(); ++i) {
    const CompiledValidator& v = rule_.validators[i];
    if (v.accepts(secret) != v.negated) continue;
    detail_ = rule_.rule.validators[i];
    return "validate";
  }
  const bool exempt = std::ranges::any_of(rule_.allowlists, [&](const CompiledAllowlist& list) {
    return Exempts(list, c, match, secret);
  });
  if (exempt) return "allowlists";
  const FilterSubject subject{text, c.match, c.secret, rule_.rule.info.id,
                              rule_.rule.info.description};
  const bool discarded = std::ranges::any_of(
      rule_.rule.filters, [&](const auto& filter) { return filter->Discards(subject); });
  return discarded ? "filter" : "";
}

bool MatchFilter::HasKeyword(std::string_view match) {
  if (keyword_sure_ || keyword_seen_) return true;
  if (keyword_absent_) return false;
  keyword_seen_ = Finds(*rule_.keywords, match) || Finds(*rule_.keywords, segment_.text);
  keyword_absent_ = !keyword_seen_;
  return keyword_seen_;
}

std::string_view MatchFilter::Target(Allowlist::Target target, const Candidate& c,
                                     std::string_view match, std::string_view secret) const {
  if (target == Allowlist::Target::kSecret) return secret;
  if (target == Allowlist::Target::kMatch) return match;
  // One line may hold all of a mail's matches: each sees so much of it.
  const std::string_view text = segment_.text;
  const std::size_t from = c.match.begin - std::min(c.match.begin, kLineReach);
  const std::size_t to = std::min(text.size(), c.match.end + kLineReach);
  const std::size_t begin = from + LineBegin(text.substr(from), c.match.begin - from, 0);
  return text.substr(begin, LineEnd(text.substr(0, to), std::max(begin, c.match.end), 0) - begin);
}

bool MatchFilter::Exempts(const CompiledAllowlist& compiled, const Candidate& c,
                          std::string_view match, std::string_view secret) const {
  const Allowlist& list = *compiled.list;
  bool any = false, all = true;
  const auto note = [&](bool condition_exists, auto&& holds) {
    if (!condition_exists || any) return;
    const bool held = holds();
    all = all && held;
    any = any || (held && !list.all_must_match);
  };
  note(!compiled.regexes.empty(), [&] {
    const std::string_view target = Target(list.target, c, match, secret);
    return std::ranges::any_of(compiled.regexes, [&](const std::unique_ptr<RE2>& regex) {
      return list.whole ? RE2::FullMatch(Piece(target), *regex) : Finds(*regex, target);
    });
  });
  note(!list.stopwords.empty(), [&] { return FoldedContains(secret, list.stopwords); });
  note(!compiled.paths.empty(), [&] {
    return std::ranges::any_of(compiled.paths, [&](const std::unique_ptr<RE2>& regex) {
      return !segment_.name.empty() && Finds(*regex, segment_.name);
    });
  });
  const bool has_condition =
      !compiled.regexes.empty() || !list.stopwords.empty() || !compiled.paths.empty();
  return has_condition && (list.all_must_match ? all : any);
}

}  // namespace warifu::scan
