#include "base/encoded_word.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/hex.h"
#include "base/unicode_text.h"
#include "base/utf8.h"

namespace warifu {
namespace {

// RFC 2047 says 75; mailers that ignore it keep to the line limit of 998. Keeps decoding linear.
constexpr std::size_t kMaxWord = 1000;

std::string DecodeQ(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '=' && i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = high >= 0 ? HexValue(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

// What is no base64 is passed over; padding ends it where a quantum is full, and is passed over
// elsewhere, as mail programs have it.
std::string DecodeB(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  int place = 0;  // in the quantum of four
  int pads = 0;
  for (const char c : text) {
    if (c == '=' && place >= 2 && place + ++pads >= 4) break;
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) continue;
    place = (place + 1) % 4;
    pads = 0;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>((bits >> count) & 0xff);
  }
  return out;
}

struct Word {
  std::string charset;  // lower case, without RFC 2231 language
  std::string bytes;
  std::size_t length = 0;  // in the input; 0 when the word does not end
};

// An encoded word at the beginning of `text`.
std::optional<Word> ReadWord(std::string_view text) {
  text = text.substr(0, kMaxWord);
  if (!text.starts_with("=?")) return std::nullopt;
  const std::size_t charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const char encoding = text[charset_end + 1];
  if (!std::string_view("qQbB").contains(encoding)) return std::nullopt;
  const std::size_t begin = charset_end + 3;
  const std::size_t end = text.find("?=", begin);
  Word word;
  if (end == std::string_view::npos) return word;
  word.charset = AsciiLower(text.substr(2, charset_end - 2));
  word.charset.resize(std::min(word.charset.find('*'), word.charset.size()));
  const std::string_view body = text.substr(begin, end - begin);
  word.bytes = encoding == 'q' || encoding == 'Q' ? DecodeQ(body) : DecodeB(body);
  word.length = end + 2;
  return word;
}

// ICU lets 0x80–0x9f pass as C1 controls in EUC-JP; text has none.
bool HasC1Control(std::string_view utf8) {
  for (std::size_t at = 0; (at = utf8.find('\xc2', at)) != utf8.npos; ++at) {
    if (at + 1 < utf8.size() && static_cast<unsigned char>(utf8[at + 1]) < 0xa0) return true;
  }
  return false;
}

// Text that names no charset: UTF-8, ISO-2022-JP by its escapes, else the first that fits.
std::string DecodeRaw(std::string_view raw) {
  if (raw.contains('\x1b')) return ToUtf8(raw, "ISO-2022-JP-2").value_or(std::string(raw));
  if (IsUtf8(raw)) return std::string(raw);
  for (const char* charset : {"EUC-JP", "windows-31j", "windows-1252"}) {
    const Result<std::string> text = ToUtf8Strict(raw, charset);
    if (text && !HasC1Control(*text)) return *text;
  }
  return ToUtf8(raw, "ISO-8859-1").value_or("");
}

class Decoder {
 public:
  explicit Decoder(std::string_view raw) : raw_(raw) {}

  DecodedText Run() {
    std::size_t at = 0;
    std::size_t plain = 0;  // where the text since the last word begins
    while ((at = raw_.find("=?", at)) != std::string_view::npos) {
      std::optional<Word> word = ReadWord(raw_.substr(at));
      if (!word || word->length == 0) {
        out_.open = out_.open || word;
        at += 2;
        continue;
      }
      AddPlain(raw_.substr(plain, at - plain));
      const std::size_t end = at + word->length;
      out_.places.emplace_back(at, end);
      AddWord(*std::move(word));
      at = end;
      plain = at;
    }
    AddPlain(raw_.substr(plain));
    FlushWords();
    return std::move(out_);
  }

 private:
  void AddPlain(std::string_view text) {
    const bool gap = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (gap && in_words_) {
      gap_ = text;
      return;
    }
    FlushWords();
    if (!out_.words.empty()) out_.words += ' ';
    out_.utf8 += DecodeRaw(text);
  }

  void AddWord(Word word) {
    gap_ = {};
    if (in_words_ && word.charset != charset_) FlushWords();
    in_words_ = true;
    charset_ = std::move(word.charset);
    bytes_ += word.bytes;
  }

  void FlushWords() {
    if (!in_words_) return;
    const std::string text = ToUtf8(bytes_, charset_).value_or(DecodeRaw(bytes_));
    out_.utf8 += text;
    out_.words += text;
    out_.utf8 += gap_;
    in_words_ = false;
    bytes_.clear();
    gap_ = {};
  }

  std::string_view raw_;
  DecodedText out_;
  bool in_words_ = false;
  std::string charset_;
  std::string bytes_;
  std::string_view gap_;
};

}  // namespace

DecodedText DecodeWords(std::string_view raw) {
  return Decoder(raw).Run();
}

}  // namespace warifu
