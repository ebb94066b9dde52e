#include <algorithm>
#include <array>
#include <utility>

#include "mail/ascii.h"
#include "mail/boundary.h"
#include "mail/head.h"
#include "mail/message.h"
#include "mail/params.h"
#include "mail/segments.h"
#include "mail/transfer.h"

namespace warifu::mail {
namespace {

// Fields of one head; more is no mail.
constexpr std::size_t kMaxFields = 2000;

// Fields that no person writes and that are full of base64 or hex: signatures, seals, traces. They
// would only make false hits, and what they sign is scanned where it stands.
constexpr std::string_view kUnscannedFields[] = {"received",
                                                 "dkim-signature",
                                                 "domainkey-signature",
                                                 "arc-seal",
                                                 "arc-message-signature",
                                                 "arc-authentication-results",
                                                 "return-path",
                                                 "authentication-results",
                                                 "received-spf",
                                                 "message-id",
                                                 "in-reply-to",
                                                 "references",
                                                 "mime-version",
                                                 "content-type",
                                                 "content-transfer-encoding",
                                                 "content-disposition",
                                                 "content-id",
                                                 "x-received",
                                                 "x-google-dkim-signature",
                                                 "x-google-smtp-source",
                                                 "x-gm-message-state",
                                                 "thread-index",
                                                 "date",
                                                 "x-ms-exchange-crosstenant-id",
                                                 "face",
                                                 "x-face",
                                                 "openpgp",
                                                 "autocrypt"};

// Who the walk is for: the message's head or a part's, and how its children are numbered.
struct Place {
  std::string number = {};  // of a leaf
  std::string prefix = {};  // of children: "", "2."
  std::string head = {};    // Segment::part of the head's segments, "" when it is a part's head
  std::size_t depth = 0;
  int alternative = 0;
  bool in_digest = false;
};

class Walker {
 public:
  Walker(std::string_view raw, const Limits& limits, Message* message, bool nested)
      : raw_(raw), limits_(limits), message_(message), boundaries_(raw), nested_(nested) {
    for (const Part& part : message->parts) {
      alternatives_ = std::max(alternatives_, part.alternative);
    }
  }

  // Reads the entity that begins at `begin`; returns what ended it.
  Delimiter Entity(std::size_t begin, const Place& place);

 private:
  struct Type {
    Parameterised type;
    Parameterised disposition;
    std::string encoding;
    Transfer transfer = Transfer::kIdentity;
  };

  // The type of what has none, or none that can be read.
  static Type PlainText() {
    Type type;
    type.type.value = "text/plain";
    return type;
  }

  Type TypeOf(const Head& head, const Place& place);
  void Fields(const Head& head, const Place& place);
  void CheckHead(const Head& head, const Place& place);
  Delimiter Multipart(const Head& head, const Type& type, const Place& place);
  Delimiter Children(std::size_t level, Delimiter at, const Type& type, const Place& place);
  Delimiter NestedMessage(std::size_t begin, const Place& place);
  Delimiter Leaf(std::size_t begin, const Type& type, const Place& place);
  // Text outside of all parts: preamble, epilogue.
  void Between(std::size_t begin, std::size_t end, const Place& place, std::string_view what);
  void NoteName(const std::string& name, const std::string& part);
  void AddPart(Part part, Span raw, Transfer transfer);
  void NoteContent(const Part& part);
  void ReadContent(std::size_t index);
  void InlineFiles(std::size_t index);
  void NoteSecurity(const Type& type, const Place& place);
  Span ContentBefore(std::size_t begin, const Delimiter& end) const;
  Delimiter End() const { return {Delimiter::kNone, false, raw_.size(), raw_.size()}; }
  bool Full(const Place& place);
  void Fault(FaultCause cause, const std::string& part, std::string detail) {
    message_->faults.push_back({cause, part, std::move(detail)});
  }

