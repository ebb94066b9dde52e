#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/check_mta.h"
#include "cli/check_system.h"
#include "cli/command.h"
#include "cli/program.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string TextOf(const CheckReport& report, CheckLevel least = CheckLevel::kWarning) {
  std::string out;
  for (const CheckLine& line : report) {
    if (line.level >= least) out += line.what + ": " + line.text + "\n";
  }
  return out;
}

app::Settings Enforcing() {
  app::Settings settings = app::DefaultSettings();
  settings.policy.mode = Mode::kEnforce;
  settings.socket.address = "unix:/var/spool/postfix/warifu/warifu.sock";
  settings.store.url = "";  // nothing that a transport map could tell
  return settings;
}

constexpr std::string_view kServices =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "pickup     unix  n       -       y       60      1       pickup\n";

Postfix PostfixWith(const std::string& milters, const std::string& action) {
  return ReadPostfix("smtpd_milters = " + milters + "\nmilter_default_action = " + action +
                         "\nqueue_directory = /var/spool/postfix\nmessage_size_limit = 10240000\n",
                     "", kServices);
}

TEST(CheckMtaTest, SocketsAsEachMtaWritesThem) {
  EXPECT_EQ(PostfixSocket("unix:/run/w/s", "/var/spool/postfix"), "unix:/run/w/s");
  EXPECT_EQ(PostfixSocket("unix:/var/spool/postfix/w/s", "/var/spool/postfix"), "unix:w/s");
  EXPECT_EQ(PostfixSocket("inet:8899@127.0.0.1", ""), "inet:127.0.0.1:8899");
  EXPECT_EQ(PostfixSocket("inet6:8899@::1", ""), "inet:[::1]:8899");
  EXPECT_EQ(SendmailSocket("unix:/run/w/s"), "local:/run/w/s");
  EXPECT_EQ(SendmailSocket("inet:8899@127.0.0.1"), "inet:8899@127.0.0.1");
}

TEST(CheckMtaTest, AWellPluggedPostfixIsQuiet) {
  for (const char* milters :
       {"unix:warifu/warifu.sock", "inet:localhost:11332, unix:/warifu/warifu.sock",
        "{ unix:/var/spool/postfix/warifu/warifu.sock, default_action=tempfail }",
        "local:/var/spool/postfix/warifu/warifu.sock"}) {
    EXPECT_THAT(CheckPostfix(Enforcing(), PostfixWith(milters, "tempfail")), IsEmpty()) << milters;
  }
}

TEST(CheckMtaTest, ASocketOfAnotherFilterIsNotOurs) {
  EXPECT_THAT(
      TextOf(CheckPostfix(Enforcing(), PostfixWith("unix:warifu/warifu.sock2", "tempfail"))),
      HasSubstr("does not name warifu's socket"));
  EXPECT_THAT(TextOf(CheckPostfix(Enforcing(), PostfixWith("", "tempfail"))),
              HasSubstr("does not name warifu's socket"));
}

TEST(CheckMtaTest, AServiceOfItsOwnCounts) {
  Postfix postfix = PostfixWith("", "tempfail");
  const Postfix with = ReadPostfix(
      "", "submission/inet/smtpd_milters = unix:warifu/warifu.sock\nsmtp/inet/x = y\n", "");
  postfix.overrides = with.overrides;
  EXPECT_THAT(CheckPostfix(Enforcing(), postfix), IsEmpty());
}

TEST(CheckMtaTest, AcceptAsDefaultIsWrongWhileEnforcing) {
  const Postfix postfix = PostfixWith("unix:warifu/warifu.sock", "accept");
  EXPECT_THAT(TextOf(CheckPostfix(Enforcing(), postfix)), HasSubstr("milter_default_action"));
  app::Settings observing = Enforcing();
  observing.policy.mode = Mode::kObserve;
  EXPECT_THAT(CheckPostfix(observing, postfix), IsEmpty());
}

TEST(CheckMtaTest, AChrootThatCannotSeeTheSocketIsTold) {
  app::Settings settings = Enforcing();
  settings.socket.address = "unix:/run/warifu/warifu.sock";
  const Postfix postfix = PostfixWith("unix:/run/warifu/warifu.sock", "tempfail");
  EXPECT_THAT(TextOf(CheckPostfix(settings, postfix)), HasSubstr("chroot /var/spool/postfix"));
  Postfix open = postfix;
  open.smtpd_in_chroot = false;
  EXPECT_THAT(CheckPostfix(settings, open), IsEmpty());
}

