// Settings: defaults, every kind of value, every kind of mistake with its line.
#include "app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "app/settings_table.h"

namespace warifu::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string name = ::testing::TempDir() + "warifu-settings-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(std::string_view text, const std::string& name = "warifu.conf") const {
    const std::string path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }

  std::expected<Settings, Errors> Load(std::string_view text) const {
    return LoadSettings(Write(text));
  }

  // "line: text" of each error.
  std::vector<std::string> ErrorsOf(std::string_view text) const {
    const auto settings = Load(text);
    std::vector<std::string> out;
    if (settings) return out;
    for (const Error& error : settings.error()) {
      out.push_back(std::to_string(error.place.line) + ": " + error.text);
    }
    return out;
  }

  std::filesystem::path folder_;
};

std::string Slurp(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(SettingsTest, AnEmptyFileIsTheDefaults) {
  const auto settings = Load("");
  ASSERT_TRUE(settings.has_value());
  const Settings standard = DefaultSettings();
  ASSERT_EQ(settings->effective.size(), standard.effective.size());
  for (std::size_t i = 0; i < standard.effective.size(); ++i) {
    EXPECT_EQ(settings->effective[i].value, standard.effective[i].value);
    EXPECT_EQ(settings->effective[i].place.line, 0);
  }
  EXPECT_EQ(settings->policy.mode, Mode::kObserve);
  EXPECT_EQ(settings->limits.message_bytes, 64u << 20);
  EXPECT_EQ(settings->limits.parts, 1000u);
  EXPECT_EQ(settings->scan_budget, std::chrono::seconds(60));
  EXPECT_EQ(settings->socket.mode, 0660u);
  EXPECT_EQ(settings->policy.faults.size(), kAllFaultCauses.size());
  EXPECT_EQ(settings->policy.checks.at(Check::kDisplay), Action::kTag);
  EXPECT_EQ(settings->rules.sources.size(), 1u);
  EXPECT_TRUE(settings->scan_directions.contains(incident::Direction::kInternal));
  EXPECT_FALSE(settings->scan_directions.contains(incident::Direction::kInbound));
  EXPECT_EQ(settings->trusted_networks.size(), 2u);
  EXPECT_EQ(settings->binding.address.sub_address_delimiters, "+");
}

TEST_F(SettingsTest, EveryDefaultPassesItsOwnChecks) {
  for (const Setting& setting : SettingsTable()) {
    SCOPED_TRACE(setting.name);
    EXPECT_FALSE(setting.help.empty());
    EXPECT_FALSE(setting.range.empty());
    if (IsList(setting.kind)) continue;
    const Result<Value> value = ReadValue(setting, setting.standard);
    ASSERT_TRUE(value.has_value()) << value.error().text;
    const bool entry = setting.name.find("[].") != std::string_view::npos;
    if (entry) continue;  // they need an entry to go to
    Settings settings;
    const Result<void> applied = setting.apply(&settings, setting, *value);
    EXPECT_TRUE(applied.has_value()) << applied.error().text;
  }
}

// The annotated file holds every setting once, with its default, and nothing else.
TEST_F(SettingsTest, TheAnnotatedFileNamesEverySettingWithItsDefault) {
  const std::string text = Slurp(WARIFU_SOURCE_DIR "/conf/warifu.conf");
  ASSERT_FALSE(text.empty());
  ASSERT_TRUE(Load(text).has_value()) << "as it stands";
  // "#name = value;" is a setting, "# words" are words.
  const std::string all = std::regex_replace(text, std::regex("(^|\n)([ ]*)#([^ \n])"), "$1$2$3",
                                             std::regex_constants::format_default);
  const auto settings = Load(all);
  ASSERT_TRUE(settings.has_value()) << settings.error()[0].ToString();
  const Settings standard = DefaultSettings();
  ASSERT_GE(settings->effective.size(), standard.effective.size());
  for (std::size_t i = 0; i < standard.effective.size(); ++i) {
    const EffectiveSetting& here = settings->effective[i];
    EXPECT_EQ(here.value, standard.effective[i].value) << here.name;
    EXPECT_GT(here.place.line, 0) << here.name << " is not in the annotated file";
  }
  for (const Setting& setting : SettingsTable()) {
    const std::size_t brackets = setting.name.find("[]");
    if (brackets == std::string_view::npos) continue;
    const std::string first =
        std::string(setting.name.substr(0, brackets)) + "[0]." + std::string(Leaf(setting.name));
    const auto it = std::ranges::find(settings->effective, first, &EffectiveSetting::name);
    ASSERT_NE(it, settings->effective.end()) << first;
    EXPECT_GT(it->place.line, 0) << first << " is not in the annotated file";
  }
}

TEST_F(SettingsTest, ValuesReachTheirRooms) {
  const auto settings = Load(R"(
mode = "enforce";
domains = [ "Example.JP", "日本語.example" ];
trusted_networks = [ "192.0.2.0/24" ];
socket = { address = "inet:8899@127.0.0.1"; mode = "0600"; group = "postfix"; };
account = { realm = "add"; realm_name = "example.jp"; };
limits = { message = "100M"; parts = 10; };
scan = { budget = "1500ms"; directions = [ "inbound" ]; };
faults = { encrypted = "hold"; event-log = "accept"; };
checks = { sender = { mode = "observe"; action = "hold"; }; };
rules = { paths = [ "/a", "/b" ]; foreign = [ "/c" ]; observed = [ "r1" ]; actions = { low = "hold"; }; };
events = { all = true; target = "syslog"; };
header = "X-Gateway";
ppap = { window = "90s"; rules = [ "a" ]; entries = 5; };
store = { url = "postgresql:host=db"; timeout = "500ms"; retention = "30d"; };
import = { max_unexplained = 7; };
postfix = { config_directory = "/etc/postfix-out"; };
)");
  ASSERT_TRUE(settings.has_value()) << settings.error()[0].ToString();
  EXPECT_EQ(settings->policy.mode, Mode::kEnforce);
  EXPECT_THAT(settings->binding.local_domains, ElementsAre("example.jp", "xn--wgv71a119e.example"));
  EXPECT_EQ(settings->trusted_networks.size(), 1u) << "replaces the default";
  EXPECT_EQ(settings->socket.address, "inet:8899@127.0.0.1");
  EXPECT_EQ(settings->socket.mode, 0600u);
  EXPECT_EQ(settings->binding.realm.rule, binding::RealmOptions::Rule::kAdd);
  EXPECT_EQ(settings->limits.message_bytes, 100u << 20);
  EXPECT_EQ(settings->limits.parts, 10u);
  EXPECT_EQ(settings->scan_budget, std::chrono::milliseconds(1500));
  EXPECT_THAT(settings->scan_directions, ElementsAre(incident::Direction::kInbound));
  EXPECT_EQ(settings->policy.faults.at(FaultCause::kEncrypted), Action::kHold);
  EXPECT_EQ(settings->policy.faults.at(FaultCause::kEventLog), Action::kAccept);
  EXPECT_EQ(settings->policy.check_modes.at(Check::kSender), Mode::kObserve);
  EXPECT_EQ(settings->policy.checks.at(Check::kSender), Action::kHold);
  ASSERT_EQ(settings->rules.sources.size(), 3u);
  EXPECT_TRUE(settings->rules.sources[2].foreign);
  EXPECT_TRUE(settings->observed_rules.contains("r1"));
  EXPECT_EQ(settings->rules.actions.by_severity[1], Action::kHold);
  EXPECT_EQ(settings->ppap.window, std::chrono::seconds(90));
  EXPECT_THAT(settings->ppap.rules, ElementsAre("a"));
  EXPECT_EQ(settings->ppap.entries, 5u);
  EXPECT_TRUE(settings->events_all);
  EXPECT_EQ(settings->policy.header_name, "X-Gateway");
  EXPECT_EQ(settings->store.url, "postgresql:host=db");
  EXPECT_EQ(settings->store.timeout, std::chrono::milliseconds(500));
  EXPECT_EQ(settings->store_retention, std::chrono::days(30));
  EXPECT_EQ(settings->import_max_unexplained, 7u);
  EXPECT_EQ(settings->postfix_config, "/etc/postfix-out");
}

TEST_F(SettingsTest, ListenersAreChosenByDaemonName) {
  const auto settings = Load(R"(listeners = (
  { name = "users"; daemon_name = "submission"; submission = true; require_account = true; },
  { name = "rest"; mode = "observe"; } );)");
  ASSERT_TRUE(settings.has_value()) << settings.error()[0].ToString();
  const Listener users = ListenerFor(*settings, "submission");
  EXPECT_EQ(users.name, "users");
  EXPECT_TRUE(users.submission);
  EXPECT_TRUE(users.require_account);
  EXPECT_EQ(users.mode, Mode::kEnforce);
  EXPECT_EQ(ListenerFor(*settings, "smtpd").name, "rest");
  EXPECT_EQ(ListenerFor(*settings, "").mode, Mode::kObserve);

  const Listener other = ListenerFor(DefaultSettings(), "anything");
  EXPECT_EQ(other.name, "default");
  EXPECT_FALSE(other.submission);
}

