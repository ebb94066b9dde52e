// Each misconfiguration of Postfix by itself, and right ones, of which nothing is said.
#include "cli/check_postfix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check_mta_fixture.h"
#include "cli/check_mta.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(CheckPostfixTest, TheRecommendedLinesAreQuiet) {
  EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith())), "");
  app::Settings observing = Enforcing();
  observing.policy.mode = Mode::kObserve;
  EXPECT_EQ(Findings(Check(observing, PostfixWith({{"milter_default_action", "accept"}}))), "");
}

TEST(CheckPostfixTest, EverySpellingOfTheSocketIsKnown) {
  for (const char* milters :
       {"inet:localhost:11332, unix:/warifu/warifu.sock",
        "{ unix:warifu/warifu.sock, default_action=tempfail }", "local:/warifu/warifu.sock",
        "{ local:warifu/warifu.sock , content_timeout = 300s }, inet:[::1]:8891"}) {
    EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith({{"smtpd_milters", milters}}))), "")
        << milters;
  }
  app::Settings tcp = Enforcing();
  tcp.socket.address = "inet:8899@127.0.0.1";
  const Postfix postfix = PostfixWith({{"smtpd_milters", "inet:localhost:8899"}});
  EXPECT_EQ(Findings(Check(tcp, postfix)), "");
  EXPECT_EQ(LevelOf(Check(tcp, postfix), "tcp"), kNote);
  tcp.socket.address = "inet:8899@0.0.0.0";
  EXPECT_EQ(LevelOf(Check(tcp, postfix), "tcp-open"), kHurts);
}

// Two filters, a content filter with its way back, submission with its own list and name.
TEST(CheckPostfixTest, ARicherSetupIsQuiet) {
  app::Settings settings = Enforcing();
  settings.listeners = {{"users", "submission", Mode::kEnforce, true, true},
                        {"mx", "", Mode::kObserve, false, false}};
  settings.socketmap.address = "unix:/var/spool/postfix/warifu/transport.sock";
  settings.store.url = "sqlite:/var/lib/warifu/warifu.db";
  const Postfix postfix = PostfixWith(
      {{"smtpd_milters", "$ours, $signer"},
       {"ours", "{ unix:warifu/warifu.sock, default_action=tempfail }"},
       {"signer", "inet:127.0.0.1:8891"},
       {"milter_default_action", "accept"},
       {"content_filter", "scan:[127.0.0.1]:10024"},
       {"transport_maps", "socketmap:unix:warifu/transport.sock:warifu lmdb:/etc/postfix/t"}},
      "submission/inet/milter_macro_daemon_name = submission\n"
      "submission/inet/smtpd_sasl_auth_enable = yes\n"
      "submission/inet/mua = unix:/warifu/warifu.sock\n"
      "submission/inet/smtpd_milters = ${mua}, ${signer}\n"
      "submission/inet/milter_default_action = tempfail\n"
      "127.0.0.1:10025/inet/content_filter = \n"
      "127.0.0.1:10025/inet/receive_override_options = no_milters,no_header_body_checks\n",
      std::string(kServices) + "127.0.0.1:10025 inet n - y - - smtpd -o content_filter=\n");
  EXPECT_EQ(Findings(Check(settings, postfix, {.cuts_mail = true})), "");
}

TEST(CheckPostfixTest, ASocketOfAnotherFilterIsNotOurs) {
  for (const char* milters : {"", "inet:localhost:11332", "unix:opendkim/opendkim.sock"}) {
    const CheckReport report = Check(Enforcing(), PostfixWith({{"smtpd_milters", milters}}));
    EXPECT_EQ(LevelOf(report, "service"), kUncovered) << milters;
    EXPECT_EQ(LevelOf(report, "local"), kUncovered) << milters;
  }
  const CheckReport report =
      Check(Enforcing(), PostfixWith({{"smtpd_milters", "inet:localhost:11332"}}));
  EXPECT_EQ(RemediesOf(report, "service"),
            "postconf -e 'smtpd_milters = unix:warifu/warifu.sock, inet:localhost:11332'\n");
}

