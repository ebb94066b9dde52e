// Rows: whatever a plain regular expression for a schema finds, the reader of rows finds.
//
// The expression is the slow, obvious form of a schema: one for each delimiter, each field a piece
// of it. Texts are made from the schemas, folded, mutated (but for quoted ones, which the two read
// in two ways) and set into other text. Seeded, so a failure comes again.
#include <gmock/gmock.h>
#include <re2/re2.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "scan/dates.h"
#include "scan/row_scan.h"
#include "scan/rule_file.h"
#include "scan_fixture.h"

namespace warifu::scan {
namespace {

std::string Count(const CellShape& shape) {
  return "{" + std::to_string(std::max(shape.min, 0)) + "," +
         (shape.max < 0 ? "" : std::to_string(shape.max)) + "}";
}

std::string InClass(std::string_view delimiter) {
  std::string out;
  for (const char c : delimiter)
    out += (std::string_view("\\]^-").contains(c) ? "\\" : "") + std::string(1, c);
  return out;
}

// Printable ASCII but the delimiter and quotes, inside of a class.
std::string VisibleBut(std::string_view delimiter) {
  std::string set;
  for (char c = '!'; c <= '~'; ++c) {
    if (delimiter.contains(c) || c == '"' || c == '\'') continue;
    if (std::string_view("\\]^-[").contains(c)) set += '\\';
    set += c;
  }
  return set;
}

// Dates that exist: the 29th and later are left to dates' own test.
constexpr std::string_view kDate =
    R"((?:(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|1[0-9]|2[0-8])|(?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|1[0-9]|2[0-8])[-/.](?:19|20)[0-9]{2}|(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|1[0-9]|2[0-8])|平成[1-9][0-9]?年[1-9]月(?:[1-9]|1[0-9]|2[0-8])日))";
constexpr std::string_view kTime =
    R"((?:(?:1?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?))";

std::string CellOf(const CellShape& shape, std::string_view d) {
  switch (shape.type) {
    case CellType::kDigits:
      return "[0-9]" + Count(shape);
    case CellType::kHex:
      return "[0-9a-fA-F]" + Count(shape);
    case CellType::kLogin: {
      CellShape rest = shape;
      rest.min = std::max(0, rest.min - 1);
      rest.max = std::max(-1, rest.max - 1);
      return "[0-9A-Za-z_][0-9A-Za-z_.@+-]" + Count(rest);
    }
    case CellType::kEmail:
      return R"([0-9A-Za-z!#$%&*+/=?^_{}~.-]{1,64}@[0-9A-Za-z-]{1,63}(?:\.[0-9A-Za-z-]{1,63}){1,8})";
    case CellType::kPassword:
      return "[" + VisibleBut(d) + "]" + Count(shape);
    case CellType::kDateTime:
      return std::string(kDate) + R"((?:[ \t]{1,4}|T|[ \t]?\n))" + std::string(kTime);
    case CellType::kDate:
      return std::string(kDate);
    case CellType::kHash:
      return R"((?:[0-9a-fA-F]{32,128}|\$[0-9a-z][0-9A-Za-z_-]{0,20}\$[)" + VisibleBut(d) +
             R"(]{8,200}|\{[A-Za-z0-9-]{3,12}\}[A-Za-z0-9+/=.$]{8,200}|[A-Za-z0-9+/]{21,85}[g-zG-Z+/]={0,2}))";
    case CellType::kName:
      return "[^" + InClass(d) + R"(\n"'\x00-\x1f0-9])" + Count(shape);
    case CellType::kNumber:
      return "[0-9](?:[ -]?[0-9]){" + std::to_string(std::max(shape.min, 1) - 1) + "," +
             std::to_string(std::max(shape.max, 1) - 1) + "}";
    default:
      return "[^" + InClass(d) + R"(\n"'])" + Count(shape);
  }
}

// The schema's row with one delimiter; group 1 is the secret.
std::string RegexOf(const RecordSchema& schema, const std::string& d) {
  const std::string blank = d == "\t" ? " {0,4}" : "[ \\t]{0,4}";
  const std::string separator = RE2::QuoteMeta(d) + blank + "(?:\\n(?:> ?){0,4}" + blank + ")?";
  std::string regex = R"((?m)(?:^|[^0-9A-Za-z_.@+-]))";
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const RecordField& field = schema.fields[i];
    std::string cell = CellOf(field.shape, d);
    cell = field.name == "secret" ? "(" + cell + ")" : "(?:" + cell + ")";
    cell = "\"?" + cell + "\"?";
    if (field.shape.optional) cell = "(?:" + cell + ")?";
    const auto count = [](int least, int most) {
      return "{" + std::to_string(least) + "," + std::to_string(most) + "}";
    };
    const auto [least, most] = field.repeat;
    if (i + 1 < schema.fields.size()) {
      regex += least == 1 && most == 1 ? cell + separator
                                       : "(?:" + cell + separator + ")" + count(least, most);
    } else {
      std::string last = cell;
      if (most > 1)
        last += "(?:" + separator + cell + ")" + count(std::max(least - 1, 0), most - 1);
      regex += least == 0 ? "(?:" + last + ")?" : last;
      if (field.shape.type < CellType::kAny) regex += "(?:$|[^!-~]|[\"')\\];,|])";
    }
  }
  return regex;
}

class RowMaker {
 public:
  explicit RowMaker(unsigned seed) : random_(seed) {}
  std::size_t Below(std::size_t n) { return random_() % n; }

