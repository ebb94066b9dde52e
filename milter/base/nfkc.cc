#include "base/nfkc.h"

#include <unicode/bytestream.h>
#include <unicode/edits.h>
#include <unicode/normalizer2.h>

#include "base/utf8.h"

namespace warifu {
namespace {

// Fewer settled bytes than this between two pieces for ICU are not worth a second call.
constexpr std::size_t kGap = 64;

unsigned ByteAt(std::string_view text, std::size_t pos) {
  return static_cast<unsigned char>(text[pos]);
}

// The character of the three bytes at `at`, the first of which is 0xE0 to 0xEF.
char32_t Wide(const unsigned char* at) {
  return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
}

// The same; 0 when there stands another.
char32_t WideAt(std::string_view text, std::size_t pos) {
  if (text.size() - pos < 3 || (ByteAt(text, pos) & 0xF0) != 0xE0) return 0;
  return Wide(reinterpret_cast<const unsigned char*>(text.data()) + pos);
}

// Characters that NFKC keeps and joins to nothing before them.
bool IsSettled(char32_t c) {
  return c - 0x4E00 <= 0x9FFF - 0x4E00 || c - 0x3041 <= 0x3096 - 0x3041 ||
         c - 0x30A1 <= 0x30FE - 0x30A1 || c - 0x3001 <= 0x3029 - 0x3001 ||
         c - 0x3400 <= 0x4DBF - 0x3400;
}

// The ASCII character that a wide one stands for; 0 for none.
char Narrow(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFEE0);
  return c == 0x3000 ? ' ' : '\0';
}

// First byte at or behind `pos` that NFKC might change.
std::size_t NextUnsettled(std::string_view text, std::size_t pos) {
  while (pos < text.size()) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data()) + pos;
    if (*at < 0x80) {
      pos = FindNonAscii(text, pos + 1);
      continue;
    }
    const std::size_t characters = (text.size() - pos) / 3;
    std::size_t n = 0;
    while (n < characters && (at[3 * n] & 0xF0) == 0xE0 && IsSettled(Wide(at + 3 * n))) ++n;
    if (n == 0) break;
    pos += 3 * n;
  }
  return pos;
}

bool IsSettledAt(std::string_view text, std::size_t pos) {
  return ByteAt(text, pos) < 0x80 || IsSettled(WideAt(text, pos));
}

class Folder {
 public:
  Folder(std::string_view in, std::string* out, OffsetMap* map) : in_(in), out_(out), map_(map) {}

  bool Run() {
    std::size_t pos = NextUnsettled(in_, 0);
    if (pos == in_.size()) return false;
    out_->reserve(in_.size());
    while (pos < in_.size()) {
      const char narrow = Narrow(WideAt(in_, pos));
      if (narrow != '\0' && EndsUnit(pos + 3)) {
        Copy(pos);
        out_->push_back(narrow);
        map_->Add(1, 3);
        copied_ = pos += 3;
        changed_ = true;
      } else if (!AskIcu(&pos)) {
        return false;
      }
      pos = NextUnsettled(in_, pos);
    }
    Copy(in_.size());
    return changed_;
  }

 private:
  // Nothing that could join what stands before begins at `pos`.
  bool EndsUnit(std::size_t pos) const {
    return pos == in_.size() || IsSettledAt(in_, pos) || Narrow(WideAt(in_, pos)) != '\0';
  }

  void Copy(std::size_t end) {
    out_->append(in_, copied_, end - copied_);
    map_->Add(1, 1, end - copied_);
    copied_ = end;
  }

  // From the character before `pos`, which may be joined, to the next settled one.
  bool AskIcu(std::size_t* pos) {
    std::size_t begin = *pos;
    if (begin > copied_) {
      do --begin;
      while ((ByteAt(in_, begin) & 0xC0) == 0x80);
    }
    std::size_t end = *pos;
    while (end < in_.size()) {
      const std::size_t next = NextUnsettled(in_, end);
      if (next - end >= kGap || (next > end && next == in_.size())) break;
      end = next + DecodeUtf8(in_, next).size;
    }
    Copy(begin);
    copied_ = *pos = end;
    return Normalise(in_.substr(begin, end - begin));
  }

  bool Normalise(std::string_view piece) {
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfkc = icu::Normalizer2::getNFKCInstance(status);
    if (U_FAILURE(status)) return false;
    icu::Edits edits;
    icu::StringByteSink<std::string> sink(out_);
    nfkc->normalizeUTF8(0, icu::StringPiece(piece.data(), static_cast<int32_t>(piece.size())), sink,
                        &edits, status);
    if (U_FAILURE(status)) return false;
    changed_ = changed_ || edits.hasChanges();
    for (icu::Edits::Iterator it = edits.getFineIterator(); it.next(status);) {
      if (it.hasChange()) {
        map_->Add(static_cast<std::uint32_t>(it.newLength()),
                  static_cast<std::uint32_t>(it.oldLength()));
      } else {
        map_->Add(1, 1, static_cast<std::size_t>(it.newLength()));
      }
    }
    return U_SUCCESS(status);
  }

  std::string_view in_;
  std::string* out_;
  OffsetMap* map_;
  std::size_t copied_ = 0;
  bool changed_ = false;
};

}  // namespace

bool Nfkc(std::string_view utf8, std::string* out, OffsetMap* map) {
  return Folder(utf8, out, map).Run();
}

}  // namespace warifu
