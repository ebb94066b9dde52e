#include "scan/confirm.h"

#include <algorithm>
#include <string>
#include <tuple>

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxLines =
    200;  // a rule that may span more is searched in the whole segment

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

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

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

bool Finds(const RE2& regex, std::string_view text) {
  return regex.Match(Piece(text), 0, text.size(), RE2::UNANCHORED, nullptr, 0);
}

bool FoldedContains(std::string_view text, const std::vector<std::string>& folded_words) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return std::ranges::any_of(folded_words,
                             [&](const std::string& word) { return lower.contains(word); });
}

// The filters of one pattern over one segment; knows whether the keywords occur once it was asked.
class Filter {
 public:
  Filter(const CompiledRules& rules, const CompiledPattern& pattern, const Segment& segment)
      : rule_(rules.rules[pattern.rule]), pattern_(pattern), segment_(segment) {}

  // Nothing here depends on the match: false when the rule cannot fire in this segment at all.
  bool MayFire() const {
    const bool region = std::ranges::any_of(segment_.regions, [this](const RegionSpan& r) {
      return (rule_.regions >> static_cast<unsigned>(r.region) & 1u) != 0;
    });
    if (!region && !segment_.regions.empty()) return false;
    return rule_.path == nullptr || Finds(*rule_.path, segment_.name);
  }

