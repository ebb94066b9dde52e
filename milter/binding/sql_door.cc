#include "binding/sql_door.h"

#include <soci/soci.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <system_error>

#include "base/hex.h"
#include "base/unique_fd.h"
#include "binding/sql_errors.h"

// Declared in headers of SOCI's that want those of the databases.
extern "C" {
const soci::backend_factory* factory_postgresql();
const soci::backend_factory* factory_mysql();
const soci::backend_factory* factory_sqlite3();
}

namespace warifu::binding {
namespace {

enum class Engine { kSqlite, kPostgresql, kMysql };

struct Kind {
  std::string_view scheme;
  std::string_view name;
  Engine engine;
};
constexpr Kind kKinds[] = {{"sqlite:", "SQLite", Engine::kSqlite},
                           {"postgresql:", "PostgreSQL", Engine::kPostgresql},
                           {"mysql:", "MySQL", Engine::kMysql}};

const Kind* KindOf(std::string_view url) {
  const auto* it = std::ranges::find_if(
      kKinds, [url](const Kind& kind) { return url.starts_with(kind.scheme); });
  return it == std::end(kKinds) ? nullptr : it;
}

// As SOCI's MySQL reads a word in quotes.
std::string Quoted(std::string_view word) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + '\'';
}

// A password file as libpq reads one, in memory alone. SOCI cuts connection strings at blanks and
// drops every second "=", so a password cannot stand there.
Result<UniqueFd> PassFile(const std::string& password) {
  std::string line = "*:*:*:*:";
  for (const char c : password) {
    if (c == ':' || c == '\\') line += '\\';
    line += c;
  }
  line += '\n';
  UniqueFd fd(::memfd_create("warifu-pgpass", MFD_CLOEXEC));
  if (!fd || ::fchmod(fd.get(), 0600) != 0 ||
      ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return Fail(ErrorKind::kSystem, std::generic_category().message(errno));
  }
  return fd;
}

// Our words first: in a connection string of libpq the last one counts. SOCI's MySQL takes the
// first, so there an operator's own time-outs are passed over.
std::string Words(Engine engine, const std::string& url, const std::string& password, int pass_file,
                  std::chrono::milliseconds timeout) {
  std::string own = url.substr(url.find(':') + 1);
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(timeout).count());
  switch (engine) {
    case Engine::kSqlite:
      return "db=\"" + own + "\" readonly=true timeout=" + std::to_string(seconds);
    case Engine::kPostgresql:
      return "connect_timeout=" + std::to_string(std::max<std::int64_t>(2, seconds)) +
             " tcp_user_timeout=15000 keepalives_idle=15 keepalives_interval=5"
             " keepalives_count=3 application_name=warifu client_encoding=UTF8 " +
             own + (pass_file < 0 ? "" : " passfile=/proc/self/fd/" + std::to_string(pass_file));
    case Engine::kMysql:
      return "charset=utf8mb4 connect_timeout=" + std::to_string(seconds) +
             " read_timeout=30 write_timeout=30 " + own +
             (password.empty() ? "" : " password=" + Quoted(password));
  }
  return own;
}

std::string Cell(const soci::row& row, std::size_t column) {
  switch (row.get_properties(column).get_data_type()) {
    case soci::dt_string:
    case soci::dt_xml:
      return row.get<std::string>(column);
    case soci::dt_integer:
      return std::to_string(row.get<int>(column));
    case soci::dt_long_long:
      return std::to_string(row.get<long long>(column));
    case soci::dt_unsigned_long_long:
      return std::to_string(row.get<unsigned long long>(column));
    case soci::dt_double: {
      char text[64];
      const double number = row.get<double>(column);
      std::snprintf(text, sizeof text,
                    number == static_cast<double>(static_cast<long long>(number)) ? "%.0f" : "%.6f",
                    number);
      return text;
    }
    case soci::dt_date: {
      const std::tm time = row.get<std::tm>(column);
      char text[64];
      const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &time);
      return {text, size};
    }
    case soci::dt_blob:
      break;
  }
  throw soci::soci_error("unknown data type in column " + std::to_string(column + 1) +
                         ": text or a number is wanted");
}

