// Tables of many rows through the inspection: every row counts, in attachments of each charset, and
// what strip does with a finding that stands for many.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "app/offline.h"
#include "gateway.h"
#include "mail/charset.h"
#include "mail/transfer.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kRows = 150;

std::string Password(int i) {
  static constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz";
  std::string out;
  for (std::uint32_t seed = static_cast<std::uint32_t>(i) * 2654435761u + 1; out.size() < 5;) {
    seed = seed * 1103515245u + 12345u;
    out += kLetters[(seed >> 16) % kLetters.size()];
  }
  return out + std::to_string(100 + i);
}

std::string Crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? "\r\n" : std::string(1, c);
  return out;
}

std::string WithAttachment(std::string_view bytes, std::string_view label) {
  return "From: taro@example.jp\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n--b\r\n"
         "Content-Type: text/csv" +
         std::string(label) +
         "\r\nContent-Disposition: attachment; filename=list.csv\r\n"
         "Content-Transfer-Encoding: base64\r\n\r\n" +
         mail::EncodeTransfer(bytes, mail::Transfer::kBase64) + "\r\n--b--\r\n";
}

// Rows found, by rule; accounts must be those of the table.
std::map<std::string, std::size_t> RowsIn(const std::string& raw) {
  static const std::string cache = WARIFU_BINARY_DIR "/patterns-cache";
  std::filesystem::create_directories(cache);
  static Gateway gateway("rules = { paths = [ \"" WARIFU_SOURCE_DIR
                         "/patterns\" ]; };\ncache_dir = \"" +
                         cache + "\";");
  std::map<std::string, std::size_t> rows;
  for (const Finding& f : InspectStoredMail(gateway.editable(), gateway.clock, raw, {}).findings) {
    rows[f.rule] += f.rows;
  }
  return rows;
}

struct Charset {
  const char* written;
  const char* label;
  const char* mark = "";
};
constexpr Charset kCharsets[] = {{"UTF-8", "; charset=utf-8"},
                                 {"CP932", "; charset=shift_jis"},
                                 {"CP932", ""},
                                 {"EUC-JP", ""},
                                 {"ISO-2022-JP", ""},
                                 {"UTF-16LE", "", "\uFEFF"},
                                 {"UTF-16BE", "; charset=utf-16", "\uFEFF"},
                                 {"UTF-16LE", ""}};

// The text as an attachment in each charset holds so many rows of the rule.
void ExpectRows(const std::string& text, const std::string& rule) {
  for (const Charset& charset : kCharsets) {
    const auto bytes = mail::EncodeCharset(charset.mark + Crlf(text), charset.written);
    ASSERT_TRUE(bytes) << charset.written;
    EXPECT_EQ(RowsIn(WithAttachment(*bytes, charset.label))[rule], std::size_t{kRows})
        << rule << " in " << charset.written << charset.label;
  }
}

TEST(Tables, EveryRowOfAnAttachmentCountsInEachCharset) {
  std::string headed = "会員番号,氏名,パスワード,登録日\n";
  std::string pins = "お客様番号\t氏名\t暗証番号\n";
  std::string named, logins = "会員の一覧です。\n\n";
  for (int i = 0; i < kRows; ++i) {
    const std::string number = std::to_string(10000 + i);
    headed += number + ",山田 太郎," + Password(i) + ",2011/5/1\n";
    pins += number + "\t鈴木花子\t" + std::to_string(1203 + i * 7) + "\n";
    named += "山田太郎,taro" + number + "@example.jp," + Password(i) + "\n";
    logins += "taro" + number + "：" + Password(i) + "\n";
  }
  ExpectRows(headed, "csv-password-column");
  ExpectRows(pins, "pin-column");
  ExpectRows(named, "named-address-password-list");
  ExpectRows(logins, "login-password-list");
}

// A gateway whose only rule strips rows of four cells.
class StrippedRows : public testing::Test {
 protected:
  static std::string Conf() {
    const std::string path = testing::TempDir() + "/warifu-strip-rows.toml";
    std::ofstream(path)
        << "[[records]]\nid = \"row\"\nfields = [\"digits{5}\", \"login as account\", "
           "\"password{6,32} as secret\", \"email\"]\n[records.mail]\nseverity = "
           "\"high\"\naction = \"strip\"\n";
    return "rules = { paths = [ \"" + path + "\" ]; };\nstrip = { max_lines = 200; };";
  }
  static std::string Rows() {
    std::string out;
    for (int i = 0; i < kRows; ++i) {
      const std::string login = "u" + std::to_string(i);
      out += std::to_string(10000 + i) + "," + login + "," + Password(i) + "," + login +
             "@example.jp\n";
    }
    return out;
  }
};

TEST_F(StrippedRows, AreCutWithTheSignatureTheyStandIn) {
  Gateway gateway(Conf());
  const Sent sent = gateway.Send(PlainMail("Dear friend,\n\nsee you.\n-- \nTaro\n" + Rows()));
  ASSERT_EQ(sent.action(), kStrip) << gateway.LastEvent().dump(1);
  EXPECT_THAT(sent.delivered, HasSubstr("see you."));
  for (int i = 0; i < kRows; ++i) EXPECT_THAT(sent.delivered, Not(HasSubstr(Password(i))));
  const auto findings = gateway.LastEvent()["findings"];
  ASSERT_EQ(findings.size(), 101u);
  EXPECT_EQ(findings[100]["rows"], kRows - 100);
}

TEST_F(StrippedRows, OfWhichSomeStandElsewhereAreHeld) {
  Gateway gateway(Conf());
  const std::string rows = Rows();
  // The rows that are not listed one by one begin in the body.
  const Sent sent = gateway.Send(PlainMail("Dear friend,\n\n" + rows + "\n-- \nTaro\n"));
  EXPECT_EQ(sent.action(), kHold);
  EXPECT_FALSE(sent.end.replace_body);
  const Sent attached = gateway.Send(WithAttachment(Crlf(rows), ""));
  EXPECT_EQ(attached.action(), kHold);
}

}  // namespace
}  // namespace warifu::app
