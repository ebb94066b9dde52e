// bind, account, incident, breaker and store as they are typed: on a store of their own, through a
// daemon, and where something is in the way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/control.h"
#include "app/ledger_service.h"
#include "cli/command.h"
#include "cli/on_store.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class LedgerCommandsTest : public ToolTest {
 protected:
  Outcome Tool(std::vector<std::string> args, std::string_view input = "") const {
    args.insert(args.end(), {"--config", "warifu.conf"});
    return Run(args, input);
  }
  // Golden files name no user of this machine.
  void Golden(const std::string& name, const Outcome& outcome) const {
    std::string text = outcome.out + outcome.err;
    const std::string who = app::WhoIs(::getuid());
    constexpr std::string_view kRoot = "uid 0 (root)";
    for (std::size_t at = 0; (at = text.find(who, at)) != std::string::npos; at += kRoot.size()) {
      text.replace(at, who.size(), kRoot);
    }
    ExpectGolden(name, text);
  }
  std::unique_ptr<store::Store> Open() const {
    auto store = store::Open({.url = "sqlite:" + folder_ + "/warifu.db"});
    EXPECT_TRUE(store) << store.error().ToString();
    return *std::move(store);
  }
  static store::Act ByMail() { return {"mail", kToolTime - std::chrono::hours(2), "W-1", ""}; }
  void Fill() const {
    const auto store = Open();
    const store::Act import{"uid 0 (root)", kToolTime - std::chrono::days(200), "T-1", ""};
    for (const auto& [address, account] : {std::pair{"taro@example.jp", "taro"},
                                           {"hanako@example.jp", "hanako"},
                                           {"yamada@example.jp", "taro"}}) {
      ASSERT_TRUE(store->Enrol(address, {account}, "import", import));
    }
    ASSERT_TRUE(store->AddDispute(
        "taro@example.jp",
        {store::DisputeKind::kPin, ByMail().at, "W-1", "directory says jiro, proven is taro"},
        ByMail()));
    store::Incident incident;
    incident.reference = "W-1";
    incident.at = ByMail().at;
    incident.kind = "mail";
    incident.action = "hold";
    incident.gateway = "mx1.example.jp";
    incident.queue_id = "4XkQ1h2Jz9";
    incident.account = "jiro";
    incident.client = "192.0.2.7";
    incident.sender = "taro@example.jp";
    incident.recipients = "hanako@example.com";
    incident.reasons = "check:pin";
    incident.summary = "held: the address has another owner";
    ASSERT_TRUE(store->AddIncident(incident));
  }
};

TEST_F(LedgerCommandsTest, ListingsAsPeopleReadThem) {
  Fill();
  Golden("bind-show.txt", Tool({"bind", "show", "Taro@Example.JP"}));
  Golden("bind-disputes.txt", Tool({"bind", "disputes"}));
  Golden("account-lock.txt", Tool({"account", "lock", "taro", "--reason", "漏えいの疑い", "--for",
                                   "30d", "--ref", "T-3"}));
  Golden("account-show.txt", Tool({"account", "show", "taro"}));
  Golden("account-history.txt", Tool({"account", "history", "taro"}));
  Golden("incident-list.txt", Tool({"incident", "list", "--open", "--since", "24h"}));
  Golden("incident-show.txt", Tool({"incident", "show", "4XkQ1h2Jz9"}));
  Golden("bind-announce.txt", Tool({"bind", "announce", "hanako@example.jp", "--from", "hanako",
                                    "--to", "saburo", "--ref", "T-4"}));
  Golden("bind-changes.txt", Tool({"bind", "changes"}));
  Golden("breaker-open.txt", Tool({"breaker", "open", "account:jiro", "--reason", "drill"}));
  Golden("breaker-status.txt", Tool({"breaker", "status"}));
  ASSERT_TRUE(Open()->AddFanIn("drop@example.net", "taro", "points", ByMail().at, {}));
  ASSERT_TRUE(Open()->AddFanIn("taro@example.jp", "taro", "points", ByMail().at, {}));
  ASSERT_TRUE(Open()->AddFanIn("hanako@example.jp", "hanako", "points", ByMail().at, {}));
  Tool({"account", "lock", "hanako", "--reason", "ポイントの不正利用"});
  Golden("account-list.txt", Tool({"account", "list", "--with-notice", "points"}));
  EXPECT_EQ(Tool({"account", "list", "--with-notice", "reset"}).status, kExitClean);
  EXPECT_THAT(Tool({"account", "list", "--with-notice", "reset"}).err,
              HasSubstr("these have: points"));
  EXPECT_EQ(Tool({"account", "list"}).status, kExitError);
  EXPECT_THAT(Tool({"store", "check"}).out,
              AllOf(HasSubstr("state           good"), HasSubstr("addresses       3")));
}