TEST_F(SettingsTest, Exemptions) {
  const auto settings = Load(R"(exemptions = (
  { name = "news"; accounts = [ "News" ]; networks = "192.0.2.1"; exempts = [ "content", "author" ]; },
  { name = "abuse"; recipients = [ "Abuse+x@Example.jp" ]; exempts = "content"; } );)");
  ASSERT_TRUE(settings.has_value()) << settings.error()[0].ToString();
  ASSERT_EQ(settings->exemptions.size(), 2u);
  EXPECT_TRUE(settings->exemptions[0].content);
  EXPECT_THAT(settings->exemptions[0].checks, ElementsAre(Check::kAuthor));
  EXPECT_THAT(settings->exemptions[0].accounts, ElementsAre("news"));
  EXPECT_EQ(settings->exemptions[1].recipients[0].ToString(), "abuse@example.jp");
}

TEST_F(SettingsTest, AllErrorsAtOnceWithTheirLines) {
  EXPECT_THAT(
      ErrorsOf("mode = \"enforced\";\n"
               "limits = { mesage = \"1M\"; depth = 0; };\n"
               "scan = { budget = 60; };\n"
               "socket = { address = \"/run/x\"; };\n"
               "domains = [ \"exa mple\" ];\n"
               "trusted_networks = [ \"192.0.2.1/24\" ];\n"
               "listeners = ( { mode = \"observe\"; } );\n"
               "events = \"stderr\";\n"),
      ElementsAre(AllOf(HasSubstr("1: mode: 'enforced' is none of observe, enforce"),
                        HasSubstr("did you mean 'enforce'?")),
                  AllOf(HasSubstr("2: limits.mesage"), HasSubstr("did you mean 'limits.message'?")),
                  AllOf(HasSubstr("2: limits.depth"), HasSubstr("1 to 100")),
                  AllOf(HasSubstr("3: scan.budget"), HasSubstr("\"30s\"")),
                  HasSubstr("4: socket.address"), HasSubstr("5: domains: 'exa mple'"),
                  HasSubstr("6: trusted_networks"),
                  AllOf(HasSubstr("8: events"), HasSubstr("group")),
                  AllOf(HasSubstr("7: listeners[0].name"), HasSubstr("a name is needed"))));
}

