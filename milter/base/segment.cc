#include "base/segment.h"

#include "base/names.h"

namespace warifu {
namespace {

constexpr std::pair<Region, std::string_view> kNames[] = {
    {Region::kHeader, "header"},         {Region::kBody, "body"},
    {Region::kQuoted, "quoted"},         {Region::kSignature, "signature"},
    {Region::kAttachment, "attachment"}, {Region::kDocument, "document"},
};

}  // namespace

std::string_view ToString(Region region) {
  return NameOf(kNames, region);
}

bool FromString(std::string_view word, Region* region) {
  return ValueOf(kNames, word, region);
}

Region Segment::RegionAt(std::size_t offset) const {
  for (const RegionSpan& r : regions) {
    if (offset < r.span.end) return r.region;
  }
  return regions.empty() ? Region::kBody : regions.back().region;
}

Span Segment::ToContent(Span span) const {
  for (const OffsetMap& map : maps) span = map.ToSource(span);
  return span;
}

}  // namespace warifu