soci::soci_error WrongWidth(std::size_t wanted, std::size_t is) {
  return soci::soci_error("the query has no columns as wanted: " + std::to_string(wanted) +
                          ", not " + std::to_string(is));
}

SqlRow ToRow(const soci::row& row, std::size_t columns) {
  if (row.size() != columns) throw WrongWidth(columns, row.size());
  SqlRow out;
  for (std::size_t i = 0; i < columns; ++i) {
    if (row.get_indicator(i) == soci::i_null) {
      out.emplace_back();
    } else {
      out.emplace_back(Cell(row, i));
    }
  }
  return out;
}

// Which file a path leads to, or none; {} for servers, which have no path.
struct FileId {
  dev_t device = 0;
  ino_t number = 0;
  bool operator==(const FileId&) const = default;
};

FileId FileAt(const std::string& path) {
  struct stat file{};
  if (path.empty() || ::stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino};
}

// A statement that stays prepared, with the values that it is bound to.
struct Statement {
  explicit Statement(soci::session& sql) : statement(sql) {}
  std::map<std::string, std::string, std::less<>> values;
  soci::row row;
  soci::statement statement;
};

class SociSession final : public SqlSession {
 public:
  SociSession(Engine engine, const soci::backend_factory& factory, const std::string& words,
              std::string password, std::string path, std::chrono::milliseconds timeout)
      : engine_(engine),
        password_(std::move(password)),
        path_(std::move(path)),
        file_(FileAt(path_)),
        sql_(factory, words) {
    const std::string milliseconds = std::to_string(timeout.count());
    if (engine == Engine::kPostgresql) {
      sql_ << "set default_transaction_read_only = on";
      sql_ << "set statement_timeout = " + milliseconds;
    } else if (engine == Engine::kMysql) {
      sql_ << "set session transaction read only";
    }
  }

  Result<std::vector<SqlRow>> Query(const QueryText& query, const SqlValues& values,
                                    std::size_t columns, std::size_t most) override {
    // PostgreSQL would cut a value at NUL and find another row.
    for (const auto& [name, value] : values) {
      if (value.contains('\0')) return std::vector<SqlRow>{};
    }
    // SQLite reads on in a file that has lost its name: yesterday's directory, for ever.
    if (FileAt(path_) != file_) {
      return Fail(ErrorKind::kTemporary, "another file has taken the database's place", {path_});
    }
    return Guarded([&]() -> Result<std::vector<SqlRow>> {
      return engine_ == Engine::kMysql ? AskPasted(query, values, columns, most)
                                       : AskBound(query, values, columns, most);
    });
  }

  Result<void> Begin(const QueryText& query, std::size_t columns) override {
    columns_ = columns;
    return Guarded([&]() -> Result<void> {
      const std::string text = query.Write([](std::string_view) { return ""; });
      if (engine_ == Engine::kPostgresql) {
        sql_ << "set statement_timeout = 0";
        sql_ << "begin";
        sql_ << "declare warifu_list no scroll cursor for " + text;
      } else {
        rows_.emplace(sql_.prepare << text);
        next_.emplace(rows_->begin());
      }
      return {};
    });
  }

  const std::vector<std::string>& names() const override { return names_; }

  Result<std::vector<SqlRow>> Next(std::size_t most) override {
    return Guarded([&]() -> Result<std::vector<SqlRow>> {
      std::vector<SqlRow> out;
      if (engine_ == Engine::kPostgresql) {
        const soci::rowset<soci::row> rows =
            (sql_.prepare << "fetch " + std::to_string(most) + " from warifu_list");
        for (const soci::row& row : rows) out.push_back(Listed(row));
        return out;
      }
      for (; *next_ != rows_->end() && out.size() < most; ++*next_) {
        out.push_back(Listed(**next_));
      }
      return out;
    });
  }

