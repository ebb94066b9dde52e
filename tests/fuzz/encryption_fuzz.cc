// Encryption: any bytes get an answer, the same each time, and a file that begins as one of the
// known forms is always looked at.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "extract/encryption.h"
#include "input.h"

namespace {

using namespace warifu;
using extract::Encryption;
using extract::EncryptionOf;
using fuzz::Require;

using std::string_view_literals::operator""sv;

constexpr std::string_view kBegins[] = {"PK\x03\x04",
                                        "7z\xBC\xAF\x27\x1C",
                                        "Rar!\x1A\x07\0"sv,
                                        "Rar!\x1A\x07\x01\0"sv,
                                        "%PDF-",
                                        "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view content = fuzz::Text(data, size);
  Require(EncryptionOf(content) == EncryptionOf(std::string(content)), "two answers for one file");
  for (const std::string_view begin : kBegins) {
    const Encryption told = EncryptionOf(std::string(begin).append(content));
    Require(told != Encryption::kNotAsked, "a known form was not looked at");
  }
  return 0;
}