  std::string_view raw_;
  const Limits& limits_;
  Message* message_;
  Boundaries boundaries_;
  bool nested_;  // `raw_` is decoded content, not the message as received
  int alternatives_ = 0;
};

std::size_t DecodedBytes(const Message& message) {
  std::size_t sum = 0;
  for (const Part& part : message.parts) sum += part.content.size();
  return sum;
}

bool IsBodyText(std::string_view type) {
  return type == "text/plain" || type == "text/html" || type == "text/enriched" ||
         type == "text/richtext" || type == "application/xhtml+xml";
}

bool IsHtmlType(std::string_view type) {
  return type == "text/html" || type == "application/xhtml+xml";
}

bool IsScanned(std::string_view field) {
  const std::string name = LowerAscii(field);
  return std::ranges::find(kUnscannedFields, name) == std::end(kUnscannedFields) &&
         !name.starts_with("x-ms-exchange-") && !name.starts_with("x-forefront-") &&
         !name.starts_with("x-microsoft-antispam") && !name.starts_with("x-spam-");
}

// A type without a slash is what a sender meant to be text (RFC 2045, 5.2).
std::string TypeName(const std::string& value, bool in_digest) {
  const std::size_t slash = value.find('/');
  const bool whole = slash != std::string::npos && slash > 0 && slash + 1 < value.size();
  return whole ? value : in_digest ? "message/rfc822" : "text/plain";
}

std::string NameOf(const Parameterised& disposition, const Parameterised& type) {
  if (const Parameter* p = disposition.Find("filename")) return p->value;
  if (const Parameter* p = type.Find("name")) return p->value;
  return "";
}

constexpr int kCmsSigned = 2;

// The content type of a CMS blob: object identifier 1.2.840.113549.1.7.x near its begin.
int CmsType(std::string_view der) {
  constexpr std::string_view kOid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07";
  const std::size_t at = der.substr(0, 64).find(kOid);
  return at == std::string_view::npos || at + kOid.size() >= der.size() ? 0 : der[at + kOid.size()];
}

Delimiter Walker::Entity(std::size_t begin, const Place& place) {
  const Head head = ReadHead(raw_, begin, boundaries_, kMaxFields);
  if (place.head == "header") message_->body_begin = head.body_begin;
  CheckHead(head, place);
  Fields(head, place);
  const Type type = TypeOf(head, place);
  NoteSecurity(type, place);
  const bool too_deep = place.depth >= limits_.depth;
  const bool multipart = type.type.value.starts_with("multipart/");
  const bool message = type.type.value == "message/rfc822" || type.type.value == "message/global" ||
                       type.type.value == "message/news";
  if (too_deep && (multipart || message)) {
    Fault(FaultCause::kTooDeep, place.number, "nesting limit reached; read as one text");
    return Leaf(head.body_begin, PlainText(), place);
  }
  if (multipart) return Multipart(head, type, place);
  if (message && type.transfer == Transfer::kIdentity) {
    NoteName(NameOf(type.disposition, type.type), place.number);
    return NestedMessage(head.body_begin, place);
  }
  return Leaf(head.body_begin, type, place);
}

void Walker::CheckHead(const Head& head, const Place& place) {
  const std::string part = place.head.empty() ? place.number : place.head;
  if (head.has_nul) Fault(FaultCause::kMalformed, part, "NUL in the head");
  if (head.has_bare_cr) Fault(FaultCause::kMalformed, part, "bare CR in the head");
  if (head.too_many_fields) Fault(FaultCause::kTooLarge, part, "too many head fields");
  for (const std::string_view name :
       {"content-type", "content-transfer-encoding", "content-disposition"}) {
    if (head.Count(name) < 2) continue;
    const std::string_view first = Trim(head.Find(name)->body);
    const bool differ = std::ranges::any_of(head.fields, [&](const RawField& f) {
      return EqualNoCase(f.name, name) && !EqualNoCase(Trim(f.body), first);
    });
    if (differ)
      Fault(FaultCause::kMalformed, part, "two different " + std::string(name) + " fields");
  }
  if (head.junk.empty()) return;
  Fault(FaultCause::kMalformed, part, "a line in the head is no field: some readers end it there");
  if (head.no_fields) return;
  Between(head.junk.begin, head.junk.end, place, place.head.empty() ? "mime" : "head");
}

void Walker::Fields(const Head& head, const Place& place) {
  const std::string part = place.head.empty() ? place.number : place.head;
  for (const RawField& field : head.fields) {
    if (place.head == "header") {
      message_->fields.push_back({std::string(field.name), std::string(field.body)});
      message_->is_signed = message_->is_signed || EqualNoCase(field.name, "DKIM-Signature") ||
                            EqualNoCase(field.name, "ARC-Message-Signature");
    }
    if (IsScanned(field.name) && !Trim(field.body).empty()) {
      AddHeaderSegment(message_, part, field.name, field.body, limits_);
    }
  }
}

Walker::Type Walker::TypeOf(const Head& head, const Place& place) {
  Type out;
  if (const RawField* f = head.Find("Content-Type")) out.type = ParseParameterised(f->body);
  if (const RawField* f = head.Find("Content-Disposition")) {
    out.disposition = ParseParameterised(f->body);
  }
  if (const RawField* f = head.Find("Content-Transfer-Encoding")) {
    out.encoding = TransferName(f->body);
    out.transfer = TransferOf(f->body);
  }
  out.type.value = TypeName(out.type.value, place.in_digest);
  if (out.type.conflicting) {
    Fault(FaultCause::kMalformed, place.number, "a parameter of Content-Type comes twice");
  }
  return out;
}

void Walker::NoteSecurity(const Type& type, const Place& place) {
  if (type.type.value == "multipart/signed") message_->is_signed = true;
  if (type.type.value == "multipart/encrypted") {
    message_->is_encrypted = true;
    Fault(FaultCause::kEncrypted, place.number, "multipart/encrypted");
  }
}

bool Walker::Full(const Place& place) {
  if (message_->parts.size() < limits_.parts) return false;
  const bool told = std::ranges::any_of(message_->faults, [](const warifu::Fault& f) {
    return f.cause == FaultCause::kTooManyParts;
  });
  if (!told) Fault(FaultCause::kTooManyParts, place.number, "limit of parts reached");
  return true;
}

Delimiter Walker::Multipart(const Head& head, const Type& type, const Place& place) {
  const Parameter* boundary = type.type.Find("boundary");
  if (boundary == nullptr || Trim(boundary->raw).empty()) {
    Fault(FaultCause::kMalformed, place.number, "multipart without a boundary");
    return Leaf(head.body_begin, PlainText(), place);
  }
  const std::size_t level = boundaries_.Push(boundary->raw);
  const Delimiter first = boundaries_.FindFrom(head.body_begin);
  if (first.level != level) {
    boundaries_.PopTo(level);
    Fault(FaultCause::kMalformed, place.number, "the boundary of a multipart is not there");
    return Leaf(head.body_begin, PlainText(), place);
  }
  const Span preamble = ContentBefore(head.body_begin, first);
  Between(preamble.begin, preamble.end, place, "preamble");
  return Children(level, first, type, place);
}

Delimiter Walker::Children(std::size_t level, Delimiter at, const Type& type, const Place& place) {
  Place child;
  child.depth = place.depth + 1;
  child.alternative = place.alternative;
  child.in_digest = type.type.value == "multipart/digest";
  if (type.type.value == "multipart/alternative" && child.alternative == 0) {
    child.alternative = ++alternatives_;
  }
  for (std::size_t index = 1; at.level == level && !at.closing; ++index) {
    child.number = place.prefix + std::to_string(index);
    child.prefix = child.number + ".";
    if (Full(child)) return End();
    at = Entity(at.next, child);
  }
  boundaries_.PopTo(level);
  if (at.level != level) return at;
  const Delimiter end = boundaries_.FindFrom(at.next);
  const Span epilogue = ContentBefore(at.next, end);
  Between(epilogue.begin, epilogue.end, place, "epilogue");
  return end;
}

Delimiter Walker::NestedMessage(std::size_t begin, const Place& place) {
  if (Full(place)) return End();
  return Entity(begin, {.number = place.number + ".1",
                        .prefix = place.number + ".",
                        .head = place.number + ".header",
                        .depth = place.depth + 1,
                        .alternative = place.alternative});
}

// The line end before a delimiter belongs to it (RFC 2046, 5.1.1).
Span Walker::ContentBefore(std::size_t begin, const Delimiter& end) const {
  std::size_t stop = end.line;
  if (end.level != Delimiter::kNone) {
    if (stop > begin && raw_[stop - 1] == '\n') --stop;
    if (stop > begin && raw_[stop - 1] == '\r') --stop;
  }
  return {begin, std::max(begin, stop)};
}

// Text outside of all parts is shown by few programs, but every recipient gets it.
void Walker::Between(std::size_t begin, std::size_t end, const Place& place,
                     std::string_view what) {
  if (Trim(raw_.substr(begin, end - begin)).empty() || Full(place)) return;
  Part part;
  part.number = place.prefix + std::string(what);
  part.type = "text/plain";
  AddPart(std::move(part), {begin, end}, Transfer::kIdentity);
}

// A name can hold what must not leave, too.
void Walker::NoteName(const std::string& name, const std::string& part) {
  if (!name.empty()) AddHeaderSegment(message_, part, "filename", name, limits_);
}

Delimiter Walker::Leaf(std::size_t begin, const Type& type, const Place& place) {
  const Delimiter end = boundaries_.FindFrom(begin);
  if (Full(place)) return End();
  Part part;
  part.number = place.number;
  part.type = type.type.value;
  part.encoding = type.encoding;
  part.name = NameOf(type.disposition, type.type);
  part.alternative = place.alternative;
  if (const Parameter* p = type.type.Find("charset")) part.charset = LowerAscii(Trim(p->value));
  if (const Parameter* p = type.type.Find("format")) {
    part.format_flowed = EqualNoCase(p->value, "flowed");
  }
  if (const Parameter* p = type.type.Find("delsp")) part.delsp = EqualNoCase(p->value, "yes");
  // A named text is an attachment, unless it stands where the mail's own text does.
  const bool first = message_->parts.empty();
  part.attachment = type.disposition.value == "attachment" || !IsBodyText(part.type) ||
                    (!part.name.empty() && !first);
  NoteName(part.name, part.number);
  AddPart(std::move(part), ContentBefore(begin, end), type.transfer);
  return end;
}

void Walker::AddPart(Part part, Span raw, Transfer transfer) {
  const std::size_t used = DecodedBytes(*message_);
  const std::size_t left = limits_.decoded_bytes - std::min(used, limits_.decoded_bytes);
  std::string_view encoded = raw_.substr(raw.begin, raw.size());
  if (encoded.size() / 4 > left / 3) {
    Fault(FaultCause::kTooLarge, part.number, "limit of decoded content reached");
    encoded = encoded.substr(0, left);
  }
  TransferDecoded decoded = DecodeTransfer(encoded, transfer);
  if (transfer == Transfer::kUnknown) {
    Fault(FaultCause::kUndecodable, part.number, "transfer encoding not known; read as it stands");
  }
  // Bytes that base64 does not have: what this is not, another reader may show as it stands.
  const bool broken = decoded.junk > encoded.size() / 20;
  if (broken) {
    Fault(FaultCause::kUndecodable, part.number, "the transfer encoding is broken");
  }
  part.raw = nested_ ? Span{} : raw;
  part.content = std::move(decoded.content);
  const std::string number = part.number;
  message_->parts.push_back(std::move(part));
  const std::size_t index = message_->parts.size() - 1;
  NoteContent(message_->parts[index]);
  ReadContent(index);
  if (broken) {
    Part raw_text;
    raw_text.number = number + ".raw";
    raw_text.type = "text/plain";
    AddPart(std::move(raw_text), raw, Transfer::kIdentity);
  }
}

void Walker::NoteContent(const Part& part) {
  if (part.type == "application/pkcs7-mime" || part.type == "application/x-pkcs7-mime") {
    const int cms = CmsType(part.content);
    if (cms == kCmsSigned) message_->is_signed = true;
    if (cms != kCmsSigned) {
      message_->is_encrypted = true;
      Fault(FaultCause::kEncrypted, part.number, "S/MIME enveloped data");
    }
  }
  if (part.type == "message/partial") {
    Fault(FaultCause::kUnreadType, part.number, "a piece of a mail that was sent in pieces");
  }
}

// Files that were put into plain text by uuencode, as mail programs still unpack them.
void Walker::InlineFiles(std::size_t index) {
  const std::string number = message_->parts[index].number;
  std::vector<UuFile> files = FindUuFiles(message_->parts[index].content);
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (Full({.number = number})) return;
    Part file;
    file.number = number + ".uu" + std::to_string(i + 1);
    file.type = "application/octet-stream";
    file.encoding = "x-uuencode";
    file.name = DecodeHeader(files[i].name);
    file.attachment = true;
    file.content = std::move(files[i].content);
    NoteName(file.name, file.number);
    message_->parts.push_back(std::move(file));
  }
}

// Body text becomes segments, an encoded mail is walked; attachments wait for the extract room.
void Walker::ReadContent(std::size_t index) {
  const Part& part = message_->parts[index];
  const bool piece = part.type == "message/partial" || part.type == "message/external-body";
  if (!part.attachment || piece) {
    AddPartSegments(message_, index, IsHtmlType(part.type), Region::kBody, limits_);
    InlineFiles(index);
  } else if (part.type == "message/rfc822" || part.type == "message/global") {
    AddText(message_, index, TextKind::kMail, limits_);
  }
}

}  // namespace