TEST(CheckPostfixTest, OneServiceWithoutIsTold) {
  const CheckReport report =
      Check(Enforcing(), PostfixWith({}, "submission/inet/smtpd_milters = inet:localhost:8891\n"));
  EXPECT_EQ(Findings(report),
            "service: smtpd_milters does not name warifu's socket at submission/inet\n");
  EXPECT_EQ(RemediesOf(report, "service"),
            "postconf -P 'submission/inet/smtpd_milters=unix:warifu/warifu.sock,"
            "inet:localhost:8891'\n")
      << "postconf -P takes no blank";
  const CheckReport braced = Check(
      Enforcing(),
      PostfixWith({}, "smtp/inet/smtpd_milters = { inet:a:1 , default_action=accept } inet:b:2\n"));
  EXPECT_EQ(RemediesOf(braced, "service"),
            "postconf -P 'smtp/inet/smtpd_milters=unix:warifu/warifu.sock,"
            "{inet:a:1,default_action=accept},inet:b:2'\n");
}

TEST(CheckPostfixTest, FiltersThatAreSwitchedOffAreTold) {
  const CheckReport report =
      Check(Enforcing(),
            PostfixWith({}, "submission/inet/receive_override_options = no_milters, no_x\n"));
  EXPECT_EQ(LevelOf(report, "no-milters"), kUncovered);
  EXPECT_EQ(RemediesOf(report, "no-milters"),
            "postconf -P 'submission/inet/receive_override_options=no_x'\n");
}

TEST(CheckPostfixTest, TheWayBackOfAFilterCountsWhereTheWayInIsOpen) {
  const std::string services = std::string(kServices) + "localhost:10025 inet n - n - - smtpd\n";
  const std::string back = "localhost:10025/inet/receive_override_options = no_milters\n";
  EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith({}, back, services))), "");
  const CheckReport open =
      Check(Enforcing(), PostfixWith({}, back + "smtp/inet/smtpd_milters =\n", services));
  EXPECT_THAT(Findings(open), AllOf(HasSubstr("socket at smtp/inet"),
                                    HasSubstr("no_milters at localhost:10025/inet")));
}

TEST(CheckPostfixTest, MailThatIsSeenTwiceIsTold) {
  const std::string services = std::string(kServices) + "localhost:10025 inet n - n - - smtpd\n";
  const CheckReport report =
      Check(Enforcing(), PostfixWith({{"content_filter", "scan:localhost:10024"}},
                                     "localhost:10025/inet/content_filter =\n", services));
  EXPECT_EQ(LevelOf(report, "twice"), kHurts);
  EXPECT_EQ(RemediesOf(report, "twice"),
            "postconf -P 'localhost:10025/inet/receive_override_options=no_milters'\n");
}

TEST(CheckPostfixTest, AProxyFilterHidesTheContent) {
  const CheckReport report =
      Check(Enforcing(), PostfixWith({}, "smtp/inet/smtpd_proxy_filter = 127.0.0.1:10024\n"));
  EXPECT_EQ(LevelOf(report, "proxy-filter"), kUncovered);
}

TEST(CheckPostfixTest, LocalMailIsCoveredToo) {
  const CheckReport missing = Check(Enforcing(), PostfixWith({{"non_smtpd_milters", ""}}));
  EXPECT_EQ(LevelOf(missing, "local"), kUncovered);
  EXPECT_EQ(RemediesOf(missing, "local"),
            "postconf -e 'non_smtpd_milters = unix:warifu/warifu.sock'\n");
  const CheckReport off =
      Check(Enforcing(), PostfixWith({}, "pickup/unix/receive_override_options = no_milters\n"));
  EXPECT_EQ(LevelOf(off, "local-no-milters"), kUncovered);
  app::Settings strict = Enforcing();
  strict.listeners = {{"all", "", Mode::kEnforce, true, true}};
  EXPECT_EQ(
      LevelOf(Check(strict, PostfixWith({{"smtpd_sasl_auth_enable", "yes"}})), "local-account"),
      kHurts);
}

TEST(CheckPostfixTest, TheDefaultActionFitsTheMode) {
  const Postfix accept = PostfixWith({{"milter_default_action", "accept"}});
  const CheckReport open = Check(Enforcing(), accept);
  EXPECT_EQ(LevelOf(open, "default-action"), kFailsOpen);
  EXPECT_EQ(RemediesOf(open, "default-action"), "postconf -e 'milter_default_action = tempfail'\n");
  app::Settings observing = Enforcing();
  observing.policy.mode = Mode::kObserve;
  const CheckReport shut = Check(observing, PostfixWith());
  EXPECT_EQ(LevelOf(shut, "default-action-observing"), kHurts);
  // Every listener observes: the same.
  app::Settings listeners = Enforcing();
  listeners.listeners = {{"mx", "", Mode::kObserve, false, false}};
  EXPECT_EQ(Findings(Check(listeners, accept)), "");
  // A filter's own action comes first, and is what has to change.
  const Postfix braced = PostfixWith(
      {{"smtpd_milters", "{ unix:warifu/warifu.sock, default_action = accept }, inet:[::1]:8891"}});
  EXPECT_EQ(
      RemediesOf(Check(Enforcing(), braced), "default-action"),
      "postconf -e 'smtpd_milters = { unix:warifu/warifu.sock, default_action=tempfail }, "
      "inet:[::1]:8891'\n"
      "postconf -e 'non_smtpd_milters = { unix:warifu/warifu.sock, default_action=tempfail }, "
      "inet:[::1]:8891'\n");
}

