// ByteReader: numbers out of hostile bytes. Reading beyond the end yields 0 and makes it not ok for
// good, so a caller may read a whole structure and ask once. Threads: belongs to its caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace warifu::extract {

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  // What has not been read; of a reader that is not ok, nothing.
  std::string_view left() const { return left_; }

  std::string_view Take(std::uint64_t size) {
    if (size > left_.size()) {
      Fail();
      return {};
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  void Skip(std::uint64_t size) { Take(size); }
  // What was read cannot be meant.
  void Fail() {
    ok_ = false;
    left_ = {};
  }

  // Little-endian, of `size` bytes, at most 8.
  std::uint64_t Little(std::size_t size) {
    const std::string_view bytes = Take(size);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
      value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
    }
    return value;
  }
  std::uint8_t U8() { return static_cast<std::uint8_t>(Little(1)); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Little(2)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Little(4)); }
  std::uint64_t U64() { return Little(8); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace warifu::extract
