// Directories and leases asked of real servers (tests/servers/with.py): PostgreSQL, MariaDB, slapd,
// SQLite, and tables of the real postmap.
#include "served.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "binding/lease.h"
#include "binding/sources.h"
#include "binding/table_query.h"

extern "C" {
const soci::backend_factory* factory_postgresql();
const soci::backend_factory* factory_mysql();
const soci::backend_factory* factory_sqlite3();
}

namespace warifu::binding {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

const std::vector<std::string> kDomains = {"example.jp"};
const std::string kSqlite = testing::TempDir() + "warifu_served_" + std::to_string(::getpid());

Owners Ask(const Directory& directory, std::string_view address) {
  return directory.OwnersOf(ParsePath(address, {}).value());
}

// Until an answer comes again.
bool Recovers(const Directory& directory, std::string_view address) {
  for (int i = 0; i < 200; ++i) {
    if (Ask(directory, address).status == Lookup::kFound) return true;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return false;
}

// Eight callers while the server is stopped: each returns by its deadline.
void StopUnderLoad(const Directory& directory, const char* pid, std::string_view address,
                   milliseconds timeout) {
  ASSERT_EQ(Ask(directory, address).status, Lookup::kFound);
  std::atomic<bool> stop = false;
  std::atomic<int> found = 0, later = 0, other = 0;
  std::atomic<std::int64_t> longest = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      while (!stop) {
        Owners owners;
        const std::int64_t took = Took([&] { owners = Ask(directory, address); }).count();
        for (std::int64_t seen = longest; took > seen && !longest.compare_exchange_weak(seen, took);
             seen = longest) {
        }
        ++(owners.status == Lookup::kFound      ? found
           : owners.status == Lookup::kTryLater ? later
                                                : other);
        std::this_thread::sleep_for(milliseconds(2));
      }
    });
  }
  while (found < 50 && other == 0) std::this_thread::sleep_for(milliseconds(5));
  {
    const Stopped stopped(pid);
    const int before = later;
    for (int i = 0; i < 2000 && later < before + 200; ++i) {
      std::this_thread::sleep_for(milliseconds(5));
    }
    EXPECT_GE(later, before + 200) << "refused at once while it hangs";
    EXPECT_GT(directory.lanes().stuck, 0u);
    EXPECT_GT(directory.lanes().abandoned, 0u);
  }
  EXPECT_TRUE(Recovers(directory, address));
  const int before = found;
  for (int i = 0; i < 2000 && found < before + 50; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(found, before + 50);
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(other, 0);
  // The machine may be busy; without lanes it would be as long as the server is stopped.
  EXPECT_LT(longest, timeout.count() + 1500);
  for (int i = 0; i < 400 && directory.lanes().stuck > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(25));
  }
  EXPECT_EQ(directory.lanes().stuck, 0u) << "they end by themselves";
}

// ── SQL ──────────────────────────────────────────────────────────────────────────────────────

struct Engine {
  std::string name;
  const soci::backend_factory* (*factory)();
  std::string (*words)();
  const char* scheme;

  // As the operator, outside of warifu.
  void Execute(const std::string& text) const {
    std::string own = words();
    if (name == "SQLite") own = "db=" + own;
    if (name == "MariaDB") own += " password='" + Password() + "'";
    soci::session sql(*factory(), own);
    sql << text;
  }
};

std::string PostgresWords() {
  return Env("WARIFU_PG");
}
std::string MysqlWords() {
  return Env("WARIFU_MYSQL");
}
std::string SqliteWords() {
  return kSqlite;
}

const Engine kEngines[] = {{"SQLite", &factory_sqlite3, &SqliteWords, "sqlite:"},
                           {"PostgreSQL", &factory_postgresql, &PostgresWords, "postgresql:"},
                           {"MariaDB", &factory_mysql, &MysqlWords, "mysql:"}};

class SqlTest : public testing::TestWithParam<Engine> {
 protected:
  SqlTest() {
    Execute("create table owners (address varchar(320), account varchar(120))");
    for (const auto& [address, account] :
         std::vector<std::pair<std::string, std::string>>{{"taro@example.jp", "Taro"},
                                                          {"info@example.jp", "taro"},
                                                          {"info@example.jp", "hanako,jiro"},
                                                          {"bare", "bare"},
                                                          {"@customer.example", "customer"},
                                                          {"o''brien%_@example.jp", "brien"}}) {
      Execute("insert into owners values ('" + address + "', '" + account + "')");
    }
  }
  ~SqlTest() override { Execute("drop table owners"); }

  static bool IsSqlite() { return GetParam().name == "SQLite"; }

  static void Execute(const std::string& text) { GetParam().Execute(text); }