  std::string Of(std::string_view set, int least, int most) {
    std::string out;
    for (int n = least + static_cast<int>(Below(static_cast<std::size_t>(most - least + 1))); n > 0;
         --n) {
      out += set[Below(set.size())];
    }
    return out;
  }

  std::string Cell(const CellShape& shape) {
    static constexpr std::string_view kDigits = "0123456789", kHex = "0123456789abcdef",
                                      kWord = "abcxyzABCXYZ0123456789_",
                                      kVisible = "abcXYZ019!#$%&*+-/:=?@^_~.(){}[]";
    static constexpr std::string_view kDates[] = {"2011-05-01", "5/23/1998", "20000401",
                                                  "平成10年5月23日", "2011/5/1"};
    static constexpr std::string_view kAny[] = {
        "", "x", "フリーメール事務局", "goo goo", "1-2-3", "a b c", "東京都"};
    if (shape.optional && Below(3) == 0) return "";
    const int least = std::max(shape.min, 1);
    const int most = shape.max < 0 ? least + 5 : std::min(shape.max, least + 8);
    switch (shape.type) {
      case CellType::kNumber:
      case CellType::kDigits:
        return Of(kDigits, least, most);
      case CellType::kHex:
        return Of(kHex, least, most);
      case CellType::kLogin:
        return Of(kWord, least, most);
      case CellType::kEmail:
        return Of(kWord, 1, 8) + "@" + Of("abc-", 1, 5) + ".jp";
      case CellType::kPassword:
        return Of(kVisible, least, most);
      case CellType::kDate:
        return std::string(kDates[Below(std::size(kDates))]);
      case CellType::kDateTime:
        return std::string(kDates[Below(std::size(kDates))]) + (Below(4) == 0 ? "\n" : " ") +
               std::to_string(Below(24)) + ":00:0" + Of(kDigits, 1, 1);
      case CellType::kHash:
        return Below(2) == 0 ? Of(kHex, 32, 32) : "$6$" + Of("abcXYZ019./$", 10, 30);
      case CellType::kName:
        return Below(2) == 0 ? "山田 太郎" : Of("abc xyz", 1, 8) + "z";
      default:
        return std::string(kAny[Below(std::size(kAny))]);
    }
  }

