// What lets a mail off: every check, by every kind of exemption, mode and action, through a whole
// inspection. The list of checks is the code's own, so one without a scene here fails.
#include <gmock/gmock.h>

#include <optional>
#include <set>
#include <sstream>

#include "../scan/temp_dir.h"
#include "app/settings_table.h"
#include "gateway.h"
#include "notice_mails.h"

namespace warifu::app {
namespace {

using enum Action;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kToken = "Kf83hTq0Zm27Lw9e";
constexpr const char* kNotices = R"toml([[notices]]
id = "portal-reset"
kind = "reset"
source = ["account:portal"]
from = ["no-reply@portal.example.jp"]
subject = '''パスワードの再設定'''
secrets = true
flow = "portal"
[notices.account]
regex = '''ログイン用アドレス[ \t]*:[ \t]*(\S+)'''
[notices.token]
regex = '''[?&]t=([0-9A-Za-z]{16,64})'''
)toml";
constexpr std::string_view kTable =
    "taro@example.jp taro\nhanako@example.jp hanako\noffice@example.jp taro, hanako\n"
    "no-reply@portal.example.jp portal\n";

// A mail that one check, and no other, does not let pass.
struct Scene {
  std::string name;
  std::string check;  // as in `exempts`
  std::string reason;
  Action action;  // what is done with it
  std::string mail;
  Envelop envelope = {};
  std::string conf = "";
  void (*prepare)(Gateway&) = [](Gateway&) {};
  // Which exemptions can hold: a session without an account has none to be let off by, and what is
  // answered at MAIL comes before the recipients.
  bool by_account = true;
  bool by_recipient = true;
  bool remembers = false;     // what was sent before changes what is done
  std::string rests_on = "";  // what must be checked, too, for it to see anything
};

void PrintTo(const Scene& scene, std::ostream* out) {
  *out << scene.name;
}

store::Act Person(const Gateway& gateway) {
  return {.who = "test", .at = gateway.clock.Now()};
}

void Prove(Gateway& gateway, std::string_view address, const store::Accounts& accounts) {
  ASSERT_TRUE(gateway.store()->Enrol(address, accounts, "import", Person(gateway)).value_or(false));
}

void Lock(Gateway& gateway, const std::string& account) {
  const store::Lock lock{.account = account, .reason = "phished", .by = "test"};
  ASSERT_TRUE(gateway.store()->AddLocks({lock}, Person(gateway)));
}

std::string From(const std::string& author) {
  return "From: " + author + "\nTo: x@example.com\n\nhi\n";
}

Envelop Portal(const std::string& recipient) {
  return {.login = "portal",
          .sender = "<no-reply@portal.example.jp>",
          .recipients = {"<" + recipient + ">"}};
}

std::vector<Scene> Scenes() {
  const Envelop stranger{.login = "",
                         .sender = "<friend@example.com>",
                         .recipients = {"<taro@example.jp>"},
                         .daemon_name = "mx"};
  const Envelop to_hanako{.recipients = {"<hanako@example.jp>"}};
  Envelop nobody;
  nobody.login = "";
  return {
      {.name = "Content",
       .check = "content",
       .reason = "rule:password-label",
       .action = kHold,
       .mail = PlainMail("password: Xk29vmQ1")},
      {.name = "Owner",
       .check = "content",
       .reason = "rule:member-record",
       .action = kReject,
       .mail = PlainMail("login=hanako@example.jp&secret=Zq8wK2mv")},
      {.name = "Session",
       .check = "session",
       .reason = "check:session",
       .action = kReject,
       .mail = PlainMail("hi"),
       .envelope = nobody,
       .by_account = false,
       .by_recipient = false},
      {.name = "Sender",
       .check = "sender",
       .reason = "check:sender",
       .action = kReject,
       .mail = PlainMail("hi"),
       .envelope = {.sender = "<hanako@example.jp>"},
       .by_recipient = false},
      {.name = "Author",
       .check = "author",
       .reason = "check:author",
       .action = kReject,
       .mail = From("hanako@example.jp")},
      {.name = "AuthorInTwoWays",
       .check = "author",
       .reason = "check:author",
       .action = kReject,
       .mail = "From: hanako@example.jp\n" + PlainMail("hi")},
      {.name = "Display",
       .check = "display",
       .reason = "check:display",
       .action = kTag,
       .mail = From("\"hanako@example.jp\" <taro@example.jp>")},
      {.name = "LockOfTheSender",
       .check = "lock",
       .reason = "check:lock",
       .action = kReject,
       .mail = PlainMail("hi"),
       .prepare = [](Gateway& gateway) { Lock(gateway, "taro"); },
       .by_recipient = false},
      {.name = "LockOfARecipient",
       .check = "lock",
       .reason = "check:lock",
       .action = kReject,
       .mail = PlainMail("hi"),
       .envelope = to_hanako,
       .conf = "lock = { receive = \"all\"; };\n",
       .prepare = [](Gateway& gateway) { Lock(gateway, "hanako"); }},
      {.name = "LockHoldsSecrets",
       .check = "lock",
       .reason = "check:lock",
       .action = kHold,
       .mail = PlainMail("login=hanako@example.jp&secret=Zq8wK2mv"),  // her own, so no leak
       .envelope = to_hanako,
       .prepare = [](Gateway& gateway) { Lock(gateway, "hanako"); },
       .rests_on = "content"},
      {.name = "LockHoldsNotices",
       .check = "lock",
       .reason = "check:lock",
       .action = kHold,
       .mail = ResetMail("taro@example.jp", kToken),
       .envelope = Portal("taro@example.jp"),
       .prepare = [](Gateway& gateway) { Lock(gateway, "taro"); }},
      {.name = "PinOfTheSender",
       .check = "pin",
       .reason = "check:pin",
       .action = kDefer,
       .mail = PlainMail("hi"),
       .prepare = [](Gateway& gateway) { Prove(gateway, "taro@example.jp", {"jiro"}); },
       .by_recipient = false},
      {.name = "PinOfAnAuthor",
       .check = "pin",
       .reason = "check:pin",
       .action = kHold,
       .mail = From("office@example.jp"),
       .prepare = [](Gateway& gateway) { Prove(gateway, "office@example.jp", {"jiro"}); }},
      {.name = "PinOfARecipient",
       .check = "pin",
       .reason = "check:pin",
       .action = kDefer,
       .mail = PlainMail("hi"),
       .envelope = to_hanako,
       .prepare = [](Gateway& gateway) { Prove(gateway, "hanako@example.jp", {"jiro"}); }},
      {.name = "Spoof",
       .check = "spoof",
       .reason = "check:spoof",
       .action = kTag,
       .mail = From("taro@example.jp"),
       .envelope = stranger,
       .by_account = false},
      {.name = "Breaker",
       .check = "breaker",
       .reason = "check:breaker",
       .action = kDefer,
       .mail = PlainMail("hi"),
       .prepare =
           [](Gateway& gateway) {
             const store::Breaker breaker{.scope = "account:taro",
                                          .opened = gateway.clock.Now(),
                                          .reason = "leaks",
                                          .by = "test"};
             ASSERT_TRUE(*gateway.store()->OpenBreaker(breaker, Person(gateway)));
           }},
      {.name = "Notice",
       .check = "notice",
       .reason = "check:notice",
       .action = kHold,
       .mail = ResetMail("taro@example.jp", kToken),
       .envelope = Portal("hanako@example.jp")},
      {.name = "Flow",
       .check = "flow",
       .reason = "check:flow",
       .action = kHold,
       .mail = ResetMail("hanako@example.jp", kToken),
       .envelope = Portal("hanako@example.jp"),
       .prepare =
           [](Gateway& gateway) {
             ASSERT_EQ(gateway.Send(ResetMail("taro@example.jp", kToken), Portal("taro@example.jp"))
                           .action(),
                       kAccept);
           },
       .remembers = true},
      {.name = "FanIn",
       .check = "fan-in",
       .reason = "check:fan-in",
       .action = kHold,
       .mail = ResetMail("hanako@example.jp", kToken),
       .envelope = Portal("office@example.jp"),
       .conf = "fan_in = { accounts = 1; };\n",
       .prepare =
           [](Gateway& gateway) {
             ASSERT_EQ(gateway
                           .Send(ResetMail("taro@example.jp", "Aa00bB11cC22dD33"),
                                 Portal("office@example.jp"))
                           .action(),
                       kAccept);
           },
       .remembers = true},
  };
}

// The words of the setting, as the configuration takes them.
std::set<std::string> Exemptable() {
  std::set<std::string> out;
  for (const Setting& setting : SettingsTable()) {
    if (setting.name != "exemptions[].exempts") continue;
    std::istringstream in{std::string(setting.range)};
    for (std::string word; std::getline(in, word, '|');) out.insert(word);
  }
  return out;
}

TEST(ExemptionScenes, ThereIsOneOfEveryCheck) {
  std::set<std::string> checks = {"content"}, scenes;
  for (const Check check : AllChecks()) checks.insert(std::string(ToString(check)));
  for (const Scene& scene : Scenes()) scenes.insert(scene.check);
  EXPECT_EQ(scenes, checks);
  EXPECT_EQ(Exemptable(), checks) << "a check that nothing can be let off";
  const auto last = static_cast<Check>(AllChecks().size());
  EXPECT_EQ(ToString(last), "?") << "a check that is missing in the table of names";
}

class Exemptions : public ::testing::TestWithParam<Scene> {
 protected:
  Exemptions() : gateway_(Conf(scene().conf)) { gateway_.UseMembers(kTable); }

