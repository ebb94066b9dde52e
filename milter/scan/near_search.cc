#include "scan/near_search.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace warifu::scan {
namespace {

constexpr std::size_t kNearBytes = 1024;

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

Span WindowAround(Span match, const Near& near, std::string_view text) {
  Span window{match.begin > kNearBytes ? match.begin - kNearBytes : 0,
              std::min(text.size(), match.end + kNearBytes)};
  const std::string_view seen = text.substr(0, window.end);
  window.begin += LineBegin(seen.substr(window.begin), match.begin - window.begin,
                            static_cast<std::size_t>(near.above));
  window.end = LineEnd(seen, match.end, static_cast<std::size_t>(near.below));
  while (window.begin > 0 && IsContinuation(text[window.begin])) --window.begin;
  while (window.end < text.size() && IsContinuation(text[window.end])) ++window.end;
  return window;
}

// What `groups` of the expression matched at a place; empty where they took no part.
void Groups(const CompiledRule& rule, std::string_view text, std::size_t at, std::size_t end,
            std::span<re2::StringPiece> groups) {
  rule.near->Match(re2::StringPiece(text.data(), text.size()), at, end, RE2::ANCHOR_START,
                   groups.data(), static_cast<int>(groups.size()));
}

}  // namespace

// The bounds of a match come from RE2's DFA. Its groups come from the NFA, at hundreds of times the
// cost for an expression with many alternatives, and are asked of the one place that counts.
bool FindNear(const CompiledRule& rule, std::string_view text, Candidate* candidate) {
  const Near& near = rule.rule.near;
  const Span secret = candidate->secret, window = WindowAround(candidate->match, near, text);
  std::vector<re2::StringPiece> sub(static_cast<std::size_t>(near.account_group) + 1);
  const auto span_of = [text](const re2::StringPiece& s) {
    const auto begin = s.data() == nullptr ? 0 : static_cast<std::size_t>(s.data() - text.data());
    return Span{begin, begin + s.size()};
  };
  const auto named_at = [&](const Span& place) {
    if (near.account_group == 0) return place;
    Groups(rule, text, place.begin, window.end, sub);
    return span_of(sub.back());
  };
  const auto holds_secret = [&secret](const Span& span) {
    return span.begin < secret.end && secret.begin < span.end;
  };
  std::optional<Span> found;
  re2::StringPiece match;
  for (std::size_t pos = window.begin;
       pos < window.end && rule.near->Match(re2::StringPiece(text.data(), text.size()), pos,
                                            window.end, RE2::UNANCHORED, &match, 1);) {
    const Span place = span_of(match);
    const bool own = holds_secret(place) && holds_secret(named_at(place));
    // What began before the secret and took it in may stand once more behind it.
    pos = std::max(own ? std::min(place.end, secret.end) : place.end, pos + 1);
    if (own) continue;
    if (found && place.begin >= secret.end) break;
    found = place;
  }
  if (found && near.account_group > 0) candidate->account = named_at(*found);
  return found.has_value();
}

}  // namespace warifu::scan
