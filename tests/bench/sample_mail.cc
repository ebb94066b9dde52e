#include "sample_mail.h"

#include <glib.h>

#include <cstdint>
#include <cstdlib>
#include <initializer_list>

namespace warifu::bench {
namespace {

constexpr std::string_view kWords[] = {
    "the",       "of",          "and",      "to",       "a",         "in",       "is",
    "for",       "that",        "we",       "you",      "on",        "with",     "it",
    "this",      "be",          "are",      "have",     "will",      "at",       "by",
    "from",      "as",          "please",   "our",      "your",      "not",      "or",
    "if",        "can",         "all",      "has",      "but",       "was",      "they",
    "would",     "there",       "about",    "which",    "more",      "meeting",  "project",
    "report",    "next",        "week",     "customer", "delivery",  "invoice",  "schedule",
    "draft",     "comments",    "attached", "version",  "changes",   "morning",  "office",
    "request",   "account",     "service",  "question", "thanks",    "already",  "department",
    "between",   "contract",    "samples",  "printer",  "warehouse", "shipped",  "Thursday",
    "approved",  "translation", "regards",  "quarter",  "estimate",  "because",  "answer",
    "available", "conference",  "hotel",    "flight",   "train",     "budget",   "review",
    "keyboard",  "quality",     "exactly",  "several",  "Japanese",  "software", "minutes"};
constexpr std::string_view kTopics[] = {
    "会議",     "資料",         "見積書", "来週の予定", "納品",   "お客様",       "担当者",
    "サーバー", "メンテナンス", "請求書", "契約",       "報告書", "サンプル",     "打ち合わせ",
    "出張",     "アンケート",   "新製品", "展示会",     "工場",   "在庫",         "プロジェクト",
    "質問",     "ご意見",       "修正",   "翻訳",       "印刷",   "キャンペーン", "旅費"};
constexpr std::string_view kJoints[] = {"の",     "は", "が",   "を", "について", "に関して", "と",
                                        "および", "に", "では", "も", "から",     "まで"};
constexpr std::string_view kEndings[] = {
    "お送りいたします。",   "ご確認ください。",       "よろしくお願いいたします。",
    "変更になりました。",   "お知らせします。",       "検討しております。",
    "終わりました。",       "届いております。",       "ありがとうございました。",
    "至急お返事ください。", "来月になる見込みです。", "添付のとおりです。"};
constexpr std::string_view kNames[] = {"Sato",   "Suzuki", "Takahashi", "Tanaka", "Ito", "Watanabe",
                                       "Miller", "Garcia", "Novak",     "Kim",    "Ali", "Meyer"};

// A linear congruential generator: quick, and the same everywhere.
class Dice {
 public:
  std::uint32_t Roll(std::uint32_t sides) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(state_ >> 33) % sides;
  }
  // Early entries are likelier than late ones, as in speech.
  template <std::size_t N>
  std::string_view Pick(const std::string_view (&list)[N]) {
    const std::uint32_t n = Roll(N);
    return list[Roll(3) == 0 ? n : n * Roll(N) / N];
  }
  std::string Number(int digits) {
    std::string out;
    for (int i = 0; i < digits; ++i) out += static_cast<char>('0' + Roll(10));
    return out;
  }