 private:
  template <typename Work>
  std::invoke_result_t<Work> Guarded(const Work& work) {
    try {
      return work();
    } catch (const soci::soci_error& e) {
      statements_.clear();  // one may be half-read
      return Failed(e);
    }
  }

  // A row of a listing.
  SqlRow Listed(const soci::row& row) {
    if (columns_ != 0) return ToRow(row, columns_);
    for (std::size_t i = names_.size(); i < row.size(); ++i) {
      names_.push_back(row.get_properties(i).get_name());
    }
    return ToRow(row, names_.size());
  }

  std::unexpected<Error> Failed(const soci::soci_error& error) const {
    std::string text = error.get_error_message();
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    for (std::size_t at = 0;
         !password_.empty() && (at = text.find(password_, at)) != std::string::npos;) {
      text.replace(at, password_.size(), "***");
    }
    return Fail(KindOfSqlError(error), std::move(text));
  }

  Result<std::vector<SqlRow>> AskBound(const QueryText& query, const SqlValues& values,
                                       std::size_t columns, std::size_t most) {
    const std::string text =
        query.Write([](std::string_view name) { return ":" + std::string(name); });
    std::unique_ptr<Statement>& kept = statements_[text];
    if (kept == nullptr) {
      kept = std::make_unique<Statement>(sql_);
      kept->statement.alloc();
      for (const std::string& name : query.names()) {
        kept->statement.exchange(soci::use(kept->values[name], name));
      }
      kept->statement.prepare(text);
      kept->statement.define_and_bind();
      kept->statement.exchange_for_rowset(soci::into(kept->row));
    }
    for (const auto& [name, value] : values) {
      if (const auto it = kept->values.find(name); it != kept->values.end()) it->second = value;
    }
    return Collect(*kept, columns, most);
  }

  // SOCI writes values into the text of a query for MySQL. As hexadecimal literals they can be
  // nothing else, whatever the server's quoting mode; as literals they take any column's collation.
  Result<std::vector<SqlRow>> AskPasted(const QueryText& query, const SqlValues& values,
                                        std::size_t columns, std::size_t most) {
    Statement once(sql_);
    once.statement.alloc();
    once.statement.prepare(query.Write([&values](std::string_view name) {
      const auto it = std::ranges::find(values, name, &std::pair<std::string, std::string>::first);
      return it == values.end() ? std::string("null") : "_utf8mb4 x'" + ToHex(it->second) + "'";
    }));
    once.statement.define_and_bind();
    once.statement.exchange_for_rowset(soci::into(once.row));
    return Collect(once, columns, most);
  }

  static Result<std::vector<SqlRow>> Collect(Statement& asked, std::size_t columns,
                                             std::size_t most) {
    std::vector<SqlRow> out;
    bool more = asked.statement.execute(true);
    if (asked.row.size() != columns) throw WrongWidth(columns, asked.row.size());
    for (; more; more = asked.statement.fetch()) {
      if (out.size() == most) return TooMany(most);
      out.push_back(ToRow(asked.row, columns));
    }
    return out;
  }

  static std::unexpected<Error> TooMany(std::size_t most) {
    return Fail(ErrorKind::kInvalid, "the query gives more than " + std::to_string(most) + " rows");
  }

  const Engine engine_;
  const std::string password_;
  const std::string path_;  // of SQLite's file
  const FileId file_;       // from before it was opened
  soci::session sql_;
  std::map<std::string, std::unique_ptr<Statement>> statements_;
  // Of a listing.
  std::vector<std::string> names_;
  std::size_t columns_ = 0;
  std::optional<soci::rowset<soci::row>> rows_;
  std::optional<soci::rowset<soci::row>::iterator> next_;
};

