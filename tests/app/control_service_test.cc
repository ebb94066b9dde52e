#include "app/control_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace warifu::app {
namespace {

using ::testing::HasSubstr;

class FakeLog final : public incident::Log {
 public:
  void Write(incident::Level, std::string_view text) override { text_ += std::string(text) + "\n"; }
  void SetLevel(incident::Level) override {}
  Result<void> Reopen() override { return {}; }
  std::string text_;
};

class FakeService final : public Service {
 public:
  std::expected<ReloadReport, Errors> Reload() override { return report_; }
  using Service::Status;
  app::Status Status(Look) const override { return status_; }
  incident::Level SetLogLevel(incident::Level level) override {
    return std::exchange(status_.log_level, level);
  }
  SessionCounters& sessions() override { return sessions_; }
  std::shared_ptr<const Snapshot> snapshot() const override { return nullptr; }
  std::shared_ptr<store::Store> store() const override { return nullptr; }
  binding::Outage& outage() override { return outage_; }
  TransportAnswer Transport(std::string_view) override { return {}; }
  void SettleSoon() override {}
  std::unique_ptr<MessageInspection> Begin() override { return nullptr; }

  std::expected<ReloadReport, Errors> report_;
  app::Status status_;
  SessionCounters sessions_;
  binding::Outage outage_;
};

TEST(ControlServiceTest, StatusTellsWhatTheServiceCounts) {
  FakeService service;
  FakeLog log;
  service.status_.version = "1.2.3";
  service.status_.started = WallTime(std::chrono::seconds(1'000'000'000));
  service.status_.rules = 90;
  ListenerCounts& counts = service.status_.counts.listeners["mx"];
  for (int i = 0; i < 12; ++i) counts.verdicts.Add(incident::Direction::kInbound, Action::kAccept);
  counts.verdicts.Add(incident::Direction::kOutbound, Action::kHold);
  service.status_.counts.ignored.Add(3);
  for (int i = 0; i < 99; ++i) service.status_.counts.stages[2].Add(900);
  service.status_.counts.stages[2].Add(20'000);
  service.status_.counts.stages[4].Add(30'000);
  service.status_.ppap = {.pairs = 4, .forgotten = 5};
  const auto handlers = ServiceHandlers(service, log);
  const ControlAnswer answer = handlers.at("status")({});
  ASSERT_TRUE(answer);
  auto json = nlohmann::json::parse(*answer);
  EXPECT_EQ(json["version"], "1.2.3");
  EXPECT_EQ(json["mode"], "observe");
  EXPECT_EQ(json["started"], "2001-09-09T01:46:40Z");
  EXPECT_EQ(json["rules"], 90);
  EXPECT_EQ(json["verdicts"]["accept"], 12);
  EXPECT_EQ(json["findings_ignored"], 3);
  EXPECT_EQ(json["messages"], 13);
  EXPECT_EQ(nlohmann::ordered_json::parse(*answer)["stages"].begin().key(), "parse")
      << "the dearest first";
  EXPECT_EQ(
      json["stages"]["parse"],
      (nlohmann::json{{"times", 100}, {"mean_us", 1091}, {"p50_us", 1000}, {"p99_us", 1000}}));
  EXPECT_EQ(json["stages"]["first_pass"]["p99_us"], 50'000);
  EXPECT_EQ(json["ppap_remembered"], 4);
  EXPECT_EQ(json["ppap_forgotten"], 5);
  EXPECT_FALSE(json.contains("directory_rows"));
  service.status_.has_directory = true;
  service.status_.directory_rows = 7;
  json = nlohmann::json::parse(*handlers.at("status")({}));
  EXPECT_EQ(json["directory_rows"], 7);
}

TEST(ControlServiceTest, StatusTellsHowServersDo) {
  FakeService service;
  FakeLog log;
  service.status_.has_directory = true;
  service.status_.directory = "PostgreSQL, up to 4 connections";
  service.status_.directory_lanes =
      LaneCounts{.lanes = 4, .busy = 3, .stuck = 2, .abandoned = 5, .timeouts = 6, .refused = 7};
  service.status_.changes = "MySQL";
  service.status_.changes_lanes = LaneCounts{};
  service.status_.feeding.wrong = 2;
  service.status_.feeding.error = "no route";
  const auto json = nlohmann::json::parse(*ServiceHandlers(service, log).at("status")({}));
  EXPECT_FALSE(json.contains("directory_rows"));
  EXPECT_EQ(json["directory"], "PostgreSQL, up to 4 connections");
  EXPECT_EQ(json["directory_connections"], (nlohmann::json{{"open", 4},
                                                           {"busy", 3},
                                                           {"stuck", 2},
                                                           {"abandoned", 5},
                                                           {"timed_out", 6},
                                                           {"refused", 7}}));
  EXPECT_FALSE(json.contains("lease_connections"));
  EXPECT_EQ(json["changes_source"], "MySQL");
  EXPECT_EQ(json["changes_read"], "never");
  EXPECT_EQ(json["changes_rows"]["wrong"], 2);
  EXPECT_EQ(json["changes_error"], "no route");
}

TEST(ControlServiceTest, TheLogLevelIsSetAndWhoDidItIsLogged) {
  FakeService service;
  FakeLog log;
  const auto set = ServiceHandlers(service, log).at("log-level");
  const ControlAnswer answer = set({{1000, 1000, 4711}, "log-level", R"({"level":"debug"})"});
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, R"({"before":"info","log_level":"debug"})");
  EXPECT_EQ(service.status_.log_level, incident::Level::kDebug);
  EXPECT_THAT(log.text_, HasSubstr("log level debug set by uid 1000, process 4711"));
  for (const char* bad : {"{}", R"({"level":"loud"})", R"({"level":1})", "[]", "nonsense"}) {
    EXPECT_FALSE(set({{}, "log-level", bad})) << bad;
  }
  EXPECT_EQ(service.status_.log_level, incident::Level::kDebug);
}

TEST(ControlServiceTest, ReloadTellsWhatChangedAndTheLogWhoAsked) {
  FakeService service;
  FakeLog log;
  ReloadReport report;
  report.rules = 3;
  report.rules_added = {"new-rule"};
  report.restart_needed = {"socket.address"};
  report.notes = {"a note"};
  report.warnings = {"a warning"};
  service.report_ = report;
  const auto handlers = ServiceHandlers(service, log);
  const ControlAnswer answer = handlers.at("reload")({{1000, 1000, 4711}, "reload", "{}"});
  ASSERT_TRUE(answer);
  const auto json = nlohmann::json::parse(*answer);
  EXPECT_EQ(json["changed"], true);
  EXPECT_EQ(json["rules_added"][0], "new-rule");
  EXPECT_EQ(json["restart_needed"][0], "socket.address");
  EXPECT_EQ(json["notes"], nlohmann::json({"a warning", "a note"}));
  EXPECT_THAT(log.text_, HasSubstr("uid 1000, process 4711"));
}

TEST(ControlServiceTest, AFailedReloadGivesEveryError) {
  FakeService service;
  FakeLog log;
  service.report_ = std::unexpected(
      Errors{{ErrorKind::kInvalid, "one", {"a", 1, 0}}, {ErrorKind::kInvalid, "two", {"b", 2, 0}}});
  const auto handlers = ServiceHandlers(service, log);
  const ControlAnswer answer = handlers.at("reload")({});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().size(), 2u);
}

}  // namespace
}  // namespace warifu::app