TEST_F(SettingsTest, UnknownNamesComeWithTheNearest) {
  EXPECT_THAT(ErrorsOf("budget = \"3s\";"), ElementsAre(HasSubstr("did you mean 'scan.budget'?")));
  EXPECT_THAT(ErrorsOf("chekcs = { };"), ElementsAre(HasSubstr("did you mean 'checks'?")));
  EXPECT_THAT(ErrorsOf("checks = { spf = { mode = \"observe\"; }; };"),
              ElementsAre(HasSubstr("checks.spf: is no setting")));
  EXPECT_THAT(ErrorsOf("listeners = ( { name = \"a\"; deamon_name = \"b\"; } );"),
              ElementsAre(HasSubstr("did you mean 'listeners[].daemon_name'?")));
  EXPECT_THAT(ErrorsOf("qqqqqqq = 1;"), ElementsAre("1: qqqqqqq: is no setting"));
}

TEST_F(SettingsTest, ASyntaxErrorComesAlone) {
  EXPECT_THAT(ErrorsOf("mode = \"nonsense\";\nlimits = { depth = ; };\n"),
              ElementsAre(HasSubstr("2: ")));
  EXPECT_THAT(ErrorsOf("mode = \"observe"), ElementsAre(HasSubstr("syntax error")));
  EXPECT_THAT(ErrorsOf("mode = \"observe\"; mode = \"enforce\";"),
              ElementsAre(HasSubstr("duplicate")));
}

