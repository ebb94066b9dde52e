// Redaction: the value is masked, and not one other byte of the mail is another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>

#include "gateway.h"
#include "mail/charset.h"
#include "mail/transfer.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::HasSubstr;
using ::testing::Not;

// A value, and what it becomes.
struct Value {
  const char* name;
  std::string_view secret, masked;
};
constexpr Value kAscii = {"ascii", "Xk29vmQ1", "********"};
constexpr Value kWide = {"wide", "Ｘｋ２９ｖｍＱ１", "＊＊＊＊＊＊＊＊"};
constexpr Value kKana = {"kana", "ひみつノ合言葉", "＊＊＊＊＊＊＊"};
constexpr Value kMixed = {"mixed", "あk2秘Q_9", "＊**＊***"};

struct Charset {
  const char* label;
  const char* written;  // as iconv knows it
};
constexpr Charset kUtf8 = {"utf-8", "UTF-8"};
constexpr Charset kJis = {"iso-2022-jp", "ISO-2022-JP"};
constexpr Charset kSjis = {"Shift_JIS", "CP932"};
constexpr Charset kEuc = {"EUC-JP", "EUC-JP"};

// Quoted-printable as no program of ours writes it: lower-case hex throughout, a soft break
// after every tenth byte of the content, with a blank behind some.
std::string OddQuoted(std::string_view content) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (std::size_t i = 0; i < content.size(); ++i) {
    const auto b = static_cast<unsigned char>(content[i]);
    if (content[i] == '\r' || content[i] == '\n') {
      out += content[i];
    } else {
      out += {'=', kHex[b >> 4], kHex[b & 15]};
    }
    if (i % 10 == 9 && content[i] != '\r' && content[i] != '\n') {
      out += i % 20 == 9 ? "=\r\n" : "= \r\n";
    }
  }
  return out;
}

// Whether hex is written in capitals is all that is not compared.
std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

std::string OddBase64(std::string_view content) {
  std::string letters = mail::EncodeTransfer(content, mail::Transfer::kBase64), out;
  std::erase_if(letters, [](char c) { return c == '\r' || c == '\n'; });
  for (std::size_t at = 0; at < letters.size(); at += 44) {
    out += letters.substr(at, 44) + (at % 88 == 0 ? "\r\n" : " \r\n");
  }
  return out;
}

std::string Encoded(std::string_view content, std::string_view transfer) {
  if (transfer == "quoted-printable") return OddQuoted(content);
  return transfer == "base64" ? OddBase64(content) : std::string(content);
}

std::string In(const Charset& charset, const std::string& text) {
  return mail::EncodeCharset(text, charset.written).value();
}

std::string Crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

constexpr std::string_view kHead = "From: taro@example.jp\r\nSubject: x\r\nMIME-Version: 1.0\r\n";

std::string TextPart(std::string_view type, const Charset& charset, std::string_view transfer,
                     const std::string& text, std::string_view more = "") {
  return "Content-Type: " + std::string(type) + "; charset=" + charset.label + std::string(more) +
         "\r\nContent-Transfer-Encoding: " + std::string(transfer) + "\r\n\r\n" +
         Encoded(In(charset, Crlf(text)), transfer);
}

std::string Plain(std::string_view value) {
  return "お世話になっております。\nredact: " + std::string(value) +
         " です。\n{^_^} ~ \\ 表示\n-- \n山田 花子\n";
}

std::string Html(std::string_view value) {
  return "<html><body><p>お世話になっております。</p>\n<td>redact:</td> <b>" +
         std::string(value.substr(0, 3)) + "</b>" + std::string(value.substr(3)) +
         "<br>です。</body></html>\n";
}

