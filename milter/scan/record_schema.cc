#include "scan/record_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/nearest.h"
#include "base/utf8.h"

namespace warifu::scan {
namespace {

constexpr int kMaxCount = 1000;  // characters of a field
constexpr int kMaxRepeat = 64;   // fields of one kind in a row
constexpr std::size_t kMaxFields = 64;

struct Field {
  std::string type;
  std::optional<std::pair<int, int>> count;  // characters; max < 0: no end
  std::string name;
  std::pair<int, int> repeat = {1, 1};
  bool optional = false;
};

constexpr std::string_view kTypes[] = {"digits", "login", "email", "password", "datetime", "date",
                                       "hash",   "hex",   "name",  "any",      "free"};

std::unexpected<Error> Bad(std::string_view field, const std::string& what) {
  return Fail(ErrorKind::kInvalid, "field \"" + std::string(field) + "\": " + what);
}

// The grammar of the header.
Result<Field> ParseField(const std::string& text) {
  static const RE2 kGrammar(
      R"(\s*([a-z]+)(?:\{(\d{1,4})(,?)(\d{0,4})\})?(?:\s+as\s+([A-Za-z_][A-Za-z0-9_-]*))?(?:\s*\*\s*(\d{1,3})(?:\.\.(\d{1,3}))?)?(\s+optional)?\s*)");
  Field field;
  std::string min, comma, max, times, times_max, optional;
  if (!RE2::FullMatch(text, kGrammar, &field.type, &min, &comma, &max, &field.name, &times,
                      &times_max, &optional)) {
    return Bad(text,
               "expected 'type{m,n} as name * k..n optional', everything after the type "
               "being left out where it is not needed");
  }
  if (std::ranges::find(kTypes, field.type) == std::end(kTypes)) {
    return Bad(text, "unknown type '" + field.type + "'" + DidYouMean(field.type, kTypes));
  }
  if (!min.empty()) {
    const int least = std::stoi(min);
    const int most = !max.empty() ? std::stoi(max) : comma.empty() ? least : -1;
    if ((most >= 0 && most < least) || least > kMaxCount || most > kMaxCount || most == 0) {
      return Bad(text, "counts must rise and be at most 1000");
    }
    field.count = {least, most};
  }
  if (!times.empty()) {
    const int least = std::stoi(times);
    const int most = times_max.empty() ? least : std::stoi(times_max);
    if (most < least || most < 1 || most > kMaxRepeat) {
      return Bad(text, "repeats must rise and be at most 64");
    }
    field.repeat = {least, most};
  }
  field.optional = !optional.empty();
  return field;
}

std::string Count(std::pair<int, int> count) {
  std::string out = "{" + std::to_string(count.first) + ",";
  if (count.second >= 0) out += std::to_string(count.second);
  return out + "}";
}

// The delimiter and the quote inside a character class.
std::string InClass(std::string_view delimiter) {
  std::string out;
  for (const char c : delimiter) {
    if (std::string_view("\\]^-").contains(c)) out += '\\';
    out += c;
  }
  return out;
}

constexpr std::string_view kDate =
    R"((?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}|[0-9]{8}|(?:[0-9]{4}|(?:明治|大正|昭和|平成|令和)(?:[0-9]{1,2}|元))年[0-9]{1,2}月[0-9]{1,2}日))";
constexpr std::string_view kTime =
    R"((?:[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?|[0-9]{1,2}時[0-9]{1,2}分(?:[0-9]{1,2}秒)?|[0-9]{4}|[0-9]{6})(?: ?(?:[AaPp][Mm]|Z|[+-][0-9]{2}:?[0-9]{2}))?)";
// Printable ASCII but the delimiter and the quote, as the inside of a class: no range crosses them.
std::string VisibleBut(std::string_view delimiter) {
  std::string set;
  for (char c = '!'; c <= '~'; ++c) {
    if (delimiter.contains(c) || c == '"') continue;
    if (std::string_view("\\]^-[").contains(c)) set += '\\';
    set += c;
  }
  return set;
}

// Hex digests of 128 to 512 bits, crypt(3) and PHC strings, {SCHEME}base64, bare base64 digests.
std::string Hash(std::string_view delimiter) {
  return R"((?:[0-9a-fA-F]{32,128}|\$[0-9a-z][0-9A-Za-z_-]{0,20}\$[)" + VisibleBut(delimiter) +
         R"(]{8,200}|\{[A-Za-z0-9-]{3,12}\}[A-Za-z0-9+/=.$]{8,200}|[A-Za-z0-9+/]{22,86}={0,2}))";
}

// What stands between two delimiters, without its capture.
std::string CellOf(const Field& field, std::string_view delimiter) {
  const std::string d = InClass(delimiter);
  const auto counted = [&](int least, int most) {
    return Count(field.count.value_or(std::pair{least, most}));
  };
  if (field.type == "digits") return "[0-9]" + counted(1, 20);
  if (field.type == "hex") return "[0-9a-fA-F]" + counted(2, 128);
  if (field.type == "login") {
    // The first character is a letter or digit; the count is over all.
    auto [least, most] = field.count.value_or(std::pair{1, 64});
    return "[0-9A-Za-z_][0-9A-Za-z_.@+-]" +
           Count({std::max(0, least - 1), most < 0 ? -1 : most - 1});
  }
  if (field.type == "email") {
    return R"([0-9A-Za-z!#$%&'*+/=?^_{|}~.-]{1,64}@[0-9A-Za-z-]{1,63}(?:\.[0-9A-Za-z-]{1,63}){1,8})";
  }
  if (field.type == "password") {
    return "[" + VisibleBut(delimiter) + "]" + counted(4, 64);
  }
  if (field.type == "datetime") {
    return std::string(kDate) + R"((?:[ \t]{1,4}|T|[ \t]?\n|))" + std::string(kTime);
  }
  if (field.type == "date") return std::string(kDate);
  if (field.type == "hash") return Hash(delimiter);
  if (field.type == "name") return "[^" + d + R"(\n"\x00-\x1f0-9]{1,60})";
  if (field.type == "free") return R"([^\n]*)";
  return "[^" + d + R"(\n])" + (field.count ? Count(*field.count) : std::string("*"));
}

