// Service: start, reload that keeps the old when the new is bad, status, and mail meanwhile.
#include "app/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <functional>
#include <thread>

#include "app/ledger_service.h"
#include "app/metrics.h"
#include "gateway.h"

namespace warifu::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kOneRule = R"(
[[rules]]
id = "one"
description = "one"
regex = '''onetoken-[a-z]{4}'''
keywords = ["onetoken"]
[rules.mail]
severity = "low"
matches = ["onetoken-abcd"]
misses = ["one"]
)";

class ServiceTest : public ::testing::Test {
 protected:
  void Start(std::string_view conf = "") {
    conf_ = files_.Write("service.conf", Gateway::Conf(files_.Path(""), conf));
    const auto settings = LoadSettings(conf_);
    ASSERT_TRUE(settings.has_value()) << settings.error()[0].ToString();
    auto service = Service::Create(*settings, log_, Clock::System());
    ASSERT_TRUE(service.has_value()) << service.error()[0].ToString();
    service_ = *std::move(service);
  }

  void Configure(std::string_view conf) {
    files_.Write("service.conf", Gateway::Conf(files_.Path(""), conf));
  }

  policy::Verdict Send(std::string_view body) {
    const auto inspection = service_->Begin();
    Transaction transaction = Gateway::TransactionOf({});
    const policy::Verdict mail = inspection->Mail(transaction);
    if (mail.action >= Action::kDefer) return mail;
    transaction.recipients = {"<x@example.com>"};
    mail::MessageBuffer buffer(inspection->limits());
    buffer.AddHeader("From", "taro@example.jp", false);
    buffer.EndHeaders();
    buffer.AddBody(body);
    return inspection->End(transaction, buffer, {}).verdict;
  }

  Gateway files_;
  std::string conf_;
  FakeLog log_;
  std::unique_ptr<Service> service_;
};

TEST_F(ServiceTest, StatusTellsWhatRuns) {
  Start();
  Send("tagtoken-0123456789\r\n");
  Send("ordinary\r\n");
  service_->sessions().open = 3;
  service_->sessions().total = 8;
  const Status status = service_->Status();
  EXPECT_EQ(status.config_path, conf_);
  EXPECT_EQ(status.rules, 5u);
  EXPECT_EQ(status.rules_version.size(), 12u);
  EXPECT_TRUE(status.has_directory);
  EXPECT_EQ(status.directory_rows, 3u);
  EXPECT_EQ(status.counts.Messages(), 2u);
  EXPECT_EQ(status.counts.Verdicts().at("tag"), 1u);
  EXPECT_EQ(status.counts.Verdicts().at("accept"), 1u);
  EXPECT_EQ(status.counts.Findings().at("low"), 1u);
  EXPECT_EQ(status.sessions_open, 3u);
  EXPECT_EQ(status.sessions_total, 8u);
  EXPECT_EQ(status.mode, Mode::kEnforce);
  EXPECT_GE(status.uptime.count(), 0);
}

TEST_F(ServiceTest, ReloadTakesOverRulesDirectoryAndSettings) {
  Start();
  EXPECT_EQ(Send("onetoken-abcd\r\n").action, Action::kAccept);
  files_.Write("rules.toml", kOneRule);
  files_.Write("members", "taro@example.jp taro\n");
  Configure("scan = { budget = \"30s\"; };\nuser = \"other\";");
  const auto report = service_->Reload();
  ASSERT_TRUE(report.has_value()) << report.error()[0].ToString();
  EXPECT_TRUE(report->changed());
  EXPECT_THAT(report->rules_added, ElementsAre("one"));
  EXPECT_THAT(report->rules_removed, Contains("password-label"));
  EXPECT_EQ(report->rules, 1u);
  EXPECT_EQ(report->directory_rows, 1u);
  EXPECT_THAT(report->settings_changed, Contains("scan.budget: \"60s\" -> \"30s\""));
  EXPECT_THAT(report->restart_needed, ElementsAre("user"));
  EXPECT_EQ(Send("onetoken-abcd\r\n").action, Action::kTag);
  EXPECT_EQ(service_->Status().reloads, 1u);
  EXPECT_THAT(log_.text(), HasSubstr("reloaded: 1 rules (1 added, 5 removed, 0 changed)"));
}

