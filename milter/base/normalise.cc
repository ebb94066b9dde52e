#include "base/normalise.h"

#include <unicode/uchar.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/nfkc.h"
#include "base/utf8.h"

namespace warifu {
namespace {

// Characters that show nothing and could stand between two others unseen: joiners, bidi controls,
// variation selectors, soft hyphens, tags, fillers (Unicode's Default_Ignorable_Code_Point). Hot
// scripts are answered without asking ICU.
bool IsUnseen(char32_t c) {
  if (c >= 0x3041 && c < 0x3164) return false;
  if (c > 0x3164 && c < 0xFE00) return false;
  return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

bool IsLineSeparator(char32_t c) {
  return c == 0x85 || c == 0x2028 || c == 0x2029;
}

// A well-formed character of U+3040 to U+30FF or U+4000 to U+9FFF: kana and nearly all kanji, of
// which pass one changes none. Told by its bytes alone, because Japanese mail is made of them.
bool IsPlainJapanese(const unsigned char* at) {
  const bool lead = (at[0] >= 0xE4 && at[0] <= 0xE9) || (at[0] == 0xE3 && at[1] - 0x81u <= 2);
  return lead && ((at[1] ^ 0x80u) | (at[2] ^ 0x80u)) < 0x40;
}

// Passes over ASCII that is no CR, eight bytes at a time.
std::size_t SkipPlainAscii(std::string_view text, std::size_t pos) {
  constexpr std::uint64_t kOnes = 0x0101010101010101u, kHighBits = kOnes * 0x80;
  while (pos + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + pos, sizeof word);
    // A byte is zero here where a CR stands; the lowest mark is exact, those above may be wrong.
    const std::uint64_t cr = word ^ (kOnes * '\r');
    const std::uint64_t marks = ((cr - kOnes) & ~cr & kHighBits) | (word & kHighBits);
    if (marks == 0) {
      pos += sizeof word;
    } else if constexpr (std::endian::native == std::endian::little) {
      return pos + static_cast<std::size_t>(std::countr_zero(marks)) / 8;
    } else {
      break;
    }
  }
  while (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80 && text[pos] != '\r') {
    ++pos;
  }
  return pos;
}

// First byte at or behind `pos` that pass one has to look at.
std::size_t NextOfInterest(std::string_view text, std::size_t pos) {
  while (pos < text.size() && text[pos] != '\r') {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data()) + pos;
    if (*at < 0x80) {
      pos = SkipPlainAscii(text, pos);
      continue;
    }
    const std::size_t characters = (text.size() - pos) / 3;
    std::size_t n = 0;
    while (n < characters && IsPlainJapanese(at + 3 * n)) ++n;
    if (n == 0) break;
    pos += 3 * n;
  }
  return pos;
}

// Pass one: line ends to LF, unseen characters dropped, ill-formed bytes to U+FFFD.
class LineAndUnseenPass {
 public:
  explicit LineAndUnseenPass(std::string_view in) : in_(in) {}

  // False when nothing had to change; the output is then not made.
  bool Run() {
    for (std::size_t pos = NextOfInterest(in_, 0); pos < in_.size();
         pos = NextOfInterest(in_, pos)) {
      pos += Step(pos);
    }
    if (!changed_) return false;
    Flush(in_.size());
    return true;
  }

  std::string text;
  OffsetMap map;

 private:
  // Treats the character at `pos`, returns its size.
  std::size_t Step(std::size_t pos) {
    if (in_[pos] == '\r') {
      const bool pair = pos + 1 < in_.size() && in_[pos + 1] == '\n';
      return Replace(pos, pair ? 2 : 1, "\n");
    }
    const CodePoint c = DecodeUtf8(in_, pos);
    if (!c.valid) return Replace(pos, c.size, kReplacementCharacter);
    if (IsLineSeparator(c.value)) return Replace(pos, c.size, "\n");
    if (IsUnseen(c.value)) return Replace(pos, c.size, "");
    return c.size;
  }

  std::size_t Replace(std::size_t pos, std::size_t size, std::string_view with) {
    if (!changed_) {
      text.reserve(in_.size());
      changed_ = true;
    }
    Flush(pos);
    text.append(with);
    map.Add(static_cast<std::uint32_t>(with.size()), static_cast<std::uint32_t>(size));
    copied_ = pos + size;
    return size;
  }

  void Flush(std::size_t end) {
    text.append(in_, copied_, end - copied_);
    map.Add(1, 1, end - copied_);
    copied_ = end;
  }

  std::string_view in_;
  std::size_t copied_ = 0;
  bool changed_ = false;
};

}  // namespace

Normalised Normalise(std::string utf8) {
  Normalised out;
  LineAndUnseenPass first(utf8);
  if (first.Run()) {
    out.maps.push_back(std::move(first.map));
    utf8 = std::move(first.text);
  }
  if (!IsAscii(utf8)) {
    std::string text;
    OffsetMap map;
    if (Nfkc(utf8, &text, &map)) {
      out.maps.insert(out.maps.begin(), std::move(map));
      utf8 = std::move(text);
    }
  }
  out.text = std::move(utf8);
  return out;
}

Span Normalised::ToInput(Span span) const {
  for (const OffsetMap& map : maps) span = map.ToSource(span);
  return span;
}

bool IsNormalAscii(std::string_view text) {
  return IsAscii(text) && text.find('\r') == std::string_view::npos;
}

}  // namespace warifu
