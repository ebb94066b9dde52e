#include "mail/signature.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "mail/ascii.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxLines = 30;      // of a signature behind a rule, blank ones aside
constexpr std::size_t kMaxBareLines = 8;   // behind a farewell or a name
constexpr std::size_t kShortColumns = 60;  // wider lines are prose or data

bool Has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// A run of at least seven digits with separators in it, as telephone numbers are written.
bool HasTelephone(std::string_view text) {
  std::size_t digits = 0, separators = 0;
  for (const char c : text) {
    if (IsDigit(c)) {
      ++digits;
    } else if (digits > 0 && (c == '-' || c == '.' || c == ')' || c == '(' || c == ' ')) {
      ++separators;
    } else {
      digits = separators = 0;
    }
    if (digits >= 7 && separators > 0) return true;
  }
  return false;
}

// "TEL: 03…", "Phone +81…", "E-mail: …": a label with what it labels.
bool HasContactLabel(std::string_view lower) {
  static constexpr std::string_view kLabels[] = {"tel", "fax",   "phone", "mobile", "cell", "mail",
                                                 "url", "電話",  "携帯",  "内線",   "住所", "msn",
                                                 "icq", "skype", "web",   "〒"};
  return std::ranges::any_of(kLabels, [&](std::string_view label) {
    const std::size_t at = lower.find(label);
    if (at == std::string_view::npos) return false;
    std::string_view rest = lower.substr(at + label.size());
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '.' || rest[0] == '/')) {
      rest.remove_prefix(1);
    }
    return !rest.empty() &&
           (IsDigit(rest[0]) || rest[0] == ':' || rest[0] == '+' || rest[0] == '(');
  });
}

// Something by which a person can be reached, or a firm's name.
bool IsContact(std::string_view line) {
  static constexpr std::string_view kWords[] = {"http:", "https:", "www.",     "inc.",  "ltd",
                                                "corp.", "gmbh",   "株式会社", "(株)",  "有限会社",
                                                "大学",  "研究所", "事業部",   "営業部"};
  const std::string lower = LowerAscii(line);
  const std::size_t at = lower.find('@');
  const bool address = at != std::string::npos && at > 0 && Has(lower.substr(at), ".");
  return address || HasTelephone(line) || HasContactLabel(lower) ||
         std::ranges::any_of(kWords, [&](std::string_view w) { return Has(lower, w); });
}

std::size_t Words(std::string_view line) {
  std::size_t words = 0;
  bool inside = false;
  for (const char c : line) {
    const bool space = IsSpace(c);
    words += !space && !inside;
    inside = !space;
  }
  return words;
}

// Prose: a wide line, or one that ends as a sentence does.
bool IsSentence(std::string_view line) {
  static constexpr std::string_view kEnds[] = {"。", "ます", "です", "!", "?", "か？", "ください"};
  const bool ends =
      std::ranges::any_of(kEnds, [&](std::string_view e) { return line.ends_with(e); });
  if (ends && Columns(line) >= 16) return true;
  return Words(line) >= 7 || (line.ends_with('.') && Words(line) >= 4);
}

// Cells of a table. Nobody signs with them, but a fault may put them where a signature was.
bool IsRow(std::string_view line) {
  return std::ranges::any_of(std::string_view(",;|\t"), [line](char delimiter) {
    return std::ranges::count(line, delimiter) >= 4;
  });
}

struct Shape {
  std::size_t texts = 0, rules = 0, contacts = 0, sentences = 0, rows = 0;
  bool ends_in_rule = false;
};

Shape ShapeOf(std::span<const Line> lines) {
  Shape shape;
  for (const Line& line : lines) {
    if (line.blank()) continue;
    shape.ends_in_rule = IsRule(line.text);
    if (shape.ends_in_rule) {
      ++shape.rules;
      continue;
    }
    ++shape.texts;
    shape.contacts += IsContact(line.text);
    shape.sentences += IsSentence(line.text);
    shape.rows += IsRow(line.text);
  }
  return shape;
}

