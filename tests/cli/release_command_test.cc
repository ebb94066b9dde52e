// `warifu incident release` with programs in the place of Postfix's, which write down their calls.
// tests/live does the same with a real Postfix.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/postfix_queue.h"
#include "cli/sendmail_queue.h"
#include "store/store.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ReleaseTest : public ToolTest {
 protected:
  void SetUp() override {
    ToolTest::SetUp();
    const char* path = std::getenv("PATH");
    path_ = path != nullptr ? path : "";
    ::setenv("PATH", (folder_ + "/bin:/usr/bin:/bin").c_str(), 1);
    Program("postqueue", "echo \"postqueue $*\" >> calls; test \"$3\" = -j && cat queue; exit 0");
    Program("postsuper",
            "echo \"postsuper $*\" >> calls; grep -q \"$4\" held || exit 0\n"
            "sed -i \"/$4/d\" held; echo \"postsuper: Released from hold: 1 message\" >&2");
  }
  void TearDown() override {
    ::setenv("PATH", path_.c_str(), 1);
    ToolTest::TearDown();
  }
  void Program(const std::string& name, const std::string& text) const {
    Write("bin/" + name, "#!/bin/sh\ncd " + folder_ + "\n" + text + "\n");
    std::filesystem::permissions("bin/" + name, std::filesystem::perms::owner_all);
  }
  void Incident(const std::string& reference, const std::string& queue_id,
                const std::string& action = "hold") const {
    auto store = store::Open({.url = "sqlite:" + folder_ + "/warifu.db"});
    ASSERT_TRUE(store) << store.error().ToString();
    store::Incident incident;
    incident.reference = reference;
    incident.at = kToolTime;
    incident.kind = "mail";
    incident.action = action;
    incident.gateway = "mx2";
    incident.queue_id = queue_id;
    incident.account = "taro";
    incident.sender = "taro@example.jp";
    incident.recipients = "hanako@example.com";
    ASSERT_TRUE((*store)->AddIncident(incident));
  }
  static std::string Queued(const std::string& id, const std::string& queue,
                            std::chrono::seconds late = {}) {
    return R"({"queue_name":")" + queue + R"(","queue_id":")" + id + R"(","arrival_time":)" +
           std::to_string(std::chrono::floor<std::chrono::seconds>(kToolTime + late)
                              .time_since_epoch()
                              .count()) +
           R"(,"message_size":400,"sender":"taro@example.jp","recipients":[]})" + "\n";
  }
  Outcome Release(std::vector<std::string> words) const {
    words.insert(words.begin(), {"incident", "release"});
    words.insert(words.end(), {"--config", "warifu.conf"});
    words.insert(words.end(), mta_.begin(), mta_.end());
    return Run(words);
  }
  std::vector<std::string> mta_ = {"--config-directory", "/etc/postfix-x"};
  std::string Calls() const {
    std::ostringstream text;
    text << std::ifstream("calls").rdbuf();
    return text.str();
  }

 private:
  std::string path_;
};

TEST_F(ReleaseTest, HeldMailGoesAndItsIncidentSaysWhoAndWhy) {
  Incident("W-1", "4XkQ1h2Jz9");
  Write("queue", Queued("4XkQ1h2Jz9", "hold") + Queued("4Other1", "hold"));
  Write("held", "4XkQ1h2Jz9\n4Other1\n");
  const Outcome outcome = Release({"W-1", "--why", "本人に電話で確認"});
  EXPECT_EQ(outcome.status, kExitClean) << outcome.err;
  EXPECT_EQ(outcome.out, "released  W-1  4XkQ1h2Jz9  taro@example.jp -> hanako@example.com\n");
  EXPECT_EQ(Calls(),
            "postqueue -c /etc/postfix-x -j\npostsuper -c /etc/postfix-x -H 4XkQ1h2Jz9\n"
            "postqueue -c /etc/postfix-x -i 4XkQ1h2Jz9\n");
  const Outcome shown = Run({"incident", "show", "W-1", "--config", "warifu.conf"});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("released"), HasSubstr("本人に電話で確認")));
  const Outcome again = Release({"W-1"});
  EXPECT_EQ(again.status, kExitFound);
  EXPECT_THAT(again.err, HasSubstr("released already"));
}