std::string Form(std::string_view form, const Charset& charset, std::string_view transfer,
                 std::string_view value) {
  const std::string head(kHead);
  if (form == "plain") return head + TextPart("text/plain", charset, transfer, Plain(value));
  if (form == "html") return head + TextPart("text/html", charset, transfer, Html(value));
  if (form == "csv") {
    return head + "Content-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n" +
           TextPart("text/plain", charset, "7bit", "see\n") + "\r\n--b\r\n" +
           TextPart("text/csv", charset, transfer,
                    "会員ID,メモ\n1,redact=" + std::string(value) + ",東京\n2,x,大阪\n",
                    "\r\nContent-Disposition: attachment; filename=a.csv") +
           "\r\n--b--\r\n";
  }
  return head + "Content-Type: multipart/alternative; boundary=\"b\"\r\n\r\n--b\r\n" +
         TextPart("text/plain", charset, transfer, Plain(value)) + "\r\n--b\r\n" +
         TextPart("text/html", charset, transfer, Html(value)) + "\r\n--b--\r\n";
}

// The mail as delivered, without warifu's own field.
std::string Delivered(const Sent& sent) {
  std::string out = sent.delivered;
  const std::size_t field = out.find("X-Warifu: ");
  if (field != std::string::npos) out.erase(field, out.find("\r\n", field) + 2 - field);
  return out;
}

using Shape = std::tuple<Charset, const char*, const char*, Value>;

class EveryShape : public testing::TestWithParam<Shape> {
 public:
  static Gateway& gateway() {
    static Gateway one;
    return one;
  }
};

TEST_P(EveryShape, NothingElseChanges) {
  const auto& [charset, transfer, form, value] = GetParam();
  const std::string raw = Form(form, charset, transfer, value.secret);
  const Sent sent = gateway().Send(raw);
  ASSERT_EQ(sent.action(), kRedact) << gateway().LastEvent().dump(1);
  const std::string tag = sent.delivered.substr(sent.delivered.find("X-Warifu: "));
  EXPECT_THAT(tag, HasSubstr("redact; class=content; reference="));
  const std::string delivered = Delivered(sent);
  const std::string wanted = Form(form, charset, transfer, value.masked);
  if (transfer == std::string_view("quoted-printable")) {
    EXPECT_EQ(Lower(delivered), Lower(wanted));
  } else {
    EXPECT_EQ(delivered, wanted);
  }
  EXPECT_EQ(gateway().LastEvent()["findings"].size(), 1u) << "two forms of one secret";
}

std::string NameOf(const testing::TestParamInfo<Shape>& info) {
  const auto& [charset, transfer, form, value] = info.param;
  std::string name = std::string(charset.label) + '_' + transfer + '_' + form + '_' + value.name;
  for (char& c : name) c = c == '-' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Redact, EveryShape,
                         testing::Combine(testing::Values(kUtf8, kJis, kSjis, kEuc),
                                          testing::Values("8bit", "base64", "quoted-printable"),
                                          testing::Values("plain", "html", "alternative", "csv"),
                                          testing::Values(kAscii, kWide, kKana, kMixed)),
                         NameOf);

struct Row {
  const char* what;
  std::string before, after;  // fields and body of a plain text mail, lines end in LF
};