  static SqlOptions Sql() {
    return {.url = GetParam().scheme + GetParam().words(),
            .password_file = IsSqlite() ? "" : Env("WARIFU_SERVER_PASSWORD")};
  }

  static std::unique_ptr<const Directory> Open(
      const std::string& query = "select account from owners where address = :address",
      const std::string& list = "select address, account from owners",
      const SqlOptions& sql = Sql(), milliseconds timeout = milliseconds(5000)) {
    auto opened =
        OpenSqlDirectory(sql, query, list, {.timeout = timeout, .connections = 2}, kDomains);
    if (!opened) {
      ADD_FAILURE() << opened.error().text;
      return nullptr;
    }
    return *std::move(opened);
  }
};

TEST_P(SqlTest, FindsInTheOrderOfPostfix) {
  const auto directory = Open();
  EXPECT_TRUE(directory->Probe());
  EXPECT_THAT(Ask(*directory, "Taro@Example.JP").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*directory, "taro+news@example.jp").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*directory, "info@example.jp").accounts, ElementsAre("hanako", "jiro", "taro"));
  EXPECT_THAT(Ask(*directory, "bare@example.jp").accounts, ElementsAre("bare"));
  EXPECT_EQ(Ask(*directory, "bare@elsewhere.example").status, Lookup::kNotFound);
  EXPECT_TRUE(Ask(*directory, "x@customer.example").by_domain);
  EXPECT_EQ(Ask(*directory, "nobody@example.jp").status, Lookup::kNotFound);
  EXPECT_LE(directory->lanes().lanes, 2u);
}

// For `warifu records`: names, NULL, dates, and more rows than are read at once.
TEST_P(SqlTest, ATableIsReadByAQuery) {
  Execute("create table members (number integer, login varchar(40), born date)");
  std::string rows = "insert into members values (0, null, '1970-02-03')";
  for (int i = 1; i < 1300; ++i)
    rows += ", (" + std::to_string(i) + ", '山田" + std::to_string(i) + "', null)";
  Execute(rows);
  auto query =
      OpenTableQuery(Sql(), "select born, number as \"番号\", login from members order by number");
  if (GetParam().name == "MariaDB") {
    query =
        OpenTableQuery(Sql(), "select born, number as `番号`, login from members order by number");
  }
  ASSERT_TRUE(query) << query.error().ToString();
  EXPECT_THAT((*query)->names(), ElementsAre("born", "番号", "login"));
  std::vector<std::optional<std::string>> row;
  for (int i = 0; i < 1300; ++i) {
    const Result<bool> more = (*query)->Next(&row);
    ASSERT_TRUE(more) << more.error().ToString();
    ASSERT_TRUE(*more) << i;
    ASSERT_EQ(row.size(), 3u);
    EXPECT_EQ(row[1], std::to_string(i));
    EXPECT_EQ(row[0].value_or("").substr(0, 10), i == 0 ? "1970-02-03" : "");
    EXPECT_EQ(row[2].value_or(""), i == 0 ? "" : "山田" + std::to_string(i));
  }
  EXPECT_EQ((*query)->Next(&row), false);
  query->reset();  // ends its transaction
  Execute("drop table members");

  const auto missing = OpenTableQuery(Sql(), "select a from nowhere");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().text, HasSubstr("nowhere"));
  EXPECT_THAT(OpenTableQuery(Sql(), "select account from owners where 1 = 0").error().text,
              HasSubstr("no rows"));
  const auto writes = OpenTableQuery(Sql(), "delete from owners");
  EXPECT_FALSE(writes);
}

TEST_P(SqlTest, HostileKeysStayValues) {
  const auto directory = Open();
  for (const char* local :
       {"'", "''", "\\'", "\\", "' or '1'='1", "x'; drop table owners; --", "%", "_", "taro%",
        "*)(uid=*", "\"", "`", ":address", "$1", "?", "/*", "0x00", "太郎'"}) {
    const Address address{local, "example.jp"};
    const Owners owners = directory->OwnersOf(address);
    EXPECT_EQ(owners.status, Lookup::kNotFound) << local << ": " << owners.detail;
  }
  // No mail's address holds one, but nothing rests on that.
  const Owners cut = directory->OwnersOf(Address{std::string("taro@example.jp\0x", 17), ""});
  EXPECT_EQ(cut.status, Lookup::kNotFound);
  EXPECT_THAT(directory->OwnersOf(Address{"o'brien%_", "example.jp"}).accounts,
              ElementsAre("brien"));
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("taro")) << "still there";
}

