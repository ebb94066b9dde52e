// The published vectors of SipHash-2-4: key 00 01 … 0f, input 00 01 … of each length.
#include "scan/siphash.h"

#include <gtest/gtest.h>

#include <string>

namespace warifu::scan {
namespace {

constexpr SipKey kKey{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

std::string Input(std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text.push_back(static_cast<char>(i));
  return text;
}

TEST(SipHash, AgreesWithThePublishedVectors) {
  const SipHash hash(kKey);
  EXPECT_EQ(hash.Of(Input(0)), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(hash.Of(Input(1)), 0x74f839c593dc67fdu);
  EXPECT_EQ(hash.Of(Input(2)), 0x0d6c8009d9a94f5au);
  EXPECT_EQ(hash.Of(Input(3)), 0x85676696d7fb7e2du);
  EXPECT_EQ(hash.Of(Input(7)), 0xab0200f58b01d137u);
  EXPECT_EQ(hash.Of(Input(8)), 0x93f5f5799a932462u);
  EXPECT_EQ(hash.Of(Input(15)), 0xa129ca6149be45e5u);
  EXPECT_EQ(hash.Of(Input(63)), 0x958a324ceb064572u);
}

TEST(SipHash, WordsTakenFirstCountAsBytes) {
  SipHash hash(kKey);
  hash.Take(0x0706050403020100u);
  EXPECT_EQ(hash.Of(Input(15).substr(8)), 0xa129ca6149be45e5u);
}

}  // namespace
}  // namespace warifu::scan