TEST_F(ServiceTest, AChangedRuleIsNamed) {
  Start();
  std::string changed(kOneRule);
  files_.Write("rules.toml", changed);
  ASSERT_TRUE(service_->Reload().has_value());
  changed.replace(changed.find("{4}"), 3, "{5}");
  changed.replace(changed.find("abcd"), 4, "abcde");
  files_.Write("rules.toml", changed);
  const auto report = service_->Reload();
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->rules_changed, ElementsAre("one"));
  const auto again = service_->Reload();
  ASSERT_TRUE(again.has_value());
  EXPECT_FALSE(again->changed());
}

TEST_F(ServiceTest, AChangeOfAValidatorIsAChangeOfThatRule) {
  Start();
  std::string rules = std::string(kOneRule) + std::string(kOneRule);
  rules.replace(rules.rfind("\"one\"\ndescription"), 5, "\"two\"");
  files_.Write("rules.toml", rules);
  ASSERT_TRUE(service_->Reload().has_value());
  rules.replace(rules.find("severity"), 0, "validate = [\"not-placeholder\"]\n");
  files_.Write("rules.toml", rules);
  const auto report = service_->Reload();
  ASSERT_TRUE(report.has_value()) << report.error()[0].ToString();
  EXPECT_THAT(report->rules_changed, ElementsAre("one"));
  EXPECT_THAT(report->rules_added, IsEmpty());
  EXPECT_THAT(report->rules_removed, IsEmpty());
}

TEST_F(ServiceTest, AReloadShowsNoPassword) {
  const auto conf = [](const std::string& words) {
    return "store = { url = \"postgresql:host=/nowhere " + words + "\"; };";
  };
  Start();
  Configure(conf("password = 'hun\\\\'ter2 new' user=u"));
  const auto report = service_->Reload();
  ASSERT_TRUE(report.has_value()) << report.error()[0].ToString();
  EXPECT_THAT(report->settings_changed,
              ElementsAre(HasSubstr(" -> \"postgresql:host=/nowhere password = ********")));
  EXPECT_THAT(report->restart_needed, ElementsAre("store.url"));
  for (const char* words : {"password=hunter2-a user=u", "password=hunter2-b user=u"}) {
    Configure(conf(words));
    ASSERT_TRUE(service_->Reload().has_value());
  }
  Configure(conf("password=hunter2-c user=u"));
  const auto again = service_->Reload();
  ASSERT_TRUE(again.has_value());
  EXPECT_THAT(again->settings_changed,
              ElementsAre("store.url: \"postgresql:host=/nowhere password=******** user=u\", "
                          "with another password"));
  EXPECT_THAT(log_.text(), Not(HasSubstr("unter2")));
}

TEST(EffectiveSettingTest, APasswordIsNotShown) {
  const auto shown = [](const char* value) { return EffectiveSetting{"x", value, {}}.Shown(); };
  EXPECT_EQ(shown("\"mysql:db=x PassWord=secret host=h\""),
            "\"mysql:db=x PassWord=******** host=h\"");
  EXPECT_EQ(shown("\"ldap://user:secret@host/\""), "\"ldap://user:********@host/\"");
  EXPECT_EQ(shown("\"password=\""), "\"password=********\"");
  EXPECT_EQ(shown("\"password='open\""), "\"password=********\"");
  EXPECT_EQ(shown("\"password=a\\\\ b user=u\""), "\"password=********\"");
  EXPECT_EQ(shown("\"password='a' passwd='b'\""), "\"password=********\"");
  for (const char* plain : {"\"ldap://host:389\"", "\"ldap://host:389/a@b\"", "\"/etc/password\"",
                            "\"select password, x\"", "30", "[\"a@b\"]"}) {
    EXPECT_EQ(shown(plain), plain);
  }
}