// The manual and `check --settings` name settings by their path; in the file that is no syntax.
TEST_F(SettingsTest, ADottedNameIsAnsweredWithItsGroup) {
  EXPECT_THAT(ErrorsOf("mode = \"observe\";\nlimits.parts = 5;\n"),
              ElementsAre(AllOf(HasSubstr("2: syntax error"),
                                HasSubstr("limits.parts is written limits = { parts = ...; };"))));
  EXPECT_THAT(ErrorsOf("  checks.author.mode = \"observe\";\n"),
              ElementsAre(HasSubstr("checks = { author = { mode = ...; }; };")));
  for (const char* other : {"mode observe;\n", ".parts = 5;\n", "limits. = 5;\n", "= 5;\n"}) {
    EXPECT_THAT(ErrorsOf(other), ElementsAre(Not(HasSubstr("is written")))) << other;
  }
}

TEST_F(SettingsTest, Sizes) {
  for (const std::string_view text : {"1", "64", "64m", "M", "", "-1M", "1.5M", "64MB", " 64M",
                                      "64 M", "0x10M", "99999999999999999999G", "9000000000G"}) {
    EXPECT_THAT(ErrorsOf("limits = { text = \"" + std::string(text) + "\"; };"),
                ElementsAre(HasSubstr("limits.text")))
        << text;
  }
  EXPECT_EQ(Load("limits = { text = \"65536B\"; };")->limits.text_bytes, 65536u);
  EXPECT_EQ(Load("limits = { text = \"100K\"; };")->limits.text_bytes, 102400u);
  EXPECT_EQ(Load("limits = { text = \"1G\"; };")->limits.text_bytes, 1u << 30);
  EXPECT_THAT(ErrorsOf("limits = { text = \"2G\"; };"), ElementsAre(HasSubstr("64K to 1G")));
}

TEST_F(SettingsTest, Times) {
  EXPECT_EQ(Load("scan = { budget = \"2m\"; };")->scan_budget, std::chrono::minutes(2));
  EXPECT_THAT(ErrorsOf("scan = { budget = \"1h\"; };"), ElementsAre(HasSubstr("1s to 280s")));
  EXPECT_THAT(ErrorsOf("scan = { budget = \"60\"; };"), ElementsAre(HasSubstr("unit")));
}

TEST_F(SettingsTest, ModesAreOctalStrings) {
  EXPECT_THAT(ErrorsOf("socket = { mode = 0660; };"), ElementsAre(HasSubstr("\"0660\"")));
  EXPECT_THAT(ErrorsOf("socket = { mode = \"660\"; };"), ElementsAre(HasSubstr("octal")));
  EXPECT_THAT(ErrorsOf("socket = { mode = \"0888\"; };"), ElementsAre(HasSubstr("octal")));
  EXPECT_THAT(ErrorsOf("socket = { mode = \"01777\"; };"), ElementsAre(HasSubstr("range")));
}

// libconfig 1.5 makes 5 out of 4294967301 without a word.
TEST_F(SettingsTest, NumbersThatWouldBeCutAreRefused) {
  EXPECT_THAT(ErrorsOf("# 4294967301\n/* 4294967301\n */ a4294967301 = 1;\n"
                       "limits = { depth = 4294967301; };\n"),
              ElementsAre(AllOf(HasSubstr("4: "), HasSubstr("4294967301"))));
  EXPECT_THAT(ErrorsOf("limits = { depth = 0x100000005; };"), ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ErrorsOf("limits = { depth = -4294967291; };"), ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ErrorsOf("limits = { depth = 99999999999999999999999; };"),
              ElementsAre(HasSubstr("too large")));
  EXPECT_THAT(ErrorsOf("user = \"4294967301\";"), IsEmpty());
  EXPECT_EQ(Load("limits = { depth = 5L; };")->limits.depth, 5u);
}

TEST_F(SettingsTest, SocketAddresses) {
  for (const std::string_view good : {"unix:/a", "inet:1@h", "inet6:65535@::1"}) {
    EXPECT_THAT(ErrorsOf("socket = { address = \"" + std::string(good) + "\"; };"), IsEmpty());
  }
  for (const std::string_view bad :
       {"", "unix:run/x", "local:/x", "inet:", "inet:1", "inet:1@", "inet:0@h", "inet:65536@h",
        "inet:127.0.0.1:8899", "inet:@h", "INET:1@h"}) {
    EXPECT_THAT(ErrorsOf("socket = { address = \"" + std::string(bad) + "\"; };"),
                ElementsAre(HasSubstr("socket.address")))
        << bad;
  }
  EXPECT_THAT(ErrorsOf("socket = { address = \"unix:/" + std::string(95, 'a') + "\"; };"),
              ElementsAre(HasSubstr("longer")));
}

