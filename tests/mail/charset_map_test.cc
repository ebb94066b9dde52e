// The way back from decoded text to bytes is exact to the character, in every charset.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "mail/charset.h"

namespace warifu::mail {
namespace {

class CharsetMap : public testing::TestWithParam<const char*> {};

// Shift_JIS once went through a converter that took a kanji and the ASCII behind it for one unit:
// a signature cut out of an HTML part then took the full stop before it along.
TEST_P(CharsetMap, EachCharacterComesFromItsOwnBytes) {
  const std::string text = "お世話。</p>\r\nabc、ﾊﾟ漢字A。<br>12#表示ソ能\\x。";
  const auto bytes = EncodeCharset(text, GetParam());
  ASSERT_TRUE(bytes) << bytes.error().text;
  const DecodedText decoded = DecodeLabelled(*bytes, GetParam());
  ASSERT_EQ(decoded.text, text);
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t size = DecodeUtf8(text, pos).size;
    const Span source = decoded.map.ToSource({pos, pos + size});
    const std::string one = bytes->substr(source.begin, source.size());
    EXPECT_EQ(DecodeLabelled(one, GetParam()).text, text.substr(pos, size)) << "at " << pos;
    pos += size;
  }
}

// gtest takes letters, digits and '_'.
std::string NameOf(const testing::TestParamInfo<const char*>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Mail, CharsetMap,
                         testing::Values("shift_jis", "euc-jp", "utf-8", "utf-16le", "gb18030"),
                         NameOf);

}  // namespace
}  // namespace warifu::mail