TEST_F(ServiceTest, ABadReloadKeepsTheOldAndSaysAllThatIsWrong) {
  Start();
  const std::string version = service_->Status().rules_version;
  files_.Write("rules.toml", "[[rules]]\nid = \"x\"\nregex = '''(''' \n");
  files_.Write("members", "@@@ nobody\n");
  const auto report = service_->Reload();
  ASSERT_FALSE(report.has_value());
  std::string all;
  for (const Error& error : report.error()) all += error.ToString() + "\n";
  EXPECT_THAT(all, HasSubstr("rules.toml"));
  EXPECT_THAT(all, HasSubstr("members"));
  EXPECT_EQ(service_->Status().rules_version, version);
  EXPECT_EQ(service_->Status().reload_failures, 1u);
  EXPECT_EQ(service_->Status().directory_rows, 3u);
  EXPECT_EQ(Send("tagtoken-0123456789\r\n").action, Action::kTag);
  EXPECT_THAT(log_.text(), HasSubstr("the old settings and rules stay"));

  Configure("mode = \"nonsense\";");
  EXPECT_FALSE(service_->Reload().has_value());
  EXPECT_EQ(Send("tagtoken-0123456789\r\n").action, Action::kTag);
}

TEST_F(ServiceTest, AMessageKeepsTheSnapshotItBeganWith) {
  Start();
  const auto inspection = service_->Begin();
  Transaction transaction = Gateway::TransactionOf({});
  ASSERT_EQ(inspection->Mail(transaction).action, Action::kAccept);
  files_.Write("rules.toml", kOneRule);
  Configure("limits = { message = \"65K\"; header = \"17K\"; };");
  ASSERT_TRUE(service_->Reload().has_value());
  EXPECT_EQ(inspection->limits().message_bytes, 64u << 20);
  EXPECT_EQ(service_->Begin()->limits().message_bytes, 65u << 10);
  transaction.recipients = {"<x@example.com>"};
  mail::MessageBuffer buffer(inspection->limits());
  buffer.AddHeader("From", "taro@example.jp", false);
  buffer.EndHeaders();
  buffer.AddBody("tagtoken-0123456789\r\n");
  EXPECT_EQ(inspection->End(transaction, buffer, {}).verdict.action, Action::kTag);
}

TEST_F(ServiceTest, ReloadFollowsTheRotatedEventFile) {
  Start();
  Send("tagtoken-0123456789\r\n");
  std::filesystem::rename(files_.Path("events"), files_.Path("events.1"));
  ASSERT_TRUE(service_->Reload().has_value());
  Send("tagtoken-0123456789\r\n");
  EXPECT_EQ(files_.Events().size(), 1u);
}

// Or what comes after the rotation would go into a file that is being packed.
TEST_F(ServiceTest, ARefusedReloadFollowsTheRotatedEventFileToo) {
  Start();
  Send("tagtoken-0123456789\r\n");
  std::filesystem::rename(files_.Path("events"), files_.Path("events.1"));
  Configure("nonsense = 1;");
  ASSERT_FALSE(service_->Reload().has_value());
  Send("tagtoken-0123456789\r\n");
  EXPECT_EQ(files_.Events().size(), 1u);
}

TEST_F(ServiceTest, AnEventFileThatCannotBeOpenedKeepsTheOld) {
  Start();
  Configure("events = { target = \"/proc/nowhere/events\"; };");
  EXPECT_FALSE(service_->Reload().has_value());
  Send("tagtoken-0123456789\r\n");
  EXPECT_EQ(files_.Events().size(), 1u);
}

TEST_F(ServiceTest, TheLogSaysAtTheEndWhatWasCounted) {
  Start();
  Send("tagtoken-0123456789\r\n");
  Send("ordinary\r\n");
  EXPECT_THAT(log_.text(), Not(HasSubstr("since the start")));
  service_.reset();
  EXPECT_THAT(log_.text(), HasSubstr("since the start, 2 messages: accept 1, tag 1; "
                                     "findings: low 1; faults: none"));
}

TEST_F(ServiceTest, AStartIsRefusedWithEveryReason) {
  files_.Write("rules.toml", "nonsense");
  files_.Write("members", "@@@ nobody\n");
  const auto settings = LoadSettings(files_.Write("x.conf", Gateway::Conf(files_.Path(""), "")));
  ASSERT_TRUE(settings.has_value());
  const auto service = Service::Create(*settings, log_, Clock::System());
  ASSERT_FALSE(service.has_value());
  EXPECT_GE(service.error().size(), 2u);
}

TEST_F(ServiceTest, AKeyIsMadeOnceAndABadOneIsRefused) {
  Start();
  EXPECT_TRUE(std::filesystem::exists(files_.Path("key")));
  files_.Write("key", "not a key");
  const auto report = service_->Reload();
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error()[0].ToString(), HasSubstr("key"));
}