TEST(CheckPostfixTest, SignersComeBehind) {
  for (const char* signer : {"inet:localhost:8891", "unix:opendkim/opendkim.sock",
                             "inet:127.0.0.1:11332", "{ unix:/rspamd/milter.sock }"}) {
    const Postfix postfix =
        PostfixWith({{"smtpd_milters", std::string(signer) + ", unix:warifu/warifu.sock"}});
    EXPECT_EQ(LevelOf(Check(Enforcing(), postfix, {.cuts_mail = true}), "order"), kHurts) << signer;
    EXPECT_EQ(LevelOf(Check(Enforcing(), postfix), "order"), kNote) << signer;
  }
  const Postfix postfix =
      PostfixWith({{"smtpd_milters", "inet:[::1]:1, inet:[::1]:8891, unix:warifu/warifu.sock"}});
  EXPECT_THAT(RemediesOf(Check(Enforcing(), postfix), "order"),
              HasSubstr("'smtpd_milters = inet:[::1]:1, unix:warifu/warifu.sock, "
                        "inet:[::1]:8891'\n"));
}

TEST(CheckPostfixTest, AChrootThatCannotSeeTheSocketIsTold) {
  app::Settings settings = Enforcing();
  settings.socket.address = "unix:/run/warifu/warifu.sock";
  const CheckReport report =
      Check(settings, PostfixWith({{"smtpd_milters", "unix:/run/warifu/warifu.sock"}}));
  EXPECT_THAT(Findings(report), HasSubstr("smtp/inet runs in the chroot /var/spool/postfix"));
  EXPECT_EQ(LevelOf(report, "path"), kHurts);
  EXPECT_THAT(RemediesOf(report, "path"),
              AllOf(HasSubstr("install -d -o "), HasSubstr("'/var/spool/postfix/warifu'"),
                    HasSubstr("smtpd_milters = unix:warifu/warifu.sock")));
  std::string services(kServices);
  std::ranges::replace(services, 'y', 'n');  // chroot: n
  EXPECT_EQ(
      Findings(Check(settings, PostfixWith({{"smtpd_milters", "unix:/run/warifu/warifu.sock"}}, "",
                                           services))),
      "");
  // "-" means a chroot where the compatibility level is below 1.
  constexpr std::string_view kDash = "smtp inet n - - - - smtpd\ncleanup unix n - n - 0 cleanup\n";
  const Values old = {{"smtpd_milters", "unix:/run/warifu/warifu.sock"},
                      {"compatibility_level", "0"}};
  EXPECT_THAT(Findings(Check(settings, PostfixWith(old, "", kDash))), HasSubstr("path: smtp/inet"));
}

TEST(CheckPostfixTest, AMistypedSocketIsNoOtherFilter) {
  const Values typo = {{"smtpd_milters", "unix:warifu/warifu.soc"},
                       {"milter_default_action", "accept"}};
  const CheckReport report = Check(Enforcing(), PostfixWith(typo));
  EXPECT_EQ(LevelOf(report, "path"), kFailsOpen);
  EXPECT_THAT(RemediesOf(report, "path"), HasSubstr("smtpd_milters = unix:warifu/warifu.sock'"));
}

TEST(CheckPostfixTest, TimesAndSizesAreAboveOurs) {
  const auto findings = [](const Values& changes) {
    app::Settings settings = Enforcing();
    settings.store.url = "sqlite:/x";
    return Findings(Check(settings, PostfixWith(changes)));
  };
  EXPECT_THAT(findings({{"milter_content_timeout", "1m"}}),
              HasSubstr("content-timeout: milter_content_timeout = 1m is not above the 60 s"));
  EXPECT_EQ(findings({{"milter_content_timeout", "61"}}), "");
  EXPECT_THAT(findings({{"milter_command_timeout", "3s"}}), HasSubstr("command-timeout"));
  EXPECT_THAT(findings({{"smtpd_milters", "{unix:warifu/warifu.sock, content_timeout=30s}"}}),
              HasSubstr("milter_content_timeout = 30s"));
  EXPECT_THAT(findings({{"message_size_limit", "67108865"}}), HasSubstr("size: "));
  EXPECT_THAT(findings({{"message_size_limit", "0"}}), HasSubstr("message_size_limit = 0"));
  const CheckReport report = Check(Enforcing(), PostfixWith({{"message_size_limit", "104857600"}}));
  EXPECT_EQ(RemediesOf(report, "size"), "limits = { message = \"100M\"; };\n");
}

