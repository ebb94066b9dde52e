// Each misconfiguration of Sendmail by itself, in the words of a sendmail.cf that m4 has made.
#include "cli/check_sendmail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check_mta_fixture.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kFilter =
    "Xwarifu, S=local:/run/warifu/warifu.sock, F=T, T=C:5m;S:30s;R:30s;E:5m\n";
constexpr const char* kList = "O InputMailFilters=warifu\n";
constexpr const char* kPorts =
    "O DaemonPortOptions=Family=inet,  Name=MTA-v4, Port=smtp, Addr=127.0.0.1\n"
    "O DaemonPortOptions=Family=inet,  Name=MSP-v4, Port=submission, M=Ea, Addr=127.0.0.1\n";

app::Settings Settings() {
  app::Settings settings = Enforcing();
  settings.socket.address = "unix:/run/warifu/warifu.sock";
  return settings;
}

std::string Cf(const std::string& filter = kFilter, const std::string& list = kList,
               const std::string& ports = kPorts,
               const std::string& size = "O MaxMessageSize=33554432\n") {
  return "# made by m4\nV10/Berkeley\nDZ8.17.1.9/Debian-2\n" + ports + list + size +
         "O Milter.macros.envfrom=i, {auth_type},\n\t{auth_authen}\n" + filter + "Mlocal, P=x\n";
}

CheckReport CheckCf(const std::string& text, const app::Settings& settings = Settings(),
                    const MtaFacts& facts = {}) {
  return CheckSendmail(settings, ReadSendmail(text), facts);
}

TEST(SendmailConfigTest, ReadsWhatM4Makes) {
  const SendmailConfig config = ReadSendmail(Cf());
  EXPECT_EQ(config.version, "8.17.1.9/Debian-2");
  ASSERT_EQ(config.filters.size(), 1u);
  EXPECT_EQ(config.filters[0].socket, "local:/run/warifu/warifu.sock");
  EXPECT_EQ(config.filters[0].times.at('R'), 30);
  EXPECT_EQ(config.filters[0].times.at('E'), 300);
  ASSERT_EQ(config.ports.size(), 2u);
  EXPECT_EQ(config.ports[1].name, "MSP-v4");
  EXPECT_EQ(config.ports[1].modifiers, "Ea");
  EXPECT_THAT(config.input_filters, ElementsAre("warifu"));
  EXPECT_THAT(config.options.at("milter.macros.envfrom"), HasSubstr("{auth_authen}"));
}