TEST_F(ServiceTest, WhatANoteSays) {
  Start("rules = { paths = [ \"" + files_.Path("rules.toml") +
        "\" ]; observed = [ \"no-such-rule\" ]; };\ndirectory = { };\n"
        "fingerprint = { key_file = \"/proc/nowhere/key\"; };");
  EXPECT_THAT(log_.text(), HasSubstr("no rule 'no-such-rule' is loaded"));
  EXPECT_THAT(log_.text(), HasSubstr("no directory is set"));
  EXPECT_THAT(log_.text(), HasSubstr("fingerprints will differ"));
}

TEST_F(ServiceTest, NoRuleAndAnEmptyTableAreWarnedOf) {
  Start();
  EXPECT_THAT(log_.text(), Not(HasSubstr("no rule is loaded")));
  files_.Write("rules.toml", "");
  files_.Write("members", "# nobody yet\n");
  const auto report = service_->Reload();
  ASSERT_TRUE(report.has_value()) << report.error()[0].ToString();
  EXPECT_THAT(report->warnings,
              ElementsAre("no rule is loaded: nothing is looked for in mail",
                          HasSubstr("members: the table is empty: no account owns an address")));
  EXPECT_THAT(log_.text(), HasSubstr("no rule is loaded: nothing is looked for in mail"));
  Start();
  EXPECT_THAT(log_.text(), HasSubstr(": the table is empty"));
}

// Mail passes while rules are reloaded, and each sees one whole snapshot (run under TSan): two
// rules of one set, and the action that the settings beside them give these.
TEST_F(ServiceTest, ReloadUnderLoad) {
  const auto use = [&](char set) {
    std::string rules;
    for (const char number : {'1', '2'}) {
      const std::string id{set, number};
      std::string rule(kOneRule);
      for (std::size_t at = 0; (at = rule.find("one", at)) != std::string::npos;) {
        rule.replace(at, 3, id);
        at += 2;
      }
      rules += rule;
    }
    files_.Write("rules.toml", rules);
    Configure("rules = { paths = [ \"" + files_.Path("rules.toml") + "\" ]; actions = { low = \"" +
              (set == 'a' ? "tag" : "reject") +
              "\"; }; };\nbreaker = { account_alarms = 1000000; };");
  };
  Start();
  use('a');
  ASSERT_TRUE(service_->Reload().has_value());
  std::atomic<bool> stop = false;
  std::atomic<int> sent = 0, by_a = 0, by_b = 0;
  std::vector<std::thread> senders;
  for (int i = 0; i < 3; ++i) {
    senders.emplace_back([&] {
      while (!stop) {
        const policy::Verdict verdict =
            Send("a1token-abcd a2token-abcd b1token-abcd b2token-abcd\r\n");
        const bool a = verdict.action == Action::kTag;
        EXPECT_TRUE(a || verdict.action == Action::kReject);
        EXPECT_THAT(verdict.reasons,
                    a ? ElementsAre("rule:a1", "rule:a2") : ElementsAre("rule:b1", "rule:b2"));
        ++(a ? by_a : by_b);
        ++sent;
        static_cast<void>(service_->Status());
        static_cast<void>(MetricsText(service_->Status(Look::kRemembered)));
      }
    });
  }
  constexpr std::uint64_t kReloads = 12;
  for (std::uint64_t i = 1; i < kReloads; ++i) {
    const int before = sent;
    while (sent < before + 6) std::this_thread::yield();
    use(i % 2 == 1 ? 'b' : 'a');
    const auto report = service_->Reload();
    ASSERT_TRUE(report.has_value()) << report.error()[0].ToString();
    EXPECT_EQ(report->rules_added.size(), 2u);
    EXPECT_EQ(report->rules_removed.size(), 2u);
    EXPECT_THAT(report->settings_changed, ElementsAre(HasSubstr("rules.actions.low: ")));
  }
  stop = true;
  for (std::thread& sender : senders) sender.join();
  EXPECT_EQ(service_->Status().reloads, kReloads);
  EXPECT_GT(by_a, 0);
  EXPECT_GT(by_b, 0);
  EXPECT_EQ(service_->Status().counts.Messages(), static_cast<std::uint64_t>(sent));
}

