#include "mail/edit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

#include "mail/charset.h"
#include "mail/transfer.h"

namespace warifu::mail {
namespace {

constexpr std::string_view kRow = "1234567,hanako,Xk29vmQ1,2000-01-02 03:04:05";

// Index of the segment that shows `needle`, and where.
struct Found {
  std::size_t segment = 0, at = 0;
};
Found Find(const Message& m, std::string_view needle, bool html = false) {
  for (std::size_t i = 0; i < m.segments.size(); ++i) {
    const std::size_t at = m.segments[i].text.find(needle);
    if (at != std::string::npos && m.segments[i].html == html) return {i, at};
  }
  ADD_FAILURE() << "nowhere: " << needle;
  return {};
}

std::string Head(std::string_view raw, const Message& m) {
  return std::string(raw.substr(0, m.body_begin));
}

// The mail after its last region around the row was cut.
std::string CutRow(const std::string& raw, std::string_view insert = "", bool html = false) {
  const Message m = Parse(raw, {});
  const Found f = Find(m, "Xk29vmQ1", html);
  Result<Cut> cut = CutOfLastRegion(m, f.segment, f.at, 30);
  EXPECT_TRUE(cut) << cut.error().text;
  if (!cut) return "";
  cut->insert = insert;
  Result<EditedBody> edited = ApplyCuts(raw, m, {*cut});
  EXPECT_TRUE(edited) << edited.error().text;
  return edited ? Head(raw, m) + edited->body : "";
}

std::string SignedText() {
  return "お世話になります。\r\n\r\n# # # # # # # #\r\n山田 花子\r\n" + std::string(kRow) +
         "\r\n# # # # # # # #\r\n";
}

struct Charset {
  const char* label;
  const char* iconv_name;
};
constexpr Charset kCharsets[] = {
    {"UTF-8", "UTF-8"},
    {"ISO-2022-JP", "ISO-2022-JP"},
    {"Shift_JIS", "CP932"},
    {"EUC-JP", "EUC-JP"},
};

std::string Encoding(Transfer transfer) {
  return transfer == Transfer::kBase64            ? "base64"
         : transfer == Transfer::kQuotedPrintable ? "quoted-printable"
                                                  : "8bit";
}

class EveryCharset : public testing::TestWithParam<std::tuple<Charset, Transfer>> {};

TEST_P(EveryCharset, SignatureIsCutAndTheRestReadsAsBefore) {
  const auto& [charset, transfer] = GetParam();
  const std::string text = EncodeCharset(SignedText(), charset.iconv_name).value();
  const std::string raw =
      "Subject: x\r\nContent-Type: text/plain; charset=" + std::string(charset.label) +
      "\r\nContent-Transfer-Encoding: " + Encoding(transfer) + "\r\n\r\n" +
      EncodeTransfer(text, transfer);
  const std::string cut = CutRow(raw, "[removed]\n");
  const Message m = Parse(cut, {});
  EXPECT_TRUE(m.faults.empty());
  EXPECT_EQ(m.segments.back().text, "お世話になります。\n\n[removed]\n");
  EXPECT_EQ(m.parts[0].charset_used, Parse(raw, {}).parts[0].charset_used);
}

// "Shift_JIS_base64": gtest takes letters, digits and '_'.
std::string NameOf(const testing::TestParamInfo<EveryCharset::ParamType>& info) {
  const auto& [charset, transfer] = info.param;
  std::string name = std::string(charset.label) + '_' + Encoding(transfer);
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Edit, EveryCharset,
                         testing::Combine(testing::ValuesIn(kCharsets),
                                          testing::Values(Transfer::kIdentity, Transfer::kBase64,
                                                          Transfer::kQuotedPrintable)),
                         NameOf);

TEST(Edit, Iso2022JpIsLeftInAsciiAndTakenUpAgain) {
  // The cut begins and ends in the midst of kanji.
  const std::string raw =
      "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n"
      "\x1B$B0l\x46s;0\x1B(B\r\n";
  const Message m = Parse(raw, {});
  const std::size_t kanji = m.parts[0].content.find("\x46s");
  const Result<EditedBody> edited =
      ApplyCuts(raw, m, {{.part = 0, .content = {kanji, kanji + 2}, .insert = "x"}});
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->body, "\x1B$B0l\x1B(Bx\x1B$B;0\x1B(B\r\n");
}

TEST(Edit, NoLineOfShiftsIsLeftBehind) {
  // A signature that begins with kanji: its shift is the line's first bytes.
  const std::string head = "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n";
  const std::string kept = "\x1B$B0l\x46s\x1B(B\r\n";
  const std::string raw = head + kept + "\x1B$B0l\x46s\x1B(B\r\n";
  const Message m = Parse(raw, {});
  const std::size_t begin = m.parts[0].content.find('\n') + 1;
  const std::size_t end = m.parts[0].content.size();
  for (const std::size_t behind : {0U, 3U}) {  // before its shift, and behind it
    const Result<EditedBody> edited =
        ApplyCuts(raw, m, {{.part = 0, .content = {begin + behind, end}, .insert = ""}});
    ASSERT_TRUE(edited);
    EXPECT_EQ(edited->body, kept) << behind;
  }
}

TEST(Edit, EveryOtherByteStays) {
  const std::string before =
      "MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=\"b\"\r\n\r\n"
      "preamble \r\n--b  \r\nContent-Type: text/plain\r\n\r\n";
  const std::string after =
      "\r\n--b\r\nContent-Type:   application/octet-stream\r\n"
      "Content-Transfer-Encoding: BASE64\r\n\r\nAAAA\r\nAA==\r\n\r\n--b--\r\nepilogue\r\n\r\n";
  const std::string raw = before + "hello\r\n-- \r\n" + std::string(kRow) + after;
  EXPECT_EQ(CutRow(raw), before + "hello\r\n" + after);
}

TEST(Edit, TwoPartsOfOneAlternative) {
  const std::string raw =
      "Content-Type: multipart/alternative; boundary=b\r\n\r\n"
      "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n-- \r\nXk29vmQ1\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n"
      "<div>hello</div><div class=\"gmail_signature\">Xk29vmQ1</div>\r\n--b--\r\n";
  const Message m = Parse(raw, {});
  std::vector<Cut> cuts;
  for (const bool html : {true, false}) {
    const Found f = Find(m, "Xk29vmQ1", html);
    cuts.push_back(CutOfLastRegion(m, f.segment, f.at, 30).value());
  }
  const Result<EditedBody> edited = ApplyCuts(raw, m, cuts);
  ASSERT_TRUE(edited);
  EXPECT_EQ(edited->body.find("Xk29vmQ1"), std::string::npos);
  EXPECT_NE(edited->body.find("<div>hello</div>"), std::string::npos);
  const Message again = Parse(Head(raw, m) + edited->body, {});
  EXPECT_EQ(again.parts.size(), 2u);
  EXPECT_TRUE(again.faults.empty());
}

TEST(Edit, HtmlKeepsTheTagsThatOthersNeed) {
  const std::string raw =
      "Content-Type: text/html; charset=utf-8\r\n\r\n"
      "<html><body><div><p>hello</p>"
      "<div class=\"moz-signature\"><a href=\"https://u:Xk29vmQ1@example.jp/\">Xk29vmQ1</a><br>"
      "</div></div></body></html>\r\n";
  const std::string cut = CutRow(raw, "gone & <away>", true);
  EXPECT_EQ(cut.substr(cut.find("\r\n\r\n") + 4),
            "<html><body><div><p>hellogone &amp; &lt;away&gt;</p></div></body></html>\r\n");
}

TEST(Edit, SecretBehindAShownSignatureGoesWithIt) {
  const std::string raw =
      "Content-Type: text/html\r\n\r\n<p>hello</p><div id=Signature>"
      "<a href='https://u:Xk29vmQ1@example.jp/'>home</a></div>";
  const Message m = Parse(raw, {});
  const Found f = Find(m, "Xk29vmQ1", true);
  ASSERT_EQ(m.segments[f.segment].text.find("home"), std::string::npos);
  const Result<Cut> cut = CutOfLastRegion(m, f.segment, f.at, 30);
  ASSERT_TRUE(cut) << cut.error().text;
  EXPECT_EQ(ApplyCuts(raw, m, {*cut})->body.find("Xk29vmQ1"), std::string::npos);
}

TEST(Edit, RefusesWhatIsNotTheLastRegion) {
  const auto refused = [](const std::string& raw, int max_lines = 30) {
    const Message m = Parse(raw, {});
    const Found f = Find(m, "Xk29vmQ1");
    const Result<Cut> cut = CutOfLastRegion(m, f.segment, f.at, max_lines);
    return cut ? "cut" : cut.error().text;
  };
  EXPECT_EQ(refused("\r\nXk29vmQ1\r\n"), "the part does not end in a signature or quoted text");
  EXPECT_EQ(refused("\r\nXk29vmQ1\r\n-- \r\nTaro\r\n"),
            "it does not lie in the last region of its part");
  EXPECT_EQ(refused("\r\nhi\r\n-- \r\nXk29vmQ1\r\n> quoted\r\n"),
            "it does not lie in the last region of its part");
  EXPECT_EQ(refused("\r\nhi\r\n-- \r\na\r\nb\r\nXk29vmQ1\r\n", 3),
            "the region has more than 3 lines");
  EXPECT_EQ(refused("Subject: Xk29vmQ1\r\n\r\nhi\r\n"), "not in a part");
}

TEST(Edit, RefusesWhatItCannotWrite) {
  const std::string raw = "Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n-- \r\nx\r\n";
  const Message m = Parse(raw, {});
  const auto apply = [&](Cut cut) {
    const Result<EditedBody> edited = ApplyCuts(raw, m, {std::move(cut)});
    return edited ? "applied" : edited.error().text;
  };
  EXPECT_EQ(apply({.part = 9, .content = {0, 1}, .insert = ""}), "a cut names no part");
  EXPECT_EQ(apply({.part = 0, .content = {0, 999}, .insert = ""}),
            "a cut lies outside of its part");
  EXPECT_EQ(apply({.part = 0, .content = {0, 1}, .insert = "削除"}),
            "the part declares no charset that could hold the notice");
  const Result<EditedBody> overlap = ApplyCuts(raw, m, {{0, {0, 4}, ""}, {0, {2, 6}, ""}});
  EXPECT_FALSE(overlap);
}

TEST(Edit, RefusesAPartInsideOfAnEncodedAttachment) {
  const std::string inner = "Subject: x\r\n\r\nhello\r\n-- \r\nXk29vmQ1\r\n";
  const std::string raw =
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n" +
      EncodeTransfer(inner, Transfer::kBase64) + "--b--\r\n";
  const Message m = Parse(raw, {});
  const Found f = Find(m, "Xk29vmQ1");
  const Result<Cut> cut = CutOfLastRegion(m, f.segment, f.at, 30);
  ASSERT_TRUE(cut);
  const Result<EditedBody> edited = ApplyCuts(raw, m, {*cut});
  ASSERT_FALSE(edited);
  EXPECT_EQ(edited.error().text, "the part lies inside of an encoded attachment");
}

TEST(Edit, NothingToCutGivesTheBodyBack) {
  const std::string raw = "Subject: x\r\n\r\nbody\r\n";
  EXPECT_EQ(ApplyCuts(raw, Parse(raw, {}), {})->body, "body\r\n");
}

}  // namespace
}  // namespace warifu::mail