  void TryExemptions();
  void TryModes();

  static const Scene& scene() { return GetParam(); }

  std::string Conf(const std::string& more) const {
    return "notices = { paths = [ \"" + notices_ + "\" ]; };\n" + more;
  }

  auto Load(const std::string& more) {
    const auto folder = std::filesystem::path(gateway_.Path("")).parent_path();
    return LoadSettings(
        gateway_.Write("more.conf", Gateway::Conf(folder, Conf(scene().conf + more))));
  }

  // Sends the scene's mail with these settings besides, on a store that has seen its past alone.
  Sent Send(const std::string& more) {
    const auto settings = Load(more);
    EXPECT_TRUE(settings) << settings.error()[0].ToString();
    if (!settings) return {};
    if (stores_.empty() || scene().remembers) {
      store::Options options;
      options.url = "sqlite:" + gateway_.Path("store" + std::to_string(stores_.size()));
      auto opened = store::Open(options);
      EXPECT_TRUE(opened);
      stores_.push_back(*std::move(opened));
      gateway_.UseStore(stores_.back().get());
      gateway_.editable().settings = usual_;
      scene().prepare(gateway_);
    }
    gateway_.editable().settings = *settings;
    return gateway_.Send(scene().mail, scene().envelope);
  }

  // What was done with it at any stage, and why.
  static Action Done(const Sent& sent) {
    Action action = sent.action();
    for (const policy::Verdict& verdict : sent.rcpt) action = std::max(action, verdict.action);
    return action;
  }
  static std::vector<std::string> Reasons(const Sent& sent) {
    std::vector<std::string> out = sent.mail.reasons;
    const auto take = [&out](const std::vector<std::string>& more) {
      out.insert(out.end(), more.begin(), more.end());
    };
    for (const policy::Verdict& verdict : sent.rcpt) take(verdict.reasons);
    take(sent.end.verdict.reasons);
    return out;
  }