// Until `holds`, or for too long.
bool Soon(const std::function<bool()>& holds) {
  for (int i = 0; i < 2'000 && !holds(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return holds();
}

store::Accounts Proven(store::Store& store, std::string_view address) {
  const auto record = store.Find(address);
  return record ? record->Owners() : store::Accounts{};
}

TEST_F(ServiceTest, AnAnnouncementOverTheControlSocketIsLookedAtAtOnce) {
  const store::Act act{.who = "test", .at = Clock::System().Now()};
  {
    const auto before = store::Open({.url = "sqlite:" + files_.Path("store.db")});
    ASSERT_TRUE(before.has_value());
    ASSERT_TRUE((*before)->Enrol("hanako@example.jp", {"hanako"}, "import", act));
    ASSERT_TRUE((*before)->Enrol("taro@example.jp", {"jiro"}, "import", act));
    ASSERT_TRUE((*before)->AddDispute("hanako@example.jp", {.since = act.at}, act));
  }
  Start("pin = { recheck = \"1h\"; };");
  const std::shared_ptr<store::Store> store = service_->store();
  ASSERT_TRUE(Soon([&] { return !store->Find("hanako@example.jp")->dispute; }))
      << "by the round at the start";
  const auto handlers = LedgerHandlers(*service_, Clock::System());
  const ControlAnswer answer = handlers.at("bind announce")(
      {{1000, 1000, 4711},
       "bind announce",
       R"({"address": "taro@example.jp", "from": "jiro", "to": "taro", "reference": "T-1"})"});
  ASSERT_TRUE(answer.has_value()) << answer.error()[0].ToString();
  EXPECT_TRUE(Soon([&] { return Proven(*store, "taro@example.jp") == store::Accounts{"taro"}; }));
  // Logged behind the change.
  EXPECT_TRUE(Soon(
      [&] { return log_.text().contains("change T-1: taro@example.jp now belongs to taro"); }));
}

TEST_F(ServiceTest, WhatIsOlderThanTheRetentionIsRemovedByItself) {
  const WallTime now = Clock::System().Now();
  {
    const auto before = store::Open({.url = "sqlite:" + files_.Path("store.db")});
    ASSERT_TRUE(before.has_value());
    for (const auto& [address, days] : {std::pair{"old@x", 500}, std::pair{"new@x", 300}}) {
      const store::Act act{.who = "test", .at = now - std::chrono::days(days)};
      ASSERT_TRUE((*before)->Enrol(address, {"somebody"}, "import", act));
    }
  }
  Start();
  const std::shared_ptr<store::Store> store = service_->store();
  const auto rows = [&](const char* address) {
    return store->History({.address = address})->size();
  };
  EXPECT_TRUE(Soon([&] { return rows("old@x") == 0; }));
  EXPECT_EQ(rows("new@x"), 1u);
  EXPECT_EQ(Proven(*store, "old@x"), store::Accounts{"somebody"}) << "who owns it is no history";
  EXPECT_EQ(store->History({.limit = 1})->at(0).kind, "prune");
  service_.reset();
  Start();
  EXPECT_EQ(service_->store()->Check(false)->history, 2u) << "nothing to remove leaves no row";
}

// As the operator's provisioning system.
void Provision(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sql;
  sqlite3_close(db);
}

TEST_F(ServiceTest, AChangeThatAProvisioningSystemWritesMovesAnAddressWithoutMail) {
  const std::string db = files_.Path("provisioning.db");
  Provision(db, "create table moves (address, old, new, ticket)");
  Start("pin = { recheck = \"1h\"; };\nchanges = { url = \"sqlite:" + db +
        "\"; interval = \"1s\"; query = \"select address, old, new, ticket, null,"
        " strftime('%s', 'now') + 3600 from moves\"; };");
  const std::shared_ptr<store::Store> store = service_->store();
  const store::Act act{.who = "test", .at = Clock::System().Now()};
  ASSERT_TRUE(store->Enrol("taro@example.jp", {"jiro"}, "import", act));
  ASSERT_TRUE(Soon([&] { return service_->Status().feeding.read.has_value(); }));
  Provision(db,
            "insert into moves values ('taro@example.jp', 'jiro', 'taro', 'T-1'),"
            "('nobody', 'x', 'y', 'T-2')");
  EXPECT_TRUE(Soon([&] { return Proven(*store, "taro@example.jp") == store::Accounts{"taro"}; }));
  const Status status = service_->Status();
  EXPECT_EQ(status.changes, "SQLite");
  EXPECT_EQ(status.feeding.rows, 2u);
  EXPECT_EQ(status.feeding.announced, 1u);
  EXPECT_EQ(status.feeding.wrong, 1u);
  EXPECT_EQ(status.feeding.failures, 0u);
  ASSERT_TRUE(status.changes_lanes.has_value());
  EXPECT_EQ(status.changes_lanes->lanes, 1u);
  EXPECT_THAT(log_.text(), HasSubstr("change T-2 of 'nobody': no address"));
  EXPECT_THAT(log_.text(), HasSubstr("1 change announced by SQLite"));
  EXPECT_THAT(log_.text(), HasSubstr("change T-1: taro@example.jp now belongs to taro"));

  Provision(db, "drop table moves");
  EXPECT_TRUE(Soon([&] { return service_->Status().feeding.failures > 0; }));
  EXPECT_THAT(log_.text(), HasSubstr("announced changes cannot be read, mend changes.*"));
  EXPECT_THAT(service_->Status().feeding.error, HasSubstr("no such table"));
  Provision(db, "create table moves (address, old, new, ticket)");
  EXPECT_TRUE(Soon([&] { return log_.text().contains("announced changes can be read again"); }));
}

TEST_F(ServiceTest, StatusTellsOfServersWhatTheirConnectionsDo) {
  const std::string db = files_.Path("members.db");
  Provision(db, "create table members (address, account)");
  Start("directory = { type = \"sql\"; url = \"sqlite:" + db +
        "\"; query = \"select account from members where address = :address\"; };");
  const Status status = service_->Status();
  EXPECT_TRUE(status.has_directory);
  EXPECT_FALSE(status.directory_rows.has_value()) << "0 rows would read as an empty directory";
  EXPECT_THAT(status.directory, HasSubstr("SQLite"));
  ASSERT_TRUE(status.directory_lanes.has_value());
  EXPECT_EQ(status.directory_lanes->lanes, 1u);
  EXPECT_FALSE(status.lease_lanes.has_value());
}

// Another program that keeps the store's file for itself.
class StoreLocked {
 public:
  explicit StoreLocked(const std::string& path) {
    EXPECT_EQ(sqlite3_open(path.c_str(), &db_), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db_, "PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE", nullptr, nullptr,
                           nullptr),
              SQLITE_OK);
  }
  ~StoreLocked() { sqlite3_close(db_); }
  StoreLocked(const StoreLocked&) = delete;
  StoreLocked& operator=(const StoreLocked&) = delete;

 private:
  sqlite3* db_ = nullptr;
};