TEST_P(SqlTest, PassesOverKeysWithoutTheHalfThatIsAsked) {
  const auto directory = Open(
      "select account from owners where address = case when :domain = 'example.jp' "
      "then :local else :address end and :local <> ''");
  EXPECT_THAT(Ask(*directory, "bare@example.jp").accounts, ElementsAre("bare"));
  EXPECT_EQ(Ask(*directory, "x@customer.example").status, Lookup::kNotFound)
      << "'@customer.example' has no local part";
}

TEST_P(SqlTest, SaysWhatIsMisconfigured) {
  const auto says = [](const Directory& directory, const char* what) {
    const Owners owners = Ask(directory, "taro@example.jp");
    EXPECT_EQ(owners.status, Lookup::kMisconfigured) << what << ": " << owners.detail;
    EXPECT_FALSE(directory.Probe()) << what;
    EXPECT_THAT(owners.detail, testing::Not(HasSubstr(Password())));
  };
  says(*Open("select account from no_table where address = :address"), "table");
  says(*Open("select no_column from owners where address = :address"), "column");
  says(*Open("select account, account from owners where address = :address"), "columns");
  says(*Open("selekt account from owners where address = :address"), "syntax");
  EXPECT_EQ(Ask(*Open("insert into owners (account) values (:address)"), "a@example.jp").status,
            Lookup::kMisconfigured)
      << "writing is none of a directory's business";
  EXPECT_FALSE(Open("insert into owners (address) values (:address)")->Probe());
  SqlOptions sql = Sql();
  if (IsSqlite()) {
    sql.url = "sqlite:/nonexistent/table.db";
    says(*Open("select account from owners where address = :address", "", sql), "database");
    return;
  }
  const std::string wrong = testing::TempDir() + "wrong_password";
  std::ofstream(wrong) << "not it\n";
  sql.password_file = wrong;
  says(*Open("select account from owners where address = :address", "", sql), "password");
  std::remove(wrong.c_str());
}

// As a person does who gives an account of the database's to warifu, and errs.
TEST_P(SqlTest, SaysWhatRefusesALogin) {
  if (IsSqlite()) GTEST_SKIP() << "SQLite knows no logins";
  const std::string wrong = testing::TempDir() + "wrong_password";
  std::ofstream(wrong) << "not it\n";
  const auto refused = [](const SqlOptions& sql, const char* mend) {
    const auto directory = Open("select account from owners where address = :address", "", sql);
    const Owners owners = Ask(*directory, "taro@example.jp");
    EXPECT_EQ(owners.status, Lookup::kMisconfigured) << sql.url << ": " << owners.detail;
    EXPECT_THAT(owners.detail, HasSubstr("refuses the login"));
    EXPECT_THAT(owners.detail, HasSubstr(mend));
    EXPECT_THAT(owners.detail, testing::Not(HasSubstr(Password())));
    EXPECT_EQ(directory->Probe().error().kind, ErrorKind::kInvalid);
  };
  const SqlOptions right = Sql();
  const auto replaced = [&right](std::string_view what, std::string_view by) {
    SqlOptions sql = right;
    const std::size_t at = sql.url.find(what);
    EXPECT_NE(at, std::string::npos);
    sql.url.replace(at, what.size(), by);
    return sql;
  };
  SqlOptions other = right;
  other.password_file = wrong;
  refused(other, wrong.c_str());
  refused(replaced("user=warifu", "user=nobody_here"), "the url");
  const bool mysql = GetParam().name == "MariaDB";
  refused(
      mysql ? replaced("db=warifu", "db=nowhere") : replaced("dbname=postgres", "dbname=nowhere"),
      "the url");
  other = right;
  if (mysql) {  // libpq would find the test's own PGPASSFILE
    other.password_file = "";
    refused(other, "set a password_file");
  }
  std::remove(wrong.c_str());
}

// Where the server speaks Japanese, its texts say nothing to a program. MariaDB speaks it in all
// of these tests (servers.py).
TEST_P(SqlTest, UnderstandsMariadbInJapanese) {
  if (GetParam().name != "MariaDB") GTEST_SKIP() << "MariaDB only";
  const auto ask = [](const std::string& query, const SqlOptions& sql) {
    return Ask(*Open(query, "", sql), "taro@example.jp");
  };
  const std::string query = "select account from owners where address = :address";
  const auto mend = [](const Owners& owners) {
    EXPECT_EQ(owners.status, Lookup::kMisconfigured) << owners.detail;
    EXPECT_TRUE(std::ranges::any_of(owners.detail, [](char c) { return c < 0; }))
        << "English: " << owners.detail;
  };
  SqlOptions sql = Sql();
  mend(ask("select account from no_table where address = :address", sql));
  mend(ask("select account from mysql.user where user = :address", sql));
  mend(ask("select no_column from owners where address = :address", sql));
  mend(ask("selekt account from owners where address = :address", sql));
  sql.url.replace(sql.url.find("db=warifu"), 9, "db=nowhere");
  mend(ask(query, sql));
  sql = Sql();
  const std::string wrong = testing::TempDir() + "wrong_password";
  std::ofstream(wrong) << "not it\n";
  sql.password_file = wrong;
  mend(ask(query, sql));
  std::remove(wrong.c_str());

  // Over by itself, in the same language.
  const Owners slow =
      ask("set statement max_statement_time = 0.05 for select account from owners "
          "where address = :address and sleep(5) = 0",
          Sql());
  EXPECT_EQ(slow.status, Lookup::kTryLater) << slow.detail;
}