 private:
  std::uint64_t state_ = 20000401;
};

std::string EnglishLine(Dice* dice) {
  switch (dice->Roll(24)) {
    case 0:
      return "";
    case 1:
      return "> On 2026-0" + std::to_string(1 + dice->Roll(9)) + "-1" + dice->Number(1) + " " +
             std::string(dice->Pick(kNames)) + " wrote:";
    case 2:
      return "See https://www.example.com/" + std::string(dice->Pick(kWords)) + "/" +
             dice->Number(5) + "?page=" + dice->Number(1);
    case 3:
      return "Order " + dice->Number(6) + ": " + dice->Number(2) + " units, $" + dice->Number(3) +
             ".50, by " + std::to_string(8 + dice->Roll(10)) + ":30 (+81-3-" + dice->Number(4) +
             "-" + dice->Number(4) + ")";
    default:
      break;
  }
  std::string line = dice->Roll(12) == 0 ? "> " : "";
  std::string word(dice->Pick(kWords));
  word[0] = static_cast<char>(word[0] & ~0x20);
  line += word;
  while (line.size() < 50 + dice->Roll(22)) {
    line += dice->Roll(11) == 0 ? ", " : " ";
    line += dice->Pick(kWords);
  }
  return line + (dice->Roll(4) == 0 ? "?" : ".");
}

std::string JapaneseLine(Dice* dice) {
  switch (dice->Roll(24)) {
    case 0:
      return "";
    case 1:
      return "> " + std::string(dice->Pick(kTopics)) + "のとおりです。";
    case 2:
      return "　日時：２０２６年" + std::to_string(1 + dice->Roll(12)) + "月" +
             std::to_string(1 + dice->Roll(28)) + "日(木) " + std::to_string(9 + dice->Roll(9)) +
             ":30〜";
    case 3:
      return "http://www.example.jp/" + std::string(dice->Pick(kWords)) + "/" + dice->Number(5);
    default:
      break;
  }
  std::string line(dice->Pick(kTopics));
  for (std::uint32_t i = dice->Roll(3); i > 0; --i) {
    line += dice->Pick(kJoints);
    line += dice->Pick(kTopics);
  }
  line += dice->Roll(3) == 0 ? "を、" : "を";
  return line + std::string(dice->Pick(kEndings));
}

std::string HtmlLine(Dice* dice) {
  const std::string text = dice->Roll(2) == 0 ? JapaneseLine(dice) : EnglishLine(dice);
  switch (dice->Roll(6)) {
    case 0:
      return "<tr><td style=\"padding:4px 8px;font-size:13px;color:#333333\" width=\"" +
             dice->Number(3) + "\">" + text + "</td><td align=\"right\">&yen;" + dice->Number(4) +
             "</td></tr>";
    case 1:
      return "<p class=\"text-" + dice->Number(1) + "\">" + text +
             " <a href=\"https://shop.example.jp/item/" + dice->Number(6) +
             "?utm_source=mail&amp;utm_id=" + dice->Number(4) + "\">" +
             std::string(dice->Pick(kTopics)) + "</a></p>";
    case 2:
      return "<div style=\"margin:0 auto;max-width:600px\"><img src=\"https://img.example.jp/" +
             dice->Number(8) + ".png\" width=\"600\" alt=\"\"><br>" + text + "</div>";
    default:
      return text + "<br>";
  }
}

std::string CsvLine(Dice* dice) {
  const std::string_view name = dice->Pick(kNames);
  return dice->Number(7) + "," + std::string(name) + "," + std::string(dice->Pick(kTopics)) + "," +
         std::string(name) + dice->Number(3) + "@example.com,2026/0" +
         std::to_string(1 + dice->Roll(9)) + "/1" + dice->Number(1) + " 1" + dice->Number(1) +
         ":3" + dice->Number(1) + "," + dice->Number(5) + "," + std::string(dice->Pick(kWords));
}

std::string Base64Of(const std::string& bytes) {
  gchar* encoded = g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size());
  const std::string flat(encoded);
  g_free(encoded);
  std::string out;
  for (std::size_t i = 0; i < flat.size(); i += 76) out += flat.substr(i, 76) + "\r\n";
  return out;
}

std::string NoiseLine(Dice* dice) {
  std::string bytes;
  for (int i = 0; i < 57; ++i) bytes += static_cast<char>(dice->Roll(256));
  std::string line = Base64Of(bytes);
  line.resize(line.size() - 2);
  return line;
}

std::string Line(Kind kind, Dice* dice) {
  switch (kind) {
    case Kind::kEnglish:
      return EnglishLine(dice);
    case Kind::kJapanese:
    case Kind::kShiftJis:
      return JapaneseLine(dice);
    case Kind::kHtml:
      return HtmlLine(dice);
    case Kind::kCsv:
      return CsvLine(dice);
    case Kind::kBase64Text:
      return NoiseLine(dice);
  }
  std::abort();
}

