#include "address_property.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/address.h"

namespace warifu {
namespace {

const std::vector<std::string> kSeeds = {
    "me@corp.example",
    "\"Myself, Me\" <me@corp.example>, x <x@y.example>",
    "Team: me@corp.example, Info <info@corp.example>;",
    "Pete(A nice \\) chap) <me@corp.example> (at (work))",
    "=?utf-8?B?5bGx55Sw?= =?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <me@corp.example>",
    "\x1b$B;3ED\x1b(B <me@corp.example>",
    "\x8eR\x93\x63\x81@\x91\xbe <me@corp.example>",
    "太郎 <太郎@例え.example>",
    "\"me..x.\"@corp.example",
};

const std::vector<std::string> kPieces = {
    "a@b.example", "<",
    ">",           "\"",
    "\\",          "(",
    ")",           ",",
    ";",           ":",
    "@",           ".",
    " ",           "\r\n ",
    "\n",          "\t",
    "=?utf-8?q?",  "?=",
    "=40",         "=3C",
    "\x1b$B",      "\x1b(B",
    "\x1b(J",      "$\"",
    "あ",          "＠",
    "\x81",        "\xff",
    "[",           "]",
    "x",           "\"x\"",
    "(x)",         "<a@b.example>",
    "boss",        "\u200b",
    "。",          "+",
    "'",
};

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  std::string Field() {
    std::string field = Pick(kSeeds);
    for (std::size_t i = 1 + Below(5); i > 0; --i) {
      const std::size_t at = Below(field.size() + 1);
      if (Below(4) == 0) {
        field.erase(at, 1 + Below(4));
      } else {
        field.insert(at, Pick(kPieces));
      }
    }
    return field;
  }

 private:
  std::size_t Below(std::size_t n) { return random_() % n; }
  const std::string& Pick(const std::vector<std::string>& from) { return from[Below(from.size())]; }
  std::mt19937 random_;
};

TEST(AddressPropertyTest, HoldsOfMutatedFields) {
  Generator generator(20200812);
  int accepted = 0;
  for (int i = 0; i < 40000; ++i) {
    const std::string field = generator.Field();
    ASSERT_EQ(Violation(field), "") << testing::PrintToString(field);
    accepted += ParseAddressList(field, {}).has_value();
  }
  EXPECT_GT(accepted, 2000) << "the generator must reach accepted fields, too";
}

TEST(AddressPropertyTest, NaiveReaderSeesWhatStandsOpen) {
  using testing::ElementsAre;
  EXPECT_THAT(NaivelySeen("b@y.example <a@x.example>, c@z.example"),
              ElementsAre("b@y.example", "a@x.example", "c@z.example"));
  EXPECT_THAT(NaivelySeen("\"b@y.example \\\"\" <a@x.example> (c@z (d@z))"),
              ElementsAre("a@x.example"));
}

}  // namespace
}  // namespace warifu
