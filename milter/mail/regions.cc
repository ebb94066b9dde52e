#include "mail/regions.h"

namespace warifu::mail {

std::vector<RegionSpan> FindRegions(std::string_view text, const std::vector<RegionSpan>& marks) {
  std::vector<RegionSpan> out;
  bool in_signature = false;
  const auto add = [&](Region region, std::size_t begin, std::size_t end) {
    if (!out.empty() && out.back().region == region) {
      out.back().span.end = end;
    } else {
      out.push_back({region, {begin, end}});
    }
  };
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t newline = text.find('\n', pos);
    const std::size_t next = newline == std::string_view::npos ? text.size() : newline + 1;
    const std::string_view line = text.substr(pos, next - pos);
    if (line == "-- \n") in_signature = true;
    Region region = in_signature ? Region::kSignature : Region::kBody;
    if (line.starts_with('>')) region = Region::kQuoted;
    for (const RegionSpan& mark : marks) {
      if (mark.span.begin <= pos && next <= mark.span.end) region = mark.region;
    }
    add(region, pos, next);
    pos = next;
  }
  if (out.empty()) out.push_back({Region::kBody, {0, 0}});
  return out;
}

}  // namespace warifu::mail
