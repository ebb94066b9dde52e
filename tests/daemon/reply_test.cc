#include "daemon/reply.h"

#include <gtest/gtest.h>

namespace warifu::daemon {
namespace {

TEST(Reply, KeepsWhatIsRight) {
  const SmtpReply reply = MakeReply(Refusal::kPermanent, {554, "5.7.0", "refused, reference ab12"});
  EXPECT_EQ(reply.code, "554");
  EXPECT_EQ(reply.enhanced, "5.7.0");
  EXPECT_EQ(reply.text, "refused, reference ab12");
}

// libmilter ignores a 4xx text on a rejection, and new Postfix takes it for a broken filter.
TEST(Reply, CodeFollowsTheClassOfTheRefusal) {
  EXPECT_EQ(MakeReply(Refusal::kPermanent, {451, "4.7.1", "x"}).code, "550");
  EXPECT_EQ(MakeReply(Refusal::kPermanent, {451, "4.7.1", "x"}).enhanced, "5.7.1");
  EXPECT_EQ(MakeReply(Refusal::kTemporary, {550, "5.7.1", "x"}).code, "451");
  EXPECT_EQ(MakeReply(Refusal::kTemporary, {550, "5.7.1", "x"}).enhanced, "4.7.1");
  EXPECT_EQ(MakeReply(Refusal::kTemporary, {421, "4.3.2", "x"}).code, "421");
  for (const int code : {0, -1, 5, 55, 5500, 250, 354}) {
    EXPECT_EQ(MakeReply(Refusal::kPermanent, {code, "5.7.1", "x"}).code, "550") << code;
  }
}

TEST(Reply, EnhancedCodeMustBeWellFormed) {
  for (const char* bad : {"", "5", "5.", "5.7", "5.7.", "5..1", "5.7.1.2", "5.7.1 ", "5.1234.1",
                          "5.7.1234", "5.a.1", "2.7.1", "x.7.1", "5.7.1\r\n"}) {
    EXPECT_EQ(MakeReply(Refusal::kPermanent, {550, bad, "x"}).enhanced, "5.7.1") << bad;
  }
  EXPECT_EQ(MakeReply(Refusal::kPermanent, {550, "5.123.999", "x"}).enhanced, "5.123.999");
}

TEST(Reply, TextIsAsciiOfOneLineWithPercentDoubled) {
  const SmtpReply reply = MakeReply(Refusal::kPermanent,
                                    {550, "5.7.1", " 100%s of\r\n250 OK\tyours \xe6\x97\xa5\x01 "});
  EXPECT_EQ(reply.text, "100%%s of  250 OK yours ????");
  EXPECT_EQ(MakeReply(Refusal::kPermanent, {550, "5.7.1", ""}).text, "Message refused");
  EXPECT_EQ(MakeReply(Refusal::kPermanent, {550, "5.7.1", "\r\n "}).text, "Message refused");
}

TEST(Reply, LongTextIsCutAndNeverInAPercentPair) {
  for (const std::size_t lead : {0u, 1u}) {
    const std::string text = std::string(lead, 'a') + std::string(2000, '%');
    const std::string cut = MakeReply(Refusal::kTemporary, {451, "4.7.1", text}).text;
    EXPECT_LE(cut.size(), 980u);
    EXPECT_GE(cut.size(), 979u);
    EXPECT_EQ((cut.size() - lead) % 2, 0u);
  }
}

}  // namespace
}  // namespace warifu::daemon
