#include "mail/splice.h"

#include <algorithm>
#include <utility>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxQuotedLine = 75;   // and the "=" of a soft break
constexpr std::size_t kMaxBase64Line = 996;  // RFC 5322, 2.1.1: 998, in groups of four

// Quoted-printable, unit by unit: those that no splice touches are copied as they stand.
class QuotedSplicer {
 public:
  QuotedSplicer(std::string_view raw, const std::vector<Splice>& splices)
      : raw_(raw), splices_(splices) {}

  std::string Run() {
    while (pos_ < raw_.size()) Next();
    Insert();
    return std::move(out_);
  }

 private:
  void Next() {
    const QuotedUnit unit = QuotedUnitAt(raw_, pos_);
    const std::string_view written = raw_.substr(pos_, unit.size);
    pos_ += unit.size;
    if (unit.byte < 0) return Copy(written);  // a soft line break
    Insert();
    if (next_ == splices_.size() || at_ < splices_[next_].content.begin) {
      Copy(written);
    } else {
      const Splice& splice = splices_[next_];
      const std::size_t gone = written.size(), before = out_.size();
      // Byte for byte and each as it was written, so that lines and soft breaks stay as they are.
      if (Fits(splice)) Write(splice.bytes[at_ - splice.content.begin], gone == 1);
      grown_ += out_.size() > before + gone;
    }
    ++at_;
    if (next_ < splices_.size() && at_ == splices_[next_].content.end) ++next_;
  }

  static bool Fits(const Splice& splice) { return splice.bytes.size() == splice.content.size(); }

  // What takes the place of the splice that begins here.
  void Insert() {
    if (next_ == splices_.size() || at_ != splices_[next_].content.begin) return;
    const Splice& splice = splices_[next_];
    if (!Fits(splice)) {
      for (const char c : splice.bytes) Write(c, true);
      grown_ += !splice.bytes.empty();
    }
    if (splice.content.empty()) ++next_;
  }

  // `plainly`: where that is allowed.
  void Write(char c, bool plainly) {
    if (c == '\r' || c == '\n') return Copy({&c, 1});
    const bool allowed = c >= 0x21 && c <= 0x7E && c != '=';
    Copy(plainly && allowed ? std::string(1, c) : QuotedByte(c));
  }

  // A line that became longer is broken where it must be.
  void Copy(std::string_view written) {
    const bool ends = written.ends_with('\n');
    if (grown_ > 0 && !ends && written != "\r" && line_ + written.size() > kMaxQuotedLine) {
      out_ += "=\r\n";
      line_ = 0;
      grown_ = 0;
    }
    out_ += written;
    line_ = ends ? 0 : line_ + written.size();
    if (ends) grown_ = 0;
  }

  std::string_view raw_;
  const std::vector<Splice>& splices_;
  std::string out_;
  std::size_t pos_ = 0;    // in `raw_`
  std::size_t at_ = 0;     // in the content
  std::size_t next_ = 0;   // the splice that begins or ends next
  std::size_t line_ = 0;   // bytes of the line that is written
  std::size_t grown_ = 0;  // it holds more than before
};

std::size_t Base64LineOf(std::string_view raw) {
  const std::size_t line = Trim(raw.substr(0, raw.find('\n'))).size();
  return line > 0 && line % 4 == 0 && line <= kMaxBase64Line ? line : 0;
}

// In lines as long as the first one of `raw`.
std::string Base64Like(std::string_view raw, std::string_view content) {
  std::string encoded = EncodeTransfer(content, Transfer::kBase64);
  const std::size_t line = Base64LineOf(raw);
  if (line == 0) return encoded;
  std::erase_if(encoded, IsSpace);
  std::string out;
  for (std::size_t pos = 0; pos < encoded.size(); pos += line) {
    out.append(encoded, pos, line).append("\r\n");
  }
  return out;
}

// `content` is the new one. The letters of the groups that the splices touch, in their places:
// right for what holds letters and line ends alone; whatever else there is shows when it is
// decoded.
std::string PatchBase64(std::string_view raw, std::string_view content,
                        const std::vector<Splice>& splices) {
  std::string out(raw);
  std::size_t pos = 0, letters = 0;  // `letters` stand before `pos`
  std::size_t done = 0;              // content that is written
  for (const Splice& splice : splices) {
    const std::size_t begin = std::max(splice.content.begin / 3 * 3, done);
    const std::size_t end = std::min((splice.content.end + 2) / 3 * 3, content.size());
    if (begin >= end) continue;
    done = end;
    const std::string group = EncodeTransfer(content.substr(begin, end - begin), Transfer::kBase64);
    std::size_t letter = begin / 3 * 4;
    for (const char c : group) {
      if (IsSpace(c)) continue;
      while (pos < out.size() && (IsSpace(out[pos]) || letters < letter)) {
        letters += !IsSpace(out[pos]);
        ++pos;
      }
      if (pos == out.size()) break;
      out[pos++] = c;
      ++letters, ++letter;
    }
  }
  return out;
}

bool SameSize(const std::vector<Splice>& splices) {
  return std::ranges::all_of(splices,
                             [](const Splice& s) { return s.bytes.size() == s.content.size(); });
}

}  // namespace

std::string SpliceContent(std::string_view content, const std::vector<Splice>& splices) {
  std::string out;
  std::size_t copied = 0;
  for (const Splice& splice : splices) {
    out.append(content.substr(copied, splice.content.begin - copied)).append(splice.bytes);
    copied = splice.content.end;
  }
  return out.append(content.substr(copied));
}

Result<std::string> SpliceTransfer(std::string_view raw, std::string_view content,
                                   Transfer encoding, const std::vector<Splice>& splices) {
  if (encoding == Transfer::kUu || encoding == Transfer::kUnknown) {
    return Fail(ErrorKind::kInvalid, "the part's transfer encoding is not written");
  }
  const std::string wanted = SpliceContent(content, splices);
  if (encoding == Transfer::kIdentity) return wanted;
  const auto decodes = [&](std::string_view text) {
    return DecodeTransfer(text, encoding).content == wanted;
  };
  std::string out;
  if (encoding == Transfer::kQuotedPrintable) {
    out = QuotedSplicer(raw, splices).Run();
    if (!decodes(out)) out = EncodeTransfer(wanted, encoding);
  } else {
    if (SameSize(splices)) out = PatchBase64(raw, wanted, splices);
    if (!decodes(out)) out = Base64Like(raw, wanted);
  }
  if (!decodes(out)) return Fail(ErrorKind::kInvalid, "the new text cannot be written");
  return out;
}

}  // namespace warifu::mail
