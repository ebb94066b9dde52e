#include "mail/html_text.h"

#include <algorithm>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "mail/ascii.h"
#include "mail/html_entities.h"
#include "mail/html_token.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxOpenBlocks = 64;
constexpr std::string_view kRule = "----------";

// Elements that begin and end a line.
constexpr std::string_view kBlocks[] = {
    "address", "article", "aside",  "blockquote", "body",     "caption", "center",   "dd",
    "details", "dialog",  "dir",    "div",        "dl",       "dt",      "fieldset", "figcaption",
    "figure",  "footer",  "form",   "h1",         "h2",       "h3",      "h4",       "h5",
    "h6",      "head",    "header", "hr",         "html",     "legend",  "li",       "listing",
    "main",    "menu",    "nav",    "ol",         "optgroup", "option",  "p",        "plaintext",
    "pre",     "section", "select", "summary",    "table",    "tbody",   "textarea", "tfoot",
    "thead",   "title",   "tr",     "ul",         "xmp"};

// Attributes that carry data to the recipient; data-* too.
constexpr std::string_view kDataAttributes[] = {
    "action", "alt",  "background",  "cite", "content", "formaction", "href",
    "label",  "name", "placeholder", "src",  "summary", "title",      "value"};

static_assert(std::ranges::is_sorted(kBlocks) && std::ranges::is_sorted(kDataAttributes));

bool Contains(std::span<const std::string_view> sorted, std::string_view word) {
  return std::ranges::binary_search(sorted, word);
}

bool IsOneOf(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view w) { return EqualNoCase(word, w); });
}

// Letters, digits, and the signs of names like "o:p" and "my-element".
bool IsElementName(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return IsAlnum(c) || c == ':' || c == '-'; });
}

// What a block is by the marks that mail programs put on it: body when by nothing.
struct BlockKind {
  Region region = Region::kBody;
  bool to_end = false;  // everything behind it too
};

BlockKind KindByClass(std::string_view classes) {
  static constexpr std::string_view kSignatures[] = {"gmail_signature",
                                                     "moz-signature",
                                                     "ms-outlook-mobile-signature",
                                                     "protonmail_signature_block",
                                                     "x_gmail_signature",
                                                     "apple-signature",
                                                     "signature"};
  static constexpr std::string_view kQuotes[] = {
      "gmail_quote",           "yahoo_quoted", "moz-cite-prefix",     "protonmail_quote",
      "moz-forward-container", "gmail_attr",   "OutlookMessageHeader"};
  BlockKind kind;
  for (std::size_t pos = 0; pos < classes.size();) {
    while (pos < classes.size() && IsSpace(classes[pos])) ++pos;
    std::size_t end = pos;
    while (end < classes.size() && !IsSpace(classes[end])) ++end;
    const std::string_view word = classes.substr(pos, end - pos);
    if (IsOneOf(word, kSignatures)) return {Region::kSignature, false};
    if (IsOneOf(word, kQuotes)) kind.region = Region::kQuoted;
    pos = end;
  }
  return kind;
}

BlockKind KindById(std::string_view id) {
  static constexpr std::string_view kSignatures[] = {"Signature", "x_Signature",
                                                     "AppleMailSignature", "mail-editor-signature",
                                                     "ms-outlook-mobile-signature"};
  static constexpr std::string_view kQuotesToEnd[] = {"divRplyFwdMsg",
                                                      "x_divRplyFwdMsg",
                                                      "appendonsend",
                                                      "OLK_SRC_BODY_SECTION",
                                                      "mail-editor-reference-message-container",
                                                      "reply-intro",
                                                      "isForwardContent"};
  for (const std::string_view s : kSignatures) {
    if (EqualNoCase(id, s)) return {Region::kSignature, false};
  }
  for (const std::string_view q : kQuotesToEnd) {
    if (EqualNoCase(id, q)) return {Region::kQuoted, true};
  }
  return {};
}

class Reader {
 public:
  explicit Reader(std::string_view html) : html_(html), tokens_(html) {
    out_.shown.reserve(html.size() / 2);
  }