// A rule that nobody draws between paragraphs: with gaps, or of signs that no markup uses.
bool IsOrnamental(std::string_view rule) {
  return !IsAscii(rule) || Has(rule, " ") || Has(rule, "/");
}

// Whether the lines behind `rule` are a signature: few, little prose, and either framed, or with
// something of an address in them, or next to nothing behind a rule that is drawn for this, or for
// the most part rows.
bool IsBlock(std::string_view rule, std::span<const Line> lines) {
  const Shape shape = ShapeOf(lines);
  if (shape.texts == 0 || shape.texts + shape.rules > kMaxLines) return false;
  if (shape.sentences * 2 > shape.texts) return false;
  if (shape.ends_in_rule || shape.contacts > 0) return true;
  if (!IsOrnamental(rule) || shape.sentences > 0) return false;
  return shape.texts <= 6 || shape.rows * 2 >= shape.texts;
}

// The line under a table's head: groups of signs with wide gaps.
bool IsTableRule(std::string_view rule) {
  return Has(rule, "   ") || Has(rule, "\t");
}

// The separator "-- ", its blank often lost on the way.
bool IsSeparator(std::string_view text) {
  return text == "--";
}

std::size_t BySeparator(std::span<const Line> lines) {
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (IsSeparator(lines[i].text)) return i;
  }
  return lines.size();
}

// The last rule with text behind it. A rule that closes a frame has none: then the one before.
std::size_t ByRule(std::span<const Line> lines) {
  std::size_t texts = 0;
  std::size_t found = lines.size();
  for (std::size_t i = lines.size(); i-- > 0 && texts <= kMaxLines;) {
    if (lines[i].blank()) continue;
    if (!IsRule(lines[i].text)) {
      ++texts;
    } else if (texts > 0) {
      if (!IsTableRule(lines[i].text) && IsBlock(lines[i].text, lines.subspan(i + 1))) found = i;
      break;
    }
  }
  return found;
}

constexpr std::string_view kFarewells[] = {"thanks",
                                           "thank you",
                                           "many thanks",
                                           "thanks again",
                                           "thanks in advance",
                                           "thx",
                                           "regards",
                                           "best regards",
                                           "kind regards",
                                           "warm regards",
                                           "best",
                                           "best wishes",
                                           "sincerely",
                                           "yours sincerely",
                                           "sincerely yours",
                                           "yours truly",
                                           "cheers",
                                           "take care",
                                           "respectfully",
                                           "cordially",
                                           "yours",
                                           "mit freundlichen grüßen",
                                           "mit lieben grüßen",
                                           "viele grüße",
                                           "cordialement",
                                           "saludos",
                                           "atentamente",
                                           "敬具",
                                           "草々",
                                           "thanks so much",
                                           "thank you very much",
                                           "with regards",
                                           "kindest regards",
                                           "rgds",
                                           "talk to you soon",
                                           "love"};

// The farewell that `line` begins with, and whether only a name of few words follows on it.
bool IsFarewell(std::string_view line, bool* with_name) {
  const std::string lower = LowerAscii(line);
  for (const std::string_view farewell : kFarewells) {
    if (!lower.starts_with(farewell)) continue;
    std::string_view rest = std::string_view(lower).substr(farewell.size());
    if (!rest.empty() && std::string_view(",.!- \t").find(rest.front()) == std::string_view::npos) {
      continue;
    }
    const bool parted = !rest.empty() && (rest.front() == ',' || rest.front() == '.');
    while (!rest.empty() && !IsAlnum(rest.front())) rest.remove_prefix(1);
    *with_name = !rest.empty();
    if (rest.empty()) return true;
    if (parted && Words(rest) <= 2 && rest.size() <= 24) return true;
  }
  return false;
}

// Lines that could stand below a name: short, no prose.
bool IsTail(std::span<const Line> lines) {
  std::size_t texts = 0;
  for (const Line& line : lines) {
    if (line.blank()) continue;
    if (++texts > kMaxBareLines) return false;
    if (Columns(line.text) > kShortColumns || IsSentence(line.text) || line.text.ends_with(':')) {
      return false;
    }
  }
  return true;
}

