// Splices on whatever comes: what was not named stays as it was.
#include "mail/splice.h"

#include <gtest/gtest.h>

#include <random>

namespace warifu::mail {
namespace {

// Line ends, blanks before them, bytes of every kind.
std::string RandomContent(std::mt19937* random) {
  static constexpr std::string_view kBytes = "aZ09=*+/ \t\x1B\x80\xE3\xFF";
  std::string out;
  const std::size_t size = (*random)() % 400;
  while (out.size() < size) {
    if ((*random)() % 20 == 0) {
      out += "\r\n";
    } else {
      out += kBytes[(*random)() % kBytes.size()];
    }
  }
  return out;
}

TEST(Splice, DecodesToTheNewContentInEveryEncoding) {
  std::mt19937 random(20240422);
  for (int round = 0; round < 3000; ++round) {
    const std::string content = RandomContent(&random);
    std::vector<Splice> splices;
    std::size_t at = 0;
    while (random() % 4 != 0) {
      const std::size_t begin = at + random() % 40, end = begin + random() % 12;
      if (end > content.size()) break;
      const bool same = random() % 2 == 0;
      splices.push_back({{begin, end}, std::string(same ? end - begin : random() % 9, '*')});
      at = end + 1;
    }
    const std::string wanted = SpliceContent(content, splices);
    for (const Transfer encoding :
         {Transfer::kIdentity, Transfer::kBase64, Transfer::kQuotedPrintable}) {
      const std::string raw = EncodeTransfer(content, encoding);
      if (DecodeTransfer(raw, encoding).content != content) continue;
      const Result<std::string> spliced = SpliceTransfer(raw, content, encoding, splices);
      // Quoted-printable cannot say a bare line end's other half; then it is refused.
      if (!spliced) {
        EXPECT_EQ(encoding, Transfer::kQuotedPrintable) << round;
        continue;
      }
      EXPECT_EQ(DecodeTransfer(*spliced, encoding).content, wanted) << round;
      if (splices.empty()) {
        EXPECT_EQ(*spliced, raw) << round;
      }
    }
  }
}

TEST(Splice, QuotedLinesStayShortEnough) {
  const std::string raw = std::string(74, 'a') + "=\r\n" + std::string(70, 'b') + "\r\nc\r\n";
  const std::string content = DecodeTransfer(raw, Transfer::kQuotedPrintable).content;
  const std::string out =
      SpliceTransfer(raw, content, Transfer::kQuotedPrintable, {{{10, 14}, "\xEF\xBC\x8A"}})
          .value();
  EXPECT_TRUE(out.ends_with("=\r\n" + std::string(70, 'b') + "\r\nc\r\n"));
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = out.find("\r\n", at);
    EXPECT_LE(end - at, 76u);
    at = end + 2;
  }
}

TEST(Splice, RefusesWhatNobodyWrites) {
  for (const Transfer encoding : {Transfer::kUu, Transfer::kUnknown}) {
    EXPECT_FALSE(SpliceTransfer("x", "x", encoding, {}));
  }
}

}  // namespace
}  // namespace warifu::mail
