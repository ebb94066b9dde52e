// Header fields: decoding gives text that decoding accepts, whatever the bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/normalise.h"
#include "mail/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view field(reinterpret_cast<const char*>(data), size);
  const std::string text = warifu::mail::DecodeHeader(field);
  const std::string once = warifu::Normalise(text).text;
  // What the scanner sees is normal: normalising again changes nothing.
  if (warifu::Normalise(once).text != once) std::abort();
  return 0;
}