class Compiler {
 public:
  explicit Compiler(std::string_view delimiter) : delimiter_(delimiter) {}

  RulePattern Run(std::span<const Field> fields) {
    // The row begins at the line's start or behind something that can stand before a first cell.
    std::string regex = R"((?:^|[^0-9A-Za-z_.@+-]))";
    for (std::size_t i = 0; i < fields.size(); ++i) regex += Part(fields, i);
    // Nor may a last cell of a type be the beginning of something longer.
    if (const std::string& type = fields.back().type; type != "any" && type != "free") {
      regex += "(?:$|[^!-~]|[\"')\\];,|])";
    }
    out_.regex = "(?m)" + regex;
    return std::move(out_);
  }

 private:
  // A line may be folded behind the delimiter, in quoted mail with its mark.
  std::string Separator() const {
    const std::string blank = delimiter_ == "\t" ? " {0,4}" : "[ \\t]{0,4}";
    return RE2::QuoteMeta(std::string(delimiter_)) + blank + "(?:\\n(?:> ?){0,4}" + blank + ")?";
  }

  // A field with all its repeats, and the separator towards what follows.
  std::string Part(std::span<const Field> fields, std::size_t index) {
    const Field& field = fields[index];
    const bool last = index + 1 == fields.size();
    const auto [least, most] = field.repeat;
    const std::string cell = Cell(field);
    if (last) {
      // Behind the last cell no separator: the first repeat bare, each further one behind one.
      std::string out = cell;
      if (most > 1) out += "(?:" + Separator() + cell + ")" + Count({least - 1, most - 1});
      return least == 0 ? "(?:" + out + ")?" : out;
    }
    std::string one = cell + Separator();
    if (least == 1 && most == 1) return one;
    return "(?:" + one + ")" + Count({least, most});
  }

  std::string Cell(const Field& field) {
    std::string cell = CellOf(field, delimiter_);
    const bool secret = field.name == "secret" && out_.secret_group == 0;
    const bool account = field.name == "account" && out_.account_group == 0;
    const bool may_quote = field.type != "free";
    const bool text = field.type == "any" || field.type == "name";
    if (secret || account) {
      cell = "(" + cell + ")";
      ++groups_;
      (secret ? out_.secret_group : out_.account_group) = groups_;
    }
    // A quoted cell of text may hold the delimiter.
    if (text && !secret && !account) {
      cell = "(?:\"[^\"\\n]*\"|" + cell + ")";
    } else if (may_quote) {
      cell = "\"?" + cell + "\"?";
    }
    return field.optional ? "(?:" + cell + ")?" : cell;
  }

  std::string_view delimiter_;
  RulePattern out_;
  int groups_ = 0;
};

Result<std::vector<Field>> ParseFields(std::span<const std::string> texts) {
  std::vector<Field> fields;
  int secrets = 0, accounts = 0;
  bool solid = false;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    Result<Field> field = ParseField(texts[i]);
    if (!field) return std::unexpected(field.error());
    if (field->type == "free" && i + 1 < texts.size()) {
      return Bad(texts[i], "'free' may hold delimiters, so it must be the last field");
    }
    const bool named = field->name == "secret" || field->name == "account";
    if (named && field->repeat != std::pair{1, 1}) {
      return Bad(texts[i], "a field that is named cannot be repeated");
    }
    if (named && (field->optional || field->type == "free")) {
      return Bad(texts[i], "what is named must be there: not 'optional', not 'free'");
    }
    secrets += field->name == "secret";
    accounts += field->name == "account";
    solid = solid || (!field->optional && field->type != "any" && field->type != "free");
    fields.push_back(std::move(*field));
  }
  const auto fail = [](std::string text) { return Fail(ErrorKind::kInvalid, std::move(text)); };
  if (fields.size() < 2) return fail("fields: a row needs at least two");
  if (fields.size() > kMaxFields) return fail("fields: at most 64");
  if (secrets != 1) return fail("fields: exactly one must be marked 'as secret'");
  if (accounts > 1) return fail("fields: at most one may be marked 'as account'");
  if (!solid) return fail("fields: at least one must be more than 'any'");
  return fields;
}

}  // namespace

Result<std::vector<RulePattern>> CompileRecord(std::span<const std::string> delimiters,
                                               std::span<const std::string> texts) {
  Result<std::vector<Field>> fields = ParseFields(texts);
  if (!fields) return std::unexpected(fields.error());
  if (delimiters.empty()) return Fail(ErrorKind::kInvalid, "delimiters: at least one");
  std::vector<RulePattern> patterns;
  for (const std::string& delimiter : delimiters) {
    std::size_t pos = 0;
    const char32_t c = delimiter.empty() ? U'\n' : NextCodePoint(delimiter, &pos);
    const bool word = c < 0x80 && (std::isalnum(static_cast<int>(c)) != 0 || c == '_');
    if (pos != delimiter.size() || c == kInvalidCodePoint || c == '\n' || c == '"' || word) {
      return Fail(ErrorKind::kInvalid,
                  "delimiters: \"" + delimiter +
                      "\" must be one character that is no letter, digit, quote or line end");
    }
    patterns.push_back(Compiler(delimiter).Run(*fields));
  }
  return patterns;
}

}  // namespace warifu::scan