TEST_F(LedgerCommandsTest, JsonIsOneObjectALine) {
  Fill();
  const Outcome one = Tool({"bind", "show", "taro@example.jp", "--format", "json"});
  EXPECT_EQ(one.status, kExitFound);
  EXPECT_EQ(json::parse(one.out)["state"], "disputed");
  const Outcome many = Tool({"incident", "list", "--format", "json"});
  EXPECT_EQ(json::parse(many.out)["queue_id"], "4XkQ1h2Jz9");
  EXPECT_EQ(Tool({"bind", "changes", "--format", "json"}).out, "");
}

TEST_F(LedgerCommandsTest, ExitStatusSaysWhetherSomethingIsWrong) {
  EXPECT_EQ(Tool({"bind", "disputes"}).status, kExitClean);
  EXPECT_EQ(Tool({"breaker", "status"}).status, kExitClean);
  EXPECT_EQ(Tool({"account", "show", "taro"}).status, kExitClean);
  EXPECT_EQ(Tool({"incident", "show", "W-1"}).status, kExitFound);
  EXPECT_EQ(Tool({"account", "lock", "taro"}).status, kExitError);
  EXPECT_EQ(Tool({"account", "lock", "taro", "--reason", "x"}).status, kExitClean);
  EXPECT_EQ(Tool({"account", "show", "taro"}).status, kExitFound);
  EXPECT_EQ(Tool({"account", "unlock", "taro", "jiro"}).status, kExitFound);
}

TEST_F(LedgerCommandsTest, AMailHeldAndADisputeAreWorkedToTheirEnd) {
  Fill();
  EXPECT_EQ(Tool({"bind", "resolve", "taro@example.jp", "--owner", "taro"}).status, kExitError);
  EXPECT_THAT(Tool({"bind", "resolve", "taro@example.jp", "--owner", "taro", "--ref", "電話"}).out,
              HasSubstr("the dispute has ended"));
  EXPECT_EQ(Tool({"bind", "show", "taro@example.jp"}).status, kExitClean);
  EXPECT_THAT(Tool({"incident", "show", "W-1"}).out, HasSubstr("closed"));
}

TEST_F(LedgerCommandsTest, WhatIsWrongWithALineIsSaidAtOnce) {
  const Outcome times = Tool({"account", "lock", "taro", "--for", "30y", "--until", "x"});
  EXPECT_THAT(times.err, HasSubstr("give one of them"));
  EXPECT_THAT(Tool({"account", "lock", "taro", "--until", "2001-01-01"}).err,
              HasSubstr("has passed"));
  EXPECT_THAT(Tool({"account", "lock", "taro", "--for", "30y"}).err, HasSubstr("30d"));
  EXPECT_THAT(Tool({"bind", "announce", "taro@example.jp"}).err, HasSubstr("--to"));
  EXPECT_THAT(Tool({"bind", "announce"}).err, HasSubstr("--file"));
  EXPECT_THAT(Tool({"bind", "show", "taro"}).err, HasSubstr("has no domain"));
  EXPECT_THAT(Tool({"bind", "shwo", "a@b"}).err, HasSubstr("did you mean 'show'?"));
  EXPECT_THAT(Tool({"bind"}).err, HasSubstr("announce"));
  EXPECT_THAT(Tool({"breaker", "open", "everybody", "--reason", "x"}).err,
              HasSubstr("account:NAME"));
  EXPECT_THAT(Tool({"incident", "list", "--since", "yesterday"}).err, HasSubstr("24h"));
  EXPECT_THAT(Tool({"bind", "changes", "--limit", "0"}).err, HasSubstr("from 1"));
  EXPECT_THAT(Tool({"account", "erase", "taro", "--ref", "T"}).err, HasSubstr("--yes"));
  EXPECT_THAT(Tool({"store", "prune", "--older", "yes"}).err, HasSubstr("--older"));
}

