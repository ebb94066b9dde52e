// What a message says about itself beside its text: encryption, signatures, attachments, limits.
#include "mail/message.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "mail/transfer.h"

namespace warifu::mail {
namespace {

bool Has(const Message& m, FaultCause cause) {
  return std::ranges::any_of(m.faults, [&](const Fault& f) { return f.cause == cause; });
}

bool Shows(const Message& m, std::string_view text) {
  return std::ranges::any_of(
      m.segments, [&](const Segment& s) { return s.text.find(text) != std::string::npos; });
}

TEST(Message, Encrypted) {
  for (const std::string& raw :
       {std::string(
            "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"),
        std::string(
            "\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n"),
        std::string(
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx\r\n")}) {
    const Message m = Parse(raw, {});
    EXPECT_TRUE(m.is_encrypted) << raw;
    EXPECT_TRUE(Has(m, FaultCause::kEncrypted)) << raw;
  }
}

TEST(Message, Signed) {
  EXPECT_TRUE(
      Parse("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", {})
          .is_signed);
  EXPECT_TRUE(Parse("DKIM-Signature: v=1\r\n\r\nx\r\n", {}).is_signed);
  EXPECT_TRUE(Parse("\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nx\r\n", {}).is_signed);
  const Message plain = Parse("Subject: x\r\n\r\nx\r\n", {});
  EXPECT_FALSE(plain.is_signed);
  EXPECT_FALSE(plain.is_encrypted);
}

TEST(Message, PiecesOfAMailAreScannedAndSaid) {
  const Message m =
      Parse("Content-Type: message/partial; id=x; number=1\r\n\r\npw Xk29vmQ1\r\n", {});
  EXPECT_TRUE(Has(m, FaultCause::kUnreadType));
  EXPECT_TRUE(Shows(m, "Xk29vmQ1"));
}

TEST(Message, TextOutsideOfAllPartsIsScanned) {
  const Message m = Parse(
      "Content-Type: multipart/mixed; "
      "boundary=b\r\n\r\nbefore\r\n--b\r\n\r\nx\r\n--b--\r\nafter\r\n",
      {});
  EXPECT_TRUE(Shows(m, "before"));
  EXPECT_TRUE(Shows(m, "after"));
}

TEST(Message, HeadFieldsButNotTraces) {
  const Message m = Parse(
      "Subject: one\r\nX-Note: two\r\nReceived: three\r\nDKIM-Signature: four\r\n\r\nx\r\n", {});
  EXPECT_TRUE(Shows(m, "one"));
  EXPECT_TRUE(Shows(m, "two"));
  EXPECT_FALSE(Shows(m, "three"));
  EXPECT_FALSE(Shows(m, "four"));
}

TEST(Message, AttachedMailInBase64) {
  const std::string inner = "Subject: inner\r\n\r\npw Xk29vmQ1\r\n";
  const Message m =
      Parse("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                EncodeTransfer(inner, Transfer::kBase64),
            {});
  EXPECT_TRUE(Shows(m, "Xk29vmQ1"));
  EXPECT_TRUE(Shows(m, "inner"));
}

TEST(Message, AttachmentThatTurnsOutToBeAMail) {
  const std::string inner = "Subject: inner\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                            EncodeTransfer("pw Xk29vmQ1\r\n", Transfer::kBase64);
  Message m = Parse("Content-Type: application/octet-stream\r\n\r\n" + inner, {});
  ASSERT_TRUE(m.parts[0].attachment);
  EXPECT_FALSE(Shows(m, "Xk29vmQ1"));
  AddText(&m, 0, TextKind::kMail, {});
  EXPECT_TRUE(Shows(m, "Xk29vmQ1"));
  EXPECT_EQ(m.parts[1].number, "1.1");
}

TEST(Message, AttachmentThatTurnsOutToBeText) {
  Message m = Parse("Content-Type: text/csv; name=a.csv\r\n\r\n1,hanako\r\n", {});
  AddText(&m, 0, TextKind::kPlain, {});
  EXPECT_EQ(m.segments.back().text, "1,hanako\n");
  EXPECT_EQ(m.segments.back().name, "a.csv");
  EXPECT_EQ(m.segments.back().RegionAt(0), Region::kAttachment);
}

TEST(Message, BrokenBase64IsScannedAsItStandsToo) {
  const Message m =
      Parse("Content-Transfer-Encoding: base64\r\n\r\nthe password is Xk29vmQ1\r\n", {});
  EXPECT_TRUE(Has(m, FaultCause::kUndecodable));
  EXPECT_TRUE(Shows(m, "Xk29vmQ1"));
}

TEST(Message, FlowedLinesAreOne) {
  const Message m =
      Parse("Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nXk29 \r\nvmQ1\r\n", {});
  EXPECT_TRUE(Shows(m, "Xk29vmQ1"));
}

TEST(Message, PlainFile) {
  const Message m = FromPlainText("1,hanako\n", "a.csv", {});
  ASSERT_EQ(m.parts.size(), 1u);
  EXPECT_EQ(m.parts[0].number, "1");
  ASSERT_EQ(m.segments.size(), 1u);
  EXPECT_EQ(m.segments[0].text, "1,hanako\n");
}

TEST(MessageBuffer, WritesFoldsAndCountsItsLimit) {
  Limits limits;
  limits.message_bytes = 40;
  MessageBuffer buffer(limits);
  buffer.AddHeader("Subject", "a\n b", false);
  buffer.EndHeaders();
  EXPECT_EQ(buffer.raw(), "Subject: a\r\n b\r\n\r\n");
  EXPECT_EQ(buffer.body_begin(), buffer.raw().size());
  buffer.AddBody(std::string(100, 'x'));
  EXPECT_TRUE(buffer.truncated());
  EXPECT_EQ(buffer.raw().size(), 40u);
  buffer.Clear();
  EXPECT_TRUE(buffer.raw().empty());
  EXPECT_FALSE(buffer.truncated());
}

}  // namespace
}  // namespace warifu::mail
