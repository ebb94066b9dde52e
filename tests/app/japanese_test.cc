// Japanese mail in all its forms: the shipped rules find the same in each of them.
//
// The product of what is said (labels, member rows, full and half width), the charset with its
// right, missing or wrong label, the transfer encoding, and the place (plain, flowed, HTML, a text
// attachment). Every form goes through the inspection of the gateway.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "app/offline.h"
#include "gateway.h"
#include "mail/charset.h"
#include "mail/transfer.h"

namespace warifu::app {
namespace {

// What is written, and what must be found once in it.
struct Said {
  const char* name;
  std::string text;
  std::string rule, preview;
};

const std::vector<Said>& AllSaid() {
  static const std::vector<Said> said = {
      {"label", "仮パスワード：Xk29vmQ1\n", "password-label-ja", "Xk******"},
      {"full_width", "パスワード：Ｘｋ２９ｖｍＱ１\n", "password-label-ja", "Xk******"},
      {"full_width_no_break", "ログインＩＤ：ｔａｒｏ　パスワード：Ｎｋ３ｗｑ８１ｚ\n",
       "id-password-pair", "Nk******"},
      {"pin", "会員番号：１２３４５６７８\n暗証番号：４８２１\n", "id-password-pair", "****"},
      {"row",
       "1234567,hanako,Xk29vmQ1,2000-01-02 03:04:05,2000-01-03 04:05:06,1,0,0,東京,,,F,1970\n",
       "freemail-member-row", "Xk******"},
      {"row_folded",
       "1234567,hanako,Xk29vmQ1,2000-01-02 03:04:05,2000-01-03 04:05:06,\n1,0,0,東京,,,F,1970\n",
       "freemail-member-row", "Xk******"},
      {"glued", "お客様のパスワードは「Xk29vmQ1」です。\n", "password-label-ja", "Xk******"},
  };
  return said;
}

struct Charset {
  const char* name;
  const char* written;  // for iconv
  const char* label;    // "" for none
};
constexpr Charset kCharsets[] = {
    {"utf8", "UTF-8", "utf-8"},
    {"utf8_unlabelled", "UTF-8", ""},
    {"utf8_as_latin1", "UTF-8", "iso-8859-1"},
    {"utf8_as_jis", "UTF-8", "iso-2022-jp"},
    {"utf8_as_sjis", "UTF-8", "shift_jis"},
    {"jis", "ISO-2022-JP", "iso-2022-jp"},
    {"jis_unlabelled", "ISO-2022-JP", ""},
    {"jis_as_ascii", "ISO-2022-JP", "us-ascii"},
    {"jis_as_utf8", "ISO-2022-JP", "utf-8"},
    {"jis_as_sjis", "ISO-2022-JP", "shift_jis"},
    {"jis_as_unknown", "ISO-2022-JP", "x-unheard-of"},
    {"sjis", "CP932", "shift_jis"},
    {"sjis_as_cp932", "CP932", "windows-31j"},
    {"sjis_unlabelled", "CP932", ""},
    {"sjis_as_utf8", "CP932", "utf-8"},
    {"sjis_as_jis", "CP932", "iso-2022-jp"},
    {"sjis_as_ascii", "CP932", "us-ascii"},
    {"euc", "EUC-JP-MS", "euc-jp"},
    {"euc_unlabelled", "EUC-JP-MS", ""},
    {"euc_as_utf8", "EUC-JP-MS", "utf-8"},
    {"euc_as_latin1", "EUC-JP-MS", "iso-8859-1"},
};

// Soft breaks anywhere, also inside of characters and escapes.
std::string Quoted(std::string_view content) {
  std::string out;
  std::size_t line = 0;
  for (const char c : content) {
    if (c == '\r' || c == '\n') {
      out += c;
      line = 0;
      continue;
    }
    out += mail::QuotedByte(c);
    if (++line % 7 == 0) out += "=\r\n";
  }
  return out;
}

std::string Encoded(std::string_view content, std::string_view transfer) {
  if (transfer == "quoted-printable") return Quoted(content);
  if (transfer == "base64") return mail::EncodeTransfer(content, mail::Transfer::kBase64);
  return std::string(content);
}

std::string Crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string Html(const std::string& text) {
  std::string out = "<html><body>";
  for (const char c : text) out += c == '\n' ? "<br>\n" : std::string(1, c);
  return out + "</body></html>\n";
}

constexpr std::string_view kHead = "From: taro@example.jp\r\nMIME-Version: 1.0\r\n";

// `bytes`: in the charset.
std::string Mail(std::string_view place, std::string_view label, std::string_view transfer,
                 std::string_view bytes) {
  std::string type = place == "html" ? "text/html" : place == "csv" ? "text/csv" : "text/plain";
  if (!label.empty()) type.append("; charset=").append(label);
  const std::string part = "Content-Type: " + type +
                           (place == "csv" ? "\r\nContent-Disposition: attachment" : "") +
                           "\r\nContent-Transfer-Encoding: " + std::string(transfer) + "\r\n\r\n" +
                           Encoded(bytes, transfer);
  if (place != "csv") return std::string(kHead) + part;
  return std::string(kHead) +
         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n" + "--b\r\n" + part +
         "\r\n--b--\r\n";
}

class Japanese : public testing::Test {
 public:
  static OfflineReport Inspect(const std::string& raw) {
    static const std::string cache = WARIFU_BINARY_DIR "/patterns-cache";
    std::filesystem::create_directories(cache);
    static Gateway gateway("rules = { paths = [ \"" WARIFU_SOURCE_DIR
                           "/patterns\" ]; };\n"
                           "cache_dir = \"" +
                           cache + "\";");
    return InspectStoredMail(gateway.editable(), gateway.clock, raw, {});
  }

