// Whose a session is: leases and certificates by table, and their order behind the login.
#include "binding/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "binding/query_text.h"

namespace warifu::binding {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const WallTime kNow =
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)) + std::chrono::hours(8);

class IdentityTest : public testing::Test {
 protected:
  IdentityTest() { std::filesystem::create_directory(folder_); }
  ~IdentityTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path + ".new") << text;
    std::filesystem::rename(path + ".new", path);
    return path;
  }

  std::unique_ptr<const Leases> OpenTable(const std::string& text) const {
    LeaseOptions options;
    options.table = Write("leases", text);
    options.carrier_nat = {ParseNetwork("100.64.0.0/10").value()};
    auto opened = OpenLeases(options);
    if (!opened) {
      ADD_FAILURE() << opened.error()[0].ToString();
      return nullptr;
    }
    return *std::move(opened);
  }

  Errors ErrorsOf(const std::string& text) const {
    LeaseOptions options;
    options.table = Write("leases", text);
    const auto opened = OpenLeases(options);
    return opened ? Errors{} : opened.error();
  }

  std::string folder_ = testing::TempDir() + "warifu_identity_" + std::to_string(::getpid());
};

TEST_F(IdentityTest, LeasesAreFreshOnesAndOne) {
  const auto leases = OpenTable(
      "# network account last-update\n"
      "192.0.2.1 Taro 2026-11-22T07:50:00Z\n"
      "192.0.2.2 hanako 2026-11-22T07:00:00Z\n"
      "192.0.2.3 old 2026-11-21T07:00:00Z\n"
      "192.0.2.3 new 2026-11-22T07:59:59Z\n"
      "192.0.2.4 one 1795334000\n"
      "192.0.2.4 two 2026-11-22T07:55:00Z\n"
      "192.0.2.5 same 2026-11-22T07:55:00Z\n"
      "192.0.2.5 SAME 2026-11-22T07:56:00Z\n"
      "192.0.2.6 static\n"
      "192.0.2.7 ahead 2026-11-22T08:01:00Z\n"
      "100.64.1.1 nat\n"
      "2001:db8:1:2::/64 framed\n"
      "2001:db8:1200::/56 delegated 2026-11-22T07:50:00Z\n"
      "2001:db8:1200:5::/64 other\n");
  const auto account = [&](const char* client) { return leases->AccountOf(client, kNow).account; };
  const auto status = [&](const char* client) { return leases->AccountOf(client, kNow).status; };
  EXPECT_EQ(account("192.0.2.1"), "taro");
  EXPECT_EQ(status("192.0.2.2"), Leased::kNobody) << "stale";
  EXPECT_EQ(account("192.0.2.3"), "new");
  EXPECT_EQ(status("192.0.2.4"), Leased::kTwo);
  EXPECT_EQ(account("192.0.2.4"), "");
  EXPECT_EQ(account("192.0.2.5"), "same");
  EXPECT_EQ(account("192.0.2.6"), "static") << "no update: never stale";
  EXPECT_EQ(account("192.0.2.7"), "ahead") << "clocks differ";
  EXPECT_EQ(status("100.64.1.1"), Leased::kNobody) << "carrier NAT";
  EXPECT_EQ(account("2001:db8:1:2:ffff::1"), "framed");
  EXPECT_EQ(account("IPv6:2001:db8:1200:ff::1"), "delegated");
  EXPECT_EQ(status("2001:db8:1200:5::1"), Leased::kTwo) << "both hold it";
  EXPECT_EQ(account("::ffff:192.0.2.1"), "taro");
  for (const char* nobody : {"192.0.2.99", "unix", "", "not an address"}) {
    EXPECT_EQ(status(nobody), Leased::kNobody) << nobody;
  }
  const WallTime later = kNow + std::chrono::minutes(10) + seconds(1);
  EXPECT_EQ(leases->AccountOf("192.0.2.1", later).status, Leased::kNobody);
}