TEST_F(LedgerCommandsTest, FilesAreTakenWholeOrNotAtAll) {
  Write("moves", "a@example.jp a b\nb.example.jp a b\nc@example.jp\na@example.jp a c\n");
  const Outcome wrong = Tool({"bind", "announce", "--file", "moves"});
  EXPECT_EQ(wrong.status, kExitError);
  EXPECT_THAT(wrong.err,
              AllOf(HasSubstr("moves:2:"), HasSubstr("moves:3:"), HasSubstr("moves:4:")));
  EXPECT_THAT(Tool({"bind", "changes"}).out, HasSubstr("no open change"));
  Write("empty", "");
  EXPECT_THAT(Tool({"account", "lock", "--file", "empty", "--reason", "x"}).err,
              HasSubstr("empty: there is nothing in it"));
  EXPECT_THAT(Tool({"account", "lock", "--file", "nowhere", "--reason", "x"}).err,
              HasSubstr("nowhere: No such file"));
  Write("sjis", "taro\njiro \x90\xB3\x8E\xAE\n");
  EXPECT_THAT(Tool({"account", "lock", "--file", "sjis"}).err,
              AllOf(HasSubstr("sjis:2:"), HasSubstr("iconv -f CP932")));
  EXPECT_THAT(
      Tool({"account", "lock", "--file", "-", "--reason", "一斉ロック"}, "taro\njiro\n").out,
      HasSubstr("locked 2 accounts"));
}

class DaemonTest : public LedgerCommandsTest {
 protected:
  void Serve() {
    context_.store = Open();
    Serve(app::LedgerHandlers([this] { return context_; }, Clock::System()));
  }
  void Serve(std::map<std::string, app::ControlHandler> handlers) {
    app::ControlOptions options;
    options.path = folder_ + "/control.sock";
    auto server = app::StartControlServer(options, std::move(handlers));
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = std::move(*server);
  }

  app::LedgerContext context_;
  std::unique_ptr<app::ControlServer> server_;
};

TEST_F(DaemonTest, ARunningDaemonCarriesItOutUnderThePeersName) {
  Serve();
  EXPECT_EQ(Tool({"account", "lock", "taro", "--reason", "x"}).status, kExitClean);
  const Outcome shown = Tool({"account", "show", "taro", "--format", "json"});
  EXPECT_EQ(json::parse(shown.out)["locks"][0]["by"], app::WhoIs(::getuid()));
  std::string text;
  for (int i = 0; i < 14'000; ++i) {
    text += "member" + std::to_string(i) + "@example.jp old" + std::to_string(i) + " new\n";
  }
  Write("moves", text);
  const Outcome many = Tool({"bind", "announce", "--file", "moves", "--valid", "2d"});
  EXPECT_THAT(many.out, HasSubstr("announced 14000 changes")) << many.err;
}

TEST_F(DaemonTest, AnOlderDaemonIsToldFromAMistake) {
  Serve({{"status", [](const app::ControlCall&) { return "{}"; }}});
  const Outcome outcome = Tool({"bind", "show", "a@example.jp"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("older than this tool"), HasSubstr("systemctl restart")));
}