TEST_F(SettingsTest, WhatWouldDoHarmIsRefused) {
  EXPECT_THAT(ErrorsOf("exemptions = ( { name = \"all\"; exempts = \"content\"; } );"),
              ElementsAre(HasSubstr("exempt every mail")));
  EXPECT_THAT(ErrorsOf("exemptions = ( { name = \"x\"; accounts = \"a\"; } );"),
              ElementsAre(HasSubstr("what is let off")));
  EXPECT_THAT(ErrorsOf("exemptions = ( { name = \"x\"; recipients = \"a@b.jp\";"
                       " exempts = \"sender\"; } );"),
              ElementsAre(HasSubstr("before the recipients are known")));
  EXPECT_THAT(ErrorsOf("header = \"From\";"), ElementsAre(HasSubstr("header")));
  EXPECT_THAT(ErrorsOf("header = \"X-A: b\\r\\nBcc\";"), ElementsAre(HasSubstr("header")));
  EXPECT_THAT(ErrorsOf("faults = { too-large = \"defer\"; };"), ElementsAre(HasSubstr("none of")));
  EXPECT_THAT(ErrorsOf("redact = { otherwise = \"strip\"; };"), ElementsAre(HasSubstr("none of")));
  EXPECT_THAT(ErrorsOf("account = { realm = \"add\"; };"),
              ElementsAre(AllOf(HasSubstr("1: "), HasSubstr("realm_name"))));
  EXPECT_THAT(ErrorsOf("limits = { message = \"64K\";\nheader = \"1M\"; };"),
              ElementsAre(HasSubstr("2: limits.header")));
  EXPECT_THAT(
      ErrorsOf("listeners = ( { name = \"a\"; },\n { name = \"a\"; } );"),
      ElementsAre(HasSubstr("2: listeners[1]: has the name"), HasSubstr("has the daemon_name")));
  EXPECT_THAT(ErrorsOf("events = { target = \"events.jsonl\"; };"),
              ElementsAre(HasSubstr("absolute path")));
  EXPECT_THAT(ErrorsOf("rules = { paths = \"patterns\"; };"),
              ElementsAre(HasSubstr("absolute path")));
}

TEST_F(SettingsTest, WrongTypesAreRefusedAndNamed) {
  EXPECT_THAT(ErrorsOf("mode = true;"), ElementsAre(HasSubstr("quotes")));
  EXPECT_THAT(ErrorsOf("events = { all = \"true\"; };"), ElementsAre(HasSubstr("without quotes")));
  EXPECT_THAT(ErrorsOf("limits = { parts = \"10\"; };"), ElementsAre(HasSubstr("whole number")));
  EXPECT_THAT(ErrorsOf("limits = { parts = 1.0; };"), ElementsAre(HasSubstr("whole number")));
  EXPECT_THAT(ErrorsOf("domains = { a = 1; };"), ElementsAre(HasSubstr("list of strings")));
  EXPECT_THAT(ErrorsOf("domains = [ 1, 2 ];"), ElementsAre(HasSubstr("list of strings")));
  EXPECT_THAT(ErrorsOf("listeners = { name = \"a\"; };"), ElementsAre(HasSubstr("list of groups")));
  EXPECT_THAT(ErrorsOf("listeners = ( \"a\" );"), ElementsAre(HasSubstr("group of settings")));
  EXPECT_THAT(ErrorsOf("user = { };"), ElementsAre(HasSubstr("string")));
}

TEST_F(SettingsTest, IncludedFilesAreReadAndNamed) {
  Write("scan = { budget = \"5s\"; };\nmode = \"x\";\n", "more.conf");
  const auto settings = Load("\n@include \"more.conf\"\n");
  ASSERT_FALSE(settings.has_value());
  ASSERT_EQ(settings.error().size(), 1u);
  EXPECT_THAT(settings.error()[0].place.file, HasSubstr("more.conf"));
  EXPECT_EQ(settings.error()[0].place.line, 2);

  Write("scan = { budget = \"5s\"; };\n", "more.conf");
  EXPECT_EQ(Load("@include \"more.conf\"\n")->scan_budget, std::chrono::seconds(5));
  Write("limits = { depth = 4294967301; };\n", "more.conf");
  EXPECT_THAT(ErrorsOf("@include \"more.conf\"\n"), ElementsAre(HasSubstr("too large")));
}