TEST_F(ServiceTest, AStoreThatDoesNotAnswerAtTheStartDefersMailAndRecoversByItself) {
  const std::string conf =
      "pin = { recheck = \"100ms\"; };\nstore = { url = \"sqlite:" + files_.Path("late.db") +
      "\"; timeout = \"50ms\"; };";
  {
    const StoreLocked locked(files_.Path("late.db"));
    Start(conf);
    EXPECT_EQ(Send("ordinary\r\n").action, Action::kDefer);
    EXPECT_THAT(log_.text(), HasSubstr("the store does not answer, mail gets the outcome"));
    const Status status = service_->Status();
    EXPECT_FALSE(status.store.has_value());
    EXPECT_THAT(status.store_error, HasSubstr("not opened since the start"));
    EXPECT_GT(status.counts.Faults().at("store"), 0u);
    const auto handlers = LedgerHandlers(*service_, Clock::System());
    EXPECT_FALSE(handlers.at("breaker status")({{1000, 1000, 1}, "breaker status", "{}"}));
  }
  EXPECT_TRUE(Soon([&] { return log_.text().contains("the store answers again"); }))
      << "without any mail";
  EXPECT_EQ(Send("ordinary\r\n").action, Action::kAccept);
  EXPECT_TRUE(service_->Status().store.has_value());
}

}  // namespace
}  // namespace warifu::app
