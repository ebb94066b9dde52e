#include "scan/confirm.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "scan/near_search.h"
#include "scan/value_end.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxLines =
    200;  // a rule that may span more is searched in the whole segment

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

re2::StringPiece Piece(std::string_view text) {
  return {text.data(), text.size()};
}

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
      // What only confirms, such as the next row of a list, may be a match of its own.
      if (pattern_.secret_group > 0 && !Group(pattern_.secret_group).empty()) pos = c.secret.end;
      if (c.secret.empty()) continue;
      if (pattern_.trim) pos = std::min(pos, ValueOf(text_, c.secret).end);
      on_match(c);
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
    const ProbeForm& form = first_pass.forms[hit.form];
    const bool anywhere = first_pass.modes[form.expression] == FirstPassMode::kKeywords;
    for (const ProbeUse& use : form.uses) {
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
  MatchFilter filter(rules.rules[pattern.rule], pattern.keyword_sure, segment);
  if (!filter.MayFire()) return;
  Searcher searcher(pattern, segment.text);
  const CompiledRule& rule = rules.rules[pattern.rule];
  const auto keep = [&](Candidate c) {
    std::string_view key = filter.Refuses(c);
    if (key.empty() && pattern.trim) {
      // Both forms must pass: `word);` is program text, `word` alone is not.
      const Span taken = std::exchange(c.secret, ValueOf(segment.text, c.secret));
      if (c.secret.end != taken.end) key = filter.Refuses(c);
    }
    if (key.empty() && rule.near != nullptr && !FindNear(rule, segment.text, &c)) key = "near";
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
    if (!rule.rule.OnNameAlone() || rule.path == nullptr) continue;
    const auto region = static_cast<unsigned>(segment.RegionAt(0));
    if ((rule.regions >> region & 1u) == 0 || !Finds(*rule.path, segment.name)) continue;
    Candidate c;
    c.rule = i;
    out->push_back(c);
  }
}

}  // namespace warifu::scan
