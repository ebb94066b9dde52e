// Network: what lies in a range, and what is refused as one.
#include "base/network.h"

#include <gtest/gtest.h>

namespace warifu {
namespace {

bool In(std::string_view network, std::string_view address) {
  const Result<Network> parsed = ParseNetwork(network);
  EXPECT_TRUE(parsed.has_value()) << network;
  return parsed && parsed->Contains(address);
}

TEST(Network, Contains) {
  EXPECT_TRUE(In("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(In("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(In("192.0.2.128/25", "192.0.2.129"));
  EXPECT_FALSE(In("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(In("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(In("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(In("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(In("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(In("::1", "0:0:0:0:0:0:0:1"));
  EXPECT_TRUE(In("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(In("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(In("::/0", "2001:db8::1"));
}

TEST(Network, OneAddressHasSeveralForms) {
  EXPECT_TRUE(In("192.0.2.0/24", "::ffff:192.0.2.7"));
  EXPECT_TRUE(In("::ffff:192.0.2.0/120", "192.0.2.7"));
  EXPECT_TRUE(In("2001:db8::/32", "IPv6:2001:db8::1"));
}

TEST(Network, TheMachineItselfIsLoopback) {
  EXPECT_TRUE(In("127.0.0.0/8", "unix"));
  EXPECT_TRUE(In("127.0.0.0/8", ""));
  EXPECT_FALSE(In("192.0.2.0/24", "unix"));
}

TEST(Network, NonsenseIsInNoNetwork) {
  for (const std::string_view nonsense :
       {"192.0.2", "a.b.c.d", "::g", "192.0.2.1/24", " 192.0.2.1"}) {
    EXPECT_FALSE(In("0.0.0.0/0", nonsense)) << nonsense;
    EXPECT_FALSE(In("::/0", nonsense)) << nonsense;
  }
}

TEST(Network, Refused) {
  for (const std::string_view text :
       {"", "/24", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/2 4", "2001:db8::/129",
        "192.0.2.1/24", "2001:db8::1/32", "example.jp", "192.0.2.0/024x", "192.0.2.0/24/24"}) {
    EXPECT_FALSE(ParseNetwork(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace warifu
