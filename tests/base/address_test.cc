#include "base/address.h"

#include <gtest/gtest.h>

#include <string>

namespace warifu {
namespace {

std::string Path(std::string_view path, const AddressOptions& options = {}) {
  const Result<Address> address = ParsePath(path, options);
  return address ? address->ToString() : "refused: " + address.error().text;
}

bool Refused(std::string_view path) {
  return !ParsePath(path, {}).has_value();
}

TEST(PathTest, FourShapesReadAlike) {
  EXPECT_EQ(Path("<taro@corp.example>"), "taro@corp.example");
  EXPECT_EQ(Path("taro@corp.example"), "taro@corp.example");
  EXPECT_TRUE(ParsePath("<>", {})->empty());
  EXPECT_TRUE(ParsePath("", {})->empty());
}

TEST(PathTest, FoldsCaseAndTheRootDot) {
  EXPECT_EQ(Path("<Taro.Yamada@CORP.Example.>"), "taro.yamada@corp.example");
  EXPECT_EQ(Path("<\"Taro\"@corp.example>"), "taro@corp.example");
  EXPECT_EQ(Path("<\"t a\\\"ro\"@corp.example>"), "\"t a\\\"ro\"@corp.example");
  EXPECT_EQ(Path("<a..b.@docomo.example>"), "\"a..b.\"@docomo.example");
  EXPECT_EQ(Path("postmaster"), "postmaster");
  EXPECT_EQ(Path("<taro@[192.0.2.1]>"), "taro@[192.0.2.1]");
}

TEST(PathTest, CutsSubAddressesAsPostfixDoes) {
  const Result<Address> address = ParsePath("<Taro+News+x@corp.example>", {});
  ASSERT_TRUE(address);
  EXPECT_EQ(address->local, "taro");
  EXPECT_EQ(address->sub_address, "+news+x");
  EXPECT_EQ(Path("<+taro@corp.example>"), "+taro@corp.example");
  EXPECT_EQ(Path("<taro+x@corp.example>", {.sub_address_delimiters = ""}), "taro+x@corp.example");
  EXPECT_EQ(Path("<taro-x@corp.example>", {.sub_address_delimiters = "+-"}), "taro@corp.example");
  EXPECT_EQ(Path("<owner-list@corp.example>", {.sub_address_delimiters = "-"}),
            "owner-list@corp.example");
  EXPECT_EQ(Path("<list-request@corp.example>", {.sub_address_delimiters = "-"}),
            "list-request@corp.example");
  EXPECT_EQ(Path("<mailer-daemon@corp.example>", {.sub_address_delimiters = "-"}),
            "mailer-daemon@corp.example");
}

TEST(PathTest, ReadsInternationalAddressesBothWays) {
  EXPECT_EQ(Path("<太郎@例え.テスト>"), "太郎@xn--r8jz45g.xn--zckzah");
  EXPECT_EQ(Path("<太郎@XN--R8JZ45G.xn--zckzah>"), "太郎@xn--r8jz45g.xn--zckzah");
  EXPECT_EQ(Path("<a@Bücher.example>"), "a@xn--bcher-kva.example");
  EXPECT_EQ(Path("<a@faß.example>"), "a@xn--fa-hia.example") << "non-transitional";
  EXPECT_EQ(Path("<JOSÉ@example.org>"), Path("<jose\xCC\x81@example.org>")) << "NFC and NFD";
}

TEST(PathTest, RefusesWhatIsNoAddress) {
  EXPECT_TRUE(Refused("<taro@corp.example"));
  EXPECT_TRUE(Refused("<"));
  EXPECT_TRUE(Refused("<@relay.example:taro@corp.example>"));
  EXPECT_TRUE(Refused("<taro@corp@example>"));
  EXPECT_TRUE(Refused("<taro@>"));
  EXPECT_TRUE(Refused("<@corp.example>"));
  EXPECT_TRUE(Refused("<taro yamada@corp.example>"));
  EXPECT_TRUE(Refused("<\"taro@corp.example>"));
  EXPECT_TRUE(Refused("<\"taro\"yamada@corp.example>"));
  EXPECT_TRUE(Refused("<taro@corp..example>"));
  EXPECT_TRUE(Refused("<taro@corp example>"));
  EXPECT_TRUE(Refused("<taro@[192.0.2.1>"));
  EXPECT_TRUE(Refused("<taro@xn--corp->"));
  EXPECT_TRUE(Refused("<\xe5\xa4@corp.example>"));
  EXPECT_TRUE(Refused(std::string_view("<ta\0ro@corp.example>", 20)));
  EXPECT_TRUE(Refused("<" + std::string(600, 'a') + "@corp.example>"));
  EXPECT_TRUE(Refused("<a@" + std::string(64, 'a') + ".example>"));
}

TEST(PathTest, RefusesWhatCannotBeSeen) {
  EXPECT_TRUE(Refused("<ta\u200Bro@corp.example>"));
  EXPECT_TRUE(Refused("<taro@co\u200Brp.example>"));
  EXPECT_TRUE(Refused("<taro\u202E@corp.example>"));
  EXPECT_TRUE(Refused("<taro@corp\u00AD.example>"));
  EXPECT_TRUE(Refused("<ta\u3164ro@corp.example>")) << "Hangul filler";
  EXPECT_TRUE(Refused("<ｔａｒｏ@corp.example>")) << "full-width letters";
  EXPECT_TRUE(Refused("<taro＠corp.example@corp.example>"));
}

TEST(DomainTest, IsCanonical) {
  EXPECT_EQ(CanonicalDomain("Corp.Example.").value(), "corp.example");
  EXPECT_EQ(CanonicalDomain("例え。テスト").value(), "xn--r8jz45g.xn--zckzah");
  EXPECT_EQ(CanonicalDomain("my_host.example").value(), "my_host.example");
  EXPECT_FALSE(CanonicalDomain("").has_value());
  EXPECT_FALSE(CanonicalDomain(".").has_value());
  EXPECT_FALSE(CanonicalDomain(".corp").has_value());
}

TEST(AccountTest, IsFolded) {
  EXPECT_EQ(CanonicalAccount("Taro@Corp.Example"), "taro@corp.example");
  EXPECT_EQ(CanonicalAccount("ÉMILE"), "émile");
  EXPECT_EQ(CanonicalAccount("\xff"), "\xff");
}

}  // namespace
}  // namespace warifu