TEST(Redact, InItsPlace) {
  Gateway gateway;
  const std::string jis_head = "Content-Type: text/plain; charset=iso-2022-jp\n\n";
  for (const Row& row : std::vector<Row>{
           {"format=flowed keeps its soft breaks",
            "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
            "redact: Xk29 \nvmQ1\n",
            "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
            "redact: **** \n****\n"},
           {"quoted and flowed",
            "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
            "> redact: Xk29 \n> vmQ1\n",
            "Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes\n\n"
            "> redact: **** \n> ****\n"},
           {"a short number is masked where it was found and nowhere else",
            "\nredact-pin: 4711\nroom 4711, 24711\n", "\nredact-pin: ****\nroom 4711, 24711\n"},
           {"a distinctive value is masked wherever it is a word",
            "\nredact: Xk29vmQ1\nI said Xk29vmQ1, not aXk29vmQ1b\n",
            "\nredact: ********\nI said ********, not aXk29vmQ1b\n"},
           {"old escapes of ISO-2022-JP stay", jis_head + "redact: \x1b$@$\"$$$&$(\x1b(J ab\n",
            jis_head + "redact: \x1b$@\x1b$B!v!v!v!v\x1b$@\x1b(J ab\n"},
           {"half-width kana by escape", jis_head + "redact: \x1b(I123456\x1b(B ab\n",
            jis_head + "redact: \x1b(I\x1b(B******\x1b(I\x1b(B ab\n"},
           {"ISO-2022-JP without a label", "\nredact: \x1b$B$\"$$$\"$$\x1b(B ab\n",
            "\nredact: \x1b$B!v!v!v!v\x1b(B ab\n"},
           {"Subject in the clear", "Subject: redact: Xk29vmQ1 now\n\nx\n",
            "Subject: redact: ******** now\n\nx\n"},
           {"a folded value of a second field",
            "X-Note: a\nX-Note:\tredact:\n Xk29vmQ1\n  now\n\nx\n",
            "X-Note: a\nX-Note:\tredact:\n ********\n  now\n\nx\n"},
           {"an encoded word", "Subject: =?utf-8?q?redact:_Xk29vmQ1?= =?utf-8?q?_now?=\n\nx\n",
            "Subject: =?utf-8?q?redact=3A_********?= =?utf-8?q?_now?=\n\nx\n"},
           {"a character that two encoded words share",
            "Subject: =?UTF-8?B?cmVkYWN0OiDjgg==?=\n =?UTF-8?B?ouOBhOOBhuOBiA==?=\n\nx\n",
            "Subject: =?UTF-8?B?cmVkYWN0OiDvvA==?=\n =?UTF-8?B?iu+8iu+8iu+8ig==?=\n\nx\n"},
           {"Subject and body", "Subject: redact: Xk29vmQ1\n\nredact: Xk29vmQ1\n",
            "Subject: redact: ********\n\nredact: ********\n"},
           {"entities and links of HTML",
            "Content-Type: text/html\n\n<a href='http://x/?redact=Xk29vmQ1'>redact: "
            "&#88;k29&#x76;mQ1</a>\n",
            "Content-Type: text/html\n\n<a href='http://x/?redact=********'>redact: "
            "********</a>\n"},
       }) {
    const auto mail = [](const std::string& rest) {
      return Crlf("From: taro@example.jp\nMIME-Version: 1.0\n" + rest);
    };
    const Sent sent = gateway.Send(mail(row.before));
    EXPECT_EQ(sent.action(), kRedact) << row.what << gateway.LastEvent().dump();
    EXPECT_EQ(Delivered(sent), mail(row.after)) << row.what;
  }
}

