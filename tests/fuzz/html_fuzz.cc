// HTML: texts and their maps, and nothing that a recipient gets is lost.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "mail/html_text.h"
#include "map_check.h"

namespace {

using namespace warifu;
using fuzz::Require;

constexpr std::string_view kWord = "Xk29vmQ1";
// Ends whatever quote, tag, comment or raw text may be open. Twice, as the first quote may open
// one.
constexpr std::string_view kClosing =
    "\"'-->\"'--></style></script></title></textarea></xmp></iframe></noembed></noframes>"
    "</noscript></template>";

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// A letter or digit is copied from where it stands, or made by an entity.
void CheckLetters(std::string_view text, const OffsetMap& map, std::string_view source) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!IsAlnum(text[at])) continue;
    const Span span = map.ToSource({at, at + 1});
    const std::string_view from = source.substr(span.begin, span.size());
    Require(from.starts_with('&') || from == text.substr(at, 1), "a letter from elsewhere");
  }
}

void CheckOne(const std::string& source) {
  const mail::HtmlText html = mail::ReadHtml(source);
  fuzz::CheckMap(html.shown, html.shown_map, source.size());
  fuzz::CheckMap(html.behind, html.behind_map, source.size());
  CheckLetters(html.shown, html.shown_map, source);
  CheckLetters(html.behind, html.behind_map, source);
  std::size_t begin = 0;
  for (const RegionSpan& mark : html.marks) {
    Require(mark.span.begin >= begin && mark.span.end >= mark.span.begin &&
                mark.span.end <= html.shown.size(),
            "a mark lies outside or out of order");
    begin = mark.span.begin;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string source = RepairUtf8(fuzz::Text(data, size)).text;
  CheckOne(source);
  Require(mail::ReadHtml(std::string(kWord) + " " + source).shown.starts_with(kWord),
          "the first word is lost");
  source.append(kClosing).append(" ").append(kWord);
  Require(mail::ReadHtml(source).shown.ends_with(kWord), "the last word is lost");
  return 0;
}