// libconfig ends the process when it is made to read a folder.
TEST_F(SettingsTest, WhatIsNoFileIsAnErrorAndNotTheEnd) {
  EXPECT_FALSE(LoadSettings(folder_).has_value());
  EXPECT_FALSE(LoadSettings(folder_ / "missing").has_value());
  EXPECT_FALSE(LoadSettings("").has_value());
  EXPECT_THAT(ErrorsOf("\n@include \"/\"\n"),
              ElementsAre(AllOf(HasSubstr("2: "), HasSubstr("not a regular file"))));
  EXPECT_THAT(ErrorsOf("@include \"missing.conf\"\n"), ElementsAre(HasSubstr("No such file")));
  EXPECT_THAT(ErrorsOf("@include \"warifu.conf\"\n@include \"warifu.conf\"\n"),
              ElementsAre(HasSubstr("too deep")));
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(ErrorsOf("@include \"pipe\"\n"), ElementsAre(HasSubstr("not a regular file")));
  EXPECT_THAT(ErrorsOf(std::string("user = \"a\0b\";", 13)), ElementsAre(HasSubstr("NUL")));
  EXPECT_THAT(ErrorsOf("#" + std::string(5u << 20, 'x')), ElementsAre(HasSubstr("larger than")));
}

// Any bytes: an answer, and never the end of the process.
TEST_F(SettingsTest, NoiseIsSurvived) {
  const std::string source = Slurp(WARIFU_SOURCE_DIR "/conf/warifu.conf");
  unsigned state = 12345;
  const auto next = [&state] { return state = state * 1664525u + 1013904223u, state >> 8; };
  for (int round = 0; round < 300; ++round) {
    std::string noise = source;
    for (unsigned i = 0; i < 1 + round % 40u; ++i) {
      const std::size_t at = next() % noise.size();
      switch (next() % 3) {
        case 0:
          noise[at] = static_cast<char>(next());
          break;
        case 1:
          noise.erase(at, next() % 50);
          break;
        default:
          noise.insert(at, 1, "{}()[]\"#/*;=@,"[next() % 14]);
      }
    }
    const auto settings = Load(noise);
    if (!settings) {
      EXPECT_FALSE(settings.error().empty());
    }
  }
}

TEST_F(SettingsTest, EffectiveSettingsSayWhereTheyComeFrom) {
  const auto settings = Load("\nscan = { budget = \"5s\"; };\nlisteners = ( { name = \"a\"; } );");
  ASSERT_TRUE(settings.has_value());
  const auto find = [&](std::string_view name) {
    return std::ranges::find(settings->effective, name, &EffectiveSetting::name);
  };
  EXPECT_EQ(find("scan.budget")->value, "\"5s\"");
  EXPECT_EQ(find("scan.budget")->place.line, 2);
  EXPECT_EQ(find("scan.directions")->value, "[\"outbound\", \"internal\"]");
  EXPECT_EQ(find("limits.depth")->value, "30");
  EXPECT_EQ(find("listeners[0].name")->place.line, 3);
  EXPECT_EQ(find("listeners[0].mode")->value, "\"enforce\"");
  EXPECT_EQ(find("listeners[0].mode")->place.line, 0);
}

// They are shown as they would be written: quotes and backslashes were once left bare.
TEST_F(SettingsTest, EffectiveSettingsCanBeReadAgain) {
  const auto settings = Load("user = \"a\\\"b\\\\c\\x01\\n\"; domains = [ \"x.example\" ];");
  ASSERT_TRUE(settings.has_value());
  const auto user = std::ranges::find(settings->effective, "user", &EffectiveSetting::name);
  EXPECT_EQ(user->value, R"("a\"b\\c\x01\x0a")");
  const auto again = Load("user = " + user->value + ";");
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->user, settings->user);
}

