// SipHash-2-4: a short keyed hash of short values (Aumasson and Bernstein, 2012).
//
// Fingerprints of table cells are made with it: without the 128-bit key nobody can try values
// against them. A state may take whole words first (which index, which column) and then be used for
// many values, so that each value costs its own bytes alone.
// Written here because a word of a mail is a few bytes: EVP_MAC is set up anew for each.
//
// Threads: plain values.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace warifu::scan {

struct SipKey {
  std::uint64_t k0 = 0, k1 = 0;  // little endian halves of the 16 bytes
};

class SipHash {
 public:
  explicit SipHash(SipKey key)
      : v0_(key.k0 ^ 0x736f6d6570736575u),
        v1_(key.k1 ^ 0x646f72616e646f6du),
        v2_(key.k0 ^ 0x6c7967656e657261u),
        v3_(key.k1 ^ 0x7465646279746573u) {}

  // Takes eight bytes, as a little endian number.
  void Take(std::uint64_t word) {
    Compress(word);
    taken_ += sizeof word;
  }

  // Hash of what was taken and then `rest`; the state itself stays.
  std::uint64_t Of(std::string_view rest) const {
    SipHash s = *this;
    const std::uint64_t length = static_cast<std::uint64_t>(taken_ + rest.size()) << 56;
    const char* at = rest.data();
    std::size_t left = rest.size();
    for (; left >= sizeof(std::uint64_t); left -= 8, at += 8) s.Compress(Little<std::uint64_t>(at));
    s.Compress(Tail(at, left) | length);
    s.v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) s.Round();
    return s.v0_ ^ s.v1_ ^ s.v2_ ^ s.v3_;
  }

 private:
  static std::uint64_t Byte(const char* at, std::size_t i) {
    return static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  }
  template <typename T>
  static std::uint64_t Little(const char* at) {
    static_assert(std::endian::native == std::endian::little);
    T word;
    std::memcpy(&word, at, sizeof word);
    return word;
  }
  // Up to seven bytes, by loads that may overlap: a loop would cost more than the rounds.
  static std::uint64_t Tail(const char* at, std::size_t bytes) {
    if (bytes >= 4) {
      return Little<std::uint32_t>(at) | Little<std::uint32_t>(at + bytes - 4) << (8 * (bytes - 4));
    }
    if (bytes == 0) return 0;
    return Byte(at, 0) | Byte(at, bytes / 2) | Byte(at, bytes - 1);
  }
  void Compress(std::uint64_t word) {
    v3_ ^= word;
    Round();
    Round();
    v0_ ^= word;
  }
  void Round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::size_t taken_ = 0;
};

}  // namespace warifu::scan
