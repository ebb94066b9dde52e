#include "scan/record_schema.h"

#include <re2/re2.h>

#include <algorithm>
#include <cctype>

#include "base/nearest.h"
#include "base/utf8.h"

namespace warifu::scan {
namespace {

constexpr int kMaxCount = 1000;  // characters of a field
constexpr int kMaxCells = 63;    // of a row, repeats counted

std::unexpected<Error> Bad(std::string_view field, const std::string& what) {
  return Fail(ErrorKind::kInvalid, "field \"" + std::string(field) + "\": " + what);
}

// The grammar of the header.
Result<RecordField> ParseField(const std::string& text) {
  static const RE2 kGrammar(
      R"(\s*([a-z]+)(?:\{(\d{1,4})(,?)(\d{0,4})\})?(?:\s+as\s+([A-Za-z_][A-Za-z0-9_-]*))?(?:\s*\*\s*(\d{1,3})(?:\.\.(\d{1,3}))?)?(\s+optional)?\s*)");
  RecordField field;
  std::string type, min, comma, max, times, times_max, optional;
  if (!RE2::FullMatch(text, kGrammar, &type, &min, &comma, &max, &field.name, &times, &times_max,
                      &optional)) {
    return Bad(text,
               "expected 'type{m,n} as name * k..n optional', everything after the type "
               "being left out where it is not needed");
  }
  CellType known;
  if (!FromString(type, &known)) {
    return Bad(text, "unknown type '" + type + "'" + DidYouMean(type, CellTypeWords()));
  }
  field.shape = DefaultShape(known);
  if (!min.empty()) {
    const int least = std::stoi(min);
    const int most = !max.empty() ? std::stoi(max) : comma.empty() ? least : -1;
    if ((most >= 0 && most < least) || least > kMaxCount || most > kMaxCount || most == 0) {
      return Bad(text, "counts must rise and be at most 1000");
    }
    field.shape.min = least;
    field.shape.max = most;
  }
  if (!times.empty()) {
    const int least = std::stoi(times);
    const int most = times_max.empty() ? least : std::stoi(times_max);
    if (most < least || most < 1) return Bad(text, "repeats must rise");
    field.repeat = {least, most};
  }
  field.shape.optional = !optional.empty();
  return field;
}

// Sets the names of the columns.
Result<void> ParseHeader(const RecordText& text, RecordSchema* schema) {
  schema->has_header = !text.header.empty();
  if (!schema->has_header) return {};
  const auto fail = [](std::string what) { return Fail(ErrorKind::kInvalid, std::move(what)); };
  if (text.header.size() != schema->fields.size()) {
    return fail("header: one entry for each field, \"\" for a column without a name");
  }
  for (std::size_t i = 0; i < text.header.size(); ++i) {
    RecordField& field = schema->fields[i];
    for (std::size_t pos = 0; pos <= text.header[i].size();) {
      const std::size_t end = std::min(text.header[i].find('|', pos), text.header[i].size());
      std::string name = FoldColumn(std::string_view(text.header[i]).substr(pos, end - pos));
      if (!name.empty()) field.columns.push_back(std::move(name));
      pos = end + 1;
    }
    const bool named = field.name == "secret" || field.name == "account";
    if (named && field.columns.empty()) {
      return fail("header: the column '" + field.name + "' needs a name");
    }
    if (!field.columns.empty() && field.repeat != std::pair{1, 1}) {
      return Bad(text.fields[i], "a field that is repeated has no one name in the header");
    }
  }
  return {};
}

Result<void> CheckFields(const RecordText& text, const RecordSchema& schema) {
  int secrets = 0, accounts = 0, least = 0, most = 0;
  bool solid = false;
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const RecordField& field = schema.fields[i];
    const std::string& stated = text.fields[i];
    const CellType type = field.shape.type;
    if (type == CellType::kFree && i + 1 < schema.fields.size()) {
      return Bad(stated, "'free' may hold delimiters, so it must be the last field");
    }
    const bool named = field.name == "secret" || field.name == "account";
    if (named && field.repeat != std::pair{1, 1}) {
      return Bad(stated, "a field that is named cannot be repeated");
    }
    if (field.name == "secret" && (field.shape.optional || type == CellType::kFree)) {
      return Bad(stated, "what is named must be there: not 'optional', not 'free'");
    }
    if (field.name == "account" && type == CellType::kFree) {
      return Bad(stated, "what is named cannot be 'free'");
    }
    secrets += field.name == "secret";
    accounts += field.name == "account";
    least += field.repeat.first;
    most += field.repeat.second;
    solid = solid || (!field.shape.optional && field.repeat.first > 0 && type < CellType::kAny);
  }
  const auto fail = [](std::string what) { return Fail(ErrorKind::kInvalid, std::move(what)); };
  if (secrets != 1) return fail("fields: exactly one must be marked 'as secret'");
  if (accounts > 1) return fail("fields: at most one may be marked 'as account'");
  if (most > kMaxCells) {
    return fail(
        "fields: a row has at most 63 cells, repeats counted; a line may go on behind them");
  }
  if (schema.rows > 0 && least < 2) {
    return fail("fields: a row needs at least two cells, or a header and rows = 0");
  }
  if (!solid) return fail("fields: at least one must be more than 'any'");
  return {};
}

Result<void> CheckDelimiters(const std::vector<std::string>& delimiters) {
  if (delimiters.empty()) return Fail(ErrorKind::kInvalid, "delimiters: at least one");
  for (const std::string& delimiter : delimiters) {
    std::size_t pos = 0;
    const char32_t c = delimiter.empty() ? U'\n' : NextCodePoint(delimiter, &pos);
    const bool word = c < 0x80 && (std::isalnum(static_cast<int>(c)) != 0 || c == '_');
    if (pos != delimiter.size() || c == kInvalidCodePoint || c == '\n' || c == '"' || c == '\'' ||
        word) {
      return Fail(ErrorKind::kInvalid,
                  "delimiters: \"" + delimiter +
                      "\" must be one character that is no letter, digit, quote or line end");
    }
  }
  return {};
}

}  // namespace

Result<RecordSchema> ParseRecord(const RecordText& text) {
  RecordSchema schema;
  schema.delimiters = text.delimiters;
  schema.rows = text.rows;
  schema.headed = text.headed;
  schema.list = text.list;
  for (const std::string& stated : text.fields) {
    Result<RecordField> field = ParseField(stated);
    if (!field) return std::unexpected(field.error());
    schema.fields.push_back(std::move(*field));
  }
  if (auto ok = CheckFields(text, schema); !ok) return std::unexpected(ok.error());
  if (auto ok = ParseHeader(text, &schema); !ok) return std::unexpected(ok.error());
  if (auto ok = CheckDelimiters(text.delimiters); !ok) return std::unexpected(ok.error());
  if (schema.rows == 0 && !schema.has_header) {
    return Fail(ErrorKind::kInvalid, "rows: 0 means under a header only, and there is no header");
  }
  if (schema.headed != 1 && !schema.has_header) {
    return Fail(ErrorKind::kInvalid, "headed: counts rows under a header, and there is no header");
  }
  return schema;
}

std::string FoldColumn(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::string_view(" \t_-\"'`[]*").contains(c)) continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

}  // namespace warifu::scan
