// HTML to text, with the way back.
//
// Two texts come out. `shown` is what a reader may see: text between tags, white space folded as
// browsers do, line breaks from <br> and block elements, cells parted by TAB. CSS is not evaluated:
// text that style hides (white on white, display:none, zero size) is still sent, so it is shown
// text here. `behind` is what no reader sees but every recipient gets: comments, scripts, and the
// attributes that carry data (links, alternative texts, form values). Style sheets, class names and
// tag syntax are left out: nothing but layout is in them, and their hex colours and urls only make
// false hits.
//
// Tags are read as the HTML standard's tokenizer reads them, not by libxml2: its HTML parser knows
// no offsets, no HTML 5 entities (&commat;), takes quadratic time for attributes (0.4 MB: 4 s) and
// 20 times longer on ordinary mail. From libxml2 come the entities of HTML 4.
//
// SECURITY: input is hostile; one pass, linear in time, no recursion, no depth limit to run into.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"
#include "base/segment.h"

namespace warifu::mail {

struct HtmlText {
  std::string shown;
  OffsetMap shown_map;  // shown → source
  std::string behind;
  OffsetMap behind_map;  // behind → source
  // Quoted and signature blocks by markup (blockquote, gmail_signature, moz-signature, …): spans of
  // `shown`, in order of their begin; they may lie in each other.
  std::vector<RegionSpan> marks;
};

HtmlText ReadHtml(std::string_view html_utf8);

}  // namespace warifu::mail
