#include "mail/mask.h"

#include <algorithm>
#include <utility>

#include "base/normalise.h"
#include "base/utf8.h"
#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/header_text.h"
#include "mail/iso2022jp.h"

namespace warifu::mail {
namespace {

std::unexpected<Error> Refuse(std::string why) {
  return Fail(ErrorKind::kInvalid, std::move(why));
}

// Characters that fill two columns: kana, kanji, full-width forms.
bool IsWide(char32_t c) {
  const bool half_width = (c >= 0xFF61 && c <= 0xFFDC) || (c >= 0xFFE8 && c <= 0xFFEE);
  return c >= 0x1100 && c != kInvalidCodePoint && !half_width;
}

// One '*' a character of `text`.
std::string StarsFor(std::string_view text) {
  std::string stars;
  for (std::size_t pos = 0; pos < text.size();) {
    const char32_t c = NextCodePoint(text, &pos);
    stars += IsWide(c) ? "＊" : "*";
  }
  return stars;
}

// Bytes whose meaning hangs on what stands before them, in a way that is not written here.
bool IsWritten(std::string_view content, std::string_view charset) {
  if (charset == "iso-2022-jp") return content.find('\x0E') == std::string_view::npos;
  return !charset.starts_with("iso-2022") && !charset.starts_with("utf-7") &&
         !charset.starts_with("hz");
}

// Collects characters of one content and masks each; neighbours become one cut.
class Masker {
 public:
  Masker(std::string_view content, std::string_view charset, bool html)
      : content_(content), charset_(charset), html_(html) {}

  // `shown`: the character in the text; `from`: its bytes in the content. White space stays.
  void Add(std::string_view shown, Span from) {
    if (from.empty() || IsSpace(shown.front())) return;
    // Several characters of the text may come from one of the content.
    if (!cuts_.empty() && from.begin < cuts_.back().content.end) return;
    const std::string stars = StarsFor(Shown(from));
    if (!cuts_.empty() && cuts_.back().content.end == from.begin) {
      cuts_.back().content.end = from.end;
      cuts_.back().insert += stars;
    } else {
      cuts_.push_back({.content = from, .insert = stars, .mask = true});
    }
  }

  std::vector<Cut> Take() { return std::move(cuts_); }

 private:
  // The bytes as characters; an entity of HTML is one.
  std::string Shown(Span from) const {
    const std::string_view bytes = content_.substr(from.begin, from.size());
    const std::string_view shift =
        charset_ == "iso-2022-jp" ? JisShiftAt(content_, from.begin) : std::string_view();
    std::string text = DecodeLabelled(std::string(shift).append(bytes), charset_).text;
    return html_ && text.size() > 1 && text.starts_with('&') ? "&" : text;
  }

