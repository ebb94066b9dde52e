// Message: a mail, parsed within limits, as text segments with regions.
//
// MessageBuffer collects what the MTA hands over (head fields, then body chunks) up to a size
// limit; Parse() walks the MIME structure with GMime and turns every text/plain and text/html body
// part and the head into Segments: transfer encoding undone, charset converted (ISO-2022-JP
// recognised under a wrong or missing label, Shift_JIS read as CP932, invalid bytes repaired), HTML
// reduced to its text, normalised, and cut into regions. Attachments keep their decoded bytes; the
// caller asks the extract room what they are and calls AddText() for the text-like ones.
//
// Guarantees: Parse never fails; what could not be read is a Fault. Memory is bounded by Limits.
// Refuses: nothing. A limit that was reached is a fault, and what was read until then is scanned.
//
// SECURITY: input is hostile mail. GMime and libxml2 parse it in this process.
// Threads: Parse is reentrant; a Message is owned by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/segment.h"

namespace warifu::mail {

struct Limits {
  std::size_t message_bytes = 64u << 20;  // head and body as received
  std::size_t header_bytes = 1u << 20;    // whole head
  std::size_t text_bytes = 32u << 20;     // decoded text of all segments together
  std::size_t decoded_bytes = 64u << 20;  // decoded content of all parts together
  std::size_t parts = 1000;
  std::size_t depth = 30;
};

// Bounded collector of one message as it arrives. Lines end in CRLF in raw().
class MessageBuffer {
 public:
  explicit MessageBuffer(const Limits& limits) : limits_(limits) {}

  // `value` as the milter protocol hands it over (bare LF in folds); written with CRLF.
  // `leading_space`: the value carries its own leading white space (SMFIP_HDR_LEADSPC).
  void AddHeader(std::string_view name, std::string_view value, bool leading_space);
  void EndHeaders();
  void AddBody(std::string_view chunk);
  void Clear();

  std::string_view raw() const { return raw_; }
  std::size_t body_begin() const { return body_begin_; }
  // True once a limit cut the message; later bytes were dropped.
  bool truncated() const { return truncated_; }
  // True when head fields are among what was dropped: who the author is cannot be told then.
  bool head_truncated() const { return head_truncated_; }

 private:
  bool Fits(std::size_t more, std::size_t limit);
  Limits limits_;
  std::string raw_;
  std::size_t body_begin_ = 0;
  bool truncated_ = false;
  bool head_truncated_ = false;
};

struct HeaderField {
  std::string name;
  std::string body;  // raw bytes as received behind the colon, folds kept, no final line end
};

struct Part {
  std::string number;   // as Segment::part
  std::string type;     // declared, lower case: "text/plain"
  std::string charset;  // declared label, lower case; "" when none
  std::string charset_used;
  std::string encoding;     // declared transfer encoding, lower case
  std::string name;         // file name, UTF-8, decoded (RFC 2231, RFC 2047, raw); "" when none
  bool attachment = false;  // disposition attachment, or not a text part of the body
  bool format_flowed = false;
  bool delsp = false;
  int alternative = 0;  // as Segment::alternative
  Span raw;             // the still encoded content in the raw message
  std::string content;  // transfer-decoded
};

struct Message {
  std::vector<HeaderField> fields;  // of the outermost head, in order
  std::vector<Part> parts;          // leaves, in order, nested messages' leaves included
  std::vector<Segment> segments;
  Faults faults;
  std::size_t body_begin = 0;  // in the raw message
  bool is_signed = false;      // S/MIME, PGP/MIME, inline PGP, or a DKIM/ARC signature by somebody
  bool is_encrypted = false;

  // Bodies of all fields of that name (case-insensitive), in order.
  std::vector<std::string_view> Fields(std::string_view name) const;
};

Message Parse(std::string_view raw, const Limits& limits);

// Decodes parts[index], an attachment that turned out to be text, into segments of region
// attachment. kMail: an attached mail; its leaves become parts and segments of their own, numbered
// behind the attachment's number, and its attachments are parts to be asked about in turn.
enum class TextKind { kPlain, kHtml, kMail };
void AddText(Message* message, std::size_t index, TextKind kind, const Limits& limits);

// A file that is not a mail (CSV, plain text): one message with one part "1", one segment.
Message FromPlainText(std::string content, std::string name, const Limits& limits);

// Unfolded header field body as UTF-8 text: encoded words decoded, raw ISO-2022-JP and raw 8-bit
// recognised, invalid bytes repaired. For showing and for scanning, not for address parsing.
std::string DecodeHeader(std::string_view raw_body);

}  // namespace warifu::mail