  std::string Row(const RecordSchema& schema) {
    const std::string& d = schema.delimiters[Below(schema.delimiters.size())];
    const bool folds = Below(3) == 0, quotes = Below(4) == 0, blanks = Below(4) == 0;
    std::string out;
    bool first = true;
    for (const RecordField& field : schema.fields) {
      const auto [least, most] = field.repeat;
      for (std::size_t n =
               static_cast<std::size_t>(least) + Below(static_cast<std::size_t>(most - least) + 1);
           n > 0; --n) {
        if (!first) {
          out += d;
          if (folds && Below(4) == 0)
            out += Below(2) == 0 ? "\n" : " \n> ";
          else if (blanks)
            out += " ";
        }
        first = false;
        const std::string cell = Cell(field.shape);
        out += quotes && !cell.contains('\n') ? "\"" + cell + "\"" : cell;
      }
    }
    return out;
  }

  std::string Mutate(std::string text) {
    static constexpr std::string_view kPieces[] = {",", "\t", "\n", " ", "a", "1", "あ", "(", ";"};
    std::size_t at = Below(text.size() + 1);
    while (at < text.size() && (text[at] & 0xc0) == 0x80) ++at;
    return text.insert(at, kPieces[Below(std::size(kPieces))]);
  }

 private:
  std::mt19937 random_;
};

// How many rows the slow form found in all texts.
std::size_t Agree(const std::vector<RecordSchema>& schemas, unsigned seed, int rounds) {
  std::vector<RecordSource> sources;
  for (const RecordSchema& schema : schemas) {
    sources.push_back({static_cast<std::uint32_t>(sources.size()), &schema});
  }
  const RowScan scan(sources);
  std::vector<std::vector<std::unique_ptr<RE2>>> slow(schemas.size());
  for (std::size_t s = 0; s < schemas.size(); ++s) {
    for (const std::string& delimiter : schemas[s].delimiters) {
      slow[s].push_back(std::make_unique<RE2>(RegexOf(schemas[s], delimiter)));
      EXPECT_TRUE(slow[s].back()->ok());
    }
  }
  RowMaker make(seed);
  std::size_t rows = 0;
  for (int round = 0; round < rounds; ++round) {
    for (std::uint32_t s = 0; s < schemas.size(); ++s) {
      std::string text = make.Row(schemas[s]);
      if (!text.contains('"') && make.Below(3) == 0) text = make.Mutate(std::move(text));
      static constexpr std::string_view kBefore[] = {"",        "",     "\n",  "会員 ",
                                                     "# # #\n", "x,y,", "No.", "a b c d\n1,2,\n"};
      static constexpr std::string_view kBehind[] = {"",  "\n",      " です\n", ",\n",
                                                     ")", "\nx,y,z", ";\n"};
      text = std::string(kBefore[make.Below(std::size(kBefore))]) + text +
             std::string(kBehind[make.Below(std::size(kBehind))]);
      if (make.Below(3) == 0) text += "\n" + make.Row(schemas[make.Below(schemas.size())]) + "\n";
      std::vector<FoundRow> found;
      scan.Run(text, &found);
      for (const auto& regex : slow[s]) {
        re2::StringPiece match[2];
        for (std::size_t pos = 0;
             pos < text.size() && regex->Match(text, pos, text.size(), RE2::UNANCHORED, match, 2);
             pos = static_cast<std::size_t>(match[1].data() - text.data()) + match[1].size()) {
          ++rows;
          const auto begin = static_cast<std::size_t>(match[1].data() - text.data());
          const bool known = std::ranges::any_of(found, [&](const FoundRow& row) {
            return row.rule == s && row.secret.begin <= begin + 1 && begin < row.secret.end;
          });
          if (!known) {
            ADD_FAILURE() << "schema " << s << " misses " << match[1] << "\nof " << match[0]
                          << "\nin " << ::testing::PrintToString(text);
            return rows;
          }
        }
      }
    }
  }
  return rows;
}

RecordSchema Must(const std::vector<std::string>& fields) {
  auto schema = ParseRecord({{",", "\t", ";", "|"}, fields, {}, 1});
  if (!schema) throw std::runtime_error(schema.error().text);
  return *schema;
}

TEST(RowsAgree, OnManySchemas) {
  const std::vector<RecordSchema> schemas = {
      Must({"digits{4,12}", "login as account", "password{6,32} as secret", "datetime", "datetime",
            "any * 5..12"}),
      Must({"login as account", "password{6,32} as secret", "email"}),
      Must({"digits{4}", "date optional", "hex{4} * 2", "password{6,} as secret"}),
      Must(
          {"any * 0..3", "email as account", "any * 0..2", "hash as secret", "any * 0..4", "date"}),
      Must({"name", "digits optional", "password{8,16} as secret", "email * 0..2"}),
      Must({"email as account", "hash as secret"}),
  };
  EXPECT_GT(Agree(schemas, 30001, 1500), 5000u);
}

TEST(RowsAgree, OnShippedSchemas) {
  const std::string folder = WARIFU_SOURCE_DIR "/patterns";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shipped rules at " << folder;
  const RuleSource source{folder, false};
  RuleFiles files = ReadRuleFiles({&source, 1}, {});
  std::vector<RecordSchema> schemas;
  for (const Rule& rule : files.rules) {
    if (rule.record != nullptr && rule.record->rows > 0 && !rule.record->list)
      schemas.push_back(*rule.record);
  }
  // The slow form counts the blanks at a cell's ends.
  std::erase_if(schemas, [](const RecordSchema& schema) {
    return std::ranges::any_of(schema.fields, [](const RecordField& field) {
      return field.shape.type == CellType::kAny && field.shape.min > 0;
    });
  });
  ASSERT_FALSE(schemas.empty());
  EXPECT_GT(Agree(schemas, 30002, 800), 1000u);
}

// Lines of all kinds, some of them rows, in the order in which chance puts them.
std::string Mixture(RowMaker* make) {
  static constexpr std::string_view kLines[] = {
      "Dear all, please find below the list; it is 10:30 now.",
      "お世話になっております。山田です。",
      "日時：2026年4月1日(水) 10:30〜, 会議室",
      "On Mon, 2 Nov 2026, Taro <taro@example.com> wrote:",
      "\"Two words, one of them quoted\", he said",
      "INSERT INTO users (login, password) VALUES ('bob','x7yzzq9a'),",
      "  ('amy','q8kk2lmn');",
      "{\"login\": \"bob1\", \"password\": \"hunter77x\"}",
      "dn: uid=a,dc=example",
      "userPassword: {SSHA}abcdefghijklmnop",
      "COPY users (login, password) FROM stdin;",
      "|---|:--:|",
      "",
      "  ",
      "See https://www.example.com:8080/path?x=1",
      "aGVsbG8gd29ybGQgdGhpcyBpcyBiYXNlNjQgdGV4dA==",
      "login:password",
      "No.,氏名,パスワード",
      "ID,User Name, 'Password' ,note",
      "user / pass-word",
      "氏名|【カード番号】|note",
      "a\tb\tc",
      "INSERT INTO users (id, password) VALUES",
      "Name, pass_wd, e-mail",
      "x,'password' and more",
      "x:\"password\" and more",
      "login\tuser PW ",
      "Mr. O'Neil's offer, \"as is\" (2 copies), by 10:30",
      "card / PAN",
      "4111 1111 1111 1111|12|29",
      "http://www.example.com/a:b",
      "<bob@example.com>, taro <taro@example.jp>"};
  static constexpr std::string_view kAccounts[] = {
      "taro", "k.sato", "山田", "bob@example.com", "user name", "4111-1111 1111 1111"};
  static constexpr std::string_view kSecrets[] = {
      "Xk39fa2q", "h7#kd2x",       "pass:word1",      "'ap0s'", "5f4dcc3b5aa765d61d8327deb882cf99",
      "パス",     "\"q,7uo\nte\"", "4111111111111111"};
  static constexpr std::string_view kDelimiters[] = {",", ":",   "|",   "\t", ";",
                                                     " ", " / ", " : ", ", "};
  std::string text;
  for (std::size_t blocks = 1 + make->Below(5); blocks > 0; --blocks) {
    const std::string quote = make->Below(4) == 0 ? "> " : "";
    const std::string end = make->Below(5) == 0 ? "\r\n" : "\n";
    const std::string_view delimiter = kDelimiters[make->Below(std::size(kDelimiters))];
    const bool mail = make->Below(2) == 0, fold = make->Below(6) == 0;
    for (std::size_t lines = 1 + make->Below(6); lines > 0; --lines) {
      text += quote;
      if (make->Below(3) == 0) {
        text += kLines[make->Below(std::size(kLines))];
      } else {
        const std::string number = std::to_string(make->Below(100000));
        text += number;
        text += delimiter;
        if (fold) text += end + quote;
        text += std::string(kAccounts[make->Below(std::size(kAccounts))]) + number;
        text += delimiter;
        text += std::string(kSecrets[make->Below(std::size(kSecrets))]) + number;
        if (mail) text += std::string(delimiter) + "m" + number + "@example.jp";
        if (make->Below(3) == 0) text += std::string(delimiter) + "2026-04-01";
        if (make->Below(2) == 0) text.erase(text.size() - make->Below(8));
      }
      text += end;
    }
  }
  return make->Below(2) == 0 ? text : make->Mutate(std::move(text));
}

// Texts of all lengths, so that lines end and facts stand at every place of a block of 64 bytes.
std::string Shifted(RowMaker* make, std::string text) {
  if (make->Below(2) == 0) {
    static constexpr std::string_view kFill[] = {"x", " ", "あ", "a b ", "\n", ">", "0", "\r"};
    const std::string_view fill = kFill[make->Below(std::size(kFill))];
    std::string before;
    for (std::size_t n = make->Below(140); n > 0; --n) before += fill;
    text = before + (make->Below(2) == 0 ? "\n" : "") + text;
  }
  if (make->Below(4) == 0)
    text += std::string(make->Below(3), '\0') + std::string(make->Below(70), 'q');
  if (make->Below(3) == 0) text.resize(make->Below(text.size() + 1));
  return text;
}

// What is turned away by facts of a line alone is no row.
TEST(RowsAgree, WithAndWithoutTheFirstLook) {
  const std::string folder = WARIFU_SOURCE_DIR "/patterns";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no shipped rules at " << folder;
  const RuleSource source{folder, false};
  RuleFiles files = ReadRuleFiles({&source, 1}, {});
  std::vector<RecordSource> sources;
  for (const Rule& rule : files.rules) {
    if (rule.record == nullptr) continue;
    sources.push_back({static_cast<std::uint32_t>(sources.size()), &*rule.record});
  }
  const RowScan fast(sources), slow(sources, true);
  const auto as_tuple = [](const FoundRow& row) {
    return std::tuple(row.rule, row.match.begin, row.match.end, row.secret.begin, row.secret.end,
                      row.account.begin, row.account.end, row.named, row.table);
  };
  RowMaker make(30003);
  std::size_t rows = 0;
  for (int round = 0; round < 6000; ++round) {
    // In memory of its own, so that reading behind its end shows.
    const std::string made = Shifted(&make, Mixture(&make));
    const std::vector<char> exact(made.begin(), made.end());
    const std::string_view text(exact.data(), exact.size());
    std::vector<FoundRow> found, expected;
    fast.Run(text, &found);
    slow.Run(text, &expected);
    rows += expected.size();
    ASSERT_TRUE(std::ranges::equal(found, expected, {}, as_tuple, as_tuple))
        << found.size() << " rows, not " << expected.size() << ", in\n"
        << ::testing::PrintToString(made);
  }
  EXPECT_GT(rows, 4000u);
}

}  // namespace
}  // namespace warifu::scan
