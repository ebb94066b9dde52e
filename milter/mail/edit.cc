#include "mail/edit.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/html_token.h"
#include "mail/iso2022jp.h"
#include "mail/transfer.h"

namespace warifu::mail {
namespace {

constexpr std::string_view kToAscii = "\x1B(B";

std::unexpected<Error> Refuse(std::string why) {
  return Fail(ErrorKind::kInvalid, std::move(why));
}

bool IsHtml(const Part& part) {
  return part.type == "text/html" || part.type == "application/xhtml+xml";
}

bool IsVoid(std::string_view tag) {
  static constexpr std::string_view kVoid[] = {"area",  "base",   "br",    "col",  "embed",
                                               "hr",    "img",    "input", "link", "meta",
                                               "param", "source", "track", "wbr"};
  return std::ranges::find(kVoid, tag) != std::end(kVoid);
}

// The tags of `html` that open or close something outside of it: what must stay when the rest is
// cut, so that the elements around it still end where they did. Attributes are not kept.
std::string UnbalancedTags(std::string_view html) {
  constexpr std::size_t kMaxOpen = 512;
  std::string kept;
  std::vector<std::string> open;
  HtmlTokenizer tokens(html);
  HtmlToken token;
  while (tokens.Next(&token)) {
    if (token.kind == HtmlToken::Kind::kStartTag && !IsVoid(token.name)) {
      if (token.name == "script" || token.name == "style") tokens.RawText(token.name);
      if (open.size() < kMaxOpen) open.push_back(token.name);
    } else if (token.kind == HtmlToken::Kind::kEndTag) {
      const auto match = std::ranges::find(open.rbegin(), open.rend(), token.name);
      if (match != open.rend()) {
        open.erase(std::prev(match.base()), open.end());
      } else {
        kept += "</" + token.name + ">";
      }
    }
  }
  for (const std::string& name : open) kept += "<" + name + ">";
  return kept;
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\n':
        out += "<br>\r\n";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string WithCrlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

// Whether the part can hold bytes above 0x7F without a change of its head.
bool HoldsEightBits(const Part& part, Transfer encoding) {
  if (encoding != Transfer::kIdentity) return true;
  return part.encoding == "8bit" || part.encoding == "binary" || !IsAscii(part.content);
}

// The text that takes the place of a cut, in the part's charset.
Result<std::string> Insertion(const Part& part, Transfer encoding, const Cut& cut) {
  std::string text = IsHtml(part) ? EscapeHtml(cut.insert) : WithCrlf(cut.insert);
  if (IsHtml(part)) {
    const std::string_view gone =
        std::string_view(part.content).substr(cut.content.begin, cut.content.size());
    text += UnbalancedTags(DecodeLabelled(gone, part.charset_used).text);
  }
  const bool declared = !part.charset.empty() && part.charset != "us-ascii";
  if (!IsAscii(text) && !declared) {
    return Refuse("the part declares no charset that could hold the notice");
  }
  Result<std::string> bytes = EncodeCharset(text, part.charset_used);
  if (bytes && !IsAscii(*bytes) && !HoldsEightBits(part, encoding)) {
    return Refuse("the notice does not fit into a part of seven bits");
  }
  return bytes;
}

using InsertionOf = std::function<Result<std::string>(const Cut&)>;

// ISO-2022-JP without the shifts that change nothing: in `before`, out of it in `after`.
std::string WithoutIdleShifts(std::string_view before, std::string_view bytes,
                              std::string_view after) {
  std::string out;
  std::string now(before), wanted(before);
  const auto shift = [&] {
    if (wanted != now) out += wanted.empty() ? kToAscii : std::string_view(wanted);
    now = wanted;
  };
  while (!bytes.empty()) {
    if (const std::size_t size = JisEscapeSize(bytes); size > 0) {
      wanted = bytes.substr(0, size) == kToAscii ? "" : bytes.substr(0, size);
      bytes.remove_prefix(size);
    } else {
      shift();
      out += bytes.front();
      bytes.remove_prefix(1);
    }
  }
  wanted = after;
  shift();
  return out;
}

// Where a cut at `to` begins when the shifts that led into it alone go with it: a line of nothing
// but shifts would else stay behind.
std::size_t BeforeShift(std::string_view content, std::size_t from, std::size_t to) {
  std::string_view shift = JisShiftAt(content, to);
  while (!shift.empty() && to - from >= shift.size() && content.substr(0, to).ends_with(shift)) {
    to -= shift.size();
    shift = JisShiftAt(content, to);
  }
  return to;
}

// What takes the places of the cuts, in order.
Result<std::vector<Splice>> SplicesOf(std::string_view content, std::string_view charset,
                                      std::vector<Cut> cuts, const InsertionOf& insertion) {
  std::ranges::sort(cuts, {}, [](const Cut& c) { return c.content.begin; });
  std::vector<Splice> splices;
  std::size_t copied = 0;
  for (const Cut& cut : cuts) {
    if (cut.content.end > content.size() || cut.content.begin > cut.content.end) {
      return Refuse("a cut lies outside of its part");
    }
    if (cut.content.begin < copied) return Refuse("two cuts overlap");
    Span gone = cut.content;
    if (charset == "iso-2022-jp" && !cut.mask)
      gone.begin = BeforeShift(content, copied, gone.begin);
    copied = gone.end;
    Result<std::string> bytes = insertion(cut);
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    if (charset == "iso-2022-jp") {
      const bool ends = copied == content.size();
      *bytes = WithoutIdleShifts(JisShiftAt(content, gone.begin), std::string(kToAscii) + *bytes,
                                 ends ? std::string_view() : JisShiftAt(content, copied));
    }
    splices.push_back({gone, *std::move(bytes)});
  }
  return splices;
}

// '*' where the charset has no wide one.
std::string MaskBytes(const Cut& cut, std::string_view charset) {
  if (Result<std::string> bytes = EncodeCharset(cut.insert, charset)) return *std::move(bytes);
  std::string narrow;
  for (std::size_t pos = 0; pos < cut.insert.size(); narrow += '*') NextCodePoint(cut.insert, &pos);
  return EncodeCharset(narrow, charset).value_or(narrow);
}

// The encoded content of the part after its cuts, ending as the old one ended.
Result<std::string> Recode(std::string_view raw, const Part& part, std::vector<Cut> cuts) {
  const Transfer encoding = TransferOf(part.encoding);
  if (part.raw.end > raw.size() || (part.raw.empty() && !part.content.empty())) {
    return Refuse("the part lies inside of an encoded attachment");
  }
  const std::string_view old = raw.substr(part.raw.begin, part.raw.size());
  if (DecodeTransfer(old, encoding).content != part.content) {
    return Refuse("the part was not read whole");
  }
  const bool masks = std::ranges::any_of(cuts, &Cut::mask);
  const Result<std::vector<Splice>> splices =
      SplicesOf(part.content, part.charset_used, std::move(cuts), [&](const Cut& cut) {
        return cut.mask ? Result<std::string>(MaskBytes(cut, part.charset_used))
                        : Insertion(part, encoding, cut);
      });
  if (!splices) return std::unexpected(splices.error());
  if (masks) {
    // Where the charset is a guess, one made without the masked bytes may be another.
    const DecodedText before = DecodeCharset(part.content, part.charset);
    const DecodedText after = DecodeCharset(SpliceContent(part.content, *splices), part.charset);
    if (before.charset != after.charset || before.errors != after.errors) {
      return Refuse("the rest would be read in another charset");
    }
  }
  Result<std::string> encoded = SpliceTransfer(old, part.content, encoding, *splices);
  if (!encoded) return encoded;
  if (old.ends_with('\n')) {
    if (!encoded->ends_with('\n')) *encoded += "\r\n";
  } else if (encoding == Transfer::kBase64) {
    while (encoded->ends_with('\n') || encoded->ends_with('\r')) encoded->pop_back();
  }
  return encoded;
}

bool IsBlankText(std::string_view text) {
  return std::ranges::all_of(text, IsSpace);
}

struct LastRegion {
  const Segment* segment = nullptr;
  RegionSpan region;
};

// The last region of a segment that is not blank.
std::optional<LastRegion> LastRegionOf(const Segment& segment) {
  for (auto it = segment.regions.rbegin(); it != segment.regions.rend(); ++it) {
    const std::string_view text =
        std::string_view(segment.text).substr(it->span.begin, it->span.size());
    if (!IsBlankText(text)) return LastRegion{&segment, *it};
  }
  return {};
}

// From the first byte that belongs to the region to the end of the content. In HTML, the tags
// before the region's first character belong to it too: a link's address stands there.
Span ContentOf(const LastRegion& last, const Part& part) {
  const std::size_t begin = last.region.span.begin;
  if (begin == 0) return {0, part.content.size()};
  const std::size_t from = last.segment->html ? last.segment->ToContent({begin - 1, begin}).end
                                              : last.segment->ToContent({begin, begin + 1}).begin;
  return {from, part.content.size()};
}

std::size_t Lines(const Segment& segment, Span span) {
  std::string_view text = std::string_view(segment.text).substr(span.begin, span.size());
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
}

// The segment of what the same part shows: the text behind an HTML part has no regions of its own.
const Segment& ShownSegment(const Message& message, std::size_t index) {
  const Segment& segment = message.segments[index];
  if (!segment.html) return segment;
  return *std::ranges::find_if(message.segments, [&](const Segment& s) {
    return s.html && s.part == segment.part && s.field.empty();
  });
}

}  // namespace

Result<std::vector<Splice>> MaskSplices(std::string_view content, std::string_view charset,
                                        std::vector<Cut> cuts) {
  return SplicesOf(content, charset, std::move(cuts),
                   [charset](const Cut& cut) { return MaskBytes(cut, charset); });
}

Result<EditedBody> ApplyCuts(std::string_view raw, const Message& message,
                             const std::vector<Cut>& cuts) {
  // In the order of the parts in the raw message.
  std::map<std::size_t, std::vector<Cut>> by_part;
  for (const Cut& cut : cuts) {
    if (cut.part >= message.parts.size()) return Refuse("a cut names no part");
    by_part[cut.part].push_back(cut);
  }
  EditedBody out;
  std::size_t copied = message.body_begin;
  for (auto& [index, part_cuts] : by_part) {
    const Part& part = message.parts[index];
    const bool twice = std::ranges::any_of(message.parts, [&](const Part& other) {
      return &other != &part && !other.raw.empty() && other.raw == part.raw;
    });
    if (twice) return Refuse("the part's transfer encoding is broken");
    Result<std::string> encoded = Recode(raw, part, std::move(part_cuts));
    if (!encoded) return std::unexpected(std::move(encoded.error()));
    if (part.raw.begin < copied) return Refuse("two parts of the cuts lie in each other");
    out.body.append(raw.substr(copied, part.raw.begin - copied)).append(*encoded);
    copied = part.raw.end;
  }
  out.body.append(raw.substr(std::min(copied, raw.size())));
  return out;
}

Result<Cut> CutOfLastRegion(const Message& message, std::size_t segment, std::size_t at,
                            int max_lines) {
  const auto refuse = [](std::string why) { return Fail(ErrorKind::kNotFound, std::move(why)); };
  if (segment >= message.segments.size()) return refuse("no such segment");
  const Segment& found = message.segments[segment];
  const auto part = std::ranges::find(message.parts, found.part, &Part::number);
  if (!found.field.empty() || part == message.parts.end()) return refuse("not in a part");
  const std::optional<LastRegion> last = LastRegionOf(ShownSegment(message, segment));
  if (!last) return refuse("the part is blank");
  const Region region = last->region.region;
  if (region != Region::kSignature && region != Region::kQuoted) {
    return refuse("the part does not end in a signature or quoted text");
  }
  Cut cut;
  cut.part = static_cast<std::size_t>(part - message.parts.begin());
  cut.content = ContentOf(*last, *part);
  if (found.ToContent({at, at + 1}).begin < cut.content.begin) {
    return refuse("it does not lie in the last region of its part");
  }
  if (Lines(*last->segment, last->region.span) > static_cast<std::size_t>(std::max(max_lines, 0))) {
    return refuse("the region has more than " + std::to_string(max_lines) + " lines");
  }
  return cut;
}

}  // namespace warifu::mail