TEST_P(SqlTest, UnderstandsPostgresqlInJapanese) {
  if (GetParam().name != "PostgreSQL") GTEST_SKIP() << "PostgreSQL only";
  const auto speak = [](const char* locale) {
    Execute("alter system set lc_messages = '" + std::string(locale) + "'");
    Execute("select pg_reload_conf()");
    std::this_thread::sleep_for(milliseconds(300));
  };
  speak("C.UTF-8");
  const std::string wrong = testing::TempDir() + "wrong_password";
  std::ofstream(wrong) << "not it\n";
  SqlOptions sql = Sql();
  sql.password_file = wrong;
  const Owners login =
      Ask(*Open("select account from owners where address = :address", "", sql), "taro@example.jp");
  EXPECT_EQ(login.status, Lookup::kMisconfigured) << login.detail;
  EXPECT_THAT(login.detail, HasSubstr("パスワード")) << "the server does speak Japanese";
  const Owners table =
      Ask(*Open("select account from no_table where address = :address"), "taro@example.jp");
  EXPECT_EQ(table.status, Lookup::kMisconfigured) << table.detail;
  speak("C");
  std::remove(wrong.c_str());
}

TEST_P(SqlTest, RecoversWhenThePasswordFileIsRight) {
  if (IsSqlite()) GTEST_SKIP() << "SQLite knows no passwords";
  const std::string path = testing::TempDir() + "rotated_password";
  std::ofstream(path) << "not yet\n";
  SqlOptions sql = Sql();
  sql.password_file = path;
  const auto directory = Open("select account from owners where address = :address", "", sql);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Ask(*directory, "taro@example.jp").status, Lookup::kMisconfigured);
  }
  std::ofstream(path) << Password() << '\n';
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("taro")) << "at once";
  std::remove(path.c_str());
}

// Too many connections are over by themselves, other than what a person must mend.
TEST_P(SqlTest, AServerThatIsFullMayAnswerLater) {
  if (IsSqlite()) GTEST_SKIP() << "SQLite counts no connections";
  const bool postgres = GetParam().name == "PostgreSQL";
  if (postgres) {
    Execute("create role reader login password '" + Password() + "' connection limit 0");
  }
  SqlOptions sql = Sql();
  sql.url.replace(sql.url.find("user=warifu"), 11, "user=reader");
  const auto ask = [&sql] {
    return Ask(*Open("select account from owners where address = :address", "", sql),
               "taro@example.jp");
  };
  std::optional<soci::session> only;  // MariaDB gives this account one connection at a time
  if (!postgres) {
    only.emplace(*GetParam().factory(),
                 sql.url.substr(sql.url.find(':') + 1) + " password='" + Password() + "'");
  }
  const Owners owners = ask();
  EXPECT_EQ(owners.status, Lookup::kTryLater) << owners.detail;
  if (postgres) Execute("drop role reader");
}

TEST_P(SqlTest, ComesBackAfterTryLater) {
  if (IsSqlite()) GTEST_SKIP() << "SQLite has no server that could be away";
  SqlOptions sql = Sql();
  sql.url = std::string(GetParam().scheme) + (GetParam().name == "MariaDB"
                                                  ? "host=127.0.0.1 port=1 dbname=x user=x"
                                                  : "host=127.0.0.1 port=1 dbname=x user=x");
  const auto directory = Open("select account from owners where address = :address", "", sql);
  const Owners owners = Ask(*directory, "taro@example.jp");
  EXPECT_EQ(owners.status, Lookup::kTryLater) << owners.detail;
  EXPECT_NE(directory->Probe().error().kind, ErrorKind::kInvalid);
}

