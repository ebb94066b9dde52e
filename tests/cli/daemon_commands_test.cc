// status and reload against a control server that stands in for the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/control.h"
#include "app/control_service.h"
#include "cli/command.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using ::testing::HasSubstr;

class DaemonCommandsTest : public ToolTest {
 protected:
  void Serve(const std::string& command, app::ControlHandler handler) {
    app::ControlOptions options;
    options.path = folder_ + "/control.sock";
    auto server = app::StartControlServer(options, {{command, std::move(handler)}});
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = std::move(*server);
  }
  std::unique_ptr<app::ControlServer> server_;
};

TEST_F(DaemonCommandsTest, StatusForPeopleAndPrograms) {
  const std::string answer =
      R"({"mode":"observe","rules":90,"has_it":true,"verdicts":{"accept":12,"hold":1},"notes":[]})";
  Serve("status", [&](const app::ControlCall&) { return answer; });
  const Outcome text = Run({"status", "--config", "warifu.conf"});
  EXPECT_EQ(text.status, kExitClean);
  EXPECT_EQ(text.out,
            "mode      observe\nrules     90\nhas it    yes\nverdicts  accept 12, hold 1\n"
            "notes     none\n");
  EXPECT_EQ(Run({"status", "--config", "warifu.conf", "--format", "json"}).out, answer + "\n");
}

TEST_F(DaemonCommandsTest, StatusOfAWholeDaemon) {
  app::Status status;
  status.version = "1.2.3";
  status.config_path = "/etc/warifu/warifu.conf";
  status.mode = Mode::kEnforce;
  status.started = kToolTime - std::chrono::hours(3);
  status.uptime = std::chrono::hours(3);
  status.rules = 412;
  status.rules_version = "0123456789abcdef";
  status.rules_age = std::chrono::hours(3);
  status.reloaded = status.started;
  app::ListenerCounts& listener = status.counts.listeners["mx"];
  for (int i = 0; i < 1200; ++i) {
    listener.verdicts.Add(incident::Direction::kInbound, Action::kAccept);
    status.counts.stages[static_cast<std::size_t>(app::WorkStage::kTotal)].Add(1'200);
    status.counts.stages[static_cast<std::size_t>(app::WorkStage::kFirstPass)].Add(300);
  }
  for (int i = 0; i < 34; ++i) {
    listener.verdicts.Add(incident::Direction::kOutbound, Action::kHold);
    status.counts.rules["a"].findings.Add(Severity::kHigh, Mode::kEnforce);
  }
  status.counts.ignored.Add(5);
  Serve("status", [&](const app::ControlCall&) { return app::ToJson(status); });
  ExpectGolden("status.txt", Run({"status", "--config", "warifu.conf"}).out);
}

TEST_F(DaemonCommandsTest, AFailedReloadTellsEveryError) {
  Serve("reload", [](const app::ControlCall&) -> app::ControlAnswer {
    return std::unexpected(Errors{{ErrorKind::kInvalid, "bad", {"a.toml", 3, 4}},
                                  {ErrorKind::kInvalid, "worse", {"b.toml", 1, 0}}});
  });
  const Outcome outcome = Run({"reload", "--socket", folder_ + "/control.sock"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_EQ(outcome.err, "warifu: a.toml:3:4: bad\nwarifu: b.toml:1: worse\n");
}

TEST_F(DaemonCommandsTest, SaysWhenTheDaemonIsNotThere) {
  const Outcome outcome = Run({"status", "--config", "warifu.conf"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("not running"));
}

TEST_F(DaemonCommandsTest, AnAnswerCannotSteerATerminal) {
  Serve("status", [](const app::ControlCall&) { return R"({"a":"\u001b[2Jx\n"})"; });
  EXPECT_THAT(Run({"status", "--config", "warifu.conf"}).out, ::testing::Not(HasSubstr("\x1b")));
}

TEST_F(DaemonCommandsTest, ADisabledControlSocketIsSaid) {
  Write("off.conf", "control = { socket = \"\"; };\n");
  const Outcome outcome = Run({"status", "--config", "off.conf"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("control.socket"));
}

}  // namespace
}  // namespace warifu::cli