  void ExpectStopped(const std::string& more) {
    const Sent sent = Send(more);
    EXPECT_EQ(Done(sent), scene().action) << more;
    EXPECT_THAT(Reasons(sent), Contains(scene().reason)) << more;
    EXPECT_THAT(Reasons(sent), Each(Not(StartsWith("exempt:")))) << more;
  }
  void ExpectPassed(const std::string& more, Action would) {
    const Sent sent = Send(more);
    EXPECT_EQ(Done(sent), kAccept) << more << ::testing::PrintToString(Reasons(sent));
    EXPECT_EQ(sent.would(), would) << more << ::testing::PrintToString(Reasons(sent));
    if (would != kAccept) {
      EXPECT_THAT(Reasons(sent), Contains(scene().reason)) << more;
    }
  }

  // What is answered before the recipients are known is not let off by them, or not configured so.
  void ExpectNoneByRecipients() {
    const std::string conf = Exempting(OwnRecipient());
    const auto settings = Load(conf);
    if (settings) return ExpectStopped(conf);
    EXPECT_THAT(settings.error()[0].ToString(), HasSubstr("before the recipients are known"));
  }

  static std::string Exempting(const std::string& conditions,
                               const std::string& exempts = "\"" + scene().check + "\"") {
    return "exemptions = ( { name = \"desk\"; " + conditions + " exempts = [ " + exempts +
           " ]; } );\n";
  }
  static std::string Account(const std::string& name) {
    return "accounts = [ \"" + name + "\" ]; ";
  }
  static std::string Network(const std::string& network) {
    return "networks = [ \"" + network + "\" ]; ";
  }
  static std::string Recipient(const std::string& address) {
    return "recipients = [ \"" + address + "\" ]; ";
  }
  static std::string OwnAccount() {
    return Account(scene().envelope.login.empty() ? "taro" : scene().envelope.login);
  }
  static std::string OwnNetwork() { return Network("203.0.113.0/24"); }
  static std::string OwnRecipient() {
    const std::string& path = scene().envelope.recipients[0];
    return Recipient(path.substr(1, path.size() - 2));
  }