  // Exactly one finding of the rule, with that preview, and nothing of the secret in it.
  static void ExpectFound(const std::string& raw, const std::string& rule,
                          const std::string& preview, const std::string& form) {
    std::string found;
    int hits = 0;
    for (const Finding& finding : Inspect(raw).findings) {
      found += finding.rule + " " + finding.preview + "; ";
      hits += finding.rule == rule && finding.preview == preview;
    }
    EXPECT_EQ(hits, 1) << form << ": found " << found;
  }
};

std::string Opening(const std::string& text) {
  return "お世話になっております。山田です。\n先日の件、以下のとおりです。\n\n" + text +
         "\nよろしくお願いいたします。\n";
}

TEST_F(Japanese, EveryCharsetLabelEncodingAndPlace) {
  int forms = 0;
  for (const Said& said : AllSaid()) {
    for (const Charset& charset : kCharsets) {
      for (const char* place : {"plain", "html", "csv"}) {
        const std::string text = Opening(said.text);
        const Result<std::string> bytes = mail::EncodeCharset(
            Crlf(place == std::string_view("html") ? Html(text) : text), charset.written);
        ASSERT_TRUE(bytes) << charset.name;
        for (const char* transfer : {"8bit", "base64", "quoted-printable"}) {
          ExpectFound(Mail(place, charset.label, transfer, *bytes), said.rule, said.preview,
                      std::string(said.name) + "/" + charset.name + "/" + place + "/" + transfer);
          ++forms;
        }
      }
    }
  }
  EXPECT_EQ(forms, 7 * 21 * 3 * 3);
}

TEST_F(Japanese, HalfWidthKana) {
  const std::string text = "ﾕｰｻﾞｰID:taro\nﾊﾟｽﾜｰﾄﾞ:wq81Nk3z\n";
  for (const Charset& charset : {Charset{"utf8", "UTF-8", "utf-8"},
                                 {"sjis", "CP932", "shift_jis"},
                                 {"euc", "EUC-JP-MS", "euc-jp"}}) {
    const std::string bytes = mail::EncodeCharset(Crlf(text), charset.written).value();
    ExpectFound(Mail("plain", charset.label, "base64", bytes), "id-password-pair", "wq******",
                charset.name);
  }
  // By escape, by SO and SI, and as raw bytes between escapes: ﾊﾟｽﾜｰﾄﾞ three times.
  for (const std::string kana :
       {"\x1B(IJ_=\\0D^\x1B(B", "\x0EJ_=\\0D^\x0F", "\x1B$B4A\x1B(B\xCA\xDF\xBD\xDC\xB0\xC4\xDE"}) {
    ExpectFound(Mail("plain", "iso-2022-jp", "8bit", kana + ":wq81Nk3z\r\n"), "password-label-ja",
                "wq******", kana);
  }
}

TEST_F(Japanese, Gaiji) {
  // NEC row 13 and IBM extensions (①, ㈱, 髙, 﨑) around the label, and the wave dashes.
  const std::string text = "①髙﨑様（㈱例）～\n②パスワード：Xk29vmQ1\n";
  for (const Charset& charset : {Charset{"sjis", "CP932", "shift_jis"},
                                 {"euc", "EUC-JP-MS", "euc-jp"},
                                 {"utf8", "UTF-8", ""}}) {
    const std::string bytes = mail::EncodeCharset(Crlf(text), charset.written).value();
    ExpectFound(Mail("plain", charset.label, "8bit", bytes), "password-label-ja", "Xk******",
                charset.name);
  }
  // User-defined characters (F040) and ISO-2022-JP with NEC's row 13.
  ExpectFound(Mail("plain", "shift_jis", "8bit",
                   "\xF0\x40 \x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68\x81\x46Xk29vmQ1\r\n"),
              "password-label-ja", "Xk******", "F040");
  ExpectFound(Mail("plain", "iso-2022-jp", "7bit", "\x1B$B-!%Q%9%o!<%I!'\x1B(BXk29vmQ1\r\n"),
              "password-label-ja", "Xk******", "row 13");
}

TEST_F(Japanese, WideAttachments) {
  for (const Said& said : AllSaid()) {
    for (const char* written : {"UTF-16LE", "UTF-16BE"}) {
      for (const bool mark : {true, false}) {
        for (const char* label : {"", "utf-16", "utf-8"}) {
          // Without a mark and a label that says the order, big-endian is the rule (RFC 2781).
          if (label == std::string_view("utf-16") && !mark &&
              written == std::string_view("UTF-16LE")) {
            continue;
          }
          std::string text = mark ? "\uFEFF" : "";
          text += "ID,password\n" + Opening(said.text);
          const std::string bytes = mail::EncodeCharset(Crlf(text), written).value();
          ExpectFound(
              Mail("csv", label, "base64", bytes), said.rule, said.preview,
              std::string(said.name) + "/" + written + (mark ? "/mark/" : "/no mark/") + label);
        }
      }
    }
  }
}

TEST_F(Japanese, ValuesSplitOverLines) {
  struct Form {
    const char* name;
    const char* type;  // parameters behind text/plain
    std::string text;
    const char* rule;
  };
  const std::string row = ",2000-01-03 04:05:06,1,0,0,東京,,,F,1970\n";
  for (const Form& form : std::vector<Form>{
           {"DelSp=yes", "; format=flowed; delsp=yes", "パスワード：Xk29 \nvmQ1\n",
            "password-label-ja"},
           {"DelSp=yes, in the label", "; format=flowed; delsp=yes", "パス \nワード：Xk29vmQ1\n",
            "password-label-ja"},
           {"DelSp=yes, quoted", "; format=flowed; delsp=yes", "> パスワード：Xk29 \n> vmQ1\n",
            "password-label-ja"},
           {"DelSp=no", "; format=flowed", "1234567,hanako,Xk29vmQ1,2000-01-02 \n03:04:05" + row,
            "freemail-member-row"},
           {"DelSp=no, stuffed", "; format=flowed",
            " 1234567,hanako,Xk29vmQ1,2000-01-02 \n 03:04:05" + row, "freemail-member-row"},
           {"the label above the value", "", "パスワード：\n　Xk29vmQ1\n", "password-label-ja"},
           {"folded behind a cell", "",
            "1234567,hanako,Xk29vmQ1,2000-01-02 03:04:05,2000-01-03 "
            "04:05:06,\n1,0,0,東京,,,F,1970\n",
            "freemail-member-row"},
       }) {
    for (const Charset& charset : {Charset{"utf8", "UTF-8", "utf-8"},
                                   {"jis", "ISO-2022-JP", ""},
                                   {"sjis", "CP932", "shift_jis"},
                                   {"euc", "EUC-JP", "euc-jp"}}) {
      for (const char* transfer : {"8bit", "quoted-printable", "base64"}) {
        const std::string bytes =
            mail::EncodeCharset(Crlf("前略。\n" + form.text), charset.written).value();
        std::string raw = Mail("plain", charset.label, transfer, bytes);
        const std::size_t at = raw.find("text/plain") + 10;
        raw.insert(at, form.type);
        ExpectFound(raw, form.rule, "Xk******",
                    std::string(form.name) + "/" + charset.name + "/" + transfer);
      }
    }
  }
}

TEST_F(Japanese, FileNames) {
  const std::string name = "パスワード：Xk29vmQ1.txt";
  const std::string jis = mail::EncodeCharset(name, "ISO-2022-JP").value();
  const std::string sjis = mail::EncodeCharset(name, "CP932").value();
  const auto percent = [](const std::string& bytes) {
    std::string out;
    for (const char c : bytes) out += "%" + mail::QuotedByte(c).substr(1);
    return out;
  };
  const auto base64 = [](const std::string& bytes) {
    const std::string lines = mail::EncodeTransfer(bytes, mail::Transfer::kBase64);
    return lines.substr(0, lines.find_first_of("\r\n"));
  };
  const std::string utf8 = percent(name);
  const std::size_t half = utf8.size() / 6 * 3;
  for (const std::string& parameter : std::vector<std::string>{
           "filename*=utf-8''" + utf8, "filename*=iso-2022-jp''" + percent(jis),
           "filename*=shift_jis'ja'" + percent(sjis),
           "filename*0*=utf-8''" + utf8.substr(0, half) + ";\r\n filename*1*=" + utf8.substr(half),
           "filename=\"" + jis + "\"", "filename=\"" + sjis + "\"", "filename=\"" + name + "\"",
           "filename=\"=?iso-2022-jp?B?" + base64(jis) + "?=\""}) {
    ExpectFound(
        std::string(kHead) + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" +
            "see\r\n--b\r\nContent-Type: application/octet-stream\r\n" +
            "Content-Disposition: attachment; " + parameter + "\r\n\r\n\x01\x02\r\n--b--\r\n",
        "password-label-ja", "Xk**********", parameter);
  }
}

TEST_F(Japanese, ShortNumbersAreNeverShown) {
  for (const std::string number : {"4821", "48213", "482137", "4821379", "48213795"}) {
    const OfflineReport report = Inspect(
        Mail("plain", "utf-8", "8bit", Crlf("口座番号：1234567\n暗証番号：" + number + "\n")));
    bool found = false;
    for (const Finding& finding : report.findings) {
      found = found || finding.preview.size() == number.size();
      EXPECT_EQ(finding.preview.find_first_not_of('*'), std::string::npos) << finding.rule;
      EXPECT_EQ(finding.fingerprint.find(number), std::string::npos);
    }
    EXPECT_TRUE(found) << number;
    for (const std::string& reason : report.verdict.reasons) {
      EXPECT_EQ(reason.find(number), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace warifu::app