TEST_F(DaemonTest, ANamedSocketWithoutADaemonIsAnError) {
  const Outcome outcome = Tool({"bind", "disputes", "--socket", folder_ + "/nothing"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("not running"));
}

// Runs `work` as another user in a child; its exit status.
int AsNobody(const std::function<int()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresgid(65534, 65534, 65534) != 0 || ::setresuid(65534, 65534, 65534) != 0) ::_exit(99);
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST_F(DaemonTest, OthersAreToldWhoMayDoThis) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  ::chmod(folder_.c_str(), 0755);
  Write("user.conf", "user = \"daemon\";\ncontrol = { socket = \"" + folder_ +
                         "/control.sock\"; };\nstore = { url = \"sqlite:" + folder_ +
                         "/warifu.db\"; };\n");
  EXPECT_EQ(0, AsNobody([&] {
              const Outcome outcome = Run({"bind", "disputes", "--config", "user.conf"});
              const bool good =
                  outcome.status == kExitError &&
                  outcome.err.find("belongs to user daemon; run this as root") != std::string::npos;
              return good ? 0 : 1;
            }));
  Serve();
  ::chmod((folder_ + "/control.sock").c_str(), 0666);
  EXPECT_EQ(0, AsNobody([&] {
              const Outcome outcome = Run({"bind", "disputes", "--config", "user.conf"});
              const bool good = outcome.status == kExitError &&
                                outcome.err.find("permission denied") != std::string::npos;
              return good ? 0 : 1;
            }));
}

TEST_F(LedgerCommandsTest, NoFileOfTheStoreIsEverRoots) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become somebody else";
  const passwd* user = ::getpwnam("daemon");
  ASSERT_NE(user, nullptr);
  const uid_t uid = user->pw_uid;
  ::chmod(folder_.c_str(), 0755);
  std::filesystem::create_directory("state");
  ASSERT_EQ(0, ::chown("state", uid, user->pw_gid));
  Write("user.conf",
        "user = \"daemon\";\ncontrol = { socket = \"\"; };\nstore = { url = \"sqlite:" + folder_ +
            "/state/warifu.db\"; };\n");
  Write("table", "taro@example.jp taro\n");
  ::chmod("table", 0600);  // root's own: read before the other user takes over
  const Outcome locked = Run({"account", "lock", "taro", "--reason", "x", "--config", "user.conf"});
  EXPECT_EQ(locked.status, kExitClean) << locked.err;
  const Outcome imported = Run({"bind", "import", "table", "--config", "user.conf"});
  EXPECT_EQ(imported.status, kExitClean) << imported.err;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("state")) {
    struct stat status{};
    ASSERT_EQ(0, ::stat(entry.path().c_str(), &status));
    EXPECT_EQ(status.st_uid, uid) << entry.path();
    EXPECT_EQ(status.st_mode & 0077, 0u) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 1);
  EXPECT_EQ(::geteuid(), 0u) << "the tool itself stays what it was";
  // The history says that it was root.
  const Outcome shown =
      Run({"account", "show", "taro", "--format", "json", "--config", "user.conf"});
  EXPECT_EQ(json::parse(shown.out)["locks"][0]["by"], app::WhoIs(0));
}

TEST_F(LedgerCommandsTest, AStoreThatCannotBeOpenedIsSaid) {
  Write("warifu.db", "this is no database, and long enough to be looked at as one");
  const Outcome outcome = Tool({"bind", "disputes"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("warifu.db"));
  Write("none.conf", "store = { url = \"\"; };\ncontrol = { socket = \"\"; };\n");
  EXPECT_THAT(Run({"bind", "disputes", "--config", "none.conf"}).err, HasSubstr("store.url"));
}

TEST_F(LedgerCommandsTest, BackupIsAStoreAndPruneKeepsTheLedger) {
  Fill();
  EXPECT_EQ(Tool({"store", "backup", "copy.db"}).status, kExitClean);
  std::filesystem::rename("copy.db", "warifu.db");
  std::filesystem::remove("warifu.db-wal");
  std::filesystem::remove("warifu.db-shm");
  EXPECT_EQ(Tool({"bind", "show", "taro@example.jp"}).status, kExitFound);
  EXPECT_THAT(Tool({"store", "prune", "--older", "30d"}).out, HasSubstr("of history"));
  const auto health = json::parse(Tool({"store", "check", "--deep", "--format", "json"}).out);
  EXPECT_EQ(health["addresses"], 3);
}

}  // namespace
}  // namespace warifu::cli