TEST_F(ReleaseTest, AnyNameOfAMailWillDoButSeveralNeedAll) {
  Incident("W-1", "4XkQ1h2Jz9");
  Incident("W-2", "4XkQ1h2Jz8");
  Write("queue", Queued("4XkQ1h2Jz9", "hold") + Queued("4XkQ1h2Jz8", "hold"));
  Write("held", "4XkQ1h2Jz9\n4XkQ1h2Jz8\n");
  const Outcome asked = Release({"taro"});
  EXPECT_EQ(asked.status, kExitFound);
  EXPECT_THAT(asked.err, AllOf(HasSubstr("2 held mails"), HasSubstr("--all")));
  EXPECT_EQ(Calls(), "");
  EXPECT_EQ(Release({"4XkQ1h2Jz8"}).status, kExitClean);
  EXPECT_EQ(Release({"hanako@example.com", "--all"}).status, kExitClean);
  EXPECT_THAT(Run({"incident", "list", "--open", "--config", "warifu.conf"}).out,
              HasSubstr("no incident"));
}

TEST_F(ReleaseTest, WhatIsNotHeldIsNamedAndNotTouched) {
  Incident("W-gone", "4Gone1111");
  Incident("W-moved", "4Moved111");
  Incident("W-reused", "4Reused11");
  Incident("W-refused", "4Refused1", "reject");
  Write("queue",
        Queued("4Moved111", "deferred") + Queued("4Reused11", "hold", std::chrono::hours(30)));
  Write("held", "4Reused11\n");
  const Outcome outcome = Release({"W-gone", "W-moved", "W-reused", "W-refused", "W-9"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("W-gone (4Gone1111) is no longer in this machine's queue"),
                    HasSubstr("held on mx2"), HasSubstr("it is in the deferred queue"),
                    HasSubstr("now belongs to another mail"), HasSubstr("was answered with reject"),
                    HasSubstr("W-9: no incident")));
  EXPECT_THAT(Calls(), Not(HasSubstr("postsuper")));
}

TEST_F(ReleaseTest, AFailureOfPostfixIsAnError) {
  Incident("W-1", "4XkQ1h2Jz9");
  Write("queue", Queued("4XkQ1h2Jz9", "hold"));
  Program("postsuper",
          "echo 'postsuper: fatal: use of this command is reserved for the superuser' >&2; exit 1");
  const Outcome outcome = Release({"W-1", "--format", "json"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(R"("result":"failed")"), HasSubstr("superuser")));
  std::filesystem::remove("bin/postqueue");
  if (std::filesystem::exists("/usr/bin/postqueue")) return;
  EXPECT_THAT(Release({"W-1"}).err, HasSubstr("sendmail.config_file"));
}

// A Sendmail that keeps its quarantine in a file, its queue in another.
class SendmailReleaseTest : public ReleaseTest {
 protected:
  void SetUp() override {
    ReleaseTest::SetUp();
    std::filesystem::remove("bin/postqueue");
    std::filesystem::remove("bin/postsuper");
    mta_ = {"--sendmail", "/etc/mail/x.cf"};
    Write("quarantine", "");
    Write("queue", "");
    Program("sendmail",
            "echo \"sendmail $*\" >> calls; shift 2\n"
            "case \"$*\" in\n"
            "'-bp -qQ') cat quarantine; echo ' Total requests: 1';;\n"
            "-bp) cat queue; echo ' Total requests: 0';;\n"
            "*-Q) test -e stuck || sed -i \"/${2#-qI}/d\" quarantine;;\n"
            "esac");
  }
  static std::string Listed(const std::string& id) {
    return id + "*      34 Sun Nov 22 22:53 <taro@example.jp>\n     QUARANTINE: warifu W-1\n" +
           "\t\t\t\t <hanako@example.com>\n";
  }
};

TEST_F(SendmailReleaseTest, QuarantinedMailGoesAndIsTriedAtOnce) {
  Incident("W-1", "6AMMr4K4012159");
  Write("quarantine", Listed("6AMMr4K4012159") + Listed("6AMMr4K4012160"));
  const Outcome outcome = Release({"W-1", "--why", "確認済み"});
  EXPECT_EQ(outcome.status, kExitClean) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("released  W-1  6AMMr4K4012159"));
  EXPECT_THAT(Calls(), AllOf(HasSubstr("sendmail -C /etc/mail/x.cf -qQ -qI6AMMr4K4012159 -Q\n"),
                             HasSubstr("sendmail -C /etc/mail/x.cf -qI6AMMr4K4012159\n")));
  EXPECT_THAT(Run({"incident", "show", "W-1", "--config", "warifu.conf"}).out,
              AllOf(HasSubstr("released"), HasSubstr("確認済み")));
}

