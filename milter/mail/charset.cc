#include "mail/charset.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/utf8.h"
#include "base/wide_text.h"
#include "mail/ascii.h"
#include "mail/charset_guess.h"
#include "mail/charset_table.h"
#include "mail/iconv_door.h"
#include "mail/iso2022jp.h"

namespace warifu::mail {
namespace {

// Labels that mean a superset in practice, or that iconv does not know.
constexpr std::pair<std::string_view, std::string_view> kAliases[] = {
    {"us-ascii", "windows-1252"},
    {"ascii", "windows-1252"},
    {"ansi_x3.4-1968", "windows-1252"},
    {"iso-8859-1", "windows-1252"},
    {"iso8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"iso_8859-1", "windows-1252"},
    {"cp1252", "windows-1252"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "cp874"},
    {"tis-620", "cp874"},
    {"windows-874", "cp874"},
    {"utf8", "utf-8"},
    {"unicode-1-1-utf-8", "utf-8"},
    {"shift_jis", "cp932"},
    {"shift-jis", "cp932"},
    {"sjis", "cp932"},
    {"x-sjis", "cp932"},
    {"ms_kanji", "cp932"},
    {"csshiftjis", "cp932"},
    {"windows-31j", "cp932"},
    {"cswindows31j", "cp932"},
    {"ms932", "cp932"},
    {"x-ms-cp932", "cp932"},
    {"cp943", "cp932"},
    {"cp943c", "cp932"},
    {"x-euc-jp", "euc-jp-ms"},
    {"euc-jp", "euc-jp-ms"},
    {"eucjp", "euc-jp-ms"},
    {"x-eucjp", "euc-jp-ms"},
    {"cseucpkdfmtjapanese", "euc-jp-ms"},
    {"cp51932", "euc-jp-ms"},
    {"eucjp-win", "euc-jp-ms"},
    {"ujis", "euc-jp-ms"},
    {"jis", "iso-2022-jp"},
    {"csiso2022jp", "iso-2022-jp"},
    {"iso2022jp", "iso-2022-jp"},
    {"iso-2022-jp-1", "iso-2022-jp"},
    {"iso-2022-jp-2", "iso-2022-jp"},
    {"iso-2022-jp-3", "iso-2022-jp"},
    {"iso-2022-jp-2004", "iso-2022-jp"},
    {"iso-2022-jp-ms", "iso-2022-jp"},
    {"cp50220", "iso-2022-jp"},
    {"cp50221", "iso-2022-jp"},
    {"cp50222", "iso-2022-jp"},
    {"x-iso-2022-jp", "iso-2022-jp"},
    {"gb2312", "gb18030"},
    {"gbk", "gb18030"},
    {"x-gbk", "gb18030"},
    {"gb_2312-80", "gb18030"},
    {"euc-cn", "gb18030"},
    {"cp936", "gb18030"},
    {"hz-gb-2312", "hz"},
    {"big5", "big5-hkscs"},
    {"x-x-big5", "big5-hkscs"},
    {"cn-big5", "big5-hkscs"},
    {"cp950", "big5-hkscs"},
    {"euc-kr", "cp949"},
    {"ks_c_5601-1987", "cp949"},
    {"ks_c_5601", "cp949"},
    {"ksc5601", "cp949"},
    {"windows-949", "cp949"},
    {"iso-8859-8-i", "iso-8859-8"},
    {"iso-8859-8-e", "iso-8859-8"},
    {"x-mac-roman", "macintosh"},
    {"x-user-defined", "windows-1252"},
    {"unicode", "utf-16"},
    {"csunicode", "utf-16"},
    {"unicodelittle", "utf-16le"},
    {"unicodebig", "utf-16be"},
    {"ucs2", "utf-16"},
    {"ucs4", "utf-32"},
    {"csucs4", "utf-32"},
    {"iso-10646", "utf-32"},
    {"10646-1:1993", "utf-32"},
    {"utf7", "utf-7"},
    {"unicode-1-1-utf-7", "utf-7"},
    {"x-unicode-2-0-utf-7", "utf-7"},
};

// Labels that say nothing.
constexpr std::string_view kNoLabels[] = {"",        "unknown",        "unknown-8bit", "x-unknown",
                                          "default", "_autodetect",    "none",         "8bit",
                                          "binary",  "x-user-defined", "autodetect"};

bool IsUnicodeName(std::string_view name) {
  return name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("utf16") ||
         name.starts_with("utf32") || name.starts_with("ucs-2") || name.starts_with("ucs-4") ||
         name.starts_with("iso-10646-ucs");
}

WideEncoding WideOf(std::string_view name, std::string_view bytes) {
  const int unit = name.find("32") != std::string_view::npos || name.ends_with("4") ? 4 : 2;
  const WideEncoding found = DetectWideEncoding(bytes);
  if (found.mark > 0 && found.unit == unit) return found;
  if (name.ends_with("le")) return {unit, false};
  if (name.ends_with("be")) return {unit, true};
  if (found.unit == unit) return found;
  return {unit, true};  // RFC 2781, 4.3
}

// With its byte order, so that what is written into such text agrees with it.
std::string WideName(const WideEncoding& wide) {
  return std::string(wide.unit == 4 ? "utf-32" : "utf-16") + (wide.big_endian ? "be" : "le");
}

DecodedText DecodeAsUtf8(std::string_view bytes) {
  DecodedText out;
  out.charset = "utf-8";
  RepairedUtf8 repaired = RepairUtf8(bytes);
  out.text = std::move(repaired.text);
  out.map = std::move(repaired.map);
  out.errors = repaired.errors;
  return out;
}

// Charsets with shift states that this room has no reader for go through iconv line by line: inside
// of a line that is not plain ASCII, the map only knows the line.
DecodedText DecodeByIconv(std::string_view bytes, const std::string& charset) {
  constexpr std::size_t kMaxLine = 512;
  DecodedText out;
  out.charset = charset;
  Converter converter("UTF-8", charset);
  std::array<char, 8 * kMaxLine> buffer{};
  for (std::size_t pos = 0; pos < bytes.size();) {
    const std::string_view chunk = bytes.substr(pos, kMaxLine);
    const std::string_view line = chunk.substr(0, chunk.find('\n')).size() < chunk.size()
                                      ? chunk.substr(0, chunk.find('\n') + 1)
                                      : chunk;
    const bool last = pos + line.size() == bytes.size();
    const Converter::Step step = converter.Convert(line, buffer.data(), buffer.size(), last);
    const std::string_view made(buffer.data(), step.produced);
    out.text += made;
    if (made == line) {
      out.map.Add(1, 1, made.size());
    } else {
      out.map.Add(static_cast<std::uint32_t>(made.size()),
                  static_cast<std::uint32_t>(step.consumed));
    }
    pos += step.consumed;
    const bool cut = step.outcome == Converter::Outcome::kIncomplete && !last && step.consumed > 0;
    if (step.outcome == Converter::Outcome::kDone || cut) continue;
    out.text.append(kReplacementCharacter);
    out.map.Add(3, 1);
    ++out.errors;
    ++pos;
    converter.Reset();
  }
  return out;
}

DecodedText FromTable(const CharsetTable& table, std::string_view bytes, std::string charset) {
  DecodedText out;
  out.charset = std::move(charset);
  out.errors = table.Decode(bytes, &out.text, &out.map);
  return out;
}

DecodedText DecodeAs(std::string_view bytes, const std::string& charset) {
  if (charset == "utf-8") return DecodeAsUtf8(bytes);
  DecodedText out;
  out.charset = charset;
  if (charset == "iso-2022-jp") {
    JisDecoded jis = DecodeIso2022Jp(bytes, "cp932");
    out.text = std::move(jis.text);
    out.map = std::move(jis.map);
    out.errors = jis.errors;
    return out;
  }
  if (IsUnicodeName(charset)) {
    const WideEncoding wide = WideOf(charset, bytes);
    out.charset = WideName(wide);
    out.errors = DecodeWide(bytes, wide, &out.text, &out.map);
    return out;
  }
  if (const auto table = CharsetTable::Open(charset)) return FromTable(*table, bytes, charset);
  return DecodeByIconv(bytes, charset);
}

// Japanese escapes under another label: between them, the label's own charset.
DecodedText DecodeMixedJis(std::string_view bytes, std::string_view charset) {
  JisDecoded jis = DecodeIso2022Jp(bytes, charset == "iso-2022-jp" ? "cp932" : charset);
  DecodedText out;
  out.text = std::move(jis.text);
  out.map = std::move(jis.map);
  out.charset = "iso-2022-jp";
  out.errors = jis.errors;
  return out;
}

bool FitsAnything(std::string_view charset) {
  return charset == "windows-1252" || charset == "iso-8859-15" || charset == "windows-1254";
}

bool KeepsEscapes(std::string_view charset) {
  return charset.starts_with("iso-2022") || IsUnicodeName(charset);
}

// The charset that the bytes show where the label cannot be right; "" to keep the label.
std::string_view Contradiction(std::string_view bytes, std::string_view charset,
                               std::size_t label_errors) {
  if (FitsAnything(charset)) {
    if (IsUtf8(bytes)) return "utf-8";
    return GuessJapanese(bytes);
  }
  // A short text in UTF-8 may fit Shift_JIS, but reads as rare kanji in it.
  const bool by_chance = (charset == "cp932" || charset == "iso-2022-jp") && IsUtf8(bytes) &&
                         !IsAscii(bytes) && !HasJisEscape(bytes) && GuessJapanese(bytes).empty();
  if (by_chance) return "utf-8";
  if (label_errors == 0) return "";
  if (charset != "utf-8" && IsUtf8(bytes)) return "utf-8";
  if (charset == "utf-8" && IsMostlyUtf8(bytes)) return "";
  const std::string_view japanese = GuessJapanese(bytes);
  return japanese == charset ? "" : japanese;
}

// ASCII, and too long, or with a line end, to be wide characters that look like ASCII by chance.
bool IsNarrow(std::string_view bytes) {
  return IsAscii(bytes) && bytes.find('\0') == std::string_view::npos &&
         (bytes.size() >= 16 || bytes.find('\n') != std::string_view::npos);
}

// Bytes that every reader takes for the same ASCII text under this charset ("" for none).
bool IsPlainAscii(std::string_view bytes, const std::string& charset) {
  const bool shifts = charset == "utf-7" || KeepsEscapes(charset);
  if (shifts || !IsAscii(bytes) || bytes.find('\x1B') != std::string_view::npos ||
      bytes.find('\x0E') != std::string_view::npos || DetectWideEncoding(bytes).unit > 0) {
    return false;
  }
  const auto table = charset.empty() || charset == "utf-8" ? nullptr : CharsetTable::Open(charset);
  return table == nullptr || table->ascii();
}

// ASCII that is written in this charset as it stands; not in UTF-7 or EBCDIC, say.
bool IsWrittenAsIs(std::string_view ascii, const std::string& charset) {
  if (charset.starts_with("iso-2022")) return ascii.find_first_of("\x1B\x0E\x0F") == ascii.npos;
  if (IsUnicodeName(charset)) return false;
  const auto table = CharsetTable::Open(charset);
  return table != nullptr && table->ascii();
}

// As labelled, unless the bytes contradict the label and fit something better.
DecodedText DecodeDoubting(std::string_view bytes, const std::string& charset) {
  if (FitsAnything(charset)) {
    const std::string_view better = Contradiction(bytes, charset, 0);
    return DecodeAs(bytes, better.empty() ? charset : std::string(better));
  }
  DecodedText out = DecodeAs(bytes, charset);
  const std::string_view better = Contradiction(bytes, charset, out.errors);
  if (better.empty()) return out;
  DecodedText other = DecodeAs(bytes, std::string(better));
  return other.errors < out.errors || out.errors == 0 ? other : out;
}

}  // namespace

std::string CanonicalCharset(std::string_view label) {
  std::string name = LowerAscii(label);
  for (const auto& [alias, canonical] : kAliases) {
    if (name == alias) return std::string(canonical);
  }
  if (name == "utf-8" || name == "iso-2022-jp" || IsUnicodeName(name)) return name;
  return Converter("UTF-8", name).ok() ? name : "";
}

DecodedText DecodeLabelled(std::string_view bytes, std::string_view label) {
  const std::string charset = CanonicalCharset(label);
  return DecodeAs(bytes, charset.empty() ? "windows-1252" : charset);
}

DecodedText DecodeCharset(std::string_view bytes, std::string_view label) {
  const std::string lower = LowerAscii(label);
  const bool no_label = std::ranges::find(kNoLabels, lower) != std::end(kNoLabels);
  const std::string charset = no_label ? "" : CanonicalCharset(lower);
  const bool unknown = charset.empty() && !no_label;
  // Wide text has NULs at its line ends and blanks; ASCII under such a label would read as kanji.
  if (IsUnicodeName(charset) && IsNarrow(bytes)) {
    return DecodeCharset(bytes, "");
  }
  if (IsPlainAscii(bytes, charset)) {
    DecodedText out;
    out.text = bytes;
    out.charset = charset.empty() ? "utf-8" : charset;
    out.unknown_label = unknown;
    return out;
  }
  if (bytes.starts_with("\xEF\xBB\xBF")) return DecodeAsUtf8(bytes);
  if (const WideEncoding wide = DetectWideEncoding(bytes);
      wide.unit > 0 && !IsUnicodeName(charset)) {
    return DecodeAs(bytes, WideName(wide));
  }
  if (!KeepsEscapes(charset) && HasJisEscape(bytes)) {
    const std::string_view guess = IsUtf8(bytes) ? "utf-8" : "cp932";
    return DecodeMixedJis(bytes, charset.empty() ? guess : std::string_view(charset));
  }
  if (charset.empty()) {
    DecodedText out = DecodeAs(bytes, std::string(GuessCharset(bytes)));
    out.unknown_label = unknown && (out.charset == "windows-1252" || IsAscii(bytes));
    return out;
  }
  return DecodeDoubting(bytes, charset);
}

Result<std::string> EncodeCharset(std::string_view utf8, std::string_view label) {
  const std::string charset = LowerAscii(label);
  if (charset == "utf-8" || (IsAscii(utf8) && IsWrittenAsIs(utf8, charset))) {
    return std::string(utf8);
  }
  Converter converter(charset, "UTF-8");
  if (!converter.ok()) {
    return Fail(ErrorKind::kInvalid, "no converter writes charset " + charset);
  }
  std::string out;
  std::array<char, 1024> buffer{};
  while (true) {
    const Converter::Step step = converter.Convert(utf8, buffer.data(), buffer.size(), true);
    out.append(buffer.data(), step.produced);
    utf8.remove_prefix(step.consumed);
    if (step.outcome == Converter::Outcome::kDone) return out;
    if (step.outcome != Converter::Outcome::kFull) {
      return Fail(ErrorKind::kInvalid,
                  "the text has a character that charset " + charset + " lacks");
    }
  }
}

}  // namespace warifu::mail
