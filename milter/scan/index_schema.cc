#include "scan/index_schema.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

#include "base/nearest.h"
#include "scan/toml_file.h"

namespace warifu::scan {
namespace {

constexpr std::string_view kRoles[] = {"ignore", "corroborate", "key"};
constexpr std::string_view kTypes[] = {"digits", "login", "email", "password",
                                       "date",   "name",  "free"};
constexpr std::string_view kRegions[] = {"header",    "body",       "quoted",
                                         "signature", "attachment", "document"};
constexpr std::string_view kSeverities[] = {"info", "low", "medium", "high", "critical"};

template <typename Enum, std::size_t kCount>
bool FindWord(const std::string_view (&words)[kCount], std::string_view word, Enum* out) {
  const auto it = std::ranges::find(words, word);
  if (it == std::end(words)) return false;
  *out = static_cast<Enum>(it - words);
  return true;
}

bool IsGoodId(std::string_view id) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, plain);
}

class SchemaReader {
 public:
  SchemaReader(const std::string& path, IndexSchema* out, Errors* errors) : out_(out) {
    file_.path = path;
    file_.errors = errors;
  }

  void Read(const toml::table& document) {
    TomlTable top(document, "", &file_);
    if (const toml::table* table = top.Table("index")) {
      ReadIndex(*table);
    } else if (!top.Has("index")) {
      file_.errors->push_back(
          {ErrorKind::kInvalid, "a schema needs a table [index]", {file_.path, 1}});
    }
    top.Finish();
  }

 private:
  void ReadIndex(const toml::table& table) {
    TomlTable t(table, "index", &file_);
    out_->id = t.String("id");
    if (!IsGoodId(out_->id)) {
      t.Error("id", "an index needs an id of letters, digits, '-', '_' and '.'");
    }
    out_->description = t.String("description");
    out_->tags = t.Strings("tags");
    if (t.Has("charset")) out_->charset = t.String("charset");
    if (t.Has("delimiter")) ReadDelimiter(&t);
    out_->quoting = t.Flag("quoting").value_or(true);
    out_->header = t.Flag("header").value_or(true);
    Bounded(&t, "least", 2, 8, &out_->least);
    Bounded(&t, "window", 0, 20, &out_->window);
    for (const toml::table* column : t.Tables("columns")) ReadColumn(*column);
    CheckColumns(&t);
    ReadNamed(&t);
    if (const toml::table* mail = t.Table("mail")) ReadMail(*mail);
    t.Finish();
  }

  static void Bounded(TomlTable* t, std::string_view key, int least, int most, int* out) {
    const std::optional<int> number = t->Integer(key);
    if (!number) return;
    if (*number < least || *number > most) {
      t->Error(key, std::string(key) + " must be " + std::to_string(least) + " to " +
                        std::to_string(most));
    }
    *out = *number;
  }