bool StartsWithName(std::string_view line) {
  return !line.empty() &&
         ((line[0] >= 'A' && line[0] <= 'Z') || static_cast<unsigned char>(line[0]) >= 0x80);
}

std::size_t ByFarewell(std::span<const Line> lines) {
  std::size_t texts = 0;
  for (std::size_t i = lines.size(); i-- > 0 && texts <= kMaxBareLines;) {
    if (lines[i].blank()) continue;
    bool with_name = false;
    if (IsFarewell(lines[i].text, &with_name)) {
      const auto below = lines.subspan(i + 1);
      const auto name = std::ranges::find_if(below, [](const Line& l) { return !l.blank(); });
      const bool named = name != below.end() && StartsWithName(name->text) &&
                         Words(name->text) <= 5 && Columns(name->text) <= 40;
      if ((with_name && texts == 0) || (named && IsTail(below))) return i;
    }
    ++texts;
  }
  return lines.size();
}

// Words of three letters or more of the author's name, lower case.
std::vector<std::string> NameWords(std::string_view author) {
  std::vector<std::string> words;
  const std::string name = LowerAscii(author.substr(0, author.find('<')));
  for (std::size_t pos = 0; pos < name.size() && words.size() < 8;) {
    std::size_t end = pos;
    while (end < name.size() &&
           (IsAlnum(name[end]) || static_cast<unsigned char>(name[end]) >= 0x80)) {
      ++end;
    }
    if (end - pos >= 3) words.push_back(name.substr(pos, end - pos));
    pos = std::max(end, pos + 1);
  }
  return words;
}

// The author's name on a line of its own, behind a blank line.
std::size_t ByAuthor(std::span<const Line> lines, std::string_view author) {
  const std::vector<std::string> words = NameWords(author);
  if (words.empty()) return lines.size();
  std::size_t texts = 0, found = lines.size();
  for (std::size_t i = lines.size(); i-- > 0 && texts <= kMaxBareLines;) {
    if (lines[i].blank()) continue;
    ++texts;
    const std::vector<std::string> line = NameWords(lines[i].text);
    const bool named = std::ranges::any_of(
        line, [&](const std::string& w) { return std::ranges::find(words, w) != words.end(); });
    const bool apart = i > 0 && (lines[i - 1].blank() || IsSentence(lines[i - 1].text));
    if (named && apart && Words(lines[i].text) <= 5 && IsTail(lines.subspan(i))) found = i;
  }
  return found;
}

// What phones and mail programs add by themselves, as the last lines.
bool IsByProgram(std::string_view line) {
  static constexpr std::string_view kBegins[] = {
      "sent from ",         "sent via ",         "sent with ",    "get outlook for ",
      "get [outlook for ",  "iphoneから送信",    "ipadから送信",  "androidから送信",
      "私のiphoneから送信", "von meinem ",       "gesendet mit ", "envoyé de mon ",
      "envoyé depuis ",     "enviado desde mi ", "inviato da ",   "verzonden met ",
      "sendt fra min ",     "skickat från min ", "從我的 iphone", "从我的 iphone"};
  if (Words(line) > 12) return false;
  while (line.starts_with('<') || line.starts_with('(')) line.remove_prefix(1);
  const std::string lower = LowerAscii(line);
  return std::ranges::any_of(kBegins, [&](std::string_view b) { return lower.starts_with(b); });
}

std::size_t ByProgram(std::span<const Line> lines) {
  std::size_t found = lines.size();
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (lines[i].blank()) continue;
    if (!IsByProgram(lines[i].text)) break;
    found = i;
  }
  return found;
}

}  // namespace

std::size_t FindSignature(std::span<const Line> lines, std::string_view author) {
  const std::size_t separator = BySeparator(lines);
  if (separator < lines.size()) return separator;
  std::size_t found = std::min(ByRule(lines), ByProgram(lines));
  // A name or farewell may stand just above a rule, or alone.
  const auto above = lines.first(found);
  found = std::min({found, ByFarewell(above), ByAuthor(above, author)});
  return found;
}

}  // namespace warifu::mail