  scan::TempDir dir_;
  std::string notices_ = dir_.Write("portal.toml", kNotices);
  std::vector<std::unique_ptr<store::Store>> stores_;  // they outlive the gateway
  Gateway gateway_;
  const Settings usual_ = gateway_.editable().settings;
};

void Exemptions::TryExemptions() {
  ExpectStopped("");
  const auto lets_off = [this](const std::string& conditions) {
    const Sent sent = Send(Exempting(conditions));
    EXPECT_EQ(Done(sent), kAccept) << conditions << ::testing::PrintToString(Reasons(sent));
    EXPECT_THAT(Reasons(sent), Contains("exempt:desk")) << conditions;
  };
  lets_off(OwnNetwork());
  ExpectStopped(Exempting(Network("198.51.100.0/24")));
  if (scene().by_account) {
    lets_off(OwnAccount());
    lets_off(OwnNetwork() + OwnAccount());
    ExpectStopped(Exempting(OwnNetwork() + Account("jiro")));
    ExpectStopped(Exempting(Network("198.51.100.0/24") + OwnAccount()));
  } else {
    ExpectStopped(Exempting(OwnAccount()));
  }
  ExpectStopped(Exempting(Account("jiro")));
  if (scene().by_recipient) {
    lets_off(OwnRecipient());
    lets_off(OwnRecipient() + OwnNetwork());
    ExpectStopped(Exempting(OwnRecipient() + Account("jiro")));
    ExpectStopped(Exempting(Recipient("jiro@example.jp")));
  } else {
    ExpectNoneByRecipients();
  }
  std::string others;
  for (const std::string& word : Exemptable()) {
    if (word == scene().check || word == scene().rests_on) continue;
    others += (others.empty() ? "\"" : ", \"") + word + "\"";
  }
  const Sent sent = Send(Exempting(OwnNetwork(), others));
  EXPECT_EQ(Done(sent), scene().action) << "another's exemption is none of this check's";
}

void Exemptions::TryModes() {
  // What was not deferred at RCPT is judged at the end, where a user's mail is held.
  const bool doubt = scene().action == kDefer && scene().by_recipient;
  const Action would = doubt ? kHold : scene().action;
  ExpectPassed("mode = \"observe\";\n", would);
  ExpectPassed(
      "listeners = ( { name = \"submission\"; daemon_name = \"submission\"; submission = true; "
      "require_account = true; mode = \"observe\"; }, { name = \"mx\"; mode = \"observe\"; } );\n",
      would);
  if (scene().check == "content") return;
  const std::string check = "checks = { " + scene().check + " = { ";
  ExpectStopped(check + "mode = \"enforce\"; }; };\n");
  ExpectPassed(check + "mode = \"observe\"; }; };\n", would);
  ExpectPassed(check + "action = \"accept\"; }; };\n", kAccept);
}

// In one test, since a gateway takes longer to make than a mail to judge.
TEST_P(Exemptions, AndModesLetItPassAndNothingElseDoes) {
  TryExemptions();
  TryModes();
}

INSTANTIATE_TEST_SUITE_P(Checks, Exemptions, ::testing::ValuesIn(Scenes()),
                         [](const auto& scene) { return scene.param.name; });

// A mail to a disputed and to other mailboxes.
TEST(ExemptionsByRecipient, HoldForThatRecipientAlone) {
  Gateway gateway(
      "exemptions = ( { name = \"desk\"; recipients = [ \"hanako@example.jp\" ]; "
      "exempts = [ \"pin\", \"lock\" ]; } );\nlock = { receive = \"all\"; };\n");
  Prove(gateway, "hanako@example.jp", {"jiro"});
  Prove(gateway, "office@example.jp", {"jiro"});
  Lock(gateway, "hanako");
  const Sent sent = gateway.Send(
      "From: friend@example.com\n\nhi\n",
      {.login = "",
       .sender = "<friend@example.com>",
       .recipients = {"<hanako@example.jp>", "<office@example.jp>", "<taro@example.jp>"},
       .daemon_name = "mx"});
  EXPECT_THAT(sent.rcpt, ElementsAre(testing::Field(&policy::Verdict::action, kAccept),
                                     testing::Field(&policy::Verdict::action, kDefer),
                                     testing::Field(&policy::Verdict::action, kAccept)));
  EXPECT_EQ(sent.end.verdict.action, kAccept) << "for all that were accepted";
  EXPECT_THAT(sent.end.verdict.reasons, Contains("exempt:desk"));
}

}  // namespace
}  // namespace warifu::app
