#include "mail/iso2022jp.h"

#include <algorithm>
#include <array>
#include <memory>

#include "base/utf8.h"
#include "mail/charset.h"
#include "mail/charset_table.h"
#include "mail/map_writer.h"

namespace warifu::mail {
namespace {

enum class Set : std::uint8_t { kAscii, kKana, kJis, kJis0212, kJis0213, kGb, kKs };

struct Escape {
  std::string_view bytes;
  Set set;
};

// What mail is full of first; else longest first where one is the beginning of another.
constexpr Escape kEscapes[] = {
    {"\x1B$B", Set::kJis},   {"\x1B(B", Set::kAscii},    {"\x1B&@\x1B$B", Set::kJis},
    {"\x1B$(B", Set::kJis},  {"\x1B$(@", Set::kJis},     {"\x1B$(D", Set::kJis0212},
    {"\x1B$(C", Set::kKs},   {"\x1B$(O", Set::kJis0213}, {"\x1B$(Q", Set::kJis0213},
    {"\x1B$(A", Set::kGb},   {"\x1B$@", Set::kJis},      {"\x1B$A", Set::kGb},
    {"\x1B(J", Set::kAscii}, {"\x1B(H", Set::kAscii},    {"\x1B(I", Set::kKana},
};

const Escape* EscapeAt(std::string_view bytes, std::size_t pos) {
  const std::string_view rest = bytes.substr(pos, 8);
  const auto it =
      std::ranges::find_if(kEscapes, [&](const Escape& e) { return rest.starts_with(e.bytes); });
  return it == std::end(kEscapes) ? nullptr : it;
}

bool IsGraphic(char c) {
  return c >= 0x21 && c <= 0x7E;
}

std::shared_ptr<const CharsetTable> TableOf(Set set) {
  switch (set) {
    case Set::kJis0213:
      return CharsetTable::Open("EUC-JISX0213");
    case Set::kGb:
      return CharsetTable::Open("GBK");
    case Set::kKs:
      return CharsetTable::Open("CP949");
    default:
      return CharsetTable::Open("EUC-JP-MS");
  }
}

class Reader {
 public:
  Reader(std::string_view bytes, std::string_view fallback)
      : bytes_(bytes),
        fallback_(fallback),
        jis_(TableOf(Set::kJis)),
        writer_(&out_.text, &out_.map, bytes.size() + bytes.size() / 2) {}

  JisDecoded Run() {
    while (pos_ < bytes_.size()) Next();
    writer_.Finish();
    return std::move(out_);
  }

 private:
  void Next() {
    const char c = bytes_[pos_];
    if (c == 0x1B) return OnEscape();
    if (c == 0x0E || c == 0x0F) {  // SO, SI: half-width kana in seven bits
      shifted_out_ = c == 0x0E;
      return Drop(1);
    }
    if (c == '\n' || c == '\r') {
      set_ = Set::kAscii;
      shifted_out_ = false;
      return Copy(pos_ + 1);
    }
    if (static_cast<unsigned char>(c) >= 0x80) return OnHighBytes();
    if (shifted_out_ || set_ == Set::kKana) return OnKana(c);
    if (set_ == Set::kAscii) return CopyAscii();
    if (!IsGraphic(c)) return Copy(pos_ + 1);
    const std::size_t before = pos_;
    if (set_ == Set::kJis && jis_ != nullptr) OnKanji();
    if (pos_ == before) OnPair();
  }

  // Pairs of the everyday set, as long as nothing is odd about them.
  void OnKanji() {
    constexpr std::size_t kMost = 128;
    const auto* pairs = reinterpret_cast<const std::uint8_t*>(bytes_.data()) + pos_;
    const auto entry = [&](std::size_t i) -> const CharsetTable::Entry* {
      const std::uint8_t first = pairs[2 * i], second = pairs[2 * i + 1];
      if (first - 0x21u > 0x7E - 0x21 || second - 0x21u > 0x7E - 0x21) return nullptr;
      if (jis_->Single(first | 0x80).size != CharsetTable::Entry::kLead) return nullptr;
      const CharsetTable::Entry& found = jis_->Pair(first | 0x80, second | 0x80);
      return found.valid() ? &found : nullptr;
    };
    pos_ += 2 * writer_.PutRun(std::min(kMost, (bytes_.size() - pos_) / 2), 2, entry);
  }

  void OnEscape() {
    if (const Escape* escape = EscapeAt(bytes_, pos_)) {
      set_ = escape->set;
      if (set_ != Set::kJis && set_ != Set::kAscii && set_ != Set::kKana) other_ = TableOf(set_);
      return Drop(escape->bytes.size());
    }
    const std::string_view rest = bytes_.substr(pos_);
    if (rest.starts_with("\x1B.A") || rest.starts_with("\x1B.F")) return Drop(3);
    if (rest.size() >= 3 && rest[1] == 'N') {  // single shift into Latin-1
      std::string latin;
      AppendUtf8((static_cast<unsigned char>(rest[2]) & 0x7Fu) | 0x80u, &latin);
      return Put(latin, 3);
    }
    Copy(pos_ + 1);
  }