TEST_P(SqlTest, ReadsTheFileThatTookItsPlace) {
  if (!IsSqlite()) GTEST_SKIP() << "servers have no file of ours";
  const std::string path = GetParam().words(), aside = path + ".aside";
  const auto directory = Open();
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("taro"));
  std::filesystem::rename(path, aside);
  EXPECT_EQ(Ask(*directory, "taro@example.jp").status, Lookup::kMisconfigured);
  Execute("create table owners (address varchar(255), account varchar(255))");
  Execute("insert into owners values ('taro@example.jp', 'hanako')");
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("hanako"));
  std::filesystem::rename(aside, path);
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("taro"));
}

TEST_P(SqlTest, ListsItsMailboxes) {
  const auto directory = Open();
  std::vector<std::string> seen;
  const auto listed = directory->ForEach({}, [&](const store::DirectoryRow& row) -> Result<void> {
    seen.push_back(row.address + "=" + testing::PrintToString(row.accounts));
    return {};
  });
  ASSERT_TRUE(listed) << listed.error().text;
  EXPECT_THAT(seen, UnorderedElementsAre("taro@example.jp={ \"taro\" }",
                                         "info@example.jp={ \"hanako\", \"jiro\", \"taro\" }",
                                         "bare@example.jp={ \"bare\" }",
                                         "o'brien%_@example.jp={ \"brien\" }"));
  const auto unlisted = Open("select account from owners where address = :address", "");
  EXPECT_EQ(unlisted->Rows({}).error().kind, ErrorKind::kInvalid);
  const auto broken =
      Open("select account from owners where address = :address", "select nothing from nowhere");
  EXPECT_FALSE(broken->ForEach({}, [](const store::DirectoryRow&) { return Result<void>{}; }));
}

TEST_P(SqlTest, ListsManyRowsInPages) {
  const auto directory =
      Open("select account from owners where address = :address",
           "select concat('u', a.n, '_', b.n, '@example.jp'), concat('a', a.n) from "
           "(with recursive c(n) as (select 1 union all select n + 1 from c where n < 60) "
           "select n from c) a cross join "
           "(with recursive c(n) as (select 1 union all select n + 1 from c where n < 60) "
           "select n from c) b");
  if (IsSqlite()) GTEST_SKIP() << "SQLite 3.40 has no concat()";
  std::size_t rows = 0;
  const auto listed = directory->ForEach({}, [&rows](const store::DirectoryRow&) -> Result<void> {
    ++rows;
    return {};
  });
  ASSERT_TRUE(listed) << listed.error().text;
  EXPECT_EQ(rows, 3600u);
}

TEST_P(SqlTest, EveryLookupReturnsByItsDeadline) {
  if (IsSqlite()) GTEST_SKIP() << "SQLite has no server that could hang";
  const milliseconds timeout(400);
  const auto directory =
      Open("select account from owners where address = :address", "", Sql(), timeout);
  StopUnderLoad(*directory, GetParam().name == "MariaDB" ? "WARIFU_MYSQL_PID" : "WARIFU_PG_PID",
                "taro@example.jp", timeout);
}

INSTANTIATE_TEST_SUITE_P(Engines, SqlTest, testing::ValuesIn(kEngines),
                         [](const auto& engine) { return engine.param.name; });

// ── Leases: radacct as FreeRADIUS makes it ───────────────────────────────────────────────────

