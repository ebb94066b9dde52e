// What the macros of Postfix and of Sendmail mean; the values are those that the two were seen to
// send (tests/live).
#include "daemon/claims.h"

#include <gtest/gtest.h>

#include "fake_mta.h"

namespace warifu::daemon {
namespace {

using Macros = std::map<std::string, std::string>;

Claims Read(const Macros& macros, bool own_macros = true) {
  test::FakeMta mta;
  mta.macros = macros;
  return ReadClaims(mta, own_macros);
}

TEST(ClaimsTest, SendmailWritesLoginsInXtext) {
  const Macros sendmail = {{"{auth_ssf}", "0"}, {"{auth_type}", "PLAIN"}};
  for (const auto& [told, login] : {std::pair{"tanaka@example.jp", "tanaka@example.jp"},
                                    {"tanaka+2Bmx@example.jp", "tanaka+mx@example.jp"},
                                    {"a+28b+29+20c@example.jp", "a(b) c@example.jp"},
                                    {"+E7+94+B0+E4+B8+AD@example.jp", "田中@example.jp"}}) {
    Macros macros = sendmail;
    macros["{auth_authen}"] = told;
    EXPECT_EQ(Read(macros).login, login);
    EXPECT_EQ(Read(macros).login_type, "PLAIN");
  }
}

TEST(ClaimsTest, PostfixTellsLoginsAsTheyAre) {
  for (const char* login : {"ceo+40example.jp", "tanaka+mx@example.jp", "田中@example.jp"}) {
    EXPECT_EQ(Read({{"{auth_authen}", login}}).login, login);
  }
}

TEST(ClaimsTest, WhatIsNoXtextStays) {
  for (const char* text : {"a+", "a+2", "a+2x@b", "a+2b@b", "+", "a++2B"}) {
    EXPECT_EQ(DecodeXtext(text), text);
  }
  EXPECT_EQ(DecodeXtext("+2B"), "+");
  EXPECT_EQ(DecodeXtext(""), "");
}

TEST(ClaimsTest, NamesOfACertificateThatSendmailDidNotVerifyAreNobodys) {
  Macros macros = {{"{cert_subject}", "/CN=Scanner,+20third+20floor"},
                   {"{cert_issuer}", "/CN=Example+20CA"},
                   {"{cert_fp}", "AB:CD"}};
  for (const char* outcome : {"FAIL", "NO", "NONE", "NOT", "PROTOCOL", "SOFTWARE", "CLEAR"}) {
    macros["{verify}"] = outcome;
    EXPECT_EQ(Read(macros).cert_subject, "") << outcome;
    EXPECT_EQ(Read(macros).cert_issuer, "") << outcome;
    EXPECT_EQ(Read(macros).cert_fingerprint, "AB:CD") << outcome;
  }
  macros["{verify}"] = "OK";
  EXPECT_EQ(Read(macros).cert_subject, "/CN=Scanner, third floor");
  EXPECT_EQ(Read(macros).cert_issuer, "/CN=Example CA");
}

TEST(ClaimsTest, WhereVerifyCouldNotBeAskedForNoNameCounts) {
  const Macros macros = {{"{cert_subject}", "a+20b"}, {"{cert_issuer}", "c"}};
  EXPECT_EQ(Read(macros, true).cert_subject, "a+20b") << "Postfix: trusted, and as it is";
  EXPECT_EQ(Read(macros, true).cert_issuer, "c");
  EXPECT_EQ(Read(macros, false).cert_subject, "");
  EXPECT_EQ(Read(macros, false).cert_issuer, "");
}

}  // namespace
}  // namespace warifu::daemon
