// Segment: one run of text out of a mail, ready to be scanned, with the regions it lies in.
//
// A segment's text is valid UTF-8, normalised (base/normalise.h), its lines end in LF. `maps` lead
// back, last transformation first, to the transfer-decoded bytes of the part (for headers: to the
// raw field body). The mail room makes segments; scan reads them; policy and edits go back through
// ToContent().
//
// Threads: const after building.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu {

enum class Region : std::uint8_t { kHeader, kBody, kQuoted, kSignature, kAttachment, kDocument };

std::string_view ToString(Region region);
// False when `word` names no region.
bool FromString(std::string_view word, Region* region);

struct RegionSpan {
  Region region = Region::kBody;
  Span span;  // in Segment::text
};

struct Segment {
  std::string part;   // MIME section number as in IMAP ("1", "1.2"); "header" for the head
  std::string field;  // header segments: the field's name; else empty
  std::string name;   // attachment's file name, UTF-8; else empty
  std::string text;
  std::vector<OffsetMap> maps;      // applied first to last: text → … → part content
  std::vector<RegionSpan> regions;  // in order, without gaps, covering `text`
  // Segments of one multipart/alternative share a number > 0, so that one secret shown in the plain
  // and in the HTML form is counted once.
  int alternative = 0;
  bool html = false;

  Region RegionAt(std::size_t offset) const;
  Span ToContent(Span span) const;
};

}  // namespace warifu
