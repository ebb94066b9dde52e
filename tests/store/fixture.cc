#include "fixture.h"

#include <libpq-fe.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <memory>

namespace warifu::store {
namespace {

class SqlitePlace final : public Place {
 public:
  Options At() override { return {.url = "sqlite:" + (scratch_.path() / "store.db").string()}; }
  void Execute(const std::string& sql) override {
    sqlite3* raw = nullptr;
    const std::string path = (scratch_.path() / "store.db").string();
    ASSERT_EQ(sqlite3_open(path.c_str(), &raw), SQLITE_OK);
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> connection(raw, &sqlite3_close);
    ASSERT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(raw);
    std::filesystem::permissions(path, std::filesystem::perms(0600));
  }

 private:
  Scratch scratch_;
};

class PostgresqlPlace final : public Place {
 public:
  PostgresqlPlace() { Execute("DROP SCHEMA IF EXISTS warifu CASCADE"); }
  Options At() override { return {.url = "postgresql:" + PostgresqlWords()}; }
  void Execute(const std::string& sql) override {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(
        PQconnectdb(PostgresqlWords().c_str()), &PQfinish);
    PQsetNoticeProcessor(connection.get(), [](void*, const char*) {}, nullptr);
    // By itself: in one string with others it would make a transaction, which not all may be in.
    PQclear(PQexec(connection.get(), "SET search_path = warifu"));
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(
        PQexec(connection.get(), sql.c_str()), &PQclear);
    const auto status = PQresultStatus(result.get());
    ASSERT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        << PQerrorMessage(connection.get());
  }
};

}  // namespace

std::string PostgresqlWords() {
  const char* words = std::getenv("WARIFU_PG");
  if (words == nullptr) return "";
  std::string password;
  if (const char* file = std::getenv("WARIFU_SERVER_PASSWORD")) {
    std::ifstream stream(file);
    std::getline(stream, password);
  }
  return std::string(words) + " password='" + password + "'";
}

Scratch::Scratch() {
  std::string name = (std::filesystem::temp_directory_path() / "warifu-store-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) std::abort();
  path_ = name;
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<Place> Place::On(const std::string& engine) {
  if (engine == "sqlite") return std::make_unique<SqlitePlace>();
  if (PostgresqlWords().empty()) return nullptr;
  return std::make_unique<PostgresqlPlace>();
}

void StoreTest::SetUp() {
  place_ = Place::On(GetParam());
  if (place_ == nullptr) GTEST_SKIP() << "SKIPPED: WARIFU_PG names no PostgreSQL; see served.store";
  store_ = Reopen();
  ASSERT_NE(store_, nullptr);
}

std::unique_ptr<Store> StoreTest::Reopen() {
  auto opened = Open(place_->At());
  if (!opened) {
    ADD_FAILURE() << opened.error().ToString();
    return nullptr;
  }
  return std::move(*opened);
}

}  // namespace warifu::store
