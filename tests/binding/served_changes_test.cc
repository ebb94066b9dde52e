// Announced changes read from real servers (tests/servers/with.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <soci/soci.h>

#include <string>
#include <thread>

#include "binding/change_source.h"
#include "served.h"

extern "C" {
const soci::backend_factory* factory_postgresql();
const soci::backend_factory* factory_mysql();
}

namespace warifu::binding {
namespace {

struct Engine {
  std::string name;
  const soci::backend_factory* (*factory)();
  std::string url;
  const char* words;  // variable of the environment
  std::string query;

  // As the provisioning system.
  void Execute(const std::string& text) const {
    std::string own = Env(words);
    if (name == "MariaDB") own += " password='" + Password() + "'";
    soci::session sql(*factory(), own);
    sql << text;
  }
  ChangeOptions Options(milliseconds timeout) const {
    return {.sql = {.url = url + Env(words), .password_file = Env("WARIFU_SERVER_PASSWORD")},
            .query = query,
            .timeout = timeout};
  }
};

const Engine kEngines[] = {
    {"PostgreSQL", &factory_postgresql, "postgresql:", "WARIFU_PG",
     "select address, old_account, new_account, ticket, extract(epoch from starts), "
     "extract(epoch from ends) from moves where ends > now() and changed >= to_timestamp(:since) "
     "order by ticket"},
    {"MariaDB", &factory_mysql, "mysql:", "WARIFU_MYSQL",
     "select address, old_account, new_account, ticket, unix_timestamp(starts), "
     "unix_timestamp(ends) from moves where ends > now() and changed >= from_unixtime(:since) "
     "order by ticket"}};

class ServedChangesTest : public testing::TestWithParam<Engine> {
 protected:
  ServedChangesTest() {
    const std::string time = GetParam().name == "MariaDB" ? "datetime" : "timestamptz";
    GetParam().Execute(
        "create table moves (address varchar(320), old_account varchar(120), "
        "new_account varchar(120), ticket integer, starts " +
        time + ", ends " + time + ", changed " + time + " default now())");
    GetParam().Execute(
        "insert into moves (address, old_account, new_account, ticket, starts, ends) values "
        "('taro@example.jp', 'taro', 'hanako', 1, null, now() + interval '1' day), "
        "('info@example.jp', null, 'jiro', 2, now() + interval '1' hour, now() + interval '1' "
        "day), "
        "('old@example.jp', 'a', 'b', 3, null, now() - interval '1' day)");
  }
  ~ServedChangesTest() override { GetParam().Execute("drop table moves"); }

  static std::unique_ptr<const ChangeSource> Open(milliseconds timeout) {
    auto opened = OpenChangeSource(GetParam().Options(timeout));
    EXPECT_TRUE(opened.has_value());
    return opened ? *std::move(opened) : nullptr;
  }
};

TEST_P(ServedChangesTest, RowsWithTimesOfTheDatabase) {
  const auto source = Open(milliseconds(5000));
  const auto rows = source->Read({});
  ASSERT_TRUE(rows.has_value()) << rows.error().ToString();
  ASSERT_EQ(rows->size(), 2u);
  const WallTime now = Clock::System().Now();
  const ChangeReading first = ReadChange((*rows)[0], {}, now);
  ASSERT_EQ(first.kind, ChangeReading::Kind::kValid) << first.error;
  EXPECT_EQ(first.change.address, "taro@example.jp");
  EXPECT_EQ(first.change.from, "taro");
  EXPECT_EQ(first.change.to, "hanako");
  EXPECT_EQ(first.change.reference, "1");
  EXPECT_GT(first.change.valid_until, now + std::chrono::hours(23));
  EXPECT_LT(first.change.valid_until, now + std::chrono::hours(25));
  const ChangeReading second = ReadChange((*rows)[1], {}, now);
  ASSERT_EQ(second.kind, ChangeReading::Kind::kAhead) << second.error;
  EXPECT_EQ(second.change.from, "");
  const auto later = source->Read(now + std::chrono::hours(2));
  ASSERT_TRUE(later.has_value()) << later.error().ToString();
  EXPECT_EQ(later->size(), 0u) << ":since";
}

TEST_P(ServedChangesTest, AServerThatIsStoppedCostsTheTimeOutAndIsCounted) {
  if (GetParam().name != "PostgreSQL") GTEST_SKIP() << "one of them will do";
  const auto source = Open(milliseconds(400));
  ASSERT_TRUE(source->Read({}).has_value());
  {
    const Stopped stopped("WARIFU_PG_PID");
    for (int i = 0; i < 3; ++i) {
      Result<std::vector<ChangeRow>> rows;
      EXPECT_LT(Took([&] { rows = source->Read({}); }), milliseconds(2000));
      ASSERT_FALSE(rows.has_value());
      EXPECT_EQ(rows.error().kind, ErrorKind::kTemporary) << rows.error().text;
    }
    EXPECT_GT(source->lanes().timeouts, 0u);
    EXPECT_GT(source->lanes().refused, 0u);
    EXPECT_EQ(source->lanes().stuck, 1u);
  }
  for (int i = 0; i < 200 && !source->Read({}); ++i) {
    std::this_thread::sleep_for(milliseconds(50));
  }
  EXPECT_TRUE(source->Read({}).has_value()) << "by itself";
}

INSTANTIATE_TEST_SUITE_P(Servers, ServedChangesTest, testing::ValuesIn(kEngines),
                         [](const auto& engine) { return engine.param.name; });

}  // namespace
}  // namespace warifu::binding
