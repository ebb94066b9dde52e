// Html tokens: where tags, comments and text begin and end, as the HTML standard's tokenizer sees
// them (13.2.5), without building anything.
//
// SECURITY: input is hostile; one pass, linear in time. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu::mail {

struct HtmlAttribute {
  std::string_view name;  // as written
  Span value;             // in the source, without quotes
};

struct HtmlToken {
  enum class Kind { kText, kStartTag, kEndTag, kComment };
  Kind kind = Kind::kText;
  Span span;         // the whole token in the source
  Span inside;       // comment: its text
  std::string name;  // tags: lower case, at most 32 bytes
  bool self_closing = false;
};

class HtmlTokenizer {
 public:
  explicit HtmlTokenizer(std::string_view source) : source_(source) {}

  // False at the end. Text runs end at the next '<' that opens something.
  bool Next(HtmlToken* token);

  // Attributes of the start tag that Next() returned last; the first 64 of them.
  const std::vector<HtmlAttribute>& attributes() const { return attributes_; }

  // Takes everything up to the end tag `name` as one text token, which may be empty: script,
  // style, title, textarea.
  HtmlToken RawText(std::string_view name);

  // Everything that is left, as text.
  HtmlToken Rest();

 private:
  bool Opens(std::size_t at) const;
  void ReadTag(HtmlToken* token);
  void ReadAttributes(HtmlToken* token);
  void ReadMarkup(HtmlToken* token);
  void ReadComment(HtmlToken* token);

  std::string_view source_;
  std::size_t pos_ = 0;
  std::vector<HtmlAttribute> attributes_;
};

}  // namespace warifu::mail
