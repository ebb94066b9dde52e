#include "cli/check_login_maps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cli/check_mta.h"

namespace warifu::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string Lines(std::string_view maps, const std::map<std::string, std::string>& files = {}) {
  const auto lines = LoginMapLines(maps, [&files](const std::string& path) {
    const auto it = files.find(path);
    return it == files.end() ? std::nullopt : std::optional(it->second);
  });
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

TEST(LoginMaps, SaysNothingOfNothing) {
  EXPECT_EQ(Lines("  "), "");
}

TEST(LoginMaps, NamesFilesOfTables) {
  EXPECT_THAT(
      Lines("lmdb:/etc/postfix/owners"),
      AllOf(HasSubstr("type = \"lmdb\";"), HasSubstr("path = \"/etc/postfix/owners.lmdb\";")));
  EXPECT_THAT(Lines("proxy:cdb:/etc/postfix/owners"),
              HasSubstr("path = \"/etc/postfix/owners.cdb\";"));
  EXPECT_THAT(Lines("texthash:/etc/postfix/owners"),
              AllOf(HasSubstr("table = \"/etc/postfix/owners\";"), Not(HasSubstr("cannot"))));
}

TEST(LoginMaps, ReadsTheSourceOfTypesThatItCannotRead) {
  EXPECT_THAT(Lines("hash:/etc/postfix/owners", {{"/etc/postfix/owners", "a@b c\n"}}),
              AllOf(HasSubstr("type 'hash'"), HasSubstr("source text"), Not(HasSubstr("not there")),
                    HasSubstr("table = \"/etc/postfix/owners\";")));
  EXPECT_THAT(Lines("btree:/etc/postfix/owners"), HasSubstr("not there"));
  EXPECT_THAT(Lines("pcre:/etc/postfix/owners"), HasSubstr("cannot read tables of type 'pcre'"));
  EXPECT_THAT(Lines("unionmap:{lmdb:/a, cdb:/b}"),
              AllOf(HasSubstr("cannot read tables of type 'unionmap'"), Not(HasSubstr("/a.lmdb"))));
}

TEST(LoginMaps, ReadsSqlSettings) {
  const std::string text = Lines(
      "proxy:pgsql:/etc/postfix/owners.cf",
      {{"/etc/postfix/owners.cf",
        "# a comment\nhosts = db.example.jp:5433 other\nuser = mail\npassword = s3cret\n"
        "dbname = mail\nquery = SELECT login FROM boxes\n  WHERE address = '%s' AND d = '%d'\n"}});
  EXPECT_THAT(text, HasSubstr("url = \"postgresql:host=db.example.jp port=5433 dbname=mail "
                              "user=mail\";"));
  EXPECT_THAT(text, HasSubstr("query = \"SELECT login FROM boxes WHERE address = :address AND d = "
                              ":domain\";"));
  EXPECT_THAT(text, AllOf(HasSubstr("password_file"), Not(HasSubstr("s3cret"))));
  EXPECT_THAT(Lines("mysql:/f", {{"/f",
                                  "hosts = unix:/run/mysqld/s\ndbname=d\ntable = t\n"
                                  "select_field = a\nwhere_field = b\n"}}),
              AllOf(HasSubstr("mysql:unix_socket=/run/mysqld/s dbname=d"),
                    HasSubstr("SELECT a FROM t WHERE b = :address")));
  EXPECT_THAT(Lines("sqlite:/f", {{"/f",
                                   "dbpath = /var/mail.db\nquery = select a from b where "
                                   "c like '%%%s'\n"}}),
              AllOf(HasSubstr("sqlite:/var/mail.db"), HasSubstr("cannot be bound")));
  EXPECT_THAT(Lines("pgsql:/missing"), HasSubstr("cannot be read"));
  EXPECT_THAT(Lines("pgsql:owners"), HasSubstr("main.cf"));
}

TEST(LoginMaps, ReadsLdapSettings) {
  const std::string text = Lines(
      "ldap:/etc/postfix/ldap.cf",
      {{"/etc/postfix/ldap.cf",
        "server_host = ldaps://one.example.jp, two.example.jp\nsearch_base = dc=example,dc=jp\n"
        "query_filter = (&(mail=%s)(objectClass=person))\nresult_attribute = uid\n"
        "bind_dn = cn=reader\nbind_pw = s3cret\nstart_tls = yes\n"}});
  EXPECT_THAT(text, HasSubstr("url = \"ldaps://one.example.jp ldap://two.example.jp\";"));
  EXPECT_THAT(text, HasSubstr("filter = \"(&(mail=:address)(objectClass=person))\";"));
  EXPECT_THAT(text, HasSubstr("base = \"dc=example,dc=jp\""));
  EXPECT_THAT(text, HasSubstr("starttls = true"));
  EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  EXPECT_THAT(text, Not(HasSubstr("no equal")));
}

TEST(LoginMaps, FindsWhatLdapSettingsSayElsewhere) {
  const std::string text =
      Lines("ldap:/f", {{"/f",
                         "server_host = one.example.jp, two.example.jp:1389\nserver_port = 3389\n"
                         "bind = no\nbind_dn = cn=reader\nbind_pw = s3cret\nscope = one\n"
                         "tls_ca_cert_file = /etc/ssl/ca.pem\nleaf_result_attribute = uid\n"}});
  EXPECT_THAT(text, HasSubstr("url = \"ldap://one.example.jp:3389 ldap://two.example.jp:1389\";"));
  EXPECT_THAT(text, HasSubstr("ca_file = \"/etc/ssl/ca.pem\";"));
  EXPECT_THAT(text, Not(HasSubstr("reader")));
  EXPECT_THAT(text, AllOf(HasSubstr("'scope' has no equal"),
                          HasSubstr("'leaf_result_attribute' has no equal")));
}

TEST(LoginMaps, SaysWhatOfSqlSettingsIsLost) {
  const auto sql = [](const std::string& more) {
    return Lines("pgsql:/f", {{"/f", "query = select a from b where c = '%s'\n" + more}});
  };
  EXPECT_THAT(sql("result_format = %s\nhosts = one\n"),
              AllOf(Not(HasSubstr("no equal")), Not(HasSubstr("only the first"))));
  EXPECT_THAT(sql("result_format = %u\n"), HasSubstr("'result_format' has no equal"));
  EXPECT_THAT(sql("hosts = one two\n"), HasSubstr("only the first"));
  EXPECT_THAT(sql("hosts = postgresql://one/mail\n"), HasSubstr("is a URI"));
}

TEST(LoginMaps, SaysThatSeveralAreOneTooMany) {
  EXPECT_THAT(Lines("lmdb:/a, cdb:/b"),
              AllOf(HasSubstr("/a.lmdb"), HasSubstr("/b.cdb"), HasSubstr("one directory")));
}

TEST(LoginMaps, AreThoseOfMainAndOfServices) {
  const Postfix postfix =
      ReadPostfix("smtpd_sender_login_maps = lmdb:/a\n",
                  "submission/inet/smtpd_sender_login_maps = cdb:/b\n"
                  "smtps/inet/smtpd_sender_login_maps = cdb:/b\nsmtp/inet/smtpd_milters = x\n",
                  "submission inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n");
  EXPECT_THAT(LoginMaps(postfix), testing::ElementsAre("cdb:/b", "lmdb:/a"));
  EXPECT_TRUE(LoginMaps(ReadPostfix("smtpd_sender_login_maps =\n", "", "")).empty());
}

}  // namespace
}  // namespace warifu::cli
