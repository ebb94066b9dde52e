// Header fields: decoding gives text that decoding accepts, whatever the bytes.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/normalise.h"
#include "input.h"
#include "mail/message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warifu;
  const std::string text = mail::DecodeHeader(fuzz::Text(data, size));
  const std::string once = Normalise(text).text;
  // What the scanner sees is normal: normalising again changes nothing.
  fuzz::Require(Normalise(once).text == once, "normalising again changes the text");
  return 0;
}