TEST_F(IdentityTest, LeaseTableIsReadAnewAndDoubtIsSaid) {
  const auto leases = OpenTable("192.0.2.1 taro\n");
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).account, "taro");
  Write("leases", "192.0.2.1 hanako\n");
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).account, "hanako");
  Write("leases", "192.0.2.1 hanako yesterday\n");
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).status, Leased::kMisconfigured);
  EXPECT_THAT(leases->AccountOf("192.0.2.1", kNow).detail, HasSubstr("leases:1: the last update"));
  EXPECT_FALSE(leases->Probe());
  std::filesystem::remove(folder_ + "/leases");
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).status, Leased::kMisconfigured);
  Write("leases", "192.0.2.1 jiro\n");
  EXPECT_EQ(leases->AccountOf("192.0.2.1", kNow).account, "jiro");
  EXPECT_TRUE(leases->Probe());
}

TEST_F(IdentityTest, LeaseTableSaysAllErrors) {
  const Errors errors = ErrorsOf(
      "192.0.2.1/24 taro\n"
      "nowhere taro\n"
      "192.0.2.1\n"
      "192.0.2.1 taro 2026-13-22T07:00:00Z\n"
      "192.0.2.1 taro 2026-11-22\n"
      "192.0.2.1 taro\n");
  ASSERT_EQ(errors.size(), 5u);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(errors[static_cast<std::size_t>(i)].place.line, i + 1);
}

TEST_F(IdentityTest, SqlLeasesRefuseWhatCannotWork) {
  const auto why = [](const std::string& url, const std::string& query) {
    LeaseOptions options;
    options.sql.url = url;
    options.query = query;
    const auto opened = OpenLeases(options);
    return opened ? "" : opened.error()[0].text;
  };
  EXPECT_THAT(why("oracle:x", "select 1"), HasSubstr("none of sqlite:"));
  EXPECT_THAT(why("postgresql:host=x password=y", "select 1"), HasSubstr("password"));
  EXPECT_THAT(why("postgresql:host='x y'", "select 1"), HasSubstr("form"));
  EXPECT_THAT(why("postgresql://x/y", "select 1"), HasSubstr("form"));
  EXPECT_THAT(why("sqlite:relative", "select 1"), HasSubstr("absolute"));
  EXPECT_THAT(why("sqlite:/x", "select a, b from c"), HasSubstr(":ip"));
  EXPECT_THAT(why("sqlite:/x", "select a, b from c where d = :address"),
              HasSubstr("':address', which is none of :ip"));
  LeaseOptions none;
  EXPECT_EQ(*OpenLeases(none), nullptr);
}

TEST_F(IdentityTest, CertificatesCountWithTheirIssuer) {
  const auto opened = CertificateTable::Open(
      Write("certificates",
            "\"CN=Scanner, third floor\" \"CN=Example CA\" Scanner-3\n"
            "plain issuer plain-account\n"
            "\"with \\\"quotes\\\"\" issuer quoted\n"
            "fingerprint:AB:cd:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd printed\n"));
  ASSERT_TRUE(opened) << opened.error()[0].ToString();
  const CertificateTable& table = **opened;
  EXPECT_EQ(table.AccountOf({"CN=Scanner, third floor", "CN=Example CA", ""}), "scanner-3");
  EXPECT_EQ(table.AccountOf({"CN=Scanner, third floor", "CN=Another CA", ""}), "");
  EXPECT_EQ(table.AccountOf({"CN=Scanner, third floor", "", ""}), "");
  EXPECT_EQ(table.AccountOf({"plain", "issuer", ""}), "plain-account");
  EXPECT_EQ(table.AccountOf({"with \"quotes\"", "issuer", ""}), "quoted");
  EXPECT_EQ(table.AccountOf({"any", "any", "abcd00112233445566778899aabbccdd"}), "printed");
  EXPECT_EQ(table.AccountOf({"", "", ""}), "");

  const auto broken =
      CertificateTable::Open(Write("broken",
                                   "subject account\n\"open issuer account\nfingerprint:12 x\n"
                                   "a b one\na b two\na b c d\n"));
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().size(), 5u);
  EXPECT_FALSE(CertificateTable::Open("/nonexistent/table"));
}