  HtmlText Run() {
    HtmlToken token;
    while (tokens_.Next(&token)) Take(token);
    while (!open_.empty()) CloseBlock();
    SkipTo(html_.size());
    std::ranges::sort(out_.marks, {}, [](const RegionSpan& m) { return m.span.begin; });
    return std::move(out_);
  }

 private:
  struct Block {
    std::string name;
    int depth = 1;  // open elements of that name in it
    Region region = Region::kBody;
    bool to_end = false;
    std::size_t begin = 0;
  };

  void Take(const HtmlToken& token) {
    switch (token.kind) {
      case HtmlToken::Kind::kText:
        return Text(token.span);
      case HtmlToken::Kind::kComment:
        return Behind(token.inside, false);
      case HtmlToken::Kind::kStartTag:
        return StartTag(token);
      case HtmlToken::Kind::kEndTag:
        return EndTag(token);
    }
  }

  void StartTag(const HtmlToken& token) {
    const std::string& name = token.name;
    // "<taro@example.jp>" that nobody escaped: no reader shows it, but it is data, not markup.
    if (!IsElementName(name)) return Behind(token.span, true);
    Attributes(name);
    if (name == "br") return LineBreak(token.span);
    const bool block = Contains(kBlocks, name);
    if (block) EndLine(token.span.begin);
    if (name == "td" || name == "th") Cell(token.span.begin);
    if (name == "hr") Rule(token.span);
    OpenBlock(name);
    if (name == "pre" || name == "listing" || name == "xmp") ++pre_;
    if (name == "script" || name == "noembed" || name == "noframes") {
      return Behind(tokens_.RawText(name).span, false);
    }
    if (name == "style") tokens_.RawText(name);
    if (name == "title" || name == "textarea") Text(tokens_.RawText(name).span);
    if (name == "plaintext") Text(tokens_.Rest().span);
  }

