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
    words.insert(words.end(), {"--config", "warifu.conf", "--config-directory", "/etc/postfix-x"});
    return Run(words);
  }
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
  EXPECT_THAT(Release({"W-1"}).err, HasSubstr("Sendmail"));
}

TEST(PostfixQueueTest, AListingIsReadForWhatIsWanted) {
  const auto mails = ReadQueue(
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
    EXPECT_FALSE(ReleaseMail("", text)) << text;
  }
}

}  // namespace
}  // namespace warifu::cli
