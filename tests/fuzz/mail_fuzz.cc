// A whole mail: parsed, its attachments read as text, every segment's maps and regions checked.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "input.h"
#include "mail/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warifu;
  using fuzz::Require;
  mail::Limits limits;
  limits.parts = 50;
  limits.depth = 10;
  limits.text_bytes = limits.decoded_bytes = 1u << 20;
  const std::string_view raw = fuzz::Text(data, size);
  mail::Message message = mail::Parse(raw, limits);
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    if (!message.parts[i].attachment) continue;
    mail::AddText(&message, i, size % 2 == 0 ? mail::TextKind::kPlain : mail::TextKind::kHtml,
                  limits);
  }
  for (const Segment& segment : message.segments) {
    std::size_t at = 0;
    for (const RegionSpan& region : segment.regions) {
      Require(region.span.begin == at && region.span.end >= at, "regions have gaps");
      at = region.span.end;
    }
    Require(segment.regions.empty() || at == segment.text.size(), "regions do not cover the text");
    const Span content = segment.ToContent({0, segment.text.size()});
    Require(content.begin <= content.end, "a map leads to a range that is none");
  }
  return 0;
}
