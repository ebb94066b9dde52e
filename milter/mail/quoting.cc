#include "mail/quoting.h"

#include <algorithm>
#include <span>
#include <string>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

bool Has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

bool HasAny(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view w) { return Has(text, w); });
}

bool HasDigit(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsQuotedLine(std::string_view line) {
  return line.starts_with('>');
}

// "wrote" in the languages in which mail programs introduce what they quote, lower case.
constexpr std::string_view kWrote[] = {" wrote",      " schrieb",    " a écrit", " escribió",
                                       " ha scritto", " geschreven", " schreef", " skrev",
                                       " escreveu",   " napisał",    " написал", " пише",
                                       " пишет",      "写道",        "寫道",     "書きました",
                                       "書いた",      " のメール:",  "さんは書", "さんwrote",
                                       "さん wrote",  " kirjoitti",  " yazdı",   " said"};

// A line that says who wrote what follows, and when. `whole`: beyond doubt also without '>' marks
// behind it.
bool IsIntro(std::string_view line, bool* whole) {
  constexpr std::size_t kMaxIntro = 300;
  *whole = false;
  if (line.size() < 6 || line.size() > kMaxIntro) return false;
  if (!line.ends_with(':') && !line.starts_with("----")) return false;
  const std::string lower = LowerAscii(line);
  const bool wrote = HasAny(lower, kWrote);
  const bool colon = line.ends_with(':');
  const bool address = Has(line, "@") || Has(line, "<");
  if (wrote && colon) {
    *whole = HasDigit(line) && (address || lower.starts_with("on ") || lower.starts_with("at "));
    return true;
  }
  if (wrote && lower.starts_with("----")) {
    *whole = true;
    return true;
  }
  // "2024年1月2日(火) 12:34 山田太郎 <taro@example.com>:"
  return colon && address && HasDigit(line.substr(0, 4));
}

constexpr std::string_view kForwarded[] = {"original message",
                                           "original-nachricht",
                                           "ursprüngliche nachricht",
                                           "forwarded message",
                                           "weitergeleitete nachricht",
                                           "message d'origine",
                                           "message original",
                                           "message transféré",
                                           "mensaje original",
                                           "mensaje reenviado",
                                           "messaggio originale",
                                           "messaggio inoltrato",
                                           "oorspronkelijk bericht",
                                           "mensagem original",
                                           "forwarded by",
                                           "元のメッセージ",
                                           "転送メッセージ",
                                           "転送されたメッセージ",
                                           "original appointment",
                                           "原始邮件",
                                           "转发的邮件",
                                           "reply message",
                                           "returned mail"};

// "-----Original Message-----", "Begin forwarded message:", …
bool IsForwardMark(std::string_view line) {
  const char first = line.empty() ? '\0' : LowerAscii(line[0]);
  if (line.size() > 120 || (first != '-' && first != '_' && first != 'b' && first != 'a')) {
    return false;
  }
  const std::string lower = LowerAscii(line);
  if (lower == "begin forwarded message:" || lower == "anfang der weitergeleiteten nachricht:") {
    return true;
  }
  return (lower.starts_with("--") || lower.starts_with("__")) && HasAny(lower, kForwarded);
}

// Labels of the head that Outlook and others put over a quoted mail; the first group names the
// author.
constexpr std::string_view kFromLabels[] = {
    "from", "von",    "de",     "da",     "från",   "van",    "fra",       "от",
    "od",   "差出人", "送信者", "发件人", "寄件者", "kimden", "lähettäjä", "від"};
constexpr std::string_view kOtherLabels[] = {
    "sent",    "date",      "to",       "cc",      "subject", "gesendet", "datum",    "an",
    "betreff", "envoyé",    "à",        "objet",   "enviado", "para",     "asunto",   "fecha",
    "inviato", "data",      "a",        "oggetto", "skickat", "till",     "ämne",     "verzonden",
    "aan",     "onderwerp", "送信日時", "日時",    "宛先",    "件名",     "发送时间", "收件人",
    "主题",    "risposta",  "enviada",  "assunto", "wysłano", "do",       "temat",    "дата",
    "кому",    "тема",      "sendt",    "emne",    "til",     "送信日",   "受信者",   "reply-to"};

bool HasLabel(std::string_view line, std::span<const std::string_view> labels) {
  std::string_view text = line;
  while (text.starts_with('*')) text.remove_prefix(1);
  const std::size_t colon = text.substr(0, 40).find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view label = Trim(text.substr(0, colon));
  while (label.ends_with('*')) label.remove_suffix(1);
  return std::ranges::any_of(labels, [&](std::string_view l) { return EqualNoCase(label, l); });
}

// A head of three or more labelled lines that begins at `at` with the author's.
bool IsQuotedHead(std::span<const Line> lines, std::size_t at) {
  if (!HasLabel(lines[at].text, kFromLabels)) return false;
  std::size_t labelled = 1, passed = 0;
  for (std::size_t i = at + 1; i < lines.size() && passed < 8; ++i, ++passed) {
    if (lines[i].blank()) {
      if (labelled > 1) break;
      continue;
    }
    labelled += HasLabel(lines[i].text, kOtherLabels);
  }
  return labelled >= 3;
}

// Index of the next line that is not blank, lines.size() when there is none.
std::size_t NextText(std::span<const Line> lines, std::size_t at) {
  while (at < lines.size() && lines[at].blank()) ++at;
  return at;
}

void MarkFrom(std::vector<Line>* lines, std::size_t at) {
  // The rule that a program draws right above the quoted mail belongs to it.
  if (at > 0 && IsRule((*lines)[at - 1].text)) --at;
  for (std::size_t i = at; i < lines->size(); ++i) (*lines)[i].region = Region::kQuoted;
}

// An introduction may be folded: "On Mon, 1 Jan 2024, Taro Yamada" / "<taro@example.com> wrote:".
std::size_t IntroBegin(std::span<const Line> lines, std::size_t at) {
  constexpr std::size_t kMaxFold = 2;
  for (std::size_t back = 1; back <= kMaxFold && back <= at; ++back) {
    const Line& line = lines[at - back];
    if (line.blank() || IsQuotedLine(line.text)) break;
    const bool opens = StartsWithNoCase(line.text, "on ") || StartsWithNoCase(line.text, "am ") ||
                       StartsWithNoCase(line.text, "le ") || StartsWithNoCase(line.text, "el ");
    if (opens && HasDigit(line.text)) return at - back;
  }
  return at;
}

// Whether the sender has written something before `end`. Below an introduction that nothing stands
// above, unmarked lines may be his as well as what he answers: they are read as his.
bool HasOwnText(std::span<const Line> lines, std::size_t end) {
  return std::ranges::any_of(lines.first(end), [](const Line& line) {
    return !line.blank() && line.region != Region::kQuoted;
  });
}

}  // namespace

void MarkQuoted(std::vector<Line>* lines) {
  for (std::size_t i = 0; i < lines->size(); ++i) {
    Line& line = (*lines)[i];
    if (line.blank()) continue;
    if (IsQuotedLine(line.text)) {
      line.region = Region::kQuoted;
      continue;
    }
    if (IsForwardMark(line.text) || IsQuotedHead(*lines, i)) return MarkFrom(lines, i);
    bool whole = false;
    if (!IsIntro(line.text, &whole)) continue;
    const std::size_t next = NextText(*lines, i + 1);
    if (next < lines->size() && IsQuotedLine((*lines)[next].text)) {
      for (std::size_t k = IntroBegin(*lines, i); k < next; ++k) {
        (*lines)[k].region = Region::kQuoted;
      }
    } else if (const std::size_t begin = IntroBegin(*lines, i);
               whole && HasOwnText(*lines, begin)) {
      return MarkFrom(lines, begin);
    }
  }
}

}  // namespace warifu::mail