TEST(CheckPostfixTest, OldProtocolsAndTheirMacrosAreTold) {
  const Values few = {{"milter_mail_macros", "i {mail_addr}"}, {"milter_protocol", "2"}};
  EXPECT_THAT(Findings(Check(Enforcing(), PostfixWith(few))),
              AllOf(HasSubstr("protocol: milter_protocol = 2 at smtp/inet is below 6"),
                    Not(HasSubstr("macros"))))
      << "since 2.6 warifu chooses its own";
  Values old = few;
  old["mail_version"] = "2.5.1";
  const CheckReport report = Check(Enforcing(), PostfixWith(old));
  EXPECT_EQ(LevelOf(report, "macros"), kUncovered);
  EXPECT_THAT(
      RemediesOf(report, "macros"),
      HasSubstr("'milter_mail_macros = i {mail_addr} {auth_authen} {auth_type} {daemon_name}'"));
  const CheckReport invented =
      Check(Enforcing(), PostfixWith({{"milter_macro_defaults", "{auth_authen}=webmaster, x=y"}}));
  EXPECT_EQ(LevelOf(invented, "macro-defaults"), kFailsOpen);
  EXPECT_THAT(RemediesOf(invented, "macro-defaults"), HasSubstr("= x=y'"));
}

TEST(CheckPostfixTest, VersionsWithAKnownHoleAreTold) {
  for (const char* version : {"2.11.3", "3.4.23", "3.5.22", "3.7.8"}) {
    EXPECT_EQ(LevelOf(Check(Enforcing(), PostfixWith({{"mail_version", version}})), "version"),
              kUncovered)
        << version;
  }
  for (const char* version : {"3.5.23", "3.7.9", "3.8.4", "3.9.0", "3.12-20260821", "x", ""}) {
    EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith({{"mail_version", version}}))), "")
        << version;
  }
}

TEST(CheckPostfixTest, ListenersAreMetAndUsersCanLogIn) {
  app::Settings settings = Enforcing();
  settings.listeners = {{"users", "SUBMISSION", Mode::kEnforce, true, true},
                        {"mx", "", Mode::kEnforce, false, false}};
  const CheckReport unmet = Check(settings, PostfixWith());
  EXPECT_EQ(LevelOf(unmet, "daemon-name"), kUncovered);
  EXPECT_EQ(RemediesOf(unmet, "daemon-name"),
            "postconf -P 'submission/inet/milter_macro_daemon_name=SUBMISSION'\n");
  const std::string named = "submission/inet/milter_macro_daemon_name = SUBMISSION\n";
  const CheckReport mute = Check(settings, PostfixWith({}, named));
  EXPECT_EQ(LevelOf(mute, "sasl"), kHurts);
  EXPECT_EQ(RemediesOf(mute, "sasl"), "postconf -P 'submission/inet/smtpd_sasl_auth_enable=yes'\n");
  EXPECT_EQ(Findings(Check(settings, PostfixWith({}, named + "submission/inet/"
                                                             "smtpd_sasl_auth_enable = yes\n"))),
            "");
  settings.identity.lease.table = "/etc/warifu/leases";
  EXPECT_EQ(Findings(Check(settings, PostfixWith({}, named))), "");
}

TEST(CheckPostfixTest, NetworksThatMayRelayAreTrusted) {
  const CheckReport report = Check(
      Enforcing(), PostfixWith({{"mynetworks", "127.0.0.0/8, 192.0.2.0/24 !192.0.2.1 /etc/x"}}));
  EXPECT_EQ(LevelOf(report, "networks"), kUncovered);
  EXPECT_THAT(RemediesOf(report, "networks"), HasSubstr("\"192.0.2.0/24\" ];"));
  EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith({{"mynetworks", "192.0.2.7/32"}}),
                           {.own_addresses = {"192.0.2.7"}})),
            "");
  EXPECT_EQ(Findings(Check(Enforcing(), PostfixWith({{"mynetworks", "192.0.2.0/24"},
                                                     {"smtpd_relay_restrictions", "reject"}}))),
            "");
}