TEST(Redact, WhatCannotBeMaskedIsHeldAndTheEventSaysWhy) {
  Gateway gateway;
  const std::string value = "redact: Xk29vmQ1\n";
  const std::string mime = "From: taro@example.jp\nMIME-Version: 1.0\nContent-Type: ";
  for (const auto& [raw, why] : std::vector<std::pair<std::string, std::string>>{
           {PlainMail(value, "DKIM-Signature: v=1; d=example.jp; b=x\n"), "the mail is signed"},
           {mime +
                "multipart/signed; boundary=b; protocol=\"application/pgp-signature\"\n\n--b\n"
                "Content-Type: text/plain\n\n" +
                value + "--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n",
            "the mail is signed"},
           {mime +
                "multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\n\n"
                "--b\nContent-Type: text/plain\n\n" +
                value + "--b\nContent-Type: application/pkcs7-signature\n\nx\n--b--\n",
            "the mail is signed"},
           {PlainMail(value + "-----BEGIN PGP MESSAGE-----\n\nx\n"), "the mail is encrypted"},
           {"From: \"redact: Xk29vmQ1\" <taro@example.jp>\n\nx\n",
            "its field holds more than free text"},
           {mime + "multipart/mixed; boundary=b\n\n--b\nContent-Type: application/zip; "
                   "name=\"redact=Xk29vmQ1\"\n\nPK\n--b--\n",
            "it lies in the head or the name of a part"},
           {mime +
                "multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n"
                "Content-Transfer-Encoding: base64\n\n" +
                mail::EncodeTransfer("Subject: x\n\n" + value, mail::Transfer::kBase64) + "--b--\n",
            "the part lies inside of an encoded attachment"},
       }) {
    const Sent sent = gateway.Send(raw);
    EXPECT_EQ(sent.action(), kHold) << raw;
    EXPECT_FALSE(sent.end.replace_body) << raw;
    EXPECT_TRUE(sent.end.change_fields.empty()) << raw;
    EXPECT_EQ(gateway.LastEvent()["findings"][0].value("why_not", ""), why) << raw;
  }
  Gateway refusing("redact = { otherwise = \"reject\"; };");
  EXPECT_EQ(refusing.Send(PlainMail(value, "DKIM-Signature: v=1; b=x\n")).action(), kReject);
}

TEST(Redact, ATableTooLongToListIsNotMaskedWhole) {
  Gateway gateway;
  std::string text;
  for (int i = 0; i < 150; ++i) text += "redact: Xk29vmQ" + std::to_string(i) + " innocent\n";
  const Sent sent = gateway.Send(PlainMail(text));
  EXPECT_EQ(sent.action(), kHold);
  EXPECT_FALSE(sent.end.replace_body);
  EXPECT_EQ(gateway.LastEvent()["findings"].back().value("why_not", ""),
            "too many records to mask each");
}

TEST(Redact, BothFormsOrNone) {
  // The HTML form lies in a charset that is not written.
  Gateway gateway;
  const Sent sent = gateway.Send(
      "From: taro@example.jp\nMIME-Version: 1.0\nContent-Type: multipart/alternative; "
      "boundary=b\n\n"
      "--b\nContent-Type: text/plain\n\nredact: Xk29vmQ1\n--b\n"
      "Content-Type: text/html; charset=hz-gb-2312\n\n~{VPND~} redact: Xk29vmQ1\n--b--\n");
  EXPECT_EQ(sent.action(), kHold);
  EXPECT_FALSE(sent.end.replace_body);
}

TEST(Redact, WhatCallsForStripIsStrippedToo) {
  Gateway gateway;
  const Sent sent = gateway.Send(
      PlainMail("redact: Xk29vmQ1\n-- \nTaro\nstriptoken-0123456789\nredact: Xk29vmQ1\n"));
  EXPECT_EQ(sent.action(), kRedact);
  EXPECT_THAT(sent.delivered, ::testing::EndsWith("\r\n\r\nredact: ********\r\n"));
}

TEST(Redact, AMailThatWasNotSeenWholeIsNotEdited) {
  Gateway gateway("limits = { message = \"64K\"; header = \"16K\"; };");
  for (const std::string value : {"redact: Xk29vmQ1\n", "-- \nTaro\nstriptoken-0123456789\n"}) {
    const std::string padding(80 << 10, 'x');
    const Sent sent = gateway.Send(PlainMail(value + padding));
    EXPECT_EQ(sent.action(), kHold) << value;
    EXPECT_FALSE(sent.end.replace_body) << "what lies behind the limit would be lost";
  }
}

TEST(Redact, AFieldThatIsRemovedIsNotChanged) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("hello\n", "X-Warifu: redact: Xk29vmQ1\n"));
  EXPECT_EQ(sent.action(), kRedact);
  EXPECT_TRUE(sent.end.change_fields.empty());
  EXPECT_THAT(sent.delivered, Not(HasSubstr("Xk29vmQ1")));
}

}  // namespace
}  // namespace warifu::app