  void ReadDelimiter(TomlTable* t) {
    const std::string text = t->String("delimiter");
    if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r" ||
        static_cast<unsigned char>(text[0]) >= 0x80) {
      t->Error("delimiter", "delimiter is one ASCII character, such as \",\" or \"\\t\"");
      return;
    }
    out_->delimiter = text[0];
  }

  void ReadColumn(const toml::table& table) {
    TomlTable t(table, "index.columns", &file_);
    IndexColumn column;
    column.name = t.String("name");
    if (column.name.empty()) t.Error("name", "a column needs a name");
    const bool twice = std::ranges::any_of(
        out_->columns, [&](const IndexColumn& c) { return c.name == column.name; });
    if (twice) t.Error("name", "column '" + column.name + "' stands already above");
    const std::string role = t.String("role");
    if (!FindWord(kRoles, role, &column.role)) {
      t.Error("role", "role is \"key\", \"corroborate\" or \"ignore\"" + DidYouMean(role, kRoles));
    }
    const std::string type = t.String("type");
    if (type.empty() && column.role == ColumnRole::kIgnore) {
      column.type = ColumnType::kFree;
    } else if (!FindWord(kTypes, type, &column.type)) {
      t.Error("type", "type is digits, login, email, password, date, name or free" +
                          DidYouMean(type, kTypes));
    }
    if (column.role == ColumnRole::kKey && column.type == ColumnType::kDate) {
      t.Error("role", "a date is shared by too many rows to be a key: \"corroborate\"");
    }
    t.Finish();
    out_->columns.push_back(std::move(column));
  }

  void CheckColumns(TomlTable* t) {
    const auto keys = std::ranges::count(out_->columns, ColumnRole::kKey, &IndexColumn::role);
    if (keys == 0) t->Error("columns", "no column has the role \"key\"");
    if (keys > static_cast<std::ptrdiff_t>(kMaxKeys)) {
      t->Error("columns", "at most " + std::to_string(kMaxKeys) + " columns may be keys");
    }
    if (out_->Indexed().size() < static_cast<std::size_t>(out_->least)) {
      t->Error("columns",
               "fewer columns are not ignored than cells are needed for a match: one "
               "column alone proves nothing");
    }
    if (out_->columns.size() > kMaxColumns || out_->Indexed().size() > kMaxIndexed) {
      t->Error("columns", "at most " + std::to_string(kMaxColumns) + " columns, " +
                              std::to_string(kMaxIndexed) + " of them not ignored");
    }
  }

  std::optional<std::size_t> ColumnNamed(TomlTable* t, std::string_view key) {
    const std::string name = t->String(key);
    std::vector<std::string_view> names;
    for (const IndexColumn& column : out_->columns) {
      if (column.name == name) return names.size();
      names.push_back(column.name);
    }
    t->Error(key,
             std::string(key) + ": no column is named '" + name + "'" + DidYouMean(name, names));
    return std::nullopt;
  }

  void ReadNamed(TomlTable* t) {
    if (!t->Has("handle")) {
      t->Error("handle", "handle names the column by which reports name a row");
    } else if (const auto at = ColumnNamed(t, "handle")) {
      out_->handle = *at;
      if (out_->columns[*at].type == ColumnType::kPassword) {
        t->Error("handle", "a password cannot be what reports name a row by");
      }
    }
    if (t->Has("account")) {
      out_->account = ColumnNamed(t, "account");
      if (out_->account && out_->columns[*out_->account].type == ColumnType::kPassword) {
        t->Error("account", "a password names no account");
      }
    }
  }

  void ReadMail(const toml::table& table) {
    TomlTable t(table, "index.mail", &file_);
    for (const std::string& word : t.Strings("regions")) {
      Region region{};
      if (FromString(word, &region)) {
        out_->regions.push_back(region);
      } else {
        t.Error("regions", "no region is named '" + word + "'" + DidYouMean(word, kRegions));
      }
    }
    ReadSeverity(&t, "severity", &out_->severity);
    ReadSeverity(&t, "bulk_severity", &out_->bulk_severity);
    ReadAction(&t, "action", &out_->action);
    ReadAction(&t, "bulk_action", &out_->bulk_action);
    Bounded(&t, "bulk_rows", 1, 10000, &out_->bulk_rows);
    t.Finish();
  }

  static void ReadSeverity(TomlTable* t, std::string_view key, Severity* out) {
    const std::string word = t->String(key);
    if (!word.empty() && !FromString(word, out)) {
      t->Error(key, "no severity is named '" + word + "'" + DidYouMean(word, kSeverities));
    }
  }

  void ReadAction(TomlTable* t, std::string_view key, std::optional<Action>* out) {
    const std::string word = t->String(key);
    if (word.empty()) return;
    Action action{};
    if (key == "action" && word == "observe") {
      out_->observe = true;
    } else if (FromString(word, &action)) {
      *out = action;
    } else {
      t->Error(key, "no action is named '" + word + "'");
    }
  }

  IndexSchema* out_;
  TomlFile file_;
};

}  // namespace

std::string_view ToString(ColumnRole role) {
  return kRoles[static_cast<std::size_t>(role)];
}

std::string_view ToString(ColumnType type) {
  return kTypes[static_cast<std::size_t>(type)];
}

std::vector<std::size_t> IndexSchema::Indexed() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].role != ColumnRole::kIgnore) out.push_back(i);
  }
  return out;
}

std::expected<IndexSchema, Errors> ParseIndexSchema(std::string text, const std::string& name) {
  IndexSchema schema;
  Errors errors;
  ReadTomlText(text, name, &errors, [&](const toml::table& document) {
    SchemaReader(name, &schema, &errors).Read(document);
  });
  if (!errors.empty()) return std::unexpected(std::move(errors));
  schema.source = std::move(text);
  return schema;
}

std::expected<IndexSchema, Errors> ReadIndexSchema(const std::string& path) {
  const Result<std::string> text = ReadRuleText(path);
  if (!text) return std::unexpected(Errors{text.error()});
  return ParseIndexSchema(*text, path);
}

}  // namespace warifu::scan