TEST(CheckPostfixTest, ATransportMapThatIsNotPluggedInIsTold) {
  app::Settings settings = Enforcing();
  settings.socketmap.address = "unix:/var/spool/postfix/warifu/transport.sock";
  const auto with = [](const char* maps) { return PostfixWith({{"transport_maps", maps}}); };
  EXPECT_EQ(RemediesOf(Check(settings, with("lmdb:/etc/postfix/transport")), "socketmap"),
            "postconf -e 'transport_maps = socketmap:unix:warifu/transport.sock:warifu "
            "lmdb:/etc/postfix/transport'\n");
  for (const char* maps : {"socketmap:unix:warifu/transport.sock:warifu",
                           "socketmap:unix:/warifu/transport.sock:x, lmdb:/etc/postfix/transport",
                           "lmdb:/x proxy:socketmap:unix:warifu/transport.sock:warifu"}) {
    EXPECT_EQ(Findings(Check(settings, with(maps))), "") << maps;
  }
  settings.socketmap.address = "inet:8898@127.0.0.1";
  EXPECT_EQ(LevelOf(Check(settings, with("")), "socketmap"), kUncovered);
  EXPECT_EQ(Findings(Check(settings, with("socketmap:inet:localhost:8898:warifu"))), "");
  settings.socketmap.address = "unix:/run/warifu/transport.sock";
  EXPECT_EQ(LevelOf(Check(settings, with("socketmap:unix:/run/warifu/transport.sock:warifu")),
                    "socketmap-path"),
            kHurts);
  settings.socketmap.address = "";
  EXPECT_EQ(Findings(Check(settings, PostfixWith())), "");
  settings.store.url = "sqlite:/var/lib/warifu/warifu.db";
  settings.directory.type = binding::DirectoryOptions::Type::kTable;
  settings.directory.path = "/etc/postfix/owners";
  settings.listeners = {{"mx", "", Mode::kEnforce, false, false}};
  const Postfix logins = PostfixWith({{"smtpd_sasl_auth_enable", "yes"}});
  EXPECT_EQ(LevelOf(Check(settings, logins), "socketmap-unset"), kUncovered);
  settings.policy.check_modes[warifu::Check::kPin] = Mode::kObserve;
  EXPECT_EQ(Findings(Check(settings, logins)), "");
}

TEST(CheckPostfixTest, ADaemonThatIsDownIsWhatPostfixMakesOfIt) {
  EXPECT_EQ(LevelOf(Check(Enforcing(), PostfixWith(), {.silent = true}), "no-answer"), kHurts);
  EXPECT_EQ(LevelOf(Check(Enforcing(), PostfixWith({{"milter_default_action", "accept"}}),
                          {.silent = true}),
                    "no-answer"),
            kUncovered);
}

TEST(CheckPostfixTest, MisspeltSettingsAreTold) {
  Postfix postfix = PostfixWith();
  postfix.warnings = {"/etc/postfix/main.cf: unused parameter: smtpd_miltres=unix:x",
                      "/etc/postfix/main.cf: unused parameter: color=red"};
  EXPECT_EQ(Findings(Check(Enforcing(), postfix)),
            "spelling: /etc/postfix/main.cf: unused parameter: smtpd_miltres=unix:x\n");
}

TEST(CheckPostfixTest, LinesToPlugInNameTheListeners) {
  app::Settings settings = Enforcing();
  settings.listeners = {{"users", "SUBMISSION", Mode::kEnforce, true, true},
                        {"mx", "", Mode::kEnforce, false, false}};
  const auto lines = [&] {
    std::string all;
    for (const std::string& line : PluggingIn(settings, nullptr)) all += line + "\n";
    return all;
  };
  EXPECT_THAT(lines(), HasSubstr("smtpd_milters = unix:warifu/warifu.sock\n"));
  EXPECT_THAT(lines(), HasSubstr("milter_default_action = tempfail\n"));
  EXPECT_THAT(lines(), HasSubstr("-o milter_macro_daemon_name=SUBMISSION"));
  EXPECT_THAT(lines(), HasSubstr("S=local:/var/spool/postfix/warifu/warifu.sock, F=T"));
  settings.policy.mode = Mode::kObserve;
  EXPECT_THAT(lines(), AllOf(HasSubstr("milter_default_action = accept"), Not(HasSubstr("F=T"))));
}

}  // namespace
}  // namespace warifu::cli