  // The rule's key that turns the match down; "" when all let it pass. Then `detail()` may say
  // more.
  std::string_view Refuses(const Candidate& c) {
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
  std::string_view detail() const { return detail_; }

 private:
  bool HasKeyword(std::string_view match) {
    if (pattern_.keyword_sure || keyword_seen_) return true;
    if (keyword_absent_) return false;
    keyword_seen_ = Finds(*rule_.keywords, match) || Finds(*rule_.keywords, segment_.text);
    keyword_absent_ = !keyword_seen_;
    return keyword_seen_;
  }

  std::string_view Target(Allowlist::Target target, const Candidate& c, std::string_view match,
                          std::string_view secret) const {
    if (target == Allowlist::Target::kSecret) return secret;
    if (target == Allowlist::Target::kMatch) return match;
    const std::string_view text = segment_.text;
    const std::size_t begin = LineBegin(text, c.match.begin, 0);
    return text.substr(begin, LineEnd(text, std::max(begin, c.match.end), 0) - begin);
  }

  bool Exempts(const CompiledAllowlist& compiled, const Candidate& c, std::string_view match,
               std::string_view secret) const {
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

  const CompiledRule& rule_;
  const CompiledPattern& pattern_;
  const Segment& segment_;
  std::string_view detail_;
  bool keyword_seen_ = false, keyword_absent_ = false;
};

// Searches one window for all matches of the pattern.
class Searcher {
 public:
  Searcher(const CompiledPattern& pattern, std::string_view text)
      : pattern_(pattern), text_(text), groups_(pattern.regex->NumberOfCapturingGroups()) {
    sub_.resize(static_cast<std::size_t>(groups_) + 1);
  }

  template <typename OnMatch>
  void Run(Span window, const OnMatch& on_match) {
    std::size_t pos = window.begin;
    while (pos < window.end && pattern_.regex->Match(Piece(text_), pos, window.end, RE2::UNANCHORED,
                                                     sub_.data(), groups_ + 1)) {
      Candidate c;
      c.rule = pattern_.rule;
      c.match = Trimmed(SpanOf(sub_[0]));
      c.secret = SecretOf(c.match);
      if (pattern_.account_group > 0) c.account = Group(pattern_.account_group);
      const Span whole = SpanOf(sub_[0]);
      pos = whole.empty() ? whole.end + 1 : whole.end;
      if (!c.secret.empty()) on_match(c);
    }
  }

 private:
  Span SpanOf(const re2::StringPiece& piece) const {
    if (piece.data() == nullptr) return {};
    const auto begin = static_cast<std::size_t>(piece.data() - text_.data());
    return {begin, begin + piece.size()};
  }
  Span Group(int n) const { return SpanOf(sub_[static_cast<std::size_t>(n)]); }

  // A match without the line feeds at its ends.
  Span Trimmed(Span span) const {
    while (!span.empty() && text_[span.begin] == '\n') ++span.begin;
    while (!span.empty() && text_[span.end - 1] == '\n') --span.end;
    return span;
  }

  // The named group; where it took no part, or none is named, the first group that did; else all.
  Span SecretOf(Span match) const {
    if (pattern_.secret_group > 0 && !Group(pattern_.secret_group).empty()) {
      return Group(pattern_.secret_group);
    }
    for (int i = 1; i <= groups_; ++i) {
      if (i != pattern_.account_group && !Group(i).empty()) return Group(i);
    }
    return match;
  }

  const CompiledPattern& pattern_;
  std::string_view text_;
  int groups_;
  std::vector<re2::StringPiece> sub_;
};

// Where a match of the pattern can lie, whose probe was reported there.
Span WindowOf(const ProbeUse& use, const Hit& hit, std::string_view text) {
  constexpr std::size_t kFar = 4096;
  Span window{0, text.size()};
  if (use.back < hit.first) window.begin = hit.first - use.back;
  if (use.forward < text.size() - hit.last) window.end = hit.last + use.forward;
  // Lines bound it too, where a match can hold only so many.
  if (use.back_lines <= kMaxLines && hit.first - window.begin > kFar) {
    window.begin = std::max(window.begin, LineBegin(text, hit.first, use.back_lines));
  }
  if (use.forward_lines <= kMaxLines && window.end - hit.last > kFar) {
    window.end = std::min(window.end, LineEnd(text, hit.last, use.forward_lines) + 1);
  }
  window.end = std::min(window.end, text.size());
  while (window.begin > 0 && IsContinuation(text[window.begin])) --window.begin;
  while (window.end < text.size() && IsContinuation(text[window.end])) ++window.end;
  return window;
}

}  // namespace

void MakeSearches(const FirstPass& first_pass, const std::vector<Hit>& hits, std::string_view text,
                  std::vector<Search>* searches) {
  searches->clear();
  for (const Hit& hit : hits) {
    const bool anywhere = first_pass.modes[hit.expression] == FirstPassMode::kKeywords;
    for (const ProbeUse& use : first_pass.uses[hit.expression]) {
      searches->push_back(
          {use.pattern, anywhere ? Span{0, text.size()} : WindowOf(use, hit, text)});
    }
  }
  std::ranges::sort(*searches, [](const Search& a, const Search& b) {
    return std::tuple(a.pattern, a.window.begin) < std::tuple(b.pattern, b.window.begin);
  });
  std::size_t kept = 0;
  for (const Search& next : *searches) {
    Search* last = kept > 0 ? &(*searches)[kept - 1] : nullptr;
    if (last != nullptr && last->pattern == next.pattern && next.window.begin <= last->window.end) {
      last->window.end = std::max(last->window.end, next.window.end);
    } else {
      (*searches)[kept++] = next;
    }
  }
  searches->resize(kept);
}

void ConfirmPattern(const CompiledRules& rules, const CompiledPattern& pattern,
                    std::span<const Search> searches, const Segment& segment,
                    std::vector<Candidate>* out, std::vector<Refusal>* refusals) {
  Filter filter(rules, pattern, segment);
  if (!filter.MayFire()) return;
  Searcher searcher(pattern, segment.text);
  const auto keep = [&](const Candidate& c) {
    const std::string_view key = filter.Refuses(c);
    if (key.empty()) {
      out->push_back(c);
    } else if (refusals != nullptr) {
      refusals->push_back({c, key, filter.detail()});
    }
  };
  for (const Search& search : searches) {
    searcher.Run(search.window, keep);
  }
}

void ConfirmNames(const CompiledRules& rules, const Segment& segment, std::vector<Candidate>* out) {
  if (segment.name.empty()) return;
  for (std::uint32_t i = 0; i < rules.rules.size(); ++i) {
    const CompiledRule& rule = rules.rules[i];
    if (!rule.rule.patterns.empty() || rule.path == nullptr) continue;
    const auto region = static_cast<unsigned>(segment.RegionAt(0));
    if ((rule.regions >> region & 1u) == 0 || !Finds(*rule.path, segment.name)) continue;
    Candidate c;
    c.rule = i;
    out->push_back(c);
  }
}

}  // namespace warifu::scan