const WallTime kNow = WallTime(std::chrono::seconds(1'800'000'000));

class RadacctTest : public testing::TestWithParam<Engine> {
 protected:
  RadacctTest() {
    const std::string inet = IsPostgres() ? "inet" : "varchar(45)";
    const std::string time = IsPostgres() ? "timestamp with time zone" : "datetime";
    Execute(
        "create table radacct (radacctid bigint primary key, username varchar(64), "
        "acctstarttime " +
        time + ", acctupdatetime " + time + ", acctstoptime " + time + ", framedipaddress " + inet +
        ", framedipv6prefix " + inet + ", delegatedipv6prefix " + inet + ")");
  }
  ~RadacctTest() override { Execute("drop table radacct"); }

  static bool IsPostgres() { return GetParam().name == "PostgreSQL"; }
  static void Execute(const std::string& text) { GetParam().Execute(text); }

  // Times as seconds before kNow; stop < 0: still open.
  void Add(const std::string& user, int updated, int stop, const std::string& ip,
           const std::string& framed = "", const std::string& delegated = "") {
    const auto quoted = [](const std::string& text) {
      return text.empty() ? "null" : "'" + text + "'";
    };
    const auto time = [](int ago) {
      const std::string seconds = std::to_string(1'800'000'000 - ago);
      if (GetParam().name == "SQLite") return "datetime(" + seconds + ", 'unixepoch')";
      return (IsPostgres() ? "to_timestamp(" : "from_unixtime(") + seconds + ")";
    };
    Execute("insert into radacct values (" + std::to_string(++id_) + ", '" + user + "', " +
            time(90'000) + ", " + time(updated) + ", " + (stop < 0 ? "null" : time(stop)) + ", " +
            quoted(ip) + ", " + quoted(framed) + ", " + quoted(delegated) + ")");
  }

  // The queries of warifu.conf(5).
  static std::string Query() {
    if (IsPostgres()) {
      return "select username, extract(epoch from coalesce(acctupdatetime, acctstarttime)) "
             "from radacct where acctstoptime is null and (framedipaddress = :ip::inet "
             "or framedipv6prefix >>= :ip::inet or delegatedipv6prefix >>= :ip::inet)";
    }
    const std::string epoch = GetParam().name == "SQLite"
                                  ? "strftime('%s', coalesce(acctupdatetime, acctstarttime))"
                                  : "unix_timestamp(coalesce(acctupdatetime, acctstarttime))";
    return "select username, " + epoch +
           " from radacct where acctstoptime is null and (framedipaddress = :ip "
           "or framedipv6prefix = :net64 or delegatedipv6prefix in (:net56, :net60, :net48))";
  }

  static std::unique_ptr<const Leases> Open(const std::string& query = Query(),
                                            milliseconds timeout = milliseconds(5000),
                                            const std::string& password_file = "") {
    LeaseOptions options;
    options.sql = {
        .url = GetParam().scheme + GetParam().words(),
        .password_file = GetParam().name == "SQLite" ? "" : Env("WARIFU_SERVER_PASSWORD")};
    if (!password_file.empty()) options.sql.password_file = password_file;
    options.query = query;
    options.server.timeout = timeout;
    options.carrier_nat = {ParseNetwork("100.64.0.0/10").value()};
    auto opened = OpenLeases(options);
    if (!opened) {
      ADD_FAILURE() << opened.error()[0].text;
      return nullptr;
    }
    return *std::move(opened);
  }

  int id_ = 0;
};

TEST_P(RadacctTest, GivesTheAccountOfAnOpenAndFreshRow) {
  Add("Taro", 60, -1, "192.0.2.1");
  Add("hanako", 9'000, -1, "192.0.2.2");  // its Stop packet got lost
  Add("jiro", 60, 30, "192.0.2.3");       // stopped
  Add("lost", 90'000, -1, "192.0.2.4");   // who had it before, and whose Stop got lost
  Add("saburo", 30, -1, "192.0.2.4");
  Add("one", 60, -1, "192.0.2.5");
  Add("two", 60, -1, "192.0.2.5");
  Add("shared", 60, -1, "100.64.1.1");
  Add("six", 60, -1, "", "2001:db8:1:2::/64", "2001:db8:1200::/56");
  const auto leases = Open();
  ASSERT_TRUE(leases->Probe()) << leases->Probe().error().text;
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).account, "taro");
  EXPECT_EQ(leases->AccountOf("192.0.2.2", kNow).status, Leased::kNobody) << "stale";
  EXPECT_EQ(leases->AccountOf("192.0.2.3", kNow).status, Leased::kNobody);
  EXPECT_EQ(leases->AccountOf("192.0.2.4", kNow).account, "saburo");
  const LeaseAnswer two = leases->AccountOf("192.0.2.5", kNow);
  EXPECT_EQ(two.status, Leased::kTwo);
  EXPECT_EQ(two.account, "");
  EXPECT_THAT(two.detail, HasSubstr("one"));
  EXPECT_THAT(two.detail, HasSubstr("two"));
  EXPECT_EQ(leases->AccountOf("100.64.1.1", kNow).status, Leased::kNobody) << "carrier NAT";
  EXPECT_EQ(leases->AccountOf("2001:db8:1:2:a:b:c:d", kNow).account, "six") << "framed";
  EXPECT_EQ(leases->AccountOf("IPv6:2001:db8:1200:ff::1", kNow).account, "six") << "delegated";
  EXPECT_EQ(leases->AccountOf("2001:db8:1:3::1", kNow).status, Leased::kNobody);
  EXPECT_EQ(leases->AccountOf("unix", kNow).status, Leased::kNobody);
  EXPECT_EQ(leases->AccountOf("' or 1=1 --", kNow).status, Leased::kNobody);
}

TEST_P(RadacctTest, SaysWhatIsMisconfigured) {
  Add("taro", 60, -1, "192.0.2.1");
  const auto no_time = Open("select username, username from radacct where '192.0.2.1' = :ip");
  EXPECT_EQ(no_time->AccountOf("192.0.2.1", kNow).status, Leased::kMisconfigured);
  const auto no_table = Open("select username, 1 from nowhere where '192.0.2.1' = :ip");
  EXPECT_EQ(no_table->AccountOf("192.0.2.1", kNow).status, Leased::kMisconfigured);
  EXPECT_FALSE(no_table->Probe());
  if (GetParam().name == "SQLite") return;
  const std::string wrong = testing::TempDir() + "wrong_lease_password";
  std::ofstream(wrong) << "not it\n";
  const auto refused = Open(Query(), milliseconds(5000), wrong);
  const LeaseAnswer answer = refused->AccountOf("192.0.2.1", kNow);
  EXPECT_EQ(answer.status, Leased::kMisconfigured) << answer.detail;
  EXPECT_THAT(answer.detail, HasSubstr(wrong));
  std::remove(wrong.c_str());
}

TEST_P(RadacctTest, AServerThatIsStoppedCostsTheTimeOutAndIsCounted) {
  if (GetParam().name == "SQLite") GTEST_SKIP() << "SQLite has no server that could hang";
  Add("taro", 60, -1, "192.0.2.1");
  const auto leases = Open(Query(), milliseconds(300));
  ASSERT_EQ(leases->AccountOf("192.0.2.1", kNow).account, "taro");
  {
    const Stopped stopped(IsPostgres() ? "WARIFU_PG_PID" : "WARIFU_MYSQL_PID");
    for (int i = 0; i < 5; ++i) {
      LeaseAnswer answer;
      EXPECT_LT(Took([&] { answer = leases->AccountOf("192.0.2.1", kNow); }).count(), 1800);
      EXPECT_EQ(answer.status, Leased::kUnknown) << "doubt, not nobody: " << answer.detail;
    }
    EXPECT_GT(leases->lanes().abandoned, 0u);
  }
  LeaseAnswer answer;
  for (int i = 0; i < 200 && answer.status != Leased::kOne; ++i) {
    std::this_thread::sleep_for(milliseconds(50));
    answer = leases->AccountOf("192.0.2.1", kNow);
  }
  EXPECT_EQ(answer.account, "taro") << "recovers by itself";
}

INSTANTIATE_TEST_SUITE_P(Engines, RadacctTest, testing::ValuesIn(kEngines),
                         [](const auto& engine) { return engine.param.name; });

// ── LDAP ─────────────────────────────────────────────────────────────────────────────────────

LdapOptions Ldap() {
  LdapOptions options;
  options.url = Env("WARIFU_LDAP");
  options.bind_dn = "cn=reader,dc=example,dc=jp";
  options.password_file = Env("WARIFU_SERVER_PASSWORD");
  options.base = "ou=people,dc=example,dc=jp";
  options.filter = "(&(objectClass=inetOrgPerson)(mail=:address))";
  options.list_filter = "(mail=*)";
  options.account_attribute = "uid";
  options.address_attribute = "mail";
  return options;
}

std::unique_ptr<const Directory> Open(const LdapOptions& options,
                                      milliseconds timeout = milliseconds(5000)) {
  auto opened = OpenLdapDirectory(options, {.timeout = timeout, .connections = 2}, kDomains);
  if (!opened) {
    ADD_FAILURE() << opened.error().text;
    return nullptr;
  }
  return *std::move(opened);
}

TEST(LdapTest, FindsInTheOrderOfPostfix) {
  const auto directory = Open(Ldap());
  ASSERT_TRUE(directory->Probe()) << directory->Probe().error().text;
  EXPECT_THAT(Ask(*directory, "taro@example.jp").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*directory, "taro+x@example.jp").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*directory, "info@example.jp").accounts, ElementsAre("hanako", "taro"));
  EXPECT_EQ(Ask(*directory, "nobody@example.jp").status, Lookup::kNotFound);
}

TEST(LdapTest, HostileKeysStayValues) {
  const auto directory = Open(Ldap());
  for (const char* local :
       {"*", "t*", "*)(uid=*", "x)(|(uid=*", "\\2a", "(", ")", "&", "|", ":address", "太郎*"}) {
    const Owners owners = directory->OwnersOf(Address{local, "example.jp"});
    EXPECT_EQ(owners.status, Lookup::kNotFound) << local << ": " << owners.detail;
  }
  EXPECT_EQ(directory->OwnersOf(Address{std::string("taro@example.jp\0", 16), ""}).status,
            Lookup::kNotFound);
  // One whose name looks like a filter is found, and nobody else.
  EXPECT_THAT(directory->OwnersOf(Address{"o*d)(uid=taro", "example.jp"}).accounts,
              testing::AnyOf(ElementsAre("odd"), testing::IsEmpty()));
}

TEST(LdapTest, SpeaksTlsAndTrustsOnlyWhomItIsTold) {
  LdapOptions options = Ldap();
  options.ca_file = Env("WARIFU_LDAP_CA");
  options.url = Env("WARIFU_LDAPS");
  EXPECT_THAT(Ask(*Open(options), "taro@example.jp").accounts, ElementsAre("taro"));
  options.url = Env("WARIFU_LDAP");
  options.starttls = true;
  EXPECT_THAT(Ask(*Open(options), "taro@example.jp").accounts, ElementsAre("taro"));
  options.ca_file = "";
  EXPECT_EQ(Ask(*Open(options), "taro@example.jp").status, Lookup::kTryLater)
      << "its certificate is of nobody we know";
}

TEST(LdapTest, SaysWhatIsMisconfigured) {
  const auto says = [](const LdapOptions& options, const char* what) {
    const Owners owners = Ask(*Open(options), "taro@example.jp");
    EXPECT_EQ(owners.status, Lookup::kMisconfigured) << what << ": " << owners.detail;
  };
  LdapOptions options = Ldap();
  options.bind_dn = "cn=nobody,dc=example,dc=jp";
  says(options, "login");
  options = Ldap();
  options.base = "ou=elsewhere,dc=example,dc=jp";
  says(options, "base");
  options = Ldap();
  options.filter = "(mail=:address";
  says(options, "filter");
  options = Ldap();
  options.url = "ldap://127.0.0.1:1";
  EXPECT_EQ(Ask(*Open(options), "taro@example.jp").status, Lookup::kTryLater);
}

TEST(LdapTest, ListsItsMailboxes) {
  std::vector<std::string> seen;
  const auto listed =
      Open(Ldap())->ForEach({}, [&](const store::DirectoryRow& row) -> Result<void> {
        seen.push_back(row.address + "=" + testing::PrintToString(row.accounts));
        return {};
      });
  ASSERT_TRUE(listed) << listed.error().text;
  EXPECT_THAT(seen, testing::IsSupersetOf(
                        {"taro@example.jp={ \"taro\" }", "info@example.jp={ \"taro\" }",
                         "hanako@example.jp={ \"hanako\" }", "info@example.jp={ \"hanako\" }"}));
}

TEST(LdapTest, EveryLookupReturnsByItsDeadline) {
  const milliseconds timeout(400);
  StopUnderLoad(*Open(Ldap(), timeout), "WARIFU_LDAP_PID", "taro@example.jp", timeout);
}

// ── postmap ──────────────────────────────────────────────────────────────────────────────────

class PostmapTest : public testing::TestWithParam<const char*> {};

TEST_P(PostmapTest, ReadsWhatPostmapMakes) {
  const std::string folder = testing::TempDir() + "warifu_postmap_" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const std::string kind = GetParam(), source = folder + "/owners", path = source + "." + kind;
  const auto make = [&](const std::string& text) {
    std::ofstream(source) << text;
    ASSERT_EQ(std::system((Env("WARIFU_POSTMAP") + " " + kind + ":" + source).c_str()), 0);
  };
  make(
      "Taro@Example.JP  taro\n"
      "info@example.jp taro,\n hanako\n"
      "\"t y\"@example.jp ty\n"
      "@customer.example customer\n"
      "bare bare\n");
  const auto table =
      OpenPostfixTable(kind == "lmdb" ? PostfixTableType::kLmdb : PostfixTableType::kCdb, path,
                       milliseconds(2000), kDomains);
  EXPECT_EQ(table->size(), 5u);
  EXPECT_THAT(Ask(*table, "taro@example.jp").accounts, ElementsAre("taro"));
  EXPECT_THAT(Ask(*table, "info@example.jp").accounts, ElementsAre("hanako", "taro"));
  EXPECT_THAT(Ask(*table, "\"t y\"@example.jp").accounts, ElementsAre("ty"));
  EXPECT_TRUE(Ask(*table, "x@customer.example").by_domain);
  EXPECT_THAT(Ask(*table, "bare@example.jp").accounts, ElementsAre("bare"));
  // In place (lmdb) or by another file (cdb), while somebody reads.
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      if (Ask(*table, "taro@example.jp").status != Lookup::kFound) ++wrong;
    }
  });
  for (int i = 0; i < 10; ++i) {
    make("taro@example.jp  account" + std::to_string(i) + "\n");
    EXPECT_THAT(Ask(*table, "taro@example.jp").accounts,
                ElementsAre("account" + std::to_string(i)));
    EXPECT_EQ(Ask(*table, "info@example.jp").status, Lookup::kNotFound);
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
  std::filesystem::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Types, PostmapTest, testing::Values("lmdb", "cdb"));

}  // namespace
}  // namespace warifu::binding