TEST_F(IdentityTest, LoginThenCertificateThenLease) {
  IdentityOptions options;
  options.certificate_table = Write("certificates", "subject issuer certified\n");
  options.lease.table = Write("leases", "192.0.2.1 leased\n192.0.2.2 one\n192.0.2.2 two\n");
  options.lease_networks = {ParseNetwork("192.0.2.0/25").value()};
  const auto opened = Identities::Open(options);
  ASSERT_TRUE(opened);
  const auto ask = [&](SessionClaims claims) { return (*opened)->Of(claims, {}, kNow); };
  SessionClaims claims;
  claims.login = "Taro";
  claims.certificate = {"subject", "issuer", ""};
  claims.client_address = "192.0.2.1";
  EXPECT_EQ(ask(claims).account, "taro");
  EXPECT_EQ(ask(claims).source, "login");
  claims.login = "";
  EXPECT_EQ(ask(claims).account, "certified");
  claims.certificate.issuer = "elsewhere";
  EXPECT_EQ(ask(claims).account, "leased");
  EXPECT_EQ(ask(claims).source, "lease");
  claims.client_address = "192.0.2.2";
  EXPECT_TRUE(ask(claims).in_doubt);
  EXPECT_EQ(ask(claims).account, "");
  claims.client_address = "198.51.100.1";
  EXPECT_FALSE(ask(claims).in_doubt);
  EXPECT_EQ(ask(claims).account, "");
}

TEST_F(IdentityTest, LeasesAreAskedForUsersAndNetworksOnly) {
  IdentityOptions options;
  options.lease.table = Write("leases", "192.0.2.1 leased\n");
  const auto opened = Identities::Open(options);
  ASSERT_TRUE(opened);
  SessionClaims claims;
  claims.client_address = "192.0.2.1";
  EXPECT_EQ((*opened)->Of(claims, {}, kNow).account, "") << "mail from anywhere asks for none";
  claims.for_users = true;
  EXPECT_EQ((*opened)->Of(claims, {}, kNow).account, "leased");
  std::filesystem::remove(folder_ + "/leases");
  EXPECT_TRUE((*opened)->Of(claims, {}, kNow).in_doubt);
  EXPECT_FALSE((*opened)->Probe());
}

TEST(CheckSessionTest, DoubtIsNeitherPassNorFailure) {
  const Identity none, one{"taro", "login", false, ""}, doubt{"", "lease", true, "two"};
  EXPECT_EQ(CheckSession(none, true).outcome, Outcome::kFail);
  EXPECT_EQ(CheckSession(none, false).outcome, Outcome::kNotApplicable);
  EXPECT_EQ(CheckSession(one, true).outcome, Outcome::kPass);
  EXPECT_EQ(CheckSession(doubt, true).outcome, Outcome::kUnavailable);
  EXPECT_EQ(CheckSession(doubt, false).outcome, Outcome::kUnavailable);
  EXPECT_THAT(CheckSession(doubt, true).reason, HasSubstr("two"));
}

TEST(QueryTextTest, FindsPlaceholdersOfSql) {
  const auto shown = [](std::string_view text) {
    const auto query = QueryText::ParseSql(text, {"address", "ip"});
    if (!query) return query.error().text;
    return query->Write([](std::string_view name) { return "<" + std::string(name) + ">"; });
  };
  EXPECT_EQ(shown("select a where b = :address"), "select a where b = <address>");
  EXPECT_EQ(shown(":ip::inet, :ip"), "<ip>::inet, <ip>");
  EXPECT_EQ(shown("':address' \":address\" `:address`"), "':address' \":address\" `:address`");
  EXPECT_EQ(shown("a -- it's :nothing\n= :ip /* :nothing */"), "a  = <ip>  ");
  EXPECT_EQ(shown("'it''s' :ip"), "'it''s' <ip>");
  EXPECT_EQ(shown("@x := :ip"), "@x := <ip>");
  EXPECT_EQ(shown("'open :ip"), "'open :ip");
  EXPECT_THAT(shown(":adress"), HasSubstr("did you mean 'address'"));
  EXPECT_THAT(shown("a : b"), HasSubstr("names ':'"));
  EXPECT_THAT(QueryText::ParseSql(":ip :address :ip", {"address", "ip"})->names(),
              ElementsAre("ip", "address"));
}

TEST(QueryTextTest, FindsOnlyKnownPlaceholdersOfFilters) {
  const QueryText filter =
      QueryText::ParseFilter("(|(mail=:address)(cn:caseExactMatch:=:local))", {"address", "local"});
  EXPECT_EQ(filter.Write([](std::string_view name) { return "<" + std::string(name) + ">"; }),
            "(|(mail=<address>)(cn:caseExactMatch:=<local>))");
}

}  // namespace
}  // namespace warifu::binding