// UTF-8 text of about `bytes`, with what a rule finds spread over it.
std::string Text(Kind kind, std::size_t bytes) {
  Dice dice;
  const std::size_t hits = bytes >= (1u << 19) ? 5 : 1;
  const std::string end = kind == Kind::kHtml ? "<br>\r\n" : "\r\n";
  std::string text;
  for (std::size_t placed = 0; text.size() < bytes;) {
    text += Line(kind, &dice) + "\r\n";
    if (placed < hits && text.size() >= (placed + 1) * bytes / (hits + 1)) {
      text += "login: taro" + dice.Number(3) + end + "password: Nk3wq8" + dice.Number(3) + end;
      ++placed;
    }
  }
  return text;
}

std::string Converted(const std::string& utf8, const char* charset) {
  gsize written = 0;
  gchar* bytes = g_convert(utf8.data(), static_cast<gssize>(utf8.size()), charset, "UTF-8", nullptr,
                           &written, nullptr);
  if (bytes == nullptr) std::abort();
  std::string out(bytes, written);
  g_free(bytes);
  return out;
}

}  // namespace

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kEnglish:
      return "English";
    case Kind::kJapanese:
      return "ISO-2022-JP";
    case Kind::kShiftJis:
      return "Shift_JIS";
    case Kind::kHtml:
      return "HTML";
    case Kind::kCsv:
      return "CSV attached";
    case Kind::kBase64Text:
      return "base64 as text";
  }
  std::abort();
}

std::string SampleMail(Kind kind, std::size_t bytes) {
  const std::string head =
      "Received: from pc7.example.jp (pc7.example.jp [192.0.2.7])\r\n\tby mx.example.jp (Postfix) "
      "with ESMTPSA id 4XyZabc\r\n\tfor <hanako@example.com>; Mon, 2 Nov 2026 09:12:44 +0900\r\n"
      "From: Taro <taro@example.jp>\r\nTo: Hanako <hanako@example.com>\r\n"
      "Subject: Minutes and next steps\r\nDate: Mon, 2 Nov 2026 09:12:43 +0900\r\n"
      "Message-ID: <20261102091243.7@example.jp>\r\nUser-Agent: Mail/102.1\r\n"
      "MIME-Version: 1.0\r\n";
  const std::string text_plain = "Content-Type: text/plain; charset=";
  switch (kind) {
    case Kind::kEnglish:
    case Kind::kBase64Text:
      return head + text_plain + "US-ASCII\r\n\r\n" + Text(kind, bytes);
    case Kind::kJapanese:
      return head + text_plain + "ISO-2022-JP\r\nContent-Transfer-Encoding: 7bit\r\n\r\n" +
             Converted(Text(kind, bytes * 5 / 4), "ISO-2022-JP");
    case Kind::kShiftJis:
      return head + text_plain + "Shift_JIS\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
             Converted(Text(kind, bytes * 7 / 5), "CP932");
    case Kind::kHtml:
      return head +
             "Content-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
             "<!DOCTYPE html><html><head><title>News</title><style>td{font-family:sans-serif}"
             "</style></head><body>\r\n" +
             Text(kind, bytes) + "</body></html>\r\n";
    case Kind::kCsv:
      return head + "Content-Type: multipart/mixed; boundary=\"b7\"\r\n\r\n--b7\r\n" + text_plain +
             "US-ASCII\r\n\r\nThe list is attached.\r\n\r\n--b7\r\n"
             "Content-Type: text/csv; charset=UTF-8; name=\"orders.csv\"\r\n"
             "Content-Disposition: attachment; filename=\"orders.csv\"\r\n"
             "Content-Transfer-Encoding: base64\r\n\r\n" +
             Base64Of(Text(kind, bytes * 3 / 4)) + "--b7--\r\n";
  }
  std::abort();
}

}  // namespace warifu::bench
