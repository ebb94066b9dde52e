// Reading, checking and rendering of single values; the rows are in settings_table.cc.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>
#include <optional>

#include "app/settings_table.h"
#include "base/hex.h"
#include "base/nearest.h"

namespace warifu::app {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr Unit kSizeUnits[] = {{"B", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}};
constexpr Unit kTimeUnits[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

std::unexpected<Error> Refuse(std::string why) {
  return Fail(ErrorKind::kInvalid, std::move(why));
}

// As a string of libconfig's.
std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out += "\\x" + ToHex({&c, 1});
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::vector<std::string_view> Split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + separator.size(), text.size()));
  }
  return out;
}

std::optional<std::int64_t> Number(std::string_view text, int base = 10) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), value, base);
  if (text.empty() || error != std::errc() || end != text.end()) return std::nullopt;
  return value;
}

// "64M" by one of the units; nothing where it is not a whole number with a known unit.
std::optional<std::int64_t> WithUnit(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::optional<std::int64_t> count = Number(text.substr(0, digits));
  const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  std::int64_t value = 0;
  if (!count || unit == units.end() || __builtin_mul_overflow(*count, unit->factor, &value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> Measure(Kind kind, std::string_view text) {
  switch (kind) {
    case Kind::kSize:
      return WithUnit(text, kSizeUnits);
    case Kind::kDuration:
      return WithUnit(text, kTimeUnits);
    case Kind::kOctal:
      return text.starts_with('0') ? Number(text, 8) : std::nullopt;
    default:
      return Number(text);
  }
}

std::string_view Expected(Kind kind) {
  switch (kind) {
    case Kind::kSize:
      return "is not a size with a unit (B, K, M or G), such as \"64M\"";
    case Kind::kDuration:
      return "is not a time with a unit (ms, s, m, h or d), such as \"30s\"";
    case Kind::kOctal:
      return "is not a mode in octal with a leading 0, such as \"0660\"";
    default:
      return "is not a whole number";
  }
}

Result<void> CheckWord(const Setting& setting, std::string_view word) {
  const auto words = Split(setting.range, "|");
  if (std::ranges::find(words, word) != words.end()) return {};
  std::string list;
  for (const std::string_view known : words) {
    list.append(list.empty() ? "" : ", ").append(known);
  }
  return Refuse("'" + std::string(word) + "' is none of " + list + DidYouMean(word, words));
}

Result<Value> ReadNumber(const Setting& setting, std::string_view text) {
  const std::optional<std::int64_t> number = Measure(setting.kind, text);
  if (!number) return Refuse("'" + std::string(text) + "' " + std::string(Expected(setting.kind)));
  const auto bounds = Split(setting.range, "..");
  if (*number < *Measure(setting.kind, bounds[0]) || *number > *Measure(setting.kind, bounds[1])) {
    return Refuse(std::string(text) + " is out of range: " + std::string(bounds[0]) + " to " +
                  std::string(bounds[1]));
  }
  return Value{.text = std::string(text), .texts = {}, .number = *number, .flag = false};
}

constexpr std::string_view kMask = "********";

// Masks what stands behind "password =" among the words of a database; rather too much than too
// little, where quotes or backslashes are in it.
void MaskBehind(std::string_view word, std::string* text) {
  std::string folded = *text;
  std::ranges::transform(folded, folded.begin(), [](unsigned char c) { return std::tolower(c); });
  for (std::size_t at = 0; (at = folded.find(word, at)) != std::string::npos;) {
    at += word.size();
    std::size_t begin = folded.find_first_not_of(' ', at);
    if (begin == std::string::npos || folded[begin] != '=') continue;
    begin = std::min(folded.find_first_not_of(' ', begin + 1), folded.size());
    const std::size_t last_quote = folded.find_last_of('\'');
    const bool quoted = begin < folded.size() && folded[begin] == '\'' && last_quote > begin;
    std::size_t end = quoted ? last_quote + 1 : folded.find_first_of(" \"", begin);
    if (std::string_view(folded).substr(begin, end - begin).contains('\\')) {
      end = std::max(end, folded.find_last_of('"'));
    }
    end = std::min(end, folded.size());
    for (std::string* both : {text, &folded}) both->replace(begin, end - begin, kMask);
    at = begin;
  }
}

// "scheme://user:secret@host"
void MaskUserInfo(std::string* text) {
  std::size_t user = text->find("://");
  if (user == std::string::npos) return;
  user += 3;
  const std::size_t end = text->find_first_of("@/ ", user);
  const std::size_t colon = text->find(':', user);
  if (end == std::string::npos || (*text)[end] != '@' || colon > end) return;
  text->replace(colon + 1, end - colon - 1, kMask);
}

}  // namespace

std::string_view Leaf(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

bool IsList(Kind kind) {
  return kind == Kind::kTexts || kind == Kind::kWords;
}

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kFlag:
      return "true or false";
    case Kind::kInteger:
      return "number";
    case Kind::kSize:
      return "size";
    case Kind::kDuration:
      return "time";
    case Kind::kOctal:
      return "mode";
    case Kind::kText:
      return "text";
    case Kind::kPath:
      return "path";
    case Kind::kWord:
      return "word";
    case Kind::kTexts:
      return "list of texts";
    case Kind::kWords:
      return "list of words";
  }
  return "?";
}

Result<Value> ReadValue(const Setting& setting, std::string_view text) {
  Value value{.text = std::string(text), .texts = {}, .number = 0, .flag = false};
  switch (setting.kind) {
    case Kind::kFlag:
      if (text != "true" && text != "false") return Refuse("is neither true nor false");
      value.flag = text == "true";
      return value;
    case Kind::kInteger:
    case Kind::kSize:
    case Kind::kDuration:
    case Kind::kOctal:
      return ReadNumber(setting, text);
    case Kind::kWord:
      if (auto known = CheckWord(setting, text); !known) return std::unexpected(known.error());
      return value;
    case Kind::kPath:
      if (!text.empty() && !text.starts_with('/')) {
        return Refuse("'" + std::string(text) + "' is not an absolute path");
      }
      return value;
    case Kind::kText:
      return value;
    case Kind::kTexts:
    case Kind::kWords:
      return ReadValue(setting, std::vector{std::string(text)});
  }
  return Refuse("has no kind");
}

Result<Value> ReadValue(const Setting& setting, std::vector<std::string> texts) {
  if (setting.kind == Kind::kWords) {
    for (const std::string& word : texts) {
      if (auto known = CheckWord(setting, word); !known) return std::unexpected(known.error());
    }
  }
  return Value{.text = {}, .texts = std::move(texts), .number = 0, .flag = false};
}

std::string EffectiveSetting::Shown() const {
  std::string out = value;
  for (const std::string_view word : {"password", "passwd"}) MaskBehind(word, &out);
  MaskUserInfo(&out);
  return out;
}

Value StandardValue(const Setting& setting) {
  if (!IsList(setting.kind)) return ReadValue(setting, setting.standard).value_or(Value{});
  std::vector<std::string> texts;
  for (const std::string_view text : Split(setting.standard, ", ")) texts.emplace_back(text);
  return ReadValue(setting, std::move(texts)).value_or(Value{});
}

std::string Render(const Setting& setting, const Value& value) {
  if (setting.kind == Kind::kFlag || setting.kind == Kind::kInteger) return value.text;
  if (!IsList(setting.kind)) return Quoted(value.text);
  std::string out = "[";
  for (const std::string& text : value.texts) {
    out.append(out.size() == 1 ? "" : ", ").append(Quoted(text));
  }
  return out + "]";
}

}  // namespace warifu::app