std::vector<std::string_view> Message::Fields(std::string_view name) const {
  std::vector<std::string_view> bodies;
  for (const HeaderField& field : fields) {
    if (EqualNoCase(field.name, name)) bodies.push_back(field.body);
  }
  return bodies;
}

Message Parse(std::string_view raw, const Limits& limits) {
  Message message;
  if (raw.size() > limits.message_bytes) {
    raw = raw.substr(0, limits.message_bytes);
    message.faults.push_back({FaultCause::kTooLarge, "", "limit of message size reached"});
  }
  Walker walker(raw, limits, &message, false);
  walker.Entity(0, {.number = "1", .prefix = "", .head = "header"});
  return message;
}

void AddText(Message* message, std::size_t index, TextKind kind, const Limits& limits) {
  if (kind != TextKind::kMail) {
    AddPartSegments(message, index, kind == TextKind::kHtml, Region::kAttachment, limits);
    return;
  }
  const Part& part = message->parts[index];
  const auto dots = static_cast<std::size_t>(std::ranges::count(part.number, '.'));
  // The walk adds parts, which may move this one: read from a copy.
  const std::string content = part.content;
  const Place place{.number = part.number + ".1",
                    .prefix = part.number + ".",
                    .head = part.number + ".header",
                    .depth = dots + 1,
                    .alternative = part.alternative};
  if (place.depth >= limits.depth) {
    message->faults.push_back({FaultCause::kTooDeep, part.number, "nesting limit reached"});
    AddPartSegments(message, index, false, Region::kAttachment, limits);
    return;
  }
  Walker(content, limits, message, true).Entity(0, place);
}

Message FromPlainText(std::string content, std::string name, const Limits& limits) {
  Message message;
  if (content.size() > limits.message_bytes) {
    content.resize(limits.message_bytes);
    message.faults.push_back({FaultCause::kTooLarge, "", "limit of message size reached"});
  }
  Part part;
  part.number = "1";
  part.type = "text/plain";
  part.name = std::move(name);
  part.raw = {0, content.size()};
  part.content = std::move(content);
  message.parts.push_back(std::move(part));
  AddPartSegments(&message, 0, false, Region::kBody, limits);
  return message;
}

}  // namespace warifu::mail
