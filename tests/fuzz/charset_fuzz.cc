// Charsets: the first line is the label, the rest the bytes. Text and map hold together, and what
// was read without an error can be written and read again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "mail/charset.h"
#include "map_check.h"

namespace {

using namespace warifu;
using fuzz::Require;

std::size_t Replacements(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(kReplacementCharacter, at)) != text.npos; ++at) ++count;
  return count;
}

void CheckDecoded(const mail::DecodedText& decoded, std::string_view bytes) {
  fuzz::CheckMap(decoded.text, decoded.map, bytes.size());
  Require(!decoded.charset.empty(), "no charset");
  Require(decoded.errors <= Replacements(decoded.text), "an error that left no mark");
  // Control characters that shift would do so when they are written.
  if (decoded.errors > 0 || decoded.text.find_first_of("\x1B\x0E\x0F") != std::string::npos) return;
  // A letter in front, as a byte order mark there would be read as one.
  const std::string text = "x" + decoded.text;
  const Result<std::string> written = mail::EncodeCharset(text, decoded.charset);
  if (!written) return;  // characters that are read only, as NEC's in ISO-2022-JP
  Require(mail::DecodeLabelled(*written, decoded.charset).text == text,
          "what was written reads differently");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = fuzz::Text(data, size);
  const std::string_view label = fuzz::Take(&bytes, '\n');
  CheckDecoded(mail::DecodeCharset(bytes, label), bytes);
  CheckDecoded(mail::DecodeLabelled(bytes, label), bytes);
  return 0;
}
