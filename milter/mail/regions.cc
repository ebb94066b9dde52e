#include "mail/regions.h"

#include <algorithm>
#include <span>

#include "mail/lines.h"
#include "mail/quoting.h"
#include "mail/signature.h"

namespace warifu::mail {
namespace {

// Gives each line the innermost mark that covers it whole. Marks nest, in order of their begin.
void ApplyMarks(const std::vector<RegionSpan>& marks, std::vector<Line>* lines) {
  for (const RegionSpan& mark : marks) {
    auto line = std::ranges::partition_point(
        *lines, [&](const Line& l) { return l.begin < mark.span.begin; });
    for (; line != lines->end() && line->begin < mark.span.end; ++line) line->region = mark.region;
  }
}

// Blank lines between quoted ones are part of the quotation.
void FillGaps(std::vector<Line>* lines) {
  for (std::size_t i = 1; i < lines->size(); ++i) {
    if (!(*lines)[i].blank() || (*lines)[i - 1].region != Region::kQuoted) continue;
    std::size_t end = i;
    while (end < lines->size() && (*lines)[end].blank()) ++end;
    const bool closed = end == lines->size() || (*lines)[end].region == Region::kQuoted;
    for (; i < end; ++i) {
      if (closed) (*lines)[i].region = Region::kQuoted;
    }
  }
}

// The last stretch of the sender's own lines: what stands before a quoted end, or the end itself.
std::span<Line> LastOwnLines(std::vector<Line>* lines) {
  const auto own = [](const Line& l) { return l.region != Region::kQuoted && !l.blank(); };
  std::size_t end = lines->size();
  while (end > 0 && !own((*lines)[end - 1])) --end;
  std::size_t begin = end;
  while (begin > 0 && (*lines)[begin - 1].region != Region::kQuoted) --begin;
  return std::span(*lines).subspan(begin, end - begin);
}

}  // namespace

std::vector<RegionSpan> FindRegions(std::string_view text, const std::vector<RegionSpan>& marks,
                                    std::string_view author) {
  std::vector<Line> lines = SplitLines(text);
  ApplyMarks(marks, &lines);
  MarkQuoted(&lines);
  FillGaps(&lines);
  const std::span<Line> own = LastOwnLines(&lines);
  if (std::ranges::none_of(own, [](const Line& l) { return l.region == Region::kSignature; })) {
    for (Line& line : own.subspan(FindSignature(own, author))) line.region = Region::kSignature;
  }
  std::vector<RegionSpan> out;
  for (const Line& line : lines) {
    if (out.empty() || out.back().region != line.region) {
      out.push_back({line.region, {line.begin, line.begin}});
    }
    out.back().span.end = line.next;
  }
  if (out.empty()) out.push_back({Region::kBody, {0, 0}});
  return out;
}

}  // namespace warifu::mail