  std::string_view content_;
  std::string_view charset_;
  bool html_;
  std::vector<Cut> cuts_;
};

// Calls `take(character, its span)` for each character of `span` in `text`.
template <typename Take>
void EachCharacter(std::string_view text, Span span, const Take& take) {
  for (std::size_t pos = span.begin; pos < std::min(span.end, text.size());) {
    const std::size_t begin = pos;
    NextCodePoint(text, &pos);
    take(text.substr(begin, pos - begin), Span{begin, pos});
  }
}

bool IsFreeText(std::string_view field) {
  const std::string name = LowerAscii(field);
  return name == "subject" || name == "comments" || name == "keywords" ||
         (name.starts_with("x-") && !name.starts_with("x-original-") &&
          !name.starts_with("x-forwarded-"));
}

// Which of the fields of that name, from 1, the head's segment `index` is; 0 for none.
std::size_t OccurrenceOf(const Message& message, std::size_t index) {
  const std::string& name = message.segments[index].field;
  const auto same = [&](const Segment& s) { return s.part == "header" && s.field == name; };
  auto nth = std::count_if(message.segments.begin(),
                           message.segments.begin() + static_cast<std::ptrdiff_t>(index), same);
  std::size_t occurrence = 0;
  for (const HeaderField& field : message.fields) {
    if (!EqualNoCase(field.name, name)) continue;
    ++occurrence;
    // Blank fields have no segment; others of this name in another case are not `same`.
    if (field.name != name || Trim(field.body).empty()) continue;
    if (nth-- == 0) return occurrence;
  }
  return 0;
}

// The piece as it shall stand in the field; `cuts` lie in its bytes.
Result<std::string> Rewrite(std::string_view raw, const HeaderPiece& piece, std::vector<Cut> cuts) {
  const Result<std::vector<Splice>> splices =
      MaskSplices(piece.bytes, piece.charset, std::move(cuts));
  if (!splices) return std::unexpected(splices.error());
  if (piece.words.empty()) return SpliceContent(piece.bytes, *splices);
  std::string out;
  std::size_t copied = piece.raw.begin, begin = 0;
  for (const HeaderWord& word : piece.words) {
    const std::size_t end = begin + word.bytes.size();
    std::vector<Splice> own;  // what of the splices lies in this word
    for (const Splice& splice : *splices) {
      const Span part{std::max(splice.content.begin, begin), std::min(splice.content.end, end)};
      if (part.empty()) continue;
      const bool fits = splice.bytes.size() == splice.content.size();
      const bool starts = part.begin == splice.content.begin;
      own.push_back({{part.begin - begin, part.end - begin},
                     fits     ? splice.bytes.substr(part.begin - splice.content.begin, part.size())
                     : starts ? splice.bytes
                              : std::string()});
    }
    out.append(raw.substr(copied, word.letters.begin - copied));
    out.append(own.empty() ? std::string(raw.substr(word.letters.begin, word.letters.size()))
                           : EncodeHeaderWord(SpliceContent(word.bytes, own), word.encoding));
    copied = word.letters.end;
    begin = end;
  }
  return out.append(raw.substr(copied, piece.raw.end - copied));
}

}  // namespace

Result<std::vector<Cut>> MaskCuts(const Message& message, const Place& place) {
  const Segment& segment = message.segments[place.segment];
  const auto part = std::ranges::find(message.parts, segment.part, &Part::number);
  if (!segment.field.empty()) return Refuse("it lies in the head or the name of a part");
  if (part == message.parts.end() || segment.RegionAt(place.span.begin) == Region::kDocument) {
    return Refuse("it lies in no text of the mail");
  }
  if (!IsWritten(part->content, part->charset_used)) {
    return Refuse("charset " + part->charset_used + " is not written");
  }
  Masker masker(part->content, part->charset_used, segment.html);
  EachCharacter(segment.text, place.span, [&](std::string_view shown, Span span) {
    masker.Add(shown, segment.ToContent(span));
  });
  std::vector<Cut> cuts = masker.Take();
  for (Cut& cut : cuts) cut.part = static_cast<std::size_t>(part - message.parts.begin());
  return cuts;
}

Result<FieldChange> MaskField(const Message& message, const std::vector<Place>& places) {
  const std::size_t index = places.front().segment;
  const std::string& name = message.segments[index].field;
  if (message.segments[index].part != "header") {
    return Refuse("it lies in the head or the name of a part");
  }
  if (!IsFreeText(name)) return Refuse("its field holds more than free text");
  const std::size_t occurrence = OccurrenceOf(message, index);
  if (occurrence == 0) return Refuse("its field is not found");
  const std::string_view raw = message.Fields(name)[occurrence - 1];
  std::vector<HeaderPiece> pieces;
  const HeaderText header = DecodeHeaderText(raw, &pieces);
  const Normalised normal = Normalise(header.text);
  FieldChange change{.name = name, .occurrence = occurrence, .body = ""};
  std::size_t copied = 0;
  for (const HeaderPiece& piece : pieces) {
    Masker masker(piece.bytes, piece.charset, false);
    for (const Place& place : places) {
      EachCharacter(normal.text, place.span, [&](std::string_view shown, Span span) {
        const Span text = normal.ToInput(span);
        if (text.begin < piece.text.begin || text.end > piece.text.end) return;
        masker.Add(shown, piece.map.ToSource(
                              {text.begin - piece.text.begin, text.end - piece.text.begin}));
      });
    }
    std::vector<Cut> cuts = masker.Take();
    if (cuts.empty()) continue;
    if (!IsWritten(piece.bytes, piece.charset)) {
      return Refuse("charset " + piece.charset + " is not written");
    }
    Result<std::string> text = Rewrite(raw, piece, std::move(cuts));
    if (!text) return std::unexpected(std::move(text.error()));
    change.body.append(raw.substr(copied, piece.raw.begin - copied)).append(*text);
    copied = piece.raw.end;
  }
  change.body.append(raw.substr(copied));
  return change;
}

}  // namespace warifu::mail
