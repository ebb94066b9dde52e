#include "mail/segments.h"

#include <algorithm>
#include <utility>

#include "base/normalise.h"
#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/flowed.h"
#include "mail/header_text.h"
#include "mail/html_text.h"
#include "mail/regions.h"

namespace warifu::mail {
namespace {

void AddFault(Message* message, FaultCause cause, const std::string& part, std::string detail) {
  message->faults.push_back({cause, part, std::move(detail)});
}

// A number that no alternative of the message has.
int FreshAlternative(const Message& message) {
  int highest = 0;
  for (const Part& part : message.parts) highest = std::max(highest, part.alternative);
  for (const Segment& s : message.segments) highest = std::max(highest, s.alternative);
  return highest + 1;
}

std::size_t ToNormalised(const Normalised& normalised, std::size_t offset) {
  for (auto it = normalised.maps.rbegin(); it != normalised.maps.rend(); ++it) {
    offset = it->ToOutput(offset);
  }
  return offset;
}

// One text of a part on its way into a segment. `maps` are in order of making: content first.
struct Making {
  std::string text;
  std::vector<OffsetMap> maps;
  std::vector<RegionSpan> marks;  // spans of `text`

  void Add(OffsetMap map) {
    if (!map.copies()) maps.push_back(std::move(map));
  }
};

Segment Finish(Making made, const Part& part, bool html, Region whole, std::string_view author) {
  Segment segment;
  segment.part = part.number;
  segment.name = part.attachment ? part.name : "";
  segment.html = html;
  segment.alternative = part.alternative;
  Normalised normalised = Normalise(std::move(made.text));
  for (RegionSpan& mark : made.marks) {
    mark.span = {ToNormalised(normalised, mark.span.begin),
                 ToNormalised(normalised, mark.span.end)};
  }
  segment.text = std::move(normalised.text);
  segment.maps = std::move(normalised.maps);
  std::move(made.maps.rbegin(), made.maps.rend(), std::back_inserter(segment.maps));
  if (whole == Region::kBody) {
    segment.regions = FindRegions(segment.text, made.marks, author);
  } else {
    segment.regions = {{whole, {0, segment.text.size()}}};
  }
  return segment;
}

std::string AuthorOf(const Message& message) {
  const std::vector<std::string_view> from = message.Fields("From");
  return from.empty() ? "" : DecodeHeader(from[0].substr(0, 1000));
}

void AddHtmlSegments(Message* message, const Part& part, Making made, Region whole) {
  HtmlText html = ReadHtml(made.text);
  Making behind;
  behind.maps = made.maps;
  behind.text = std::move(html.behind);
  behind.Add(std::move(html.behind_map));
  made.text = std::move(html.shown);
  made.marks = std::move(html.marks);
  made.Add(std::move(html.shown_map));
  Segment shown = Finish(std::move(made), part, true, whole, AuthorOf(*message));
  if (behind.text.empty()) {
    message->segments.push_back(std::move(shown));
    return;
  }
  // A link that shows its own address is one secret, not two.
  if (shown.alternative == 0) shown.alternative = FreshAlternative(*message);
  // What is not shown has no lines of a reader: it is one region.
  Segment hidden = Finish(std::move(behind), part, true, Region::kAttachment, "");
  hidden.regions = {{whole, {0, hidden.text.size()}}};
  hidden.alternative = shown.alternative;
  message->segments.push_back(std::move(shown));
  message->segments.push_back(std::move(hidden));
}

// PGP in the text itself (RFC 9580, 6.2).
void NotePgp(Message* message, const Part& part, std::string_view text) {
  if (text.find("-----BEGIN PGP MESSAGE-----") != std::string_view::npos) {
    message->is_encrypted = true;
    AddFault(message, FaultCause::kEncrypted, part.number, "PGP message in the text");
  }
  if (text.find("-----BEGIN PGP SIGNED MESSAGE-----") != std::string_view::npos) {
    message->is_signed = true;
  }
}

void NoteCharset(Message* message, const Part& part, const DecodedText& decoded) {
  if (decoded.unknown_label) {
    AddFault(message, FaultCause::kUnknownCharset, part.number,
             "the declared charset is not known; read as windows-1252");
  } else if (decoded.broken()) {
    AddFault(message, FaultCause::kUndecodable, part.number,
             "much of the text does not fit charset " + decoded.charset);
  }
}

}  // namespace

std::size_t TextLeft(const Message& message, const Limits& limits) {
  std::size_t used = 0;
  for (const Segment& segment : message.segments) used += segment.text.size();
  return limits.text_bytes - std::min(used, limits.text_bytes);
}

void AddPartSegments(Message* message, std::size_t index, bool html, Region whole,
                     const Limits& limits) {
  Part& part = message->parts[index];
  std::string_view content = part.content;
  const std::size_t left = TextLeft(*message, limits);
  if (content.size() > left) {
    content = content.substr(0, left);
    AddFault(message, FaultCause::kTooLarge, part.number, "limit of decoded text reached");
  }
  DecodedText decoded = DecodeCharset(content, part.charset);
  part.charset_used = decoded.charset;
  NoteCharset(message, part, decoded);
  Making made;
  made.text = std::move(decoded.text);
  made.Add(std::move(decoded.map));
  if (html) return AddHtmlSegments(message, part, std::move(made), whole);
  if (part.format_flowed) {
    FlowedText joined = JoinFlowed(made.text, part.delsp);
    made.text = std::move(joined.text);
    made.Add(std::move(joined.map));
  }
  message->segments.push_back(Finish(std::move(made), part, false, whole, AuthorOf(*message)));
  NotePgp(message, part, message->segments.back().text);
}

void AddHeaderSegment(Message* message, std::string part, std::string_view field,
                      std::string_view raw_body, const Limits& limits) {
  const std::size_t left = TextLeft(*message, limits);
  if (raw_body.size() > left) {
    AddFault(message, FaultCause::kTooLarge, part, "limit of decoded text reached");
    raw_body = raw_body.substr(0, left);
  }
  HeaderText header = DecodeHeaderText(raw_body);
  Normalised normalised = Normalise(std::move(header.text));
  Segment segment;
  segment.part = std::move(part);
  segment.field = field;
  segment.text = std::move(normalised.text);
  segment.maps = std::move(normalised.maps);
  if (!header.map.copies()) segment.maps.push_back(std::move(header.map));
  segment.regions = {{Region::kHeader, {0, segment.text.size()}}};
  message->segments.push_back(std::move(segment));
}

}  // namespace warifu::mail