TEST_F(SettingsTest, DirectoriesOfEachKind) {
  using Type = binding::DirectoryOptions::Type;
  const auto table = Load("directory = { table = \"/etc/owners\"; };");
  ASSERT_TRUE(table);
  EXPECT_EQ(table->directory.type, Type::kTable);
  EXPECT_EQ(table->directory.path, "/etc/owners");
  EXPECT_FALSE(table->directory.none());
  EXPECT_TRUE(Load("")->directory.none());
  EXPECT_THAT(ErrorsOf("changes = {\n query = \"select 1\";\n password_file = \"/p\";\n};"),
              ElementsAre(HasSubstr("2: changes.query: is read by nobody"),
                          HasSubstr("3: changes.password_file: is read by nobody")));
  EXPECT_THAT(ErrorsOf("changes = {\n url = \"sqlite:/x\";\n};"),
              ElementsAre(HasSubstr("2: changes.query: is missing")));
  EXPECT_THAT(
      ErrorsOf("store = { url = \"\"; };\nchanges = { url = \"sqlite:/x\"; query = \"q\"; };"),
      ElementsAre(HasSubstr("2: changes.url: needs a store")));
  const auto changes = Load(
      "changes = { url = \"mysql:host=db\"; query = \"q\"; timeout = \"3s\"; interval = \"5s\"; };"
      "incident = { repeat = \"2h\"; };");
  ASSERT_TRUE(changes.has_value());
  EXPECT_EQ(changes->changes.sql.url, "mysql:host=db");
  EXPECT_EQ(changes->changes.timeout, std::chrono::seconds(3));
  EXPECT_EQ(changes->changes_interval, std::chrono::seconds(5));
  EXPECT_EQ(changes->incident_repeat, std::chrono::hours(2));
  const auto lmdb = Load("directory = { type = \"lmdb\"; path = \"/etc/owners.lmdb\"; };");
  ASSERT_TRUE(lmdb);
  EXPECT_EQ(lmdb->directory.type, Type::kLmdb);
  const auto sql = Load(
      "directory = { type = \"sql\"; url = \"postgresql:host=db\"; password_file = \"/p\";"
      " query = \"select a from b where c = :address\"; timeout = \"500ms\";"
      " connections = 2; };");
  ASSERT_TRUE(sql) << sql.error()[0].ToString();
  EXPECT_EQ(sql->directory.sql.url, "postgresql:host=db");
  EXPECT_EQ(sql->directory.sql.password_file, "/p");
  EXPECT_EQ(sql->directory.server.timeout, std::chrono::milliseconds(500));
  const auto ldap = Load(
      "directory = { type = \"ldap\"; url = \"ldaps://host\";"
      " ldap = { base = \"dc=jp\"; filter = \"(mail=:address)\"; }; };");
  ASSERT_TRUE(ldap) << ldap.error()[0].ToString();
  EXPECT_EQ(ldap->directory.ldap.account_attribute, "uid");
  EXPECT_EQ(ldap->directory.ldap.url, "ldaps://host");
}

TEST_F(SettingsTest, RefusesSettingsOfAnotherKindOfDirectory) {
  EXPECT_THAT(ErrorsOf("directory = {\n type = \"lmdb\";\n};"),
              ElementsAre(HasSubstr("2: directory.path: is missing")));
  EXPECT_THAT(ErrorsOf("directory = {\n type = \"cdb\"; path = \"/x\";\n table = \"/y\";\n"
                       " query = \"select\";\n};"),
              ElementsAre(HasSubstr("3: directory.table: does not belong to"),
                          HasSubstr("4: directory.query: does not belong to")));
  EXPECT_THAT(ErrorsOf("directory = { type = \"sql\"; };"),
              ElementsAre(HasSubstr("directory.url: is missing"),
                          HasSubstr("directory.query: is missing")));
  EXPECT_THAT(ErrorsOf("directory = { table = \"/x\"; path = \"/y\"; };"),
              ElementsAre(HasSubstr("directory.path: stands beside directory.table")));
  EXPECT_THAT(ErrorsOf("directory = { ldap = { base = \"dc=jp\"; }; };"),
              ElementsAre(HasSubstr("directory.ldap.base: does not belong to")));
  EXPECT_THAT(ErrorsOf("lease = { table = \"/x\"; url = \"sqlite:/y\"; };"),
              ElementsAre(HasSubstr("lease.url: stands beside lease.table")));
  EXPECT_THAT(ErrorsOf("lease = { url = \"sqlite:/y\"; };"),
              ElementsAre(HasSubstr("lease.query: is missing")));
  EXPECT_THAT(ErrorsOf("lease = { query = \"select\"; };"),
              ElementsAre(HasSubstr("lease.query: is read by nobody")));
}

}  // namespace
}  // namespace warifu::app