TEST(SendmailConfigTest, GarbageIsNoCrash) {
  for (const std::string& text :
       {std::string("X\nX,\nX=,,,=\nO\nO=\nO DaemonPortOptions\nO DaemonPortOptions==,=\nDZ\n"),
        std::string("Xa, T=;;:;C;C:;C:x\0;R:-1\n", 25), std::string(100'000, '\n'),
        "Xa" + std::string(100'000, ','), "O x=" + std::string(1 << 20, 'y') + "\n\t\t\n \n",
        std::string("\t\xff\xfe\0\n", 5)}) {
    EXPECT_THAT(Findings(CheckCf(text)), HasSubstr("filter: "));
  }
}

TEST(CheckSendmailTest, ARightConfigurationIsQuiet) {
  EXPECT_EQ(Findings(CheckCf(Cf())), "");
  EXPECT_EQ(Findings(CheckCf(Cf(std::string(kFilter) + "Xopendkim, S=inet:8891@127.0.0.1, F=T\n",
                                "O InputMailFilters=warifu,opendkim\n",
                                "O DaemonPortOptions=Name=MTA\nO DaemonPortOptions=Port=587, "
                                "Name=submission, M=Ea, InputMailFilters=warifu;opendkim\n"),
                             [] {
                               app::Settings settings = Settings();
                               settings.listeners = {
                                   {"users", "submission", Mode::kEnforce, true, true},
                                   {"mx", "", Mode::kEnforce, false, false}};
                               return settings;
                             }(),
                             {.cuts_mail = true})),
            "");
  app::Settings observing = Settings();
  observing.policy.mode = Mode::kObserve;
  EXPECT_EQ(
      Findings(CheckCf(Cf("Xwarifu, S=local:/run/warifu/warifu.sock, T=C:5m;S:30s;R:30s;E:5m\n"),
                       observing)),
      "");
}

TEST(CheckSendmailTest, AMissingFilterIsTold) {
  const CheckReport report = CheckCf(Cf("Xclamav, S=local:/run/clamav.sock, F=T\n"));
  EXPECT_EQ(LevelOf(report, "filter"), kUncovered);
  EXPECT_EQ(RemediesOf(report, "filter"),
            "INPUT_MAIL_FILTER(`warifu', `S=local:/run/warifu/warifu.sock, F=T, "
            "T=C:5m;S:30s;R:30s;E:5m')dnl\n");
  EXPECT_EQ(LevelOf(CheckCf(Cf("Xwarifu, S=local:/run/warifu.sock\n")), "path"), kFailsOpen);
}

TEST(CheckSendmailTest, TheFlagFitsTheMode) {
  const CheckReport open =
      CheckCf(Cf("Xwarifu, S=local:/run/warifu/warifu.sock, T=C:5m;S:30s;R:30s;E:5m\n"));
  EXPECT_EQ(LevelOf(open, "flag"), kFailsOpen);
  EXPECT_THAT(RemediesOf(open, "flag"), HasSubstr(", F=T, T=C:300s;S:30s;R:30s;E:300s"));
  app::Settings observing = Settings();
  observing.policy.mode = Mode::kObserve;
  EXPECT_EQ(LevelOf(CheckCf(Cf(), observing), "flag-observing"), kHurts);
}

TEST(CheckSendmailTest, OnePortWithoutIsTold) {
  const CheckReport none = CheckCf(Cf(kFilter, ""));
  EXPECT_EQ(LevelOf(none, "port"), kUncovered);
  EXPECT_EQ(RemediesOf(none, "port"), "define(`confINPUT_MAIL_FILTERS', `warifu')dnl\n");
  const CheckReport own =
      CheckCf(Cf(kFilter, kList,
                 "O DaemonPortOptions=Name=MTA\n"
                 "O DaemonPortOptions=Port=587, Name=MSA, InputMailFilters=clamav\n"));
  EXPECT_THAT(Findings(own), HasSubstr("does not name warifu at MSA (port 587)"));
  EXPECT_THAT(RemediesOf(own, "port"), HasSubstr("InputMailFilters=warifu;clamav"));
}

TEST(CheckSendmailTest, OrderTimesAndSizes) {
  const CheckReport order = CheckCf(Cf(std::string(kFilter) + "Xdkim-filter, S=inet:1@127.0.0.1\n",
                                       "O InputMailFilters=dkim-filter, warifu\n"),
                                    Settings(), {.cuts_mail = true});
  EXPECT_EQ(LevelOf(order, "order"), kHurts);
  EXPECT_EQ(RemediesOf(order, "order"),
            "define(`confINPUT_MAIL_FILTERS', `warifu,dkim-filter')dnl\n");
  const CheckReport times =
      CheckCf(Cf("Xwarifu, S=local:/run/warifu/warifu.sock, F=T, T=R:5s;E:1m\n"));
  EXPECT_THAT(Findings(times), HasSubstr("E:60s, not above the 60 s"));
  EXPECT_THAT(Findings(times), HasSubstr("R:5s, not above"));
  EXPECT_EQ(LevelOf(CheckCf(Cf(kFilter, kList, kPorts, "")), "size"), kUncovered);
  EXPECT_EQ(LevelOf(CheckCf(Cf(kFilter, kList, kPorts, "O MaxMessageSize=99999999999\n")), "size"),
            kUncovered);
}

TEST(CheckSendmailTest, ListenersAndLogins) {
  app::Settings settings = Settings();
  settings.listeners = {{"users", "MSA", Mode::kEnforce, true, true},
                        {"mx", "", Mode::kEnforce, false, false}};
  EXPECT_EQ(LevelOf(CheckCf(Cf(), settings), "daemon-name"), kUncovered);
  EXPECT_EQ(LevelOf(CheckCf(Cf(kFilter, kList, "O DaemonPortOptions=Port=587, Name=MSA, M=EA\n"),
                            settings),
                    "sasl"),
            kHurts);
}

TEST(CheckSendmailTest, AnOldSendmailMustNameTheMacros) {
  std::string old = Cf();
  old.replace(old.find("8.17.1"), 6, "8.13.8");
  EXPECT_EQ(Findings(CheckCf(old)), "");
  old.replace(old.find("{auth_authen}"), 13, "{x}");
  EXPECT_EQ(LevelOf(CheckCf(old), "macros"), kUncovered);
}

}  // namespace
}  // namespace warifu::cli