TEST(CheckMtaTest, AHigherSizeLimitThanOursIsTold) {
  app::Settings settings = Enforcing();
  settings.limits.message_bytes = 1 << 20;
  const Postfix postfix = PostfixWith("unix:warifu/warifu.sock", "tempfail");
  EXPECT_THAT(TextOf(CheckPostfix(settings, postfix)), HasSubstr("message_size_limit = 10240000"));
  Postfix unlimited = postfix;
  unlimited.settings["message_size_limit"] = "0";
  EXPECT_THAT(TextOf(CheckPostfix(Enforcing(), unlimited)), HasSubstr("message_size_limit = 0"));
}

TEST(CheckMtaTest, ATransportMapThatIsNotPluggedInIsTold) {
  app::Settings settings = Enforcing();
  settings.socketmap.address = "unix:/var/spool/postfix/warifu/transport.sock";
  Postfix postfix = PostfixWith("unix:warifu/warifu.sock", "tempfail");
  postfix.settings["transport_maps"] = "lmdb:/etc/postfix/transport";
  EXPECT_THAT(TextOf(CheckPostfix(settings, postfix)),
              HasSubstr("set transport_maps = socketmap:unix:warifu/transport.sock:warifu "
                        "lmdb:/etc/postfix/transport"));
  for (const char* maps : {"socketmap:unix:warifu/transport.sock:warifu",
                           "socketmap:unix:/warifu/transport.sock:x, lmdb:/etc/postfix/transport",
                           "lmdb:/x proxy:socketmap:unix:warifu/transport.sock:warifu"}) {
    postfix.settings["transport_maps"] = maps;
    EXPECT_THAT(CheckPostfix(settings, postfix), IsEmpty()) << maps;
  }
  settings.socketmap.address = "inet:8898@127.0.0.1";
  EXPECT_THAT(TextOf(CheckPostfix(settings, postfix)), HasSubstr("socketmap:inet:127.0.0.1:8898:"));
  postfix.settings["transport_maps"] = "socketmap:inet:localhost:8898:warifu";
  EXPECT_THAT(CheckPostfix(settings, postfix), IsEmpty());
  settings.socketmap.address = "";
  EXPECT_THAT(CheckPostfix(settings, postfix), IsEmpty());
  settings.store.url = "sqlite:/var/lib/warifu/warifu.db";
  EXPECT_THAT(TextOf(CheckPostfix(settings, postfix)),
              HasSubstr("socketmap.address is not set: mail in the queue"));
  settings.policy.mode = Mode::kObserve;
  EXPECT_THAT(CheckPostfix(settings, postfix), IsEmpty());
}

TEST(CheckMtaTest, GarbageFromPostconfIsNoCrash) {
  const std::string garbage("=\n = \n\xff\0=\n{{{}}}\nsmtp inet\n,,,,,,,,,\n", 35);
  EXPECT_THAT(TextOf(CheckPostfix(Enforcing(), ReadPostfix(garbage, garbage, garbage))),
              HasSubstr("does not name"));
}

TEST(CheckMtaTest, LinesToPlugInNameTheListeners) {
  app::Settings settings = Enforcing();
  settings.listeners = {{"users", "SUBMISSION", Mode::kEnforce, true, true},
                        {"mx", "", Mode::kEnforce, false, false}};
  std::string all;
  for (const std::string& line : PluggingIn(settings, nullptr)) all += line + "\n";
  EXPECT_THAT(all, HasSubstr("smtpd_milters = unix:warifu/warifu.sock\n"));
  EXPECT_THAT(all, HasSubstr("milter_default_action = tempfail\n"));
  EXPECT_THAT(all, HasSubstr("-o milter_macro_daemon_name=SUBMISSION"));
  EXPECT_THAT(all, HasSubstr("S=local:/var/spool/postfix/warifu/warifu.sock, F=T"));
}

