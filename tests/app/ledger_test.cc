// The ledger service on a store of its own: what each command does, says and refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/ledger_service.h"
#include "base/iso_time.h"

namespace warifu::app {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// The directory of the tests: what is in the map, and nothing else.
class FakeDirectory final : public binding::Directory {
 public:
  binding::Owners OwnersOf(const Address& address) const override {
    const auto it = rows.find(address.ToString());
    if (it == rows.end()) return {};
    return {.status = binding::Lookup::kFound, .accounts = it->second};
  }
  std::size_t size() const override { return rows.size(); }

  std::map<std::string, std::vector<std::string>> rows;
};

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/warifu-ledger-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    auto store = store::Open({.url = "sqlite:" + folder_ + "/warifu.db"});
    ASSERT_TRUE(store) << store.error().ToString();
    context_.store = *std::move(store);
    context_.directory = [this] { return directory_; };
  }
  void TearDown() override {
    context_.store.reset();
    std::filesystem::remove_all(folder_);
  }

  ControlAnswer Call(std::string_view command, const Json& arguments) {
    return RunLedger(context_, command, arguments.dump(), {"uid 1000 (sato)", now_});
  }
  // The result; a failure of the test where there is none.
  Json Run(std::string_view command, const Json& arguments = Json::object()) {
    const ControlAnswer answer = Call(command, arguments);
    if (answer) return Json::parse(*answer);
    ADD_FAILURE() << command << ": " << answer.error().front().ToString();
    return Json::object();
  }
  // "place: text" of each error.
  std::vector<std::string> ErrorsOf(std::string_view command, const Json& arguments) {
    std::vector<std::string> texts;
    const ControlAnswer answer = Call(command, arguments);
    if (answer) return texts;
    for (const Error& error : answer.error()) texts.push_back(error.ToString());
    return texts;
  }
  void Enrol(const std::string& address, const std::string& account) {
    const auto done = context_.store->Enrol(address, {account}, "import", {"test", now_, "", ""});
    ASSERT_TRUE(done) << done.error().ToString();
  }
  void Dispute(const std::string& address, store::DisputeKind kind) {
    const auto done = context_.store->AddDispute(
        address, {kind, now_, "W-1", "directory says jiro, proven is taro"},
        {"mail", now_, "", ""});
    ASSERT_TRUE(done) << done.error().ToString();
  }
  std::string StateOf(const std::string& address) {
    return Run("bind show", {{"address", address}})["state"];
  }

  std::string folder_;
  LedgerContext context_;
  std::shared_ptr<FakeDirectory> directory_ = std::make_shared<FakeDirectory>();
  WallTime now_{std::chrono::seconds(1'790'000'000)};
};

TEST_F(LedgerTest, ShowTellsTheStateOfAnAddress) {
  EXPECT_EQ(StateOf("nobody@example.jp"), "unknown");
  directory_->rows["taro@example.jp"] = {"taro"};
  EXPECT_EQ(StateOf("Taro@Example.JP"), "new");
  Enrol("taro@example.jp", "taro");
  EXPECT_EQ(StateOf("taro+news@example.jp"), "proven");
  directory_->rows["taro@example.jp"] = {"jiro"};
  EXPECT_EQ(StateOf("taro@example.jp"), "swapped");
  Run("bind announce", {{"address", "taro@example.jp"}, {"from", "taro"}, {"to", "jiro"}});
  EXPECT_EQ(StateOf("taro@example.jp"), "moving");
  directory_->rows.clear();
  EXPECT_EQ(StateOf("taro@example.jp"), "released");
}

TEST_F(LedgerTest, ADisputeComesWithTheCommandsThatEndIt) {
  Enrol("taro@example.jp", "taro");
  directory_->rows["taro@example.jp"] = {"jiro"};
  Dispute("taro@example.jp", store::DisputeKind::kPin);
  Json json = Run("bind show", {{"address", "taro@example.jp"}});
  EXPECT_EQ(json["state"], "disputed");
  EXPECT_EQ(json["dispute"]["kind"], "pin");
  EXPECT_THAT(json["next"][0]["command"].get<std::string>(),
              HasSubstr("warifu bind announce taro@example.jp --from taro --to jiro --ref TICKET"));
  json = Run("bind disputes");
  ASSERT_THAT(json["rows"], SizeIs(1));
  EXPECT_EQ(json["rows"][0]["address"], "taro@example.jp");
  EXPECT_EQ(json["more"], false);
}

TEST_F(LedgerTest, AnnounceTakesAWholeFileOrNothing) {
  Enrol("taro@example.jp", "taro");
  const std::string text =
      "# moved on Friday\r\ntaro@example.jp, taro, jiro, T-7\r\n\n  hanako@example.jp\t-\thanako\n";
  Json json = Run("bind announce",
                  {{"file", "moves"}, {"text", text}, {"reference", "T-1"}, {"for", 3600}});
  EXPECT_EQ(json["announced"], 2);
  EXPECT_EQ(json["valid_until"], IsoTime(now_ + std::chrono::hours(1)));
  json = Run("bind changes");
  ASSERT_THAT(json["rows"], SizeIs(2));
  std::map<std::string, Json> rows;
  for (const Json& row : json["rows"]) rows[row["address"]] = row;
  EXPECT_EQ(rows["taro@example.jp"]["reference"], "T-7");
  EXPECT_EQ(rows["hanako@example.jp"]["reference"], "T-1");
  EXPECT_FALSE(rows["hanako@example.jp"].contains("from"));
  EXPECT_EQ(rows["taro@example.jp"]["by"], "uid 1000 (sato)");
  // The same again is no new change.
  json = Run("bind announce",
             {{"file", "moves"}, {"text", text}, {"reference", "T-1"}, {"for", 3600}});
  EXPECT_EQ(json["announced"], 0);
  EXPECT_EQ(json["already_there"], 2);
}

TEST_F(LedgerTest, AnnounceTellsEveryErrorOfAFileWithItsLine) {
  const std::string text =
      "taro@example.jp taro jiro\nnot-an-address a b\nx@example.jp a\n"
      "taro@example.jp taro saburo\ny@example.jp a A\nz@example.jp - -\n";
  EXPECT_THAT(ErrorsOf("bind announce", {{"file", "m"}, {"text", text}}),
              ElementsAre(AllOf(HasSubstr("m:3: "), HasSubstr("ADDRESS FROM TO")),
                          AllOf(HasSubstr("m:2: "), HasSubstr("no domain")),
                          AllOf(HasSubstr("m:4: "), HasSubstr("twice, first in line 1")),
                          AllOf(HasSubstr("m:5: "), HasSubstr("to the same account")),
                          AllOf(HasSubstr("m:6: "), HasSubstr("needs the account"))));
  EXPECT_THAT(Run("bind changes")["rows"], IsEmpty());
  EXPECT_THAT(ErrorsOf("bind announce", {{"file", "m"}, {"text", "# only words\n"}}),
              ElementsAre(HasSubstr("m: there is nothing in it")));
}

TEST_F(LedgerTest, AnnounceNotesWhatWillExplainNothing) {
  Enrol("taro@example.jp", "taro");
  Json json = Run("bind announce", {{"address", "taro@example.jp"}, {"from", "tato"}, {"to", "b"}});
  EXPECT_THAT(json["notes"].dump(), HasSubstr("is proven to belong to taro, not to tato"));
  json = Run("bind announce", {{"address", "new@example.jp"}, {"from", "a"}, {"to", "b"}});
  EXPECT_THAT(json["notes"].dump(), HasSubstr("proven to belong to nobody"));
  json = Run("bind announce", {{"address", "other@example.jp"}, {"to", "b"}});
  EXPECT_THAT(json["notes"], IsEmpty());
}

TEST_F(LedgerTest, FourteenThousandChangesAreOneCall) {
  std::string text;
  for (int i = 0; i < 14'000; ++i) {
    text += "user" + std::to_string(i) + "@example.jp old" + std::to_string(i) + " new" +
            std::to_string(i) + "\n";
  }
  EXPECT_EQ(Run("bind announce", {{"file", "m"}, {"text", text}})["announced"], 14'000);
  const Json json = Run("bind changes", {{"limit", 100'000}});
  EXPECT_THAT(json["rows"], SizeIs(14'000));
  EXPECT_EQ(json["more"], false);
  EXPECT_EQ(Run("bind changes")["rows"].size(), 100u);
  EXPECT_EQ(Run("bind changes")["more"], true);
}

TEST_F(LedgerTest, AWithdrawnChangeExplainsNothing) {
  Run("bind announce", {{"address", "taro@example.jp"}, {"to", "jiro"}});
  EXPECT_THAT(Run("bind withdraw", {{"address", "taro@example.jp"}})["withdrawn"], SizeIs(1));
  EXPECT_THAT(Run("bind changes")["rows"], IsEmpty());
  EXPECT_THAT(Run("bind changes", {{"state", "withdrawn"}})["rows"], SizeIs(1));
  EXPECT_THAT(ErrorsOf("bind withdraw", {{"address", "taro@example.jp"}}),
              ElementsAre(HasSubstr("no change")));
}

TEST_F(LedgerTest, GrantsAreGivenShownAndTakenBack) {
  Run("bind grant", {{"account", "List"}, {"target", "@Example.JP"}, {"for", 86'400}});
  Json json = Run("account show", {{"account", "list"}});
  ASSERT_THAT(json["grants"], SizeIs(1));
  EXPECT_EQ(json["grants"][0]["target"], "@example.jp");
  EXPECT_EQ(json["grants"][0]["until"], IsoTime(now_ + std::chrono::hours(24)));
  Run("bind revoke", {{"account", "list"}, {"target", "@example.jp"}});
  EXPECT_THAT(Run("account show", {{"account", "list"}})["grants"], IsEmpty());
  EXPECT_THAT(ErrorsOf("bind revoke", {{"account", "list"}, {"target", "@example.jp"}}),
              ElementsAre(HasSubstr("warifu account show list")));
  EXPECT_THAT(Run("bind grant", {{"account", "list"}, {"target", "*"}})["notes"].dump(),
              HasSubstr("as everybody"));
  EXPECT_THAT(ErrorsOf("bind grant", {{"account", ""}, {"target", "nobody"}}), SizeIs(2));
}

TEST_F(LedgerTest, ResolveEndsADisputeOfAnyKindAndItsIncident) {
  Enrol("taro@example.jp", "taro");
  Dispute("taro@example.jp", store::DisputeKind::kNotice);
  store::Incident incident;
  incident.reference = "W-1";
  incident.at = now_;
  incident.kind = "dispute";
  ASSERT_TRUE(context_.store->AddIncident(incident));
  EXPECT_THAT(ErrorsOf("bind resolve", {{"address", "taro@example.jp"}, {"owner", "jiro"}}),
              ElementsAre(HasSubstr("--ref")));
  directory_->rows["taro@example.jp"] = {"taro"};
  const Json json = Run("bind resolve",
                        {{"address", "taro@example.jp"}, {"owner", "jiro"}, {"reference", "T-9"}});
  EXPECT_EQ(json["was_disputed"], true);
  EXPECT_THAT(json["notes"].dump(), HasSubstr("the directory says taro"));
  EXPECT_EQ(Run("incident show", {{"text", "W-1"}})["rows"][0]["state"], "closed");
  directory_->rows["taro@example.jp"] = {"jiro"};
  EXPECT_EQ(StateOf("taro@example.jp"), "proven");
}

TEST_F(LedgerTest, LocksFromAFileCarryReasonsInJapanese) {
  Enrol("taro@example.jp", "taro");
  const std::string text = "\xEF\xBB\xBFtaro\nhanako  不正ログインの疑い、2012年の件\n";
  const Json json = Run("account lock", {{"file", "accounts"},
                                         {"text", text},
                                         {"reason", "ポイント交換の悪用"},
                                         {"scope", "send"},
                                         {"for", 30 * 86'400}});
  EXPECT_EQ(json["locked"], 2);
  EXPECT_THAT(json["notes"].dump(), AllOf(HasSubstr("hanako"), HasSubstr("unlock")));
  Json shown = Run("account show", {{"account", "hanako"}});
  ASSERT_THAT(shown["locks"], SizeIs(1));
  EXPECT_EQ(shown["locks"][0]["reason"], "不正ログインの疑い、2012年の件");
  EXPECT_EQ(shown["locks"][0]["scope"], "send");
  shown = Run("account show", {{"account", "taro"}});
  EXPECT_EQ(shown["locks"][0]["reason"], "ポイント交換の悪用");
  EXPECT_THAT(shown["next"].dump(), HasSubstr("warifu account unlock taro"));
}

TEST_F(LedgerTest, LocksThatAreWrongLockNobody) {
  EXPECT_THAT(ErrorsOf("account lock", {{"accounts", {"taro", "Taro"}}}),
              ElementsAre(HasSubstr("twice"), HasSubstr("--reason"), HasSubstr("--reason")));
  EXPECT_THAT(ErrorsOf("account lock", {{"accounts", Json::array()}, {"reason", "x"}}),
              ElementsAre(HasSubstr("name the accounts")));
  EXPECT_THAT(ErrorsOf("account lock", {{"accounts", {"taro"}},
                                        {"reason", "a\nb"},
                                        {"until", "2001-01-01T00:00:00Z"},
                                        {"scope", "all"}}),
              ElementsAre(HasSubstr("scope 'all'"), HasSubstr("control characters"),
                          HasSubstr("has passed"), HasSubstr("control characters")));
  EXPECT_THAT(Run("account show", {{"account", "taro"}})["locks"], IsEmpty());
}

TEST_F(LedgerTest, ManyLocksAreOneCallAndUnlockNamesWhoWasNot) {
  std::string text;
  for (int i = 0; i < 1'265; ++i) text += "member" + std::to_string(i) + "\n";
  EXPECT_EQ(Run("account lock", {{"file", "f"}, {"text", text}, {"reason", "2014"}})["locked"],
            1'265);
  const Json json = Run("account unlock", {{"accounts", {"member7", "nobody"}}});
  EXPECT_EQ(json["unlocked"], 1);
  EXPECT_EQ(json["not_locked"], 1);
  EXPECT_THAT(json["notes"].dump(), HasSubstr("nobody"));
  EXPECT_THAT(Run("account show", {{"account", "member7"}})["locks"], IsEmpty());
}

TEST_F(LedgerTest, AccountsAreListedByLockAndNotice) {
  for (const char* account : {"hanako", "jiro", "taro"}) {
    ASSERT_TRUE(context_.store->AddFanIn(std::string(account) + "@example.jp", account, "points",
                                         now_, {}));
  }
  ASSERT_TRUE(context_.store->AddFanIn("drop@example.net", "taro", "points",
                                       now_ + std::chrono::hours(1), {}));
  Run("account lock", {{"accounts", {"jiro", "saburo", "taro"}}, {"reason", "悪用"}});
  Json json = Run("account list", {{"locked", true}, {"notice", "points"}, {"limit", 1}});
  EXPECT_EQ(json["total"], 2);
  EXPECT_EQ(json["more"], true);
  ASSERT_THAT(json["rows"], SizeIs(1));
  EXPECT_EQ(json["rows"][0]["account"], "jiro");
  EXPECT_EQ(json["rows"][0]["locks"][0]["reason"], "悪用");
  json = Run("account list",
             {{"notice", "points"}, {"since", IsoTime(now_ + std::chrono::seconds(1))}});
  ASSERT_THAT(json["rows"], SizeIs(1));
  EXPECT_THAT(json["rows"][0]["notices"], SizeIs(1));
  EXPECT_EQ(json["rows"][0]["notices"][0]["mailbox"], "drop@example.net");
  EXPECT_EQ(Run("account list", {{"locked", true}})["total"], 3);
  EXPECT_THAT(Run("account list", {{"notice", "poinst"}})["notes"].dump(),
              AllOf(HasSubstr("'poinst'"), HasSubstr("these have: points")));
  EXPECT_THAT(ErrorsOf("account list", {{"since", "2014-07-11T00:00:00Z"}}),
              ElementsAre(HasSubstr("--locked"), HasSubstr("--with-notice")));
}

TEST_F(LedgerTest, RenameMovesAllOrNone) {
  Enrol("a@example.jp", "a");
  Enrol("b@example.jp", "b");
  Enrol("c@example.jp", "c");
  EXPECT_THAT(ErrorsOf("account rename", {{"file", "f"}, {"text", "a b\nx c\na d e\ny y\n"}}),
              ElementsAre(AllOf(HasSubstr("f:3"), HasSubstr("OLD NEW")),
                          AllOf(HasSubstr("f:3"), HasSubstr("renamed twice, see line 1")),
                          AllOf(HasSubstr("f:4"), HasSubstr("itself"))));
  EXPECT_THAT(ErrorsOf("account rename", {{"file", "f"}, {"text", "a b\nx c\n"}}),
              ElementsAre(HasSubstr("f:1: b is an account already"),
                          HasSubstr("f:2: c is an account already")));
  // Names are passed on in one step.
  const Json json = Run("account rename", {{"file", "f"}, {"text", "a b\nb a\nzz z\n"}});
  EXPECT_EQ(json["addresses"], 2);
  EXPECT_THAT(json["notes"].dump(), HasSubstr("zz"));
  EXPECT_THAT(Run("account show", {{"account", "a"}})["addresses"], ElementsAre("b@example.jp"));
}

TEST_F(LedgerTest, EraseWantsAReferenceAndAYes) {
  Enrol("a@example.jp", "a");
  EXPECT_THAT(ErrorsOf("account erase", {{"account", "a"}}), ElementsAre(HasSubstr("--ref")));
  EXPECT_THAT(ErrorsOf("account erase", {{"account", "a"}, {"reference", "T"}}),
              ElementsAre(HasSubstr("warifu account erase a --yes")));
  const Json json = Run("account erase", {{"account", "a"}, {"reference", "T"}, {"yes", true}});
  EXPECT_GE(json["erased_rows"], 1);
  EXPECT_THAT(Run("account show", {{"account", "a"}})["addresses"], IsEmpty());
}

TEST_F(LedgerTest, IncidentsAreFoundByWhatAPersonHasAtHand) {
  store::Incident incident;
  incident.reference = "W-42";
  incident.at = now_;
  incident.kind = "mail";
  incident.action = "hold";
  incident.queue_id = "4XkQ1h2Jz9";
  incident.account = "taro";
  incident.sender = "taro@example.jp";
  incident.recipients = "hanako@example.com";
  ASSERT_TRUE(context_.store->AddIncident(incident));
  for (const char* text : {"W-42", "4XkQ1h2Jz9", "taro", "TARO", "taro@example.jp",
                           "Taro@Example.JP", "hanako@example.com"}) {
    EXPECT_THAT(Run("incident show", {{"text", text}})["rows"], SizeIs(1)) << text;
  }
  EXPECT_THAT(Run("incident show", {{"text", "W-4"}})["rows"], IsEmpty());
  EXPECT_THAT(Run("incident list", {{"open", true}})["rows"], SizeIs(1));
  const Json settled =
      Run("incident settle",
          {{"references", {"W-42", "W-9"}}, {"state", "released"}, {"why", "本人に確認した"}});
  EXPECT_EQ(settled["settled"], 1);
  EXPECT_THAT(settled["not_open"], ElementsAre("W-9"));
  const Json row = Run("incident show", {{"text", "W-42"}})["rows"][0];
  EXPECT_EQ(row["state"], "released");
  EXPECT_EQ(row["settled"]["who"], "uid 1000 (sato)");
  EXPECT_EQ(row["settled"]["why"], "本人に確認した");
  EXPECT_THAT(Run("incident list", {{"open", true}})["rows"], IsEmpty());
  EXPECT_EQ(Run("incident settle", {{"references", {"W-42"}}, {"state", "closed"}})["settled"], 0);
  EXPECT_THAT(ErrorsOf("incident settle", {{"references", {"W-42"}}, {"state", "lost"}}),
              SizeIs(1));
}

TEST_F(LedgerTest, BreakersAreOpenedAndClosed) {
  EXPECT_THAT(ErrorsOf("breaker open", {{"scope", "taro"}}), SizeIs(2));
  Run("breaker open", {{"scope", "domain:Example.JP"}, {"reason", "drill"}, {"for", 600}});
  const Json json = Run("breaker status");
  ASSERT_THAT(json["rows"], SizeIs(1));
  EXPECT_EQ(json["rows"][0]["scope"], "domain:example.jp");
  EXPECT_EQ(json["rows"][0]["reason"], "drill");
  EXPECT_EQ(Run("breaker close", {{"scope", "domain:example.jp"}})["closed"], "domain:example.jp");
  EXPECT_THAT(ErrorsOf("breaker close", {{"scope", "all"}}),
              ElementsAre(HasSubstr("warifu breaker status")));
}

TEST_F(LedgerTest, TheStoreIsCheckedCopiedAndPruned) {
  Enrol("a@example.jp", "a");
  const Json health = Run("store check", {{"deep", true}});
  EXPECT_EQ(health["kind"], "sqlite");
  EXPECT_EQ(health["addresses"], 1);
  EXPECT_THAT(health["problems"], IsEmpty());
  EXPECT_EQ(Run("store backup", {{"path", folder_ + "/copy.db"}})["backup"], folder_ + "/copy.db");
  EXPECT_TRUE(std::filesystem::exists(folder_ + "/copy.db"));
  EXPECT_THAT(ErrorsOf("store backup", {{"path", "copy.db"}}), SizeIs(1));
  now_ += std::chrono::days(500);
  EXPECT_GE(Run("store prune", {{"before", IsoTime(now_ - std::chrono::days(400))}})["history"], 1);
  EXPECT_EQ(Run("store check")["addresses"], 1) << "the ledger stays";
  EXPECT_THAT(ErrorsOf("store prune", {{"before", IsoTime(now_ + std::chrono::days(1))}}),
              SizeIs(1));
}

TEST_F(LedgerTest, HistorySaysWhoWhenAndWhy) {
  Run("account lock", {{"accounts", {"taro"}}, {"reason", "漏えい"}, {"reference", "T-3"}});
  const Json json = Run("account history", {{"account", "Taro"}});
  ASSERT_THAT(json["rows"], SizeIs(1));
  EXPECT_EQ(json["rows"][0]["who"], "uid 1000 (sato)");
  EXPECT_EQ(json["rows"][0]["at"], IsoTime(now_));
  EXPECT_EQ(json["rows"][0]["reference"], "T-3");
  EXPECT_THAT(Run("account history", {{"account", "taro"},
                                      {"since", IsoTime(now_ + std::chrono::seconds(1))}})["rows"],
              IsEmpty());
}

TEST_F(LedgerTest, ArgumentsAreHostile) {
  for (const char* arguments : {"", "[]", "null", "{\"address\":7}", "{\"address\":null}",
                                "{\"address\":\"a\\u001b[2Jb@example.jp\"}", "{\"limit\":-1}",
                                "{\"address\":\"a@example.jp\",\"limit\":\"x\"}"}) {
    const ControlAnswer answer = RunLedger(context_, "bind show", arguments, {"x", now_});
    EXPECT_FALSE(answer) << arguments;
  }
  for (const std::string_view command : LedgerCommands()) {
    for (const char* arguments :
         {"{\"text\":{},\"accounts\":[1],\"references\":\"x\",\"for\":-1,\"scope\":[]}",
          "{\"text\":\"\\u0000\",\"file\":[],\"until\":\"tomorrow\",\"account\":\"\"}", "{{{"}) {
      std::ignore = RunLedger(context_, command, arguments, {"x", now_});
    }
  }
  EXPECT_FALSE(Call("bind shw", Json::object()));
  context_.store = nullptr;
  EXPECT_THAT(ErrorsOf("bind show", {{"address", "a@example.jp"}}),
              ElementsAre(HasSubstr("store.url")));
}

TEST_F(LedgerTest, TheDaemonsCallsCarryThePeersName) {
  class Fixed final : public Clock {
   public:
    WallTime Now() const override { return WallTime(std::chrono::seconds(1'790'000'000)); }
    SteadyTime Steady() const override { return {}; }
  } const clock;
  const auto handlers = LedgerHandlers([this] { return context_; }, clock);
  EXPECT_FALSE(handlers.contains("store backup")) << "it names a file";
  const ControlAnswer answer = handlers.at("account lock")(
      {{0, 0, 1}, "account lock", R"({"accounts":["taro"],"reason":"x"})"});
  ASSERT_TRUE(answer) << answer.error()[0].text;
  EXPECT_EQ(Run("account show", {{"account", "taro"}})["locks"][0]["by"], "uid 0 (root)");
}

}  // namespace
}  // namespace warifu::app
