#include "mail/header_text.h"

#include <optional>
#include <utility>

#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/message.h"
#include "mail/transfer.h"

namespace warifu::mail {
namespace {

// RFC 2047 allows 75; programs write up to a line.
constexpr std::size_t kMaxEncodedWord = 4096;

std::string DecodeQ(std::string_view text) {
  const auto hex = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char l = LowerAscii(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '=' && i + 2 < text.size() && hex(text[i + 1]) >= 0 && hex(text[i + 2]) >= 0) {
      out += static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '_' ? ' ' : text[i];
    }
  }
  return out;
}

// The encoded word at `pos`, where "=?" stands. Blanks inside of Q text are forgiven.
std::optional<HeaderWord> WordAt(std::string_view raw, std::size_t pos) {
  constexpr std::size_t kMaxCharset = 60;
  const std::size_t charset = pos + 2;
  const std::size_t mark = raw.substr(0, charset + kMaxCharset).find('?', charset);
  if (mark == std::string_view::npos || mark + 2 >= raw.size() || raw[mark + 2] != '?') return {};
  const char encoding = LowerAscii(raw[mark + 1]);
  if (encoding != 'b' && encoding != 'q') return {};
  const std::size_t text = mark + 3;
  // Bounded, so that many begins without an end cost no quadratic search.
  const std::size_t end = raw.substr(0, text + kMaxEncodedWord).find("?=", text);
  if (end == std::string_view::npos) return {};
  std::string_view label = raw.substr(charset, mark - charset);
  label = label.substr(0, label.find('*'));  // RFC 2231, 5: language
  const std::string_view body = raw.substr(text, end - text);
  if (body.find('\n') != std::string_view::npos && encoding == 'q') return {};
  HeaderWord word;
  word.raw = {pos, end + 2};
  word.letters = {text, end};
  word.encoding = encoding;
  word.charset = LowerAscii(label);
  word.bytes = encoding == 'b' ? DecodeTransfer(body, Transfer::kBase64).content : DecodeQ(body);
  return word;
}

class Decoder {
 public:
  Decoder(std::string_view raw, std::vector<HeaderPiece>* pieces) : raw_(raw), pieces_(pieces) {}

  HeaderText Run() {
    std::size_t plain = 0;  // begin of the text that is no encoded word
    std::size_t pos = raw_.find("=?");
    while (pos != std::string_view::npos) {
      std::size_t end = EncodedRun(pos, plain);
      if (end == pos) {
        end = pos + 2;
      } else {
        plain = end;
      }
      pos = raw_.find("=?", end);
    }
    Plain(plain, raw_.size());
    return std::move(out_);
  }

 private:
  // Decodes the run of encoded words at `pos`, after the plain text before it. Returns its end, or
  // `pos` when there is none.
  std::size_t EncodedRun(std::size_t pos, std::size_t plain) {
    std::optional<HeaderWord> word = WordAt(raw_, pos);
    if (!word) return pos;
    Plain(plain, pos);
    const std::size_t text_begin = out_.text.size();
    std::size_t end = pos;
    std::vector<HeaderWord> words;
    while (word) {
      if (!words.empty() && word->charset != words.front().charset) Words(std::move(words));
      end = word->raw.end;
      words.push_back(*std::move(word));
      std::size_t next = end;
      while (next < raw_.size() && IsSpace(raw_[next])) ++next;
      word = raw_.substr(next, 2) == "=?" ? WordAt(raw_, next) : std::nullopt;
      if (word) end = next;
    }
    Words(std::move(words));
    out_.map.Add(static_cast<std::uint32_t>(out_.text.size() - text_begin),
                 static_cast<std::uint32_t>(end - pos));
    return end;
  }

  // Adjacent words of one charset.
  void Words(std::vector<HeaderWord> words) {
    HeaderPiece piece;
    for (const HeaderWord& word : words) piece.bytes += word.bytes;
    DecodedText text = DecodeCharset(piece.bytes, words.front().charset);
    piece.raw = {words.front().raw.begin, words.back().raw.end};
    piece.words = std::move(words);
    Add(std::move(piece), std::move(text));
  }

  void Add(HeaderPiece piece, DecodedText text) {
    piece.text = {out_.text.size(), out_.text.size() + text.text.size()};
    out_.text += text.text;
    if (pieces_ == nullptr) return;
    piece.charset = std::move(text.charset);
    piece.map = std::move(text.map);
    pieces_->push_back(std::move(piece));
  }

  // Text as it stands: folds undone line by line, raw charsets recognised over the whole run.
  void Plain(std::size_t begin, std::size_t end) {
    while (begin < end) {
      const std::size_t stop = std::min(raw_.substr(0, end).find_first_of("\r\n", begin), end);
      const std::string_view line = raw_.substr(begin, stop - begin);
      DecodedText text = DecodeCharset(line, "");
      out_.map.Append(text.map, text.text.size());
      HeaderPiece piece;
      if (pieces_ != nullptr) piece.bytes = line;
      piece.raw = {begin, stop};
      Add(std::move(piece), std::move(text));
      begin = stop;
      while (begin < end && (raw_[begin] == '\r' || raw_[begin] == '\n')) ++begin;
      out_.map.Add(0, static_cast<std::uint32_t>(begin - stop));
    }
  }

  std::string_view raw_;
  std::vector<HeaderPiece>* pieces_;
  HeaderText out_;
};

}  // namespace

HeaderText DecodeHeaderText(std::string_view raw_body, std::vector<HeaderPiece>* pieces) {
  return Decoder(raw_body, pieces).Run();
}

std::string EncodeHeaderWord(std::string_view bytes, char encoding) {
  std::string out;
  if (encoding == 'b') {
    out = EncodeTransfer(bytes, Transfer::kBase64);
    std::erase_if(out, IsSpace);
    return out;
  }
  for (const char c : bytes) {
    if (IsAlnum(c) || c == '*' || c == '-' || c == '+' || c == '/' || c == '!') {
      out += c;
    } else {
      out += c == ' ' ? "_" : QuotedByte(c);
    }
  }
  return out;
}

std::string DecodeHeader(std::string_view raw_body) {
  return std::string(Trim(DecodeHeaderText(raw_body).text));
}

}  // namespace warifu::mail
