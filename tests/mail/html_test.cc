#include <gtest/gtest.h>

#include "mail/html_text.h"

namespace warifu::mail {
namespace {

std::string Shown(std::string_view html) {
  return ReadHtml(html).shown;
}

std::string Behind(std::string_view html) {
  return ReadHtml(html).behind;
}

TEST(Html, LinesAndSpaces) {
  EXPECT_EQ(Shown("<p>one\r\n two</p><p>three<br>four</p>"), "one two\nthree\nfour\n");
  EXPECT_EQ(Shown("<div>a<div>b</div></div>c"), "a\nb\nc");
  EXPECT_EQ(Shown("pa<b></b>ss<wbr>word"), "password") << "inline tags part nothing";
  EXPECT_EQ(Shown("<pre>a\n  b</pre>"), "a\n  b\n");
  EXPECT_EQ(Shown("<table><tr><td>1<td>hanako<tr><th>2<th>taro</table>"), "1\thanako\n2\ttaro\n");
  EXPECT_EQ(Shown("a<hr>b"), "a\n----------\nb");
}

TEST(Html, References) {
  EXPECT_EQ(Shown("a&amp;b&lt;c&gt;&quot;&#39;&nbsp;"), "a&b<c>\"'\u00A0");
  EXPECT_EQ(Shown("&commat;&colon;&equals;&period;&num;"), "@:=.#");
  EXPECT_EQ(Shown("&#x30D1;&#12473;&#65"), "パスA");
  EXPECT_EQ(Shown("&copy2000 &ampx"), "©2000 &x") << "old names need no semicolon";
  EXPECT_EQ(Shown("&#0;&#xD800;&#x110000;&#99999999999;"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Shown("&#128;"), "€");
  EXPECT_EQ(Shown("a & b &unknown; &"), "a & b &unknown; &");
}

TEST(Html, TagsAsBrowsersReadThem) {
  EXPECT_EQ(Shown("a < b <3 c"), "a < b <3 c");
  EXPECT_EQ(Shown("a<a href='>'>b</a>c"), "abc");
  EXPECT_EQ(Shown("a<!-- > -->b<!-->c<!--->d<!--x--!>e"), "abcde");
  EXPECT_EQ(Shown("a<![if !mso]>b<![endif]>c<?xml x?>d</ >e"), "abcde");
  EXPECT_EQ(Shown("<script>x</scr>y</script >z<style>q</style>w"), "zw");
  EXPECT_EQ(Shown("<title>a<b></title>"), "a<b>\n");
  EXPECT_EQ(Shown(std::string_view("a\0b", 3)), std::string("a\0b", 3));
}

// What style hides is sent all the same.
TEST(Html, HiddenTextIsText) {
  EXPECT_EQ(Shown("<div style=\"display:none\">Xk29vmQ1</div>"), "Xk29vmQ1\n");
}

TEST(Html, BehindHoldsWhatNobodySees) {
  EXPECT_EQ(Behind("<!-- pw: x -->"), " pw: x \n");
  EXPECT_EQ(Behind("<a href=\"https://u:p@h/?a=1&amp;b=2\" class=c>t</a>"),
            "https://u:p@h/?a=1&b=2\n");
  EXPECT_EQ(Behind("<img alt=one data-key='two' width=3>"), "one\ntwo\n");
  EXPECT_EQ(Behind("<script>key = 1;</script>"), "key = 1;\n");
  EXPECT_EQ(Behind("mail <taro@example.jp> now"), "<taro@example.jp>\n");
  EXPECT_EQ(Behind("<p class=x style=y>z</p><style>q</style>"), "");
  EXPECT_EQ(Behind("a<!-- never closed"), " never closed\n");
}

TEST(Html, MapsLeadToTheSource) {
  const std::string html = "<p>pw: <b>Xk&#50;9</b></p><a href='u&amp;v'>";
  const HtmlText h = ReadHtml(html);
  const std::size_t at = h.shown.find("Xk29");
  const Span shown = h.shown_map.ToSource({at, at + 4});
  EXPECT_EQ(html.substr(shown.begin, shown.size()), "Xk&#50;9");
  const Span behind = h.behind_map.ToSource({0, 3});
  EXPECT_EQ(html.substr(behind.begin, behind.size()), "u&amp;v");
}

// "q…" and "s…" for each marked block.
std::string Marks(std::string_view html) {
  const HtmlText h = ReadHtml(html);
  std::string out;
  for (const RegionSpan& m : h.marks) {
    out += m.region == Region::kQuoted ? "q[" : "s[";
    out += h.shown.substr(m.span.begin, m.span.size()) + "]";
  }
  return out;
}

TEST(Html, BlocksThatMailProgramsMark) {
  EXPECT_EQ(Marks("a<blockquote type=cite>b</blockquote>c"), "q[b\n]");
  EXPECT_EQ(Marks("a<div class='x gmail_signature'>b<div>c</div>d</div>e"), "s[b\nc\nd\n]");
  EXPECT_EQ(Marks("a<pre class=moz-signature>b</pre>"), "s[b\n]");
  EXPECT_EQ(Marks("a<div id=Signature>b</div>"), "s[b\n]");
  EXPECT_EQ(Marks("a<div class=gmail_quote>On x wrote:<blockquote>b</blockquote></div>"),
            "q[On x wrote:\nb\n]q[b\n]");
  EXPECT_EQ(Marks("a<div id=divRplyFwdMsg>From: x</div><p>b</p>"), "q[From: x\nb\n]")
      << "to the end";
  EXPECT_EQ(Marks("a<div class=moz-signature>b"), "s[b]") << "never closed";
}

}  // namespace
}  // namespace warifu::mail