TEST_F(SendmailReleaseTest, WhatIsNotInTheQuarantineIsNamed) {
  Incident("W-gone", "6AMMr4K4012159");
  Incident("W-waits", "6AMMr4K4012160");
  Write("queue", Listed("6AMMr4K4012160"));
  const Outcome outcome = Release({"W-gone", "W-waits"});
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("W-gone (6AMMr4K4012159) is no longer"),
                                 HasSubstr("is in the mail queue (mailq says why)")));
  EXPECT_THAT(Calls(), Not(HasSubstr("-Q\n")));
}

TEST_F(SendmailReleaseTest, AFailureOfSendmailIsAnError) {
  Incident("W-1", "6AMMr4K4012159");
  Write("quarantine", Listed("6AMMr4K4012159"));
  Write("stuck", "");
  const Outcome stuck = Release({"W-1"});
  EXPECT_EQ(stuck.status, kExitError);
  EXPECT_THAT(stuck.err, HasSubstr("left it in the quarantine"));
  Program("sendmail", "echo 'Program mode requires special privileges'; exit 78");
  const Outcome refused = Release({"W-1"});
  EXPECT_EQ(refused.status, kExitError);
  EXPECT_THAT(refused.err, HasSubstr("special privileges"));
  EXPECT_THAT(Run({"incident", "show", "W-1", "--config", "warifu.conf"}).out, HasSubstr("open"));
}

TEST_F(SendmailReleaseTest, ItIsAskedWhereItIsNamedOrAlone) {
  Incident("W-1", "6AMMr4K4012159");
  Write("quarantine", Listed("6AMMr4K4012159"));
  Write("other.cf", "V10/Berkeley\nO QueueDirectory=/var/spool/mq/q*\n");
  WriteConfig("sendmail = { config_file = \"" + folder_ + "/other.cf\"; };\n");
  const Outcome shown = Run({"incident", "show", "W-1", "--config", "warifu.conf"});
  EXPECT_THAT(shown.out,
              AllOf(HasSubstr("find '/var/spool/mq' -name '[dh]f6AMMr4K4012159' -delete"),
                    Not(HasSubstr("postsuper"))));
  mta_ = {};
  EXPECT_EQ(Release({"W-1"}).status, kExitClean);
  EXPECT_THAT(Calls(), HasSubstr("sendmail -C " + folder_ + "/other.cf -qQ"));
}

TEST(SendmailQueueTest, AListingIsReadForWhatIsWanted) {
  const auto mails = ReadSendmailQueue(
      "\t\t/var/spool/mqueue (3 requests)\n"
      "-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------\n"
      "6AMMr4Hw012160       34 Sun Nov 22 22:53 <>\n     QUARANTINE: warifu x\n"
      "\t\t\t\t\t <6AMMr4K4012159@example.net>\n"
      "6AMMr4K4012158X      34 Sun Nov 22 22:53 <taro@example.jp>\n"
      "6AMMr4K4012157 (job completed)\n\t\tTotal requests: 3\n",
      {"6AMMr4Hw012160", "6AMMr4K4012158", "6AMMr4K4012159", "Total"}, "quarantine");
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails.at("6AMMr4K4012158").sender, "taro@example.jp");
  EXPECT_EQ(mails.at("6AMMr4Hw012160").sender, "");
  EXPECT_EQ(mails.at("6AMMr4Hw012160").queue, "quarantine");
}

TEST(PostfixQueueTest, AListingIsReadForWhatIsWanted) {
  const auto mails = ReadPostfixQueue(
      "{\"queue_name\":\"hold\",\"queue_id\":\"A1B2C\",\"arrival_time\":5}\n"
      "no json\n[]\n{\"queue_id\":7}\n{\"queue_id\":\"Z\"}",
      {"A1B2C", "Y"});
  ASSERT_EQ(mails.size(), 1u);
  EXPECT_EQ(mails.at("A1B2C").queue, "hold");
  EXPECT_EQ(mails.at("A1B2C").arrived, WallTime(std::chrono::seconds(5)));
}

TEST(PostfixQueueTest, WhatIsNoQueueIdIsNeverAnArgument) {
  EXPECT_TRUE(IsQueueId("4XkQ1h2Jz9zWk"));
  for (const char* text : {"", "ALL", "-", "-d ALL", "4XkQ 1h2", "../../x", "deferred/4X"}) {
    EXPECT_FALSE(IsQueueId(text)) << text;
    EXPECT_FALSE(MakePostfixQueue("")->Release(text)) << text;
    EXPECT_FALSE(MakeSendmailQueue("")->Release(text)) << text;
  }
}

}  // namespace
}  // namespace warifu::cli