// Blank, name, "=", value: all that SOCI takes apart rightly.
Result<void> CheckWords(std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (word.empty()) continue;
    if (word.contains("pass")) {
      return Fail(ErrorKind::kInvalid, "holds a password; put it into a file of its own");
    }
    if (std::ranges::count(word, '=') != 1 || word.starts_with('=') || word.contains('\'')) {
      return Fail(ErrorKind::kInvalid, "'" + std::string(word) +
                                           "' is not of the form host=… dbname=… user=…, "
                                           "without quotes or blanks in a value");
    }
  }
  return {};
}

std::string OneLine(std::string text, const std::string& password) {
  if (!password.empty() && text.contains(password)) text = "cannot connect";
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  std::ranges::replace(text, '\n', ' ');
  return text;
}

}  // namespace

Result<void> CheckSqlUrl(const std::string& url) {
  const Kind* kind = KindOf(url);
  if (kind == nullptr) {
    return Fail(ErrorKind::kInvalid,
                "'" + url.substr(0, url.find(':')) +
                    ":' is none of sqlite:, postgresql: and mysql:, each with its words behind it");
  }
  const std::string words = url.substr(kind->scheme.size());
  if (kind->engine == Engine::kSqlite) {
    if (!words.starts_with('/') || words.contains('"')) {
      return Fail(ErrorKind::kInvalid, "sqlite: wants the absolute path of a database");
    }
    return {};
  }
  return CheckWords(words);
}

std::string SqlKind(const std::string& url) {
  const Kind* kind = KindOf(url);
  return kind == nullptr ? "SQL" : std::string(kind->name);
}

Result<std::string> ReadPassword(const std::string& path) {
  if (path.empty()) return std::string();
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return Fail(ErrorKind::kInvalid, "not a regular file", {path});
  }
  std::ifstream in(path, std::ios::binary);
  std::string line;
  errno = 0;
  if (!in || !std::getline(in, line)) {
    const int error = errno;
    return Fail(error == 0 ? ErrorKind::kInvalid : ErrorKind::kNotFound,
                error == 0 ? "holds no password" : std::generic_category().message(error), {path});
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::optional<WallTime> SecondsSince1970(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !std::isfinite(seconds) || std::abs(seconds) > 1e11) {
    return std::nullopt;
  }
  return WallTime(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
}

Result<std::unique_ptr<SqlSession>> OpenSqlSession(const SqlOptions& options,
                                                   std::chrono::milliseconds timeout) {
  const Kind* kind = KindOf(options.url);
  if (kind == nullptr) return Fail(ErrorKind::kInvalid, "no such kind of database");
  const Result<std::string> password = ReadPassword(options.password_file);
  if (!password) return std::unexpected(password.error());
  const soci::backend_factory& factory = kind->engine == Engine::kSqlite ? *factory_sqlite3()
                                         : kind->engine == Engine::kPostgresql
                                             ? *factory_postgresql()
                                             : *factory_mysql();
  UniqueFd pass_file;
  if (kind->engine == Engine::kPostgresql && !password->empty()) {
    Result<UniqueFd> made = PassFile(*password);
    if (!made) return std::unexpected(made.error());
    pass_file = *std::move(made);
  }
  const std::string words = Words(kind->engine, options.url, *password, pass_file.get(), timeout);
  try {
    std::string path;
    if (kind->engine == Engine::kSqlite) path = options.url.substr(kind->scheme.size());
    return std::make_unique<SociSession>(kind->engine, factory, words, *password, std::move(path),
                                         timeout);
  } catch (const soci::soci_error& e) {
    const ErrorKind error =
        kind->engine == Engine::kPostgresql ? KindOfRefusal(e, words, timeout) : KindOfSqlError(e);
    std::string text = OneLine(e.get_error_message(), *password);
    if (error == ErrorKind::kInvalid && kind->engine != Engine::kSqlite) {
      text = std::string(kind->name) + " refuses the login: mend the url or " +
             (options.password_file.empty() ? "set a password_file"
                                            : "the password in " + options.password_file) +
             ": " + text;
    }
    return Fail(error, std::move(text));
  }
}

}  // namespace warifu::binding