TEST(ProgramTest, OutputStatusAndTime) {
  EXPECT_EQ(RunProgram({"echo", "a b"}, milliseconds(10'000)).value_or("?"), "a b\n");
  EXPECT_EQ(RunProgram({"false"}, milliseconds(10'000)).error().kind, ErrorKind::kSystem);
  EXPECT_EQ(RunProgram({"no-such-program-here"}, milliseconds(10'000)).error().kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(RunProgram({"sleep", "60"}, milliseconds(50)).error().kind, ErrorKind::kTemporary);
  EXPECT_EQ(RunProgram({"yes"}, milliseconds(10'000)).error().kind, ErrorKind::kTemporary);
}

class CheckTest : public ToolTest {
 protected:
  std::string Problems(const app::Settings& settings) { return TextOf(CheckSystem(settings)); }
  app::Settings Mine() {
    const auto settings = app::LoadSettings("warifu.conf");
    EXPECT_TRUE(settings);
    return *settings;
  }
};

TEST_F(CheckTest, AWholeConfigurationIsFine) {
  const Outcome outcome = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(outcome.status, kExitClean) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("3 rules, version "));
  EXPECT_THAT(outcome.out, HasSubstr("smtpd_milters = unix:" + folder_ + "/warifu.sock"));
  EXPECT_THAT(Run({"check", "--config", "warifu.conf", "--quiet"}).out, Not(HasSubstr("smtpd_m")));
}

TEST_F(CheckTest, AllErrorsOfAConfigurationAtOnce) {
  Write("bad.conf", "mod = \"observe\";\nlimits = { parts = 0; };\n");
  const Outcome outcome = Run({"check", "--config", "bad.conf", "--format", "json"});
  EXPECT_EQ(outcome.status, kExitFound);
  std::istringstream lines(outcome.out);
  std::vector<int> at;
  for (std::string line; std::getline(lines, line);) {
    at.push_back(nlohmann::json::parse(line)["line"]);
  }
  EXPECT_THAT(at, ElementsAre(1, 2));
  EXPECT_EQ(Run({"check", "--config", "absent.conf"}).status, kExitError);
}

TEST_F(CheckTest, BadRulesAreFound) {
  Write("rules.toml", "[[rules]]\nid = \"a\"\nregx = '''x'''\n");
  const Outcome outcome = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, HasSubstr("rules.toml:3:"));
}

TEST_F(CheckTest, NoRuleAndAnEmptyTableAreWarnedOf) {
  Write("rules.toml", "");
  Write("table", "# nobody yet\n");
  WriteConfig("directory = { table = \"" + folder_ + "/table\"; };\n");
  const Outcome outcome = Run({"check", "--config", "warifu.conf", "--quiet"});
  EXPECT_EQ(outcome.status, kExitClean) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("warning  loading  no rule is loaded: nothing is looked for"));
  EXPECT_THAT(outcome.out, HasSubstr("/table: the table is empty: no account owns an address"));
}

TEST_F(CheckTest, AMissingTableAndKeySayWhatTheyAre) {
  WriteConfig("directory = { table = \"/nonexistent/table\"; };\n");
  const Outcome missing = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(missing.status, kExitFound);
  EXPECT_THAT(missing.out, HasSubstr("/nonexistent/table: directory: No such file"));
  WriteConfig();
  std::filesystem::remove(folder_ + "/key");
  const Outcome early = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(early.status, kExitClean);
  EXPECT_THAT(early.out, HasSubstr("/key: no fingerprint key yet, the daemon makes it"));
  EXPECT_THAT(early.out, Not(HasSubstr("after the next start")));
}

TEST_F(CheckTest, TheQueryOfAnnouncedChangesIsTried) {
  const std::string path = folder_ + "/provisioning.db";
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "create table moves (address, old, new, ticket, starts, ends);"
                         "insert into moves values"
                         "('a@example.jp', 'a', 'b', 'T-1', null, strftime('%s', 'now') + 3600),"
                         "('b@example.jp', 'a', 'b', 'T-2', strftime('%s', 'now') + 60,"
                         " strftime('%s', 'now') + 3600),"
                         "('c@example.jp', 'a', 'b', 'T-3', null, 1),"
                         "('d@example.jp', 'a', 'a', 'T-4', null, 1)",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  const std::string url = "changes = { url = \"sqlite:" + path + "\"; query = \"";
  WriteConfig(url + "select address, old, new, ticket, starts, ends from moves\"; };\n");
  const Outcome outcome = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(outcome.status, kExitClean) << outcome.out;
  EXPECT_THAT(outcome.out, HasSubstr("SQLite: 4 rows; valid now 1, not yet 1, over 1, wrong 1"));
  EXPECT_THAT(outcome.out, HasSubstr("change T-4 of 'd@example.jp': goes from and to one account"));
  WriteConfig(url + "select address, old, new, ticket from moves\"; };\n");
  const Outcome narrow = Run({"check", "--config", "warifu.conf"});
  EXPECT_EQ(narrow.status, kExitFound);
  EXPECT_THAT(narrow.out, HasSubstr("no columns as wanted: 6, not 4"));
  sqlite3_close(db);
}

TEST_F(CheckTest, SettingsWithTheirOrigin) {
  const Outcome outcome = Run({"check", "--config", "warifu.conf", "--settings"});
  EXPECT_EQ(outcome.status, kExitClean);
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("limits.message +\"64M\" +default"));
  EXPECT_THAT(outcome.out, ::testing::ContainsRegex("cache_dir +\"/tmp/.*\" +warifu.conf:2"));
}

TEST_F(CheckTest, FoldersThatEverybodyMayWriteToAreErrors) {
  EXPECT_THAT(Problems(Mine()), IsEmpty());
  ::chmod(folder_.c_str(), 0777);
  EXPECT_THAT(Problems(Mine()), HasSubstr("socket: everybody may write to the folder"));
  ::chmod(folder_.c_str(), 0700);
  ::chmod("rules.toml", 0666);
  ::chmod("key", 0644);
  const std::string problems = Problems(Mine());
  EXPECT_THAT(problems, HasSubstr("rules: everybody may write to it"));
  EXPECT_THAT(problems, HasSubstr("key: everybody may read the fingerprint key"));
}

TEST_F(CheckTest, JudgedForTheDaemonsUser) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  app::Settings settings = Mine();
  settings.user = "nobody";
  EXPECT_THAT(Problems(settings), HasSubstr("user 'nobody' may not"));
  settings.user = "no-such-user-here";
  EXPECT_THAT(Problems(settings), HasSubstr("there is no user 'no-such-user-here'"));
  settings.user = "nobody";
  settings.socket.group = "daemon";
  settings.control_group = "no-such-group-here";
  const std::string problems = Problems(settings);
  EXPECT_THAT(problems, HasSubstr("socket.group: user 'nobody' is no member"));
  EXPECT_THAT(problems, HasSubstr("there is no group 'no-such-group-here'"));
}

TEST_F(CheckTest, AStoreThatCannotBeWrittenIsFound) {
  app::Settings settings = Mine();
  ASSERT_EQ(Problems(settings), "");
  Write("warifu.db", "");
  ::chmod((folder_ + "/warifu.db").c_str(), 0644);
  EXPECT_THAT(Problems(settings), HasSubstr("store: everybody may read it"));
  settings.store.url = "sqlite:" + folder_;
  EXPECT_THAT(Problems(settings), HasSubstr("store: is no file"));
  settings.store.url = "sqlite:" + folder_ + "/absent/warifu.db";
  EXPECT_THAT(TextOf(CheckSystem(settings)), HasSubstr("store: the folder is not there"));
  settings.store.url = "postgresql:host=db dbname=warifu";
  EXPECT_EQ(Problems(settings), "");
  if (::geteuid() != 0) return;
  ::chmod((folder_ + "/warifu.db").c_str(), 0600);
  settings.store.url = "sqlite:" + folder_ + "/warifu.db";
  settings.user = "nobody";
  EXPECT_THAT(Problems(settings), HasSubstr("store: user 'nobody' may not write to the file"));
}

TEST_F(CheckTest, MissingFoldersAreWarnings) {
  app::Settings settings = Mine();
  settings.socket.address = "unix:" + folder_ + "/absent/s";
  const CheckReport report = CheckSystem(settings);
  ASSERT_EQ(TextOf(report, CheckLevel::kError), "");
  EXPECT_THAT(TextOf(report), HasSubstr("socket: the folder is not there"));
}

}  // namespace
}  // namespace warifu::cli
