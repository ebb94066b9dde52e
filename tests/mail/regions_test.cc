#include "mail/regions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>

#include "base/normalise.h"
#include "mail/lines.h"
#include "shared_data.h"

namespace warifu::mail {
namespace {

// One letter a line: b body, q quoted, s signature.
std::string Letters(std::string_view text, std::string_view author = "") {
  const std::vector<RegionSpan> regions = FindRegions(text, {}, author);
  std::string out;
  for (const Line& line : SplitLines(text)) {
    for (const RegionSpan& r : regions) {
      if (line.begin < r.span.begin || line.begin >= r.span.end) continue;
      out += r.region == Region::kQuoted ? 'q' : r.region == Region::kSignature ? 's' : 'b';
    }
  }
  return out;
}

TEST(Regions, CoverTheTextWithoutGaps) {
  for (const std::string text : {"", "a", "a\n> b\n\n-- \nc", "\n\n", "> a\n"}) {
    const std::vector<RegionSpan> regions = FindRegions(text, {}, "");
    ASSERT_FALSE(regions.empty());
    std::size_t at = 0;
    for (const RegionSpan& r : regions) {
      EXPECT_EQ(r.span.begin, at);
      at = r.span.end;
    }
    EXPECT_EQ(at, text.size());
  }
}

TEST(Regions, SeparatorOfRfc3676) {
  EXPECT_EQ(Letters("hello\n-- \nTaro\ntel 03-1234-5678\n"), "bsss");
  EXPECT_EQ(Letters("hello\n--\nTaro\n"), "bss");
}

TEST(Regions, JapaneseRules) {
  EXPECT_EQ(Letters("本文です。\n\n# # # # # #\n山田太郎\ntaro@example.jp\n"), "bbsss");
  EXPECT_EQ(Letters("本文です。\n━━━━━━━━\n株式会社例\n山田太郎\n━━━━━━━━\n"), "bssss");
  EXPECT_EQ(Letters("本文\n****************\n山田\n****************\n"), "bsss");
  EXPECT_EQ(Letters("本文\n========\n山田 TEL 03-1234-5678\n========\n"), "bsss");
  EXPECT_EQ(Letters("本文\n_/_/_/_/_/_/\n山田\ntaro@example.jp\n_/_/_/_/_/_/\n"), "bssss");
  EXPECT_EQ(Letters("本文\n☆★☆★☆★☆★\n山田\n"), "bss");
}

TEST(Regions, ManyRowsWhereASignatureWas) {
  std::string rows, letters;
  for (int i = 0; i < 6; ++i) {  // as published: folded after the fifth cell, and nobody's address
    rows +=
        "1234567,hanako,Xk29vmQ1,1/2/1998 3:04:05,1/3/2000 "
        "4:05:06,\n山田花子,はなこ,,,留守です。,0,3\n";
    letters += "ss";
  }
  EXPECT_EQ(Letters("本文です。\n# # # # # # # #\n" + rows), "bs" + letters);
  EXPECT_EQ(Letters("本文です。\n━━━━━━━━\n山田花子\n" + rows), "bss" + letters);
  // A rule that is drawn between paragraphs, too, and lines that are no rows.
  EXPECT_THAT(Letters("本文です。\n==========\n" + rows), testing::Not(testing::HasSubstr("s")));
  EXPECT_EQ(Letters("本文です。\n━━━━━━━━\n今日の献立\n朝 ご飯\n昼 そば\n夜 魚\nおやつ なし\n"
                    "体重 60\n歩数 8000\n"),
            "bbbbbbbbb");
}

TEST(Regions, MemberRowInASignature) {
  EXPECT_EQ(Letters("お世話になっております。\n\n"
                    "# # # # # # # # # # # # # #\n"
                    "山田 花子  hanako@example.jp\n"
                    "1234567,hanako,Xk29vmQ1,2000-01-02 03:04:05,2000-01-03 04:05:06,\n"
                    "1,0,0,東京,,,F,1970\n"
                    "# # # # # # # # # # # # # #\n"),
            "bbsssss");
}

TEST(Regions, ARuleBetweenParagraphsIsNoSignature) {
  EXPECT_EQ(Letters("一\n--------\n次の段落はここから始まります。とても長い文です。\n"
                    "さらに続きます。これは署名ではありません。\n"),
            "bbbb");
  std::string long_text = "a\n==========\n";
  for (int i = 0; i < 40; ++i) long_text += "row " + std::to_string(i) + "\n";
  EXPECT_EQ(Letters(long_text).find('s'), std::string::npos);
}

TEST(Regions, FarewellAndName) {
  EXPECT_EQ(Letters("Please call me.\n\nRegards,\n\nTaro Yamada\nExample Inc.\n"), "bbssss");
  EXPECT_EQ(Letters("See below.\n\nThanks for the long explanation of the matter.\n"), "bbb");
  EXPECT_EQ(Letters("Please call.\n\nTaro\nx123\n", "\"Yamada, Taro\" <t@example.com>"), "bbss");
}

// Such a last line once ended the whole parse.
TEST(Regions, LastLineOfBracketsOnly) {
  EXPECT_EQ(Letters("text\n(\n"), "bb");
  EXPECT_EQ(Letters("text\n<<<\n"), "bb");
}

TEST(Regions, QuotedLines) {
  EXPECT_EQ(Letters("yes\n\nOn Mon, 1 Jan 2024, Taro wrote:\n> really?\n>\n> no\n"), "bbqqqq");
  EXPECT_EQ(Letters("はい\n2024年1月2日(火) 12:34 山田 <t@example.jp>:\n> 本当？\n"), "bqq");
  EXPECT_EQ(Letters("はい\n山田さんは書きました:\n> 本当？\nはい\n"), "bqqb");
  EXPECT_EQ(Letters("> a\n\n> b\nmine\n"), "qqqb");
}

TEST(Regions, WholeMailsBelowAnAnswer) {
  EXPECT_EQ(Letters("ok\n\n-----Original Message-----\nFrom: a\nSent: b\n\ntext\n"), "bbqqqqq");
  EXPECT_EQ(Letters("ok\n________\nFrom: a\nSent: b\nTo: c\nSubject: d\n\ntext\n"), "bqqqqqqq");
  EXPECT_EQ(Letters("了解\n差出人: a\n送信日時: b\n宛先: c\n件名: d\n\n本文\n"), "bqqqqqq");
  EXPECT_EQ(Letters("ok\nOn 1 Jan 2024, Taro <t@example.com> wrote:\n\ntext\n"), "bqqq");
  // Nothing stands above: who wrote it cannot be told, so it is not taken for old.
  EXPECT_EQ(Letters("On 1 Jan 2024, Taro <t@example.com> wrote:\n\ntext\n"), "bbb");
  EXPECT_EQ(Letters("On 1 Jan 2024, Taro <t@example.com> wrote:\n\n> old\ntext\n"), "qqqb");
}

TEST(Regions, SignatureAboveAQuotedMail) {
  EXPECT_EQ(Letters("ok\n-- \nTaro\n\n> old\n> -- \n> Jiro\n"), "bssbqqq");
  EXPECT_EQ(Letters("了解\n━━━━━\n山田\n━━━━━\n\n-----Original Message-----\nold\n"), "bsssbqq");
}

TEST(Regions, MarkupNamesBlocks) {
  const std::string text = "hello\nTaro\nquoted\n";
  const std::vector<RegionSpan> regions =
      FindRegions(text, {{Region::kSignature, {6, 11}}, {Region::kQuoted, {11, 18}}}, "");
  ASSERT_EQ(regions.size(), 3u);
  EXPECT_EQ(regions[1].region, Region::kSignature);
  EXPECT_EQ(regions[2].region, Region::kQuoted);
}

TEST(Lines, Rules) {
  for (const char* rule : {"-----", "# # # #", "━━━━", "****", "=====", "_/_/_/_/", "*-*-*-*-*",
                           "☆★☆★☆★", "···········", "~~~~~~", "///////////"}) {
    EXPECT_TRUE(IsRule(rule)) << rule;
  }
  for (const char* text : {"", "--", "a----", "...", "> ----", "?!", "、。", "------ x ------"}) {
    EXPECT_FALSE(IsRule(text)) << text;
  }
}

// Lines of signatures: found and true, found, true.
struct Score {
  int hits = 0, found = 0, truth = 0;
  double precision() const { return found == 0 ? 1 : static_cast<double>(hits) / found; }
  double recall() const { return truth == 0 ? 1 : static_cast<double>(hits) / truth; }
};

TEST(SharedData, MailgunForgeSignatures) {
  SKIP_WITHOUT_SHARED_DATA("mailgun-forge/data");
  constexpr std::string_view kMark = "#sig#";
  Score score;
  for (const auto& path : test::FilesBelow(test::SharedData("mailgun-forge/data"))) {
    if (!path.filename().string().ends_with("_body")) continue;
    std::string marked = Normalise(test::ReadFile(path)).text, text;
    std::vector<bool> truth;
    for (const Line& line : SplitLines(marked)) {
      std::string_view l = std::string_view(marked).substr(line.begin, line.next - line.begin);
      truth.push_back(l.starts_with(kMark));
      text += truth.back() ? l.substr(kMark.size()) : l;
    }
    std::string sender = path.string();
    sender.replace(sender.size() - 4, 4, "sender");
    const std::string letters = Letters(text, test::ReadFile(sender));
    const std::vector<Line> lines = SplitLines(text);
    for (std::size_t i = 0; i < lines.size() && i < letters.size(); ++i) {
      if (lines[i].blank()) continue;
      const bool found = letters[i] == 's';
      score.truth += truth[i];
      score.found += found;
      score.hits += found && truth[i];
      if (found && !truth[i] && getenv("WARIFU_SHOW") != nullptr) {
        std::printf("not a signature: %s: %.*s\n", path.filename().c_str(),
                    static_cast<int>(lines[i].text.size()), lines[i].text.data());
      }
      if (!found && truth[i] && getenv("WARIFU_SHOW") != nullptr) {
        std::printf("missed: %s: %.*s\n", path.filename().c_str(),
                    static_cast<int>(lines[i].text.size()), lines[i].text.data());
      }
    }
  }
  std::printf("mailgun-forge: %d signature lines, %d found, precision %.3f, recall %.3f\n",
              score.truth, score.found, score.precision(), score.recall());
  EXPECT_GE(score.precision(), 0.98);
  EXPECT_GT(score.truth, 150);
}

// Where that set means something else: it looks for the new text of a reply, so a farewell with a
// name stays with the text (mailgun-forge calls it a signature), and so do quotations that are
// answered line by line, forwarded mails, and mails below an introduction without '>' marks.
TEST(SharedData, EmailReplyTrimmerElided) {
  SKIP_WITHOUT_SHARED_DATA("email-reply-trimmer/data");
  const auto root = test::SharedData("email-reply-trimmer/data");
  Score all, signature;
  int unexplained = 0;
  for (const auto& path : test::FilesBelow(root / "emails")) {
    const std::string text = Normalise(test::ReadFile(path)).text;
    const std::string elided = Normalise(test::ReadFile(root / "elided" / path.filename())).text;
    const std::string trimmed = Normalise(test::ReadFile(root / "trimmed" / path.filename())).text;
    std::vector<std::string_view> gone, kept;
    for (const Line& line : SplitLines(elided)) gone.push_back(line.text);
    for (const Line& line : SplitLines(trimmed)) kept.push_back(line.text);
    const std::string letters = Letters(text);
    const std::vector<Line> lines = SplitLines(text);
    for (std::size_t i = 0; i < lines.size() && i < letters.size(); ++i) {
      const std::string_view line = lines[i].text;
      if (lines[i].blank()) continue;
      const bool is_gone = std::ranges::find(gone, line) != gone.end();
      const bool is_kept = std::ranges::find(kept, line) != kept.end();
      if (is_gone == is_kept) continue;  // in both or in neither: no truth
      const bool found = letters[i] != 'b';
      all.truth += is_gone;
      all.found += found;
      all.hits += found && is_gone;
      const bool farewell = path.filename() == "embedded_email_swedish.txt";
      if (letters[i] == 's' && !farewell) {
        ++signature.found;
        signature.hits += is_gone;
      }
      // That set keeps what is answered below; here '>' always marks a quotation.
      const bool other_meaning =
          line.starts_with('>') || farewell || path.filename() == "forwarded_message.txt";
      unexplained += found && !is_gone && !other_meaning;
      if (found != is_gone && getenv("WARIFU_SHOW") != nullptr) {
        std::printf("%s %s: %.*s\n", found ? "wrong" : "missed", path.filename().c_str(),
                    static_cast<int>(line.size()), line.data());
      }
    }
  }
  std::printf(
      "email-reply-trimmer: %d quoted or signature lines, %d found, precision %.3f, "
      "recall %.3f; of %d signature lines, %d are in the trimmed-off part\n",
      all.truth, all.found, all.precision(), all.recall(), signature.found, signature.hits);
  EXPECT_GE(all.precision(), 0.97);
  EXPECT_EQ(unexplained, 0);
  EXPECT_GE(all.recall(), 0.95);
  EXPECT_GE(signature.precision(), 0.98);
  EXPECT_GT(all.truth, 300);
}

}  // namespace
}  // namespace warifu::mail
