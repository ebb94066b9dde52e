#include "scan/near_search.h"

#include <algorithm>
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

}  // namespace

bool FindNear(const CompiledRule& rule, std::string_view text, Candidate* candidate) {
  const Near& near = rule.rule.near;
  const Span secret = candidate->secret, window = WindowAround(candidate->match, near, text);
  const re2::StringPiece piece(text.data(), text.size());
  std::vector<re2::StringPiece> sub(static_cast<std::size_t>(near.account_group) + 1);
  const auto span_of = [text](const re2::StringPiece& s) {
    const auto begin = s.data() == nullptr ? 0 : static_cast<std::size_t>(s.data() - text.data());
    return Span{begin, begin + s.size()};
  };
  bool found = false;
  for (std::size_t pos = window.begin;
       pos < window.end && rule.near->Match(piece, pos, window.end, RE2::UNANCHORED, sub.data(),
                                            static_cast<int>(sub.size()));) {
    const Span named = span_of(sub.back());
    pos = std::max(span_of(sub[0]).end, pos + 1);
    if (named.begin < secret.end && secret.begin < named.end) continue;
    if (found && named.begin >= secret.end) break;
    found = true;
    if (near.account_group > 0) candidate->account = named;
  }
  return found;
}

}  // namespace warifu::scan
