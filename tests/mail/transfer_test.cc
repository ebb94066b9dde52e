#include "mail/transfer.h"

#include <gtest/gtest.h>

#include "mail/flowed.h"

namespace warifu::mail {
namespace {

std::string Base64(std::string_view raw) {
  return DecodeTransfer(raw, Transfer::kBase64).content;
}

TEST(Transfer, Names) {
  EXPECT_EQ(TransferOf(" BASE64 "), Transfer::kBase64);
  EXPECT_EQ(TransferOf("quoted-printable (c)"), Transfer::kQuotedPrintable);
  EXPECT_EQ(TransferOf("base64;"), Transfer::kBase64);
  EXPECT_EQ(TransferOf("8bit"), Transfer::kIdentity);
  EXPECT_EQ(TransferOf("x-uuencode"), Transfer::kUu);
  EXPECT_EQ(TransferOf("x-nobody"), Transfer::kUnknown);
}

TEST(Transfer, Base64GoesOnBehindPadding) {
  EXPECT_EQ(Base64("YWI=\r\nY2Q=\r\n"), "abcd");
  EXPECT_EQ(Base64("YWI=Y2Q="), "abcd");
  EXPECT_EQ(Base64("YWJj"), "abc");
  EXPECT_EQ(Base64(""), "");
}

TEST(Transfer, Base64LinesMayEndAnywhere) {
  std::string content;
  for (int i = 0; i < 1000; ++i) content += static_cast<char>(i * 7 + i / 256);
  const std::string encoded = EncodeTransfer(content, Transfer::kBase64);
  std::string letters;
  for (const char c : encoded) {
    if (c != '\r' && c != '\n') letters += c;
  }
  for (std::size_t width = 1; width < 80; ++width) {
    for (const std::string_view end : {"\r\n", "\n", " ", "\r\n\r\n", "!"}) {
      std::string lines;
      for (std::size_t i = 0; i < letters.size(); i += width) {
        lines.append(letters, i, width).append(end);
      }
      const TransferDecoded decoded = DecodeTransfer(lines, Transfer::kBase64);
      ASSERT_EQ(decoded.content, content) << width << " " << end;
      if (end.starts_with('\r') || end == "\n") {
        ASSERT_EQ(decoded.junk, 0u);
      }
      if (end == "!") {
        ASSERT_GE(decoded.junk, letters.size() / width);
      }
    }
  }
}

TEST(Transfer, TextUnderABase64LabelIsNoticed) {
  EXPECT_EQ(DecodeTransfer("YWJjZGVm\r\nYWJj\r\n", Transfer::kBase64).junk, 0u);
  EXPECT_GT(DecodeTransfer("the password is Xk29vmQ1\r\n", Transfer::kBase64).junk, 0u);
  EXPECT_GT(DecodeTransfer("?garbage", Transfer::kBase64).junk, 0u);
}

TEST(Transfer, QuotedPrintable) {
  const auto qp = [](std::string_view raw) {
    return DecodeTransfer(raw, Transfer::kQuotedPrintable).content;
  };
  EXPECT_EQ(qp("pass=\r\nword=3D=E3=81=82"), "password=あ");
  EXPECT_EQ(qp("soft= \r\nbreak"), "softbreak") << "blanks behind the sign";
  EXPECT_EQ(qp("a=zz=4"), "a=zz=4") << "what is no escape stays";
}

TEST(Transfer, WhatIsWrittenReadsBack) {
  const std::string text = "名簿 = \t\r\n" + std::string(200, 'x') + " \r\n.\r\nFrom x\r\n";
  for (const Transfer t : {Transfer::kBase64, Transfer::kQuotedPrintable, Transfer::kIdentity}) {
    const std::string encoded = EncodeTransfer(text, t);
    EXPECT_EQ(DecodeTransfer(encoded, t).content, text);
    if (t == Transfer::kIdentity) continue;
    for (std::size_t at = 0; at < encoded.size();) {
      const std::size_t end = std::min(encoded.find("\r\n", at), encoded.size());
      EXPECT_LE(end - at, 76u);
      at = end + 2;
    }
  }
}

TEST(Transfer, FilesInText) {
  const auto files = FindUuFiles("hello\nbegin 644 a.txt\n#86)C\n`\nend\nbye\n");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "a.txt");
  EXPECT_EQ(files[0].content, "abc");
  EXPECT_TRUE(FindUuFiles("begin the day\nend\n").empty());
}

TEST(Flowed, SoftBreaksAreJoined) {
  EXPECT_EQ(JoinFlowed("pass \r\nword\r\n", false).text, "pass word\r\n");
  EXPECT_EQ(JoinFlowed("pass \r\nword\r\n", true).text, "password\r\n") << "DelSp";
  EXPECT_EQ(JoinFlowed("> a \r\n> b\r\nc\r\n", false).text, ">a b\r\nc\r\n");
  EXPECT_EQ(JoinFlowed(" From\r\n", false).text, "From\r\n") << "space-stuffing";
}

TEST(Flowed, WhatIsNotJoined) {
  EXPECT_EQ(JoinFlowed("a \r\n-- \r\nTaro\r\n", false).text, "a \r\n-- \r\nTaro\r\n");
  EXPECT_EQ(JoinFlowed("> a \r\nb\r\n", false).text, ">a \r\nb\r\n") << "other depth";
  EXPECT_EQ(JoinFlowed("last ", false).text, "last ");
}

TEST(Flowed, MapLeadsBack) {
  const std::string in = "see pass \r\nword here\r\n";
  const FlowedText f = JoinFlowed(in, true);
  const std::size_t at = f.text.find("password");
  ASSERT_NE(at, std::string::npos);
  const Span s = f.map.ToSource({at, at + 8});
  EXPECT_EQ(in.substr(s.begin, s.size()), "pass \r\nword");
}

}  // namespace
}  // namespace warifu::mail