  void OnKana(char c) {
    if (c < 0x21 || c > 0x5F) return Copy(pos_ + 1);
    std::string kana;
    AppendUtf8(0xFF61u + static_cast<unsigned>(c - 0x21), &kana);
    Put(kana, 1);
  }

  // A run of bytes that ISO-2022-JP does not have: read it as the fallback charset.
  void OnHighBytes() {
    std::size_t end = pos_;
    while (end < bytes_.size() && bytes_[end] != 0x1B && bytes_[end] != '\n' &&
           bytes_[end] != '\r') {
      ++end;
    }
    DecodedText part = DecodeLabelled(bytes_.substr(pos_, end - pos_), fallback_);
    writer_.Splice(part.text, part.map);
    out_.errors += part.errors;
    pos_ = end;
  }

  void OnPair() {
    if (pos_ + 1 >= bytes_.size() || !IsGraphic(bytes_[pos_ + 1])) return Bad(1);
    const auto lead = static_cast<std::uint8_t>(bytes_[pos_] | 0x80);
    const auto trail = static_cast<std::uint8_t>(bytes_[pos_ + 1] | 0x80);
    if (set_ == Set::kJis0212) return OnJis0212(lead, trail);
    const CharsetTable* table = set_ == Set::kJis ? jis_.get() : other_.get();
    if (table == nullptr || table->Single(lead).size != CharsetTable::Entry::kLead) return Bad(2);
    const CharsetTable::Entry& entry = table->Pair(lead, trail);
    if (!entry.valid()) return Bad(2);
    Put(entry.text(), 2);
  }

  void OnJis0212(std::uint8_t lead, std::uint8_t trail) {
    const char euc[] = {'\x8F', static_cast<char>(lead), static_cast<char>(trail)};
    std::string text;
    OffsetMap unused;
    if (jis_ == nullptr || jis_->Decode({euc, 3}, &text, &unused) > 0) return Bad(2);
    Put(text, 2);
  }

  void CopyAscii() {
    std::size_t end = pos_;
    while (end < bytes_.size() && bytes_[end] >= 0x20) ++end;
    if (end == pos_) ++end;
    Copy(end);
  }

  void Copy(std::size_t end) {
    writer_.Copy(bytes_.substr(pos_, end - pos_));
    pos_ = end;
  }
  void Put(std::string_view utf8, std::size_t size) {
    writer_.Put(utf8, size);
    pos_ += size;
  }
  void Drop(std::size_t size) {
    writer_.Drop(size);
    pos_ += size;
  }
  void Bad(std::size_t size) {
    ++out_.errors;
    Put(kReplacementCharacter, std::min(size, bytes_.size() - pos_));
  }

  std::string_view bytes_;
  std::string_view fallback_;
  std::shared_ptr<const CharsetTable> jis_;
  std::shared_ptr<const CharsetTable> other_;
  JisDecoded out_;
  MapWriter writer_;
  std::size_t pos_ = 0;
  Set set_ = Set::kAscii;
  bool shifted_out_ = false;
};

}  // namespace

bool HasJisEscape(std::string_view bytes) {
  for (std::size_t pos = bytes.find('\x1B'); pos != std::string_view::npos;
       pos = bytes.find('\x1B', pos + 1)) {
    const Escape* escape = EscapeAt(bytes, pos);
    if (escape != nullptr && escape->set != Set::kAscii) return true;
  }
  return false;
}

JisDecoded DecodeIso2022Jp(std::string_view bytes, std::string_view fallback) {
  return Reader(bytes, fallback).Run();
}

std::size_t JisEscapeSize(std::string_view bytes) {
  const Escape* escape = bytes.starts_with('\x1B') ? EscapeAt(bytes, 0) : nullptr;
  return escape == nullptr ? 0 : escape->bytes.size();
}

std::string_view JisShiftAt(std::string_view bytes, std::size_t offset) {
  // A line begins in ASCII.
  offset = std::min(offset, bytes.size());
  const std::size_t line = bytes.substr(0, offset).find_last_of("\r\n");
  std::string_view shift;
  for (std::size_t pos = line == std::string_view::npos ? 0 : line + 1; pos < offset; ++pos) {
    if (bytes[pos] != '\x1B') continue;
    if (const Escape* escape = EscapeAt(bytes, pos)) {
      shift = escape->set == Set::kAscii ? "" : bytes.substr(pos, escape->bytes.size());
    }
  }
  return shift;
}

}  // namespace warifu::mail