  void EndTag(const HtmlToken& token) {
    const std::string& name = token.name;
    if ((name == "pre" || name == "listing" || name == "xmp") && pre_ > 0) --pre_;
    if (Contains(kBlocks, name)) EndLine(token.span.begin);
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (open_[i].name != name) continue;
      if (--open_[i].depth == 0 && !open_[i].to_end) {
        while (open_.size() > i) CloseBlock();
      }
      break;
    }
  }

  void OpenBlock(const std::string& name) {
    BlockKind kind = name == "blockquote" ? BlockKind{Region::kQuoted, false} : BlockKind{};
    for (const HtmlAttribute& a : tokens_.attributes()) {
      if (kind.region != Region::kBody) break;
      const std::string_view value = html_.substr(a.value.begin, a.value.size());
      if (EqualNoCase(a.name, "class")) kind = KindByClass(value);
      if (EqualNoCase(a.name, "id")) kind = KindById(value);
    }
    if (kind.region != Region::kBody && open_.size() < kMaxOpenBlocks) {
      open_.push_back({name, 1, kind.region, kind.to_end, out_.shown.size()});
      return;
    }
    for (std::size_t i = open_.size(); i-- > 0;) {
      if (open_[i].name != name) continue;
      ++open_[i].depth;
      break;
    }
  }

  void CloseBlock() {
    const Block& block = open_.back();
    out_.marks.push_back({block.region, {block.begin, out_.shown.size()}});
    open_.pop_back();
  }

  // Shown text out of `span` of the source: white space folded, references decoded.
  void Text(Span span) {
    std::size_t pos = span.begin;
    while (pos < span.end) {
      const char c = html_[pos];
      if (IsSpace(c)) {
        pos = WhiteSpace(pos, span.end);
      } else if (c == '&') {
        pos = Reference(pos, span.end);
      } else {
        const std::size_t end = EndOfRun(pos, span.end);
        Put(html_.substr(pos, end - pos), {pos, end}, 1);
        pos = end;
      }
    }
  }

  // Words and the single spaces between them, which are shown as they stand.
  std::size_t EndOfRun(std::size_t pos, std::size_t limit) const {
    for (std::size_t end = pos + 1;; ++end) {
      while (end < limit && !IsSpace(html_[end]) && html_[end] != '&') ++end;
      const bool single = end + 1 < limit && html_[end] == ' ' && !IsSpace(html_[end + 1]);
      if (!single || html_[end + 1] == '&') return end;
    }
  }

  std::size_t WhiteSpace(std::size_t pos, std::size_t limit) {
    std::size_t end = pos;
    while (end < limit && IsSpace(html_[end])) ++end;
    if (pre_ > 0) {
      Put(html_.substr(pos, end - pos), {pos, end}, 1);
    } else if (!AtLineStart() && out_.shown.back() != ' ' && out_.shown.back() != '\t') {
      Put(" ", {pos, end}, 0);
    }
    return end;
  }

  std::size_t Reference(std::size_t pos, std::size_t limit) {
    std::string text;
    const std::size_t size = DecodeReference(html_.substr(0, limit), pos, &text);
    if (size == 0) {
      Put("&", {pos, pos + 1}, 1);
      return pos + 1;
    }
    Put(text, {pos, pos + size}, 0);
    return pos + size;
  }

  void LineBreak(Span source) { Put("\n", source, 0); }

  void EndLine(std::size_t source) {
    if (!AtLineStart()) Put("\n", {source, source}, 0);
  }

  void Cell(std::size_t source) {
    if (!AtLineStart()) Put("\t", {source, source}, 0);
  }

  // A drawn line often stands before a signature or a quoted mail: show it as one.
  void Rule(Span source) {
    Put(kRule, source, 0);
    Put("\n", {source.end, source.end}, 0);
  }

  bool AtLineStart() const { return out_.shown.empty() || out_.shown.back() == '\n'; }

  // Appends `text` made from `source`. `unit` 1: byte for byte; 0: all of it as one unit.
  void Put(std::string_view text, Span source, std::uint32_t unit) {
    SkipTo(source.begin);
    out_.shown += text;
    if (unit == 1) {
      out_.shown_map.Add(1, 1, text.size());
    } else {
      out_.shown_map.Add(static_cast<std::uint32_t>(text.size()),
                         static_cast<std::uint32_t>(source.size()));
    }
    shown_at_ = source.end;
  }

  void SkipTo(std::size_t source) {
    out_.shown_map.Add(0, 1, source - shown_at_);
    shown_at_ = source;
  }

  void Attributes(const std::string& tag) {
    for (const HtmlAttribute& a : tokens_.attributes()) {
      const std::string name = LowerAscii(a.name.substr(0, 16));
      if (tag == "meta" && name != "content") continue;
      if (Contains(kDataAttributes, name) || name.starts_with("data-")) Behind(a.value, true);
    }
  }

  // A line of the text behind, from `span` of the source.
  void Behind(Span span, bool references) {
    if (span.empty()) return;
    out_.behind_map.Add(0, 1, span.begin - behind_at_);
    std::size_t pos = span.begin;
    while (pos < span.end) {
      std::size_t end =
          references ? std::min(html_.substr(0, span.end).find('&', pos), span.end) : span.end;
      out_.behind.append(html_, pos, end - pos);
      out_.behind_map.Add(1, 1, end - pos);
      if (end == span.end) break;
      const std::size_t before = out_.behind.size();
      std::size_t size = DecodeReference(html_.substr(0, span.end), end, &out_.behind);
      if (size == 0) {
        size = 1;
        out_.behind += '&';
      }
      out_.behind_map.Add(static_cast<std::uint32_t>(out_.behind.size() - before),
                          static_cast<std::uint32_t>(size));
      pos = end + size;
    }
    out_.behind += '\n';
    out_.behind_map.Add(1, 0);
    behind_at_ = span.end;
  }

  std::string_view html_;
  HtmlTokenizer tokens_;
  HtmlText out_;
  std::vector<Block> open_;
  std::size_t shown_at_ = 0;   // source offset up to which shown_map has come
  std::size_t behind_at_ = 0;  // the same for behind_map
  int pre_ = 0;
};

}  // namespace

HtmlText ReadHtml(std::string_view html_utf8) {
  return Reader(html_utf8).Run();
}

}  // namespace warifu::mail
