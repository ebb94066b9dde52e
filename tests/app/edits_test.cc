// Strip: cut where it is right, refused where it is not, and proven.
#include "app/edits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kToken = "striptoken-0123456789";

std::string Signature(std::string_view token = kToken) {
  return "Dear friend,\n\nsee you tomorrow.\n-- \nTaro\n" + std::string(token) + "\n";
}

TEST(Strip, TheSignatureIsCutAndTheRestStays) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail(Signature()));
  ASSERT_EQ(sent.action(), kStrip);
  EXPECT_TRUE(sent.end.replace_body);
  EXPECT_THAT(sent.delivered, HasSubstr("see you tomorrow."));
  EXPECT_THAT(sent.delivered, Not(HasSubstr(kToken)));
  EXPECT_THAT(sent.delivered, HasSubstr("X-Warifu: strip; class=content; reference="));
  EXPECT_EQ(gateway.LastEvent()["findings"][0]["region"], "signature");
}

TEST(Strip, NotTheLastRegion) {
  Gateway gateway;
  const Sent sent =
      gateway.Send(PlainMail("It is " + std::string(kToken) + "\n\nbye\n-- \nTaro\nOsaka\n"));
  EXPECT_EQ(sent.action(), kHold);
  EXPECT_FALSE(sent.end.replace_body);
}

TEST(Strip, TheSecretStandsElsewhereToo) {
  Gateway gateway;
  EXPECT_EQ(gateway.Send(PlainMail("It is " + std::string(kToken) + "\n" + Signature())).action(),
            kHold);
  EXPECT_EQ(gateway.Send(PlainMail(Signature(), "X-Note: " + std::string(kToken) + "\n")).action(),
            kHold)
      << "in a header field";
}

TEST(Strip, LongerThanTheSetting) {
  Gateway gateway("strip = { max_lines = 5; };");
  EXPECT_EQ(gateway.Send(PlainMail("hi\n-- \n1\n2\n3\n4\n5\n6\n" + std::string(kToken))).action(),
            kHold);
  EXPECT_EQ(gateway.Send(PlainMail("hi\n-- \n1\n" + std::string(kToken))).action(), kStrip);
}

TEST(Strip, OtherwiseAsConfigured) {
  Gateway gateway("strip = { otherwise = \"reject\"; };");
  EXPECT_EQ(gateway.Send(PlainMail(std::string(kToken) + "\n-- \nTaro\n")).action(), kReject);
}

TEST(Strip, SignedMailIsLeftWhole) {
  Gateway gateway;
  EXPECT_EQ(gateway
                .Send(PlainMail(Signature(),
                                "DKIM-Signature: v=1; a=rsa-sha256; d=example.org;"
                                " s=s; h=from; bh=x; b=x\n"))
                .action(),
            kHold);
  EXPECT_EQ(gateway
                .Send("From: taro@example.jp\nMIME-Version: 1.0\n"
                      "Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256;\n"
                      " protocol=\"application/pgp-signature\"\n\n--b\n"
                      "Content-Type: text/plain\n\n" +
                      Signature() +
                      "--b\nContent-Type: application/pgp-signature\n\n"
                      "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n"
                      "--b--\n")
                .action(),
            kHold);
}

std::string Alternative(std::string_view plain, std::string_view html) {
  return "From: taro@example.jp\nMIME-Version: 1.0\n"
         "Content-Type: multipart/alternative; boundary=b\n\n--b\n"
         "Content-Type: text/plain; charset=us-ascii\n\n" +
         std::string(plain) + "--b\nContent-Type: text/html; charset=us-ascii\n\n" +
         std::string(html) + "--b--\n";
}

TEST(Strip, BothFormsOrNone) {
  Gateway gateway;
  const std::string html =
      "<html><body><p>see you tomorrow.</p><div class=\"gmail_signature\">"
      "Taro<br>" +
      std::string(kToken) + "</div></body></html>\n";
  const Sent both = gateway.Send(Alternative(Signature(), html));
  EXPECT_EQ(both.action(), kStrip);
  EXPECT_THAT(both.delivered, Not(HasSubstr(kToken)));
  EXPECT_THAT(both.delivered, HasSubstr("<p>see you tomorrow.</p>"));

  const std::string html_first = "<html><body><p>" + std::string(kToken) +
                                 "</p><div class=\"gmail_signature\">Taro</div></body></html>\n";
  const Sent one = gateway.Send(Alternative(Signature(), html_first));
  EXPECT_EQ(one.action(), kHold);
  EXPECT_FALSE(one.end.replace_body);
}

TEST(Strip, JapaneseSignatureInIso2022Jp) {
  Gateway gateway;
  // ".. 明日会いましょう" and a rule line, in ISO-2022-JP.
  const Sent sent = gateway.Send(
      "From: taro@example.jp\nMIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=iso-2022-jp\nContent-Transfer-Encoding: 7bit\n\n"
      "\x1b$BL@F|2q$$$^$7$g$&\x1b(B\n\n# # # # # # # # # # # #\n" +
      std::string(kToken) + "\n# # # # # # # # # # # #\n");
  ASSERT_EQ(sent.action(), kStrip);
  EXPECT_THAT(sent.delivered, HasSubstr("\x1b$BL@F|2q$$$^$7$g$&\x1b(B"));
  EXPECT_THAT(sent.delivered, Not(HasSubstr(kToken)));
}

TEST(Strip, AttachmentsAreNotCut) {
  Gateway gateway;
  EXPECT_EQ(gateway
                .Send("From: taro@example.jp\nMIME-Version: 1.0\n"
                      "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                      "Content-Type: text/plain\n\nhi\n--b\nContent-Type: text/csv\n"
                      "Content-Disposition: attachment; filename=a.csv\n\na,b\n" +
                      std::string(kToken) + ",1\n--b--\n")
                .action(),
            kHold);
}

TEST(Strip, InObserveItIsOnlySaid) {
  Gateway gateway("mode = \"observe\";");
  const Sent sent = gateway.Send(PlainMail(Signature()));
  EXPECT_EQ(sent.action(), kAccept);
  EXPECT_EQ(sent.would(), kStrip);
  EXPECT_FALSE(sent.end.replace_body);
  EXPECT_THAT(sent.delivered, HasSubstr(kToken));
}

TEST(Strip, AGreaterActionLeavesTheMailWhole) {
  Gateway gateway;
  const Sent sent = gateway.Send(PlainMail("password: Xk29vmQ1\n" + Signature()));
  EXPECT_EQ(sent.action(), kHold);
  EXPECT_FALSE(sent.end.replace_body);
}

}  // namespace
}  // namespace warifu::app
