#include "scan/candidate_ties.h"

#include <algorithm>
#include <optional>
#include <unordered_map>

namespace warifu::scan {
namespace {

// How many of the sorted values are below `value`.
template <typename Values, typename Of>
std::size_t CountBelow(const Values& values, std::size_t value, const Of& of, std::size_t* work) {
  std::size_t first = 0, count = values.size();
  while (count > 0) {
    ++*work;
    const std::size_t half = count / 2;
    if (of(values[first + half]) < value) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  return first;
}

// Spans by their begin, with the farthest end of all up to each.
class SpanIndex {
 public:
  void Add(Span span) { spans_.push_back(span); }
  void Sort(std::size_t* work) {
    std::ranges::sort(spans_, [work](const Span& a, const Span& b) {
      ++*work;
      return a.begin < b.begin;
    });
    for (const Span& span : spans_) {
      farthest_.push_back(std::max(span.end, farthest_.empty() ? 0 : farthest_.back()));
    }
  }

  bool Overlaps(Span span, std::size_t* work) const {
    const std::size_t count = Below(span.end, work);
    return count > 0 && farthest_[count - 1] > span.begin;
  }
  // The first begin at or behind `at`, and the farthest end of those that begin before.
  std::optional<std::size_t> NextBegin(std::size_t at, std::size_t* work) const {
    const std::size_t count = Below(at, work);
    return count < spans_.size() ? std::optional(spans_[count].begin) : std::nullopt;
  }
  std::optional<std::size_t> LastEnd(std::size_t at, std::size_t* work) const {
    const std::size_t count = Below(at, work);
    return count > 0 ? std::optional(farthest_[count - 1]) : std::nullopt;
  }

 private:
  std::size_t Below(std::size_t at, std::size_t* work) const {
    return CountBelow(spans_, at, [](const Span& span) { return span.begin; }, work);
  }

  std::vector<Span> spans_;
  std::vector<std::size_t> farthest_;
};

// Line feeds between two places of a text.
class LineCount {
 public:
  explicit LineCount(std::string_view text) {
    for (std::size_t at = 0; (at = text.find('\n', at)) != text.npos; ++at) feeds_.push_back(at);
  }
  std::size_t Between(std::size_t begin, std::size_t end, std::size_t* work) const {
    if (end <= begin) return 0;
    const auto place = [](std::size_t at) { return at; };
    return CountBelow(feeds_, end, place, work) - CountBelow(feeds_, begin, place, work);
  }

 private:
  std::vector<std::size_t> feeds_;
};

using Required = std::unordered_map<std::string_view, SpanIndex>;

bool Meets(const Candidate& c, const Requirement& required, const Required& index,
           const LineCount& lines, std::size_t* work) {
  const SpanIndex& others = index.at(required.rule);
  const auto next = others.NextBegin(c.match.begin, work);
  const auto last = others.LastEnd(c.match.begin, work);
  if (!required.within_lines) return next || last;
  const auto within = static_cast<std::size_t>(std::max(*required.within_lines, 0));
  return (next && lines.Between(c.match.end, *next, work) <= within) ||
         (last && lines.Between(*last, c.match.begin, work) <= within);
}

}  // namespace

void DropUnmet(const CompiledRules& rules, std::string_view text,
               std::vector<Candidate>* candidates, std::size_t* work) {
  std::size_t unused = 0;
  if (work == nullptr) work = &unused;
  const auto rule_of = [&](const Candidate& c) -> const Rule& { return rules.rules[c.rule].rule; };
  Required index;
  bool helpers = false;
  for (const Candidate& c : *candidates) {
    helpers = helpers || rule_of(c).helper;
    for (const Requirement& required : rule_of(c).required) index.try_emplace(required.rule);
  }
  if (index.empty() && !helpers) return;
  for (const Candidate& c : *candidates) {
    const auto it = index.find(rule_of(c).info.id);
    if (it != index.end()) it->second.Add(c.match);
  }
  for (auto& [id, spans] : index) spans.Sort(work);
  const LineCount lines(text);
  std::erase_if(*candidates, [&](const Candidate& c) {
    return rule_of(c).helper ||
           std::ranges::any_of(rule_of(c).required, [&](const Requirement& required) {
             return !Meets(c, required, index, lines, work);
           });
  });
}

void DropYielding(const CompiledRules& rules, std::vector<Candidate>* candidates,
                  std::size_t* work) {
  std::size_t unused = 0;
  if (work == nullptr) work = &unused;
  const auto generic = [&](const Candidate& c) { return rules.rules[c.rule].generic; };
  if (std::ranges::none_of(*candidates, generic)) return;
  SpanIndex named;
  for (const Candidate& c : *candidates) {
    if (!generic(c)) named.Add(c.secret);
  }
  named.Sort(work);
  std::erase_if(*candidates,
                [&](const Candidate& c) { return generic(c) && named.Overlaps(c.secret, work); });
}

}  // namespace warifu::scan
