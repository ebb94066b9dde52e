// Segment::ToContent must be exact: the content bytes of a span, decoded, are the source of the
// text that the span shows. Checked on texts put together at random from pieces that each have one
// normalised form, in each charset, plain and as HTML.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "mail/charset.h"
#include "mail/message.h"
#include "mail/transfer.h"

namespace warifu::mail {
namespace {

// `source` as it is written, `shown` as it is scanned.
struct Piece {
  std::string source, shown, html;
};

// Every piece can be written in the Japanese charsets; `html` is the same with markup.
const std::vector<Piece>& Pieces() {
  static const std::vector<Piece> pieces = {
      {"abc", "abc", "abc"},
      {"Xk29vmQ1", "Xk29vmQ1", "Xk29&#118;mQ1"},
      {"漢字", "漢字", "漢<b></b>字"},
      {"ひらがな", "ひらがな", "ひら&#12364;な"},
      {"カタカナ", "カタカナ", "カタカナ"},
      {"Ｘｋ２９", "Xk29", "Ｘｋ&#xFF12;９"},
      {"：", ":", "&#xff1a;"},
      {"a&b<c>", "a&b<c>", "a&amp;b&lt;c&gt;"},
      {"@", "@", "&commat;"},
  };
  return pieces;
}

// NEC's characters: iconv writes them in no ISO-2022-JP (charset_test reads them there).
const std::vector<Piece>& NecPieces() {
  static const std::vector<Piece> pieces = {{"①", "1", "①"}, {"㈱", "(株)", "㈱"}};
  return pieces;
}

// Half-width kana are not in the C library's ISO-2022-JP, zero-width characters in no Japanese one.
const std::vector<Piece>& UnicodePieces() {
  static const std::vector<Piece> pieces = {
      {"ﾊﾟｽﾜｰﾄﾞ", "パスワード", "ﾊﾟｽ<i></i>ﾜｰﾄ&#xFF9E;"},
      {"pa\u200Bss", "pass", "pa&#8203;ss"},
      {"\U0001F600", "\U0001F600", "&#x1F600;"},
      {"e\u0301", "é", "e&#x301;"},
      {"\u00A0", " ", "&#160;"},
  };
  return pieces;
}

struct Case {
  const char* label;  // in the mail
  const char* iconv_name;
  bool unicode;
  Transfer transfer;
  const char* encoding;
};

class Offsets : public testing::TestWithParam<std::tuple<Case, bool>> {};

// Each piece, found in the segment at its place, must lead to the bytes that it was written with.
TEST_P(Offsets, EveryPieceLeadsToItsBytes) {
  const auto& [c, html] = GetParam();
  std::vector<Piece> pieces = Pieces();
  if (std::string_view(c.iconv_name) != "ISO-2022-JP") {
    pieces.insert(pieces.end(), NecPieces().begin(), NecPieces().end());
  }
  if (c.unicode) pieces.insert(pieces.end(), UnicodePieces().begin(), UnicodePieces().end());
  std::mt19937 random(20000102);
  for (int round = 0; round < 200; ++round) {
    std::string text, shown;
    std::vector<std::pair<std::size_t, const Piece*>> places;  // begin in `shown`
    const std::size_t count = 1 + random() % 30;
    for (std::size_t i = 0; i < count; ++i) {
      const Piece& piece = pieces[random() % pieces.size()];
      places.emplace_back(shown.size(), &piece);
      text += html ? piece.html : piece.source;
      shown += piece.shown;
      // A separator that no piece composes with.
      const bool line = random() % 4 == 0;
      text += line ? (html ? "<br>\r\n" : "\r\n") : "|";
      shown += line ? "\n" : "|";
    }
    const std::string content = EncodeCharset(text, c.iconv_name).value();
    const Message m =
        Parse("Content-Type: text/" + std::string(html ? "html" : "plain") +
                  "; charset=" + c.label + "\r\nContent-Transfer-Encoding: " + c.encoding +
                  "\r\n\r\n" + EncodeTransfer(content, c.transfer),
              {});
    ASSERT_FALSE(m.segments.empty());
    const Segment& segment = m.segments.front();
    std::string got = segment.text;
    while (got.ends_with('\n')) got.pop_back();
    std::string want = shown;
    while (want.ends_with('\n')) want.pop_back();
    ASSERT_EQ(got, want);
    for (const auto& [begin, piece] : places) {
      const Span span = segment.ToContent({begin, begin + piece->shown.size()});
      const std::string bytes = m.parts[0].content.substr(span.begin, span.size());
      // ISO-2022-JP bytes mean something only in their shift state, kept before the span.
      const std::string before = m.parts[0].content.substr(0, span.begin);
      const std::string with = DecodeCharset(before + bytes, c.label).text;
      const std::string without = DecodeCharset(before, c.label).text;
      EXPECT_EQ(with.substr(without.size()), html ? piece->html : piece->source) << segment.text;
    }
  }
}

constexpr Case kCases[] = {
    {"utf-8", "UTF-8", true, Transfer::kBase64, "base64"},
    {"utf-8", "UTF-8", true, Transfer::kQuotedPrintable, "quoted-printable"},
    {"iso-2022-jp", "ISO-2022-JP", false, Transfer::kIdentity, "7bit"},
    {"shift_jis", "CP932", false, Transfer::kBase64, "base64"},
    {"euc-jp", "EUC-JP-MS", false, Transfer::kQuotedPrintable, "quoted-printable"},
    {"utf-16le", "UTF-16LE", true, Transfer::kBase64, "base64"},
    {"gb18030", "GB18030", true, Transfer::kBase64, "base64"},
};

// "iso_2022_jp_7bit_html": gtest takes letters, digits and '_'.
std::string NameOf(const testing::TestParamInfo<Offsets::ParamType>& info) {
  const auto& [c, html] = info.param;
  std::string name = std::string(c.label) + '_' + c.encoding + (html ? "_html" : "_plain");
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Mail, Offsets,
                         testing::Combine(testing::ValuesIn(kCases), testing::Bool()), NameOf);

}  // namespace
}  // namespace warifu::mail
