// Mails made to exhaust the reader. Each must end soon, within bounds, and say what was left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "mail/message.h"

namespace warifu::mail {
namespace {

// Far above what any of these takes, far below what a quadratic reader would take; wide enough for
// sanitizers and a busy machine.
constexpr std::chrono::seconds kPatience{20};

Message ParseSoon(const std::string& raw, const Limits& limits = {}) {
  const auto begin = std::chrono::steady_clock::now();
  Message message = Parse(raw, limits);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPatience);
  return message;
}

bool Has(const Message& m, FaultCause cause) {
  return std::ranges::any_of(m.faults, [&](const Fault& f) { return f.cause == cause; });
}

std::string Repeat(std::string_view piece, std::size_t times) {
  std::string out;
  out.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

std::string Html(std::string body) {
  return "Content-Type: text/html\r\n\r\n" + std::move(body);
}

TEST(Hostile, DeepMultiparts) {
  std::string raw;
  for (int i = 0; i < 100'000; ++i) {
    const std::string b = std::to_string(i);
    raw += "Content-Type: multipart/mixed; boundary=b" + b + "\r\n\r\n--b" + b + "\r\n";
  }
  const Message m = ParseSoon(raw + "\r\nhidden Xk29vmQ1\r\n");
  EXPECT_TRUE(Has(m, FaultCause::kTooDeep));
  EXPECT_NE(m.segments.back().text.find("Xk29vmQ1"), std::string::npos) << "still scanned as text";
}

TEST(Hostile, DeepMessages) {
  const Message m =
      ParseSoon(Repeat("Content-Type: message/rfc822\r\n\r\n", 100'000) + "\r\nx\r\n");
  EXPECT_TRUE(Has(m, FaultCause::kTooDeep));
}

TEST(Hostile, ManyParts) {
  const Message m = ParseSoon("Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                              Repeat("--b\r\n\r\n", 1'000'000));
  EXPECT_TRUE(Has(m, FaultCause::kTooManyParts));
  EXPECT_LE(m.parts.size(), Limits().parts);
}

TEST(Hostile, ManyFields) {
  const Message m = ParseSoon(Repeat("a:\r\n", 200'000) + "\r\nx\r\n");
  EXPECT_TRUE(Has(m, FaultCause::kTooLarge));
}

TEST(Hostile, OneHugeField) {
  const std::string raw = "Subject: " + std::string(10 << 20, 'x') + "\r\n\r\nbody\r\n";
  const Message m = ParseSoon(raw);
  EXPECT_EQ(m.parts.size(), 1u);
}

TEST(Hostile, EncodedWordsWithoutEnd) {
  ParseSoon("Subject: " + Repeat("=?a?b?", 150'000) + "\r\n\r\nbody\r\n");
  ParseSoon("Subject: " + Repeat("=?utf-8?q?", 100'000) + "\r\n ?=\r\n\r\nbody\r\n");
}

TEST(Hostile, Parameters) {
  ParseSoon("Content-Type: text/plain" + Repeat("; a*1*=x", 200'000) + "\r\n\r\nbody\r\n");
  ParseSoon("Content-Type: text/plain; name=\"" + Repeat("\\", 1'000'000) + "\r\n\r\nbody\r\n");
}

TEST(Hostile, LongBoundaryAndManyDashes) {
  const std::string boundary(100'000, '-');
  ParseSoon("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n" +
            Repeat(std::string(99'999, '-') + "\r\n", 100));
  ParseSoon("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" +
            Repeat("--\r\n", 1'000'000));
}

TEST(Hostile, HtmlOfAngleBrackets) {
  ParseSoon(Html(std::string(1 << 20, '<')));
  ParseSoon(Html(Repeat("<a", 500'000)));
  ParseSoon(Html(Repeat("</", 500'000)));
  ParseSoon(Html(Repeat("<!--", 250'000)));
  ParseSoon(Html(Repeat("<!----!>", 125'000)));
  ParseSoon(Html(Repeat("<script>", 125'000)));
  ParseSoon(Html(Repeat("&x", 500'000)));
  ParseSoon(Html("<a " + Repeat("b=c ", 250'000) + ">"));
}

TEST(Hostile, DeepHtml) {
  const Message m = ParseSoon(Html(Repeat("<div>", 200'000) + "Xk29vmQ1"));
  EXPECT_NE(m.segments.back().text.find("Xk29vmQ1"), std::string::npos);
  ParseSoon(Html(Repeat("<blockquote>x", 100'000)));
  ParseSoon(Html(Repeat("<div class=gmail_signature>", 50'000) + Repeat("</div>", 50'000)));
}

TEST(Hostile, TextThatGrows) {
  // One ligature of three bytes becomes 33.
  const Message m =
      ParseSoon("Content-Type: text/plain; charset=utf-8\r\n\r\n" + Repeat("\uFDFA", 300'000));
  std::size_t text = 0;
  for (const Segment& s : m.segments) text += s.text.size();
  EXPECT_LE(text, std::size_t{33} * 300'000 + 1000);
}

TEST(Hostile, LimitsOfText) {
  Limits limits;
  limits.text_bytes = 1000;
  const Message m = ParseSoon("\r\n" + std::string(5000, 'x'), limits);
  EXPECT_TRUE(Has(m, FaultCause::kTooLarge));
  EXPECT_LE(m.segments.back().text.size(), 1000u);
}

TEST(Hostile, LimitsOfContent) {
  Limits limits;
  limits.decoded_bytes = 1000;
  const Message m =
      ParseSoon("Content-Type: application/x\r\n\r\n" + std::string(5000, 'x'), limits);
  EXPECT_TRUE(Has(m, FaultCause::kTooLarge));
  EXPECT_LE(m.parts.back().content.size(), 1000u);
}

TEST(Hostile, UuencodeWithoutEnd) {
  ParseSoon("\r\n" + Repeat("begin 644 x\r\n", 100'000));
  ParseSoon("\r\n" + Repeat("begin 644 x\r\nend\r\n", 50'000));
}

TEST(Hostile, LinesOfText) {
  ParseSoon("\r\n" + Repeat("From: a\r\n", 100'000));
  ParseSoon("\r\n" + Repeat("On 1 Jan 2024 a@b wrote\r\n", 100'000));
  ParseSoon("\r\n" + Repeat("-----\r\nx\r\n", 100'000));
  ParseSoon("\r\n" + Repeat("> x\r\n\r\n", 100'000));
  ParseSoon("Content-Type: text/plain; format=flowed\r\n\r\n" + Repeat(">  \r\n", 200'000));
}

TEST(Hostile, ManyShiftsAndCharsets) {
  ParseSoon("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" +
            Repeat("\x1B$B\x1B(B", 200'000));
  ParseSoon("Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" +
            Repeat("\x1B$Bx\x80\n", 100'000));
  ParseSoon("Content-Type: text/plain; charset=utf-7\r\n\r\n" + Repeat("+AGE-", 200'000));
  std::string raw = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 900; ++i) {
    raw +=
        "--b\r\nContent-Type: text/plain; charset=cp" + std::to_string(i) + "\r\n\r\n\x82\xA0\r\n";
  }
  ParseSoon(raw);
}

}  // namespace
}  // namespace warifu::mail
