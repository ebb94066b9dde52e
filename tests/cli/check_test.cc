#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/check_system.h"
#include "cli/command.h"
#include "cli/file_rights.h"
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
  EXPECT_THAT(outcome.out,
              HasSubstr("socket         unix:" + folder_ + "/warifu.sock: nobody listens there"));
  EXPECT_THAT(outcome.out, HasSubstr("warifu check --suggest prints"));
  EXPECT_THAT(Run({"check", "--config", "warifu.conf", "--quiet"}).out, Not(HasSubstr("smtpd_m")));
  EXPECT_EQ(Run({"check", "--config", "warifu.conf", "--quiet", "--own"}).out, "");
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

TEST_F(CheckTest, SuggestionsAreCommandsAndComments) {
  ::chmod("rules.toml", 0666);
  const Outcome outcome = Run({"check", "--config", "warifu.conf", "--suggest"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, HasSubstr("# error: " + folder_ + "/rules.toml: everybody may write"));
  EXPECT_THAT(outcome.out, HasSubstr("\nchmod o-w '" + folder_ + "/rules.toml'\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nsystemctl start warifu-milter\n"));
  const Outcome json =
      Run({"check", "--config", "warifu.conf", "--suggest", "--quiet", "--format", "json"});
  const auto first = nlohmann::json::parse(json.out.substr(0, json.out.find('\n')));
  EXPECT_EQ(first["level"], "error");
  EXPECT_EQ(first["remedies"][0]["kind"], "command");
  EXPECT_EQ(first["remedies"][0]["text"], "chmod o-w '" + folder_ + "/rules.toml'");
}

TEST_F(CheckTest, ExamplesOfTheRulesAreRun) {
  Write("rules.toml",
        "[[rules]]\nid = \"a\"\nregex = \'\'\'abc\\d\'\'\'\nkeywords = [\"abc\"]\n[rules.mail]\n"
        "matches = [\"xyz\"]\n");
  const Outcome outcome = Run({"check", "--config", "warifu.conf", "--quiet"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, HasSubstr("rule 'a': "));
  EXPECT_EQ(Run({"check", "--config", "warifu.conf", "--own"}).status, kExitClean);
}

TEST_F(CheckTest, RulesThatAreTakenAwayAreNamed) {
  Write("warifu.conf",
        "user = \"\"; cache_dir = \"\"; store = { url = \"\"; };\n"
        "rules = { paths = [ \"" +
            folder_ +
            "/rules.toml\" ]; disabled = [ \"member-row\" ];"
            " observed = [ \"internal-host\" ]; };\n");
  const std::string out = Run({"check", "--config", "warifu.conf"}).out;
  EXPECT_THAT(out, HasSubstr("rules.disabled: not loaded: member-row"));
  EXPECT_THAT(out, HasSubstr("rules.observed: only reported: internal-host"));
}

TEST_F(CheckTest, ThePostfixThatIsNamedMustBeThere) {
  const Outcome outcome =
      Run({"check", "--config", "warifu.conf", "--quiet", "--postfix", folder_ + "/none"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, HasSubstr("postconf"));
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

// A tool that ran as root leaves a write-ahead log that the daemon may not write to.
TEST_F(CheckTest, FilesThatRootMadeAreFound) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  app::Settings settings = Mine();
  settings.user = "nobody";
  const auto user = UserNamed("nobody");
  ASSERT_TRUE(user);
  for (const char* name : {".", "warifu.db", "warifu.db-wal", "cache", "cache/old.hsdb"}) {
    if (std::string(name) == "cache")
      std::filesystem::create_directory("cache");
    else if (std::string(name) != ".")
      Write(name, "x");
    ASSERT_EQ(::chown(name, user->uid, user->group), 0);
    ::chmod(name, std::filesystem::is_directory(name) ? 0700 : 0600);
  }
  settings.rules.cache_dir = folder_ + "/cache";
  EXPECT_THAT(Problems(settings), Not(HasSubstr("warifu.db")));
  ASSERT_EQ(::chown("warifu.db-wal", 0, 0), 0);
  ASSERT_EQ(::chown("cache/old.hsdb", 0, 0), 0);
  const CheckReport report = CheckSystem(settings);
  EXPECT_THAT(TextOf(report), HasSubstr("store: user 'nobody' may not write to the file"));
  EXPECT_THAT(TextOf(report), HasSubstr("cache: user 'nobody' may not read it"));
  std::string commands;
  for (const CheckLine& line : report) {
    for (const Remedy& remedy : line.remedies) commands += remedy.text + "\n";
  }
  EXPECT_THAT(commands, HasSubstr("chown nobody: '" + folder_ + "/warifu.db-wal'\n"));
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
