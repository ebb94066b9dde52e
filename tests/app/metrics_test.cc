// Metrics: the text is what Prometheus reads, and names what the table and the manual name.
#include "app/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace warifu::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// With every source, so that every metric is written.
Status Full() {
  Status status;
  status.version = "1.2.3";
  status.rules_version = "0123456789ab";
  status.listeners = {"mx", "submission"};
  status.rule_labels = {{"quiet-rule", Severity::kLow, Mode::kObserve}};
  status.has_store = true;
  status.store_up = true;
  status.waiting = store::Store::Waiting{.disputes = 3, .open_incidents = 5, .held = 2};
  status.has_directory = true;
  status.directory_rows = 7;
  status.directory_lanes = LaneCounts{.lanes = 4, .busy = 3, .stuck = 2, .timeouts = 6};
  status.lease_lanes = status.changes_lanes = LaneCounts{};
  status.breakers = {{.scope = "account:taro@example.jp"}, {.scope = "all"}};
  return status;
}

struct Page {
  std::map<std::string, std::string> types, samples;
  std::set<std::string> labels;  // "metric label"
};

// Refuses what the format does not allow (exposition format 0.0.4).
Page Read(const std::string& text) {
  static const std::regex kSample(
      R"re(([a-z_][a-z0-9_]*)(\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})? ([0-9.e+-]+))re");
  static const std::regex kLabel(R"re(([a-z_]+)=")re");
  Page page;
  std::istringstream in(text);
  std::string family;
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    std::istringstream words(line);
    std::string sign, what, name, type;
    words >> sign >> what >> name >> type;
    if (sign == "#") {
      EXPECT_TRUE(what == "HELP" || what == "TYPE") << line;
      if (what == "TYPE") {
        EXPECT_TRUE(page.types.emplace(name, type).second) << name << " stands there twice";
        family = name;
      }
      continue;
    }
    if (!std::regex_match(line, match, kSample)) {
      ADD_FAILURE() << "no sample: " << line;
      continue;
    }
    EXPECT_TRUE(match[1].str().starts_with(family)) << line;
    EXPECT_TRUE(page.samples.emplace(match[1].str() + match[2].str(), match[3].str()).second)
        << line << " stands there twice";
    const std::string set = match[2];
    for (auto it = std::sregex_iterator(set.begin(), set.end(), kLabel);
         it != std::sregex_iterator(); ++it) {
      if ((*it)[1] != "le") page.labels.insert(family + " " + (*it)[1].str());
    }
  }
  EXPECT_TRUE(text.ends_with('\n'));
  return page;
}

TEST(Metrics, EveryMetricOfTheTableIsWrittenWithItsTypeAndLabels) {
  const Page page = Read(MetricsText(Full()));
  std::map<std::string, std::string> types;
  std::set<std::string> labels;
  for (const Metric& metric : Metrics()) {
    types[std::string(metric.name)] = metric.type;
    std::istringstream words{std::string(metric.labels)};
    for (std::string word; words >> word;) labels.insert(std::string(metric.name) + " " + word);
    EXPECT_EQ(metric.name.ends_with("_total"), metric.type == "counter") << metric.name;
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
  }
  EXPECT_EQ(page.types, types);
  EXPECT_EQ(page.labels, labels);
}

TEST(Metrics, TheManualNamesEveryMetricItsTypeAndItsLabelsAndNoOther) {
  std::ifstream in(WARIFU_SOURCE_DIR "/man/warifu-metrics.7");
  ASSERT_TRUE(in);
  static const std::regex kItem(R"(\.It Va (\S+) Pq (counter|gauge|histogram)((?: [a-z]+)*))");
  std::map<std::string, std::string> manual, known;
  std::smatch match;
  for (std::string line; std::getline(in, line);) {
    if (std::regex_match(line, match, kItem)) {
      EXPECT_TRUE(manual.emplace(match[1], match[2].str() + match[3].str()).second) << line;
    }
  }
  for (const Metric& metric : Metrics()) {
    std::string all(metric.type);
    if (!metric.labels.empty()) all.append(" ").append(metric.labels);
    known[std::string(metric.name)] = all;
  }
  EXPECT_EQ(known, manual);
}

TEST(Metrics, WhatIsKnownBeforehandIsThereAtZero) {
  const Page page = Read(MetricsText(Full()));
  const auto at = [&](const char* series) {
    const auto it = page.samples.find(series);
    return it == page.samples.end() ? "missing" : it->second;
  };
  EXPECT_EQ(at("warifu_messages_total{listener=\"mx\",direction=\"outbound\",action=\"reject\"}"),
            "0");
  EXPECT_EQ(at("warifu_findings_total{rule=\"quiet-rule\",severity=\"low\",mode=\"observe\"}"),
            "0");
  EXPECT_EQ(at("warifu_checks_total{check=\"fan-in\",outcome=\"exempt\"}"), "0");
  EXPECT_EQ(at("warifu_faults_total{cause=\"event-log\"}"), "0");
  EXPECT_EQ(at("warifu_breakers_open{scope=\"account\"}"), "1");
  EXPECT_EQ(at("warifu_breakers_open{scope=\"domain\"}"), "0");
  EXPECT_EQ(at("warifu_breakers_open{scope=\"all\"}"), "1");
  EXPECT_EQ(at("warifu_waiting{kind=\"held\"}"), "2");
  EXPECT_EQ(at("warifu_source_connections{source=\"directory\",state=\"idle\"}"), "1");
  EXPECT_EQ(at("warifu_source_connections{source=\"directory\",state=\"stuck\"}"), "2");
}

TEST(Metrics, WhatIsNotConfiguredIsLeftOut) {
  const std::string text = MetricsText(Status{});
  for (const char* name : {"warifu_store_up", "warifu_waiting", "warifu_directory_rows",
                           "warifu_breakers_open", "source=\"store\"", "source=\"lease\""}) {
    EXPECT_THAT(text, Not(HasSubstr(name)));
  }
  Read(text);
}

TEST(Metrics, CountsComeFromTheSameCountersAsTheStatus) {
  Counters counters;
  incident::Event event;
  event.listener = "submission";
  event.direction = incident::Direction::kOutbound;
  event.verdict.action = Action::kAccept;
  event.verdict.would = Action::kReject;
  event.account = "taro@example.jp";
  event.sender = "hanako@example.jp";
  event.checks = {{.check = Check::kSender, .outcome = Outcome::kFail},
                  {.check = Check::kAuthor, .outcome = Outcome::kFail, .exempt = true},
                  {.check = Check::kSession, .outcome = Outcome::kPass, .exempt = true},
                  {.check = Check::kPin, .outcome = Outcome::kPass, .stale = true}};
  Finding finding;
  finding.rule = "password-label";
  finding.severity = Severity::kHigh;
  finding.mode = Mode::kObserve;
  event.findings = {finding, finding};
  event.findings.back().ignored = "known";
  event.faults = {{FaultCause::kEncrypted, "2", "zip"}};
  event.microseconds = {{"total", 1'000}, {"parse", 100}, {"second_pass", 101}, {"scan", 900}};
  counters.Add(event);
  Status status = Full();
  status.counts = counters.Read();
  EXPECT_EQ(status.counts.Messages(), 1u);
  const std::string text = MetricsText(status);
  Page page = Read(text);
  EXPECT_EQ(page.samples["warifu_messages_total{listener=\"submission\",direction=\"outbound\","
                         "action=\"accept\"}"],
            "1");
  EXPECT_EQ(page.samples["warifu_messages_would_total{listener=\"submission\",direction="
                         "\"outbound\",action=\"reject\"}"],
            "1");
  EXPECT_EQ(page.samples["warifu_checks_total{check=\"sender\",outcome=\"fail\"}"], "1");
  EXPECT_EQ(page.samples["warifu_checks_total{check=\"author\",outcome=\"fail\"}"], "0");
  EXPECT_EQ(page.samples["warifu_checks_total{check=\"author\",outcome=\"exempt\"}"], "1");
  EXPECT_EQ(page.samples["warifu_checks_total{check=\"session\",outcome=\"pass\"}"], "1");
  EXPECT_EQ(page.samples["warifu_messages_stale_total"], "1");
  EXPECT_EQ(page.samples["warifu_findings_total{rule=\"password-label\",severity=\"high\",mode="
                         "\"observe\"}"],
            "1");
  EXPECT_EQ(page.samples["warifu_findings_ignored_total"], "1");
  EXPECT_EQ(page.samples["warifu_faults_total{cause=\"encrypted\"}"], "1");
  EXPECT_EQ(page.samples["warifu_message_duration_seconds_bucket{le=\"0.0005\"}"], "0");
  EXPECT_EQ(page.samples["warifu_message_duration_seconds_bucket{le=\"0.001\"}"], "1");
  EXPECT_EQ(page.samples["warifu_message_duration_seconds_bucket{le=\"+Inf\"}"], "1");
  EXPECT_EQ(page.samples["warifu_message_duration_seconds_sum"], "0.001000");
  EXPECT_EQ(page.samples["warifu_stage_duration_seconds_bucket{stage=\"parse\",le=\"0.0001\"}"],
            "1");
  EXPECT_EQ(
      page.samples["warifu_stage_duration_seconds_bucket{stage=\"second_pass\",le=\"0.0001\"}"],
      "0");
  // Nobody's name: whatever a mail brings labels nothing.
  EXPECT_THAT(text, Not(HasSubstr("taro")));
  EXPECT_THAT(text, Not(HasSubstr("hanako")));
}

TEST(Metrics, ALabelIsEscaped) {
  Status status;
  status.listeners = {"a\"b\\c\nd"};
  const std::string text = MetricsText(status);
  EXPECT_THAT(text, HasSubstr(R"(listener="a\"b\\c\nd")"));
  Read(text);
}

TEST(Counters, NamesAreBounded) {
  Counters counters;
  incident::Event event;
  Finding finding;
  for (std::size_t i = 0; i < Counters::kMostNames + 5; ++i) {
    finding.rule = "rule-" + std::to_string(i);
    event.findings = {finding};
    counters.Add(event);
  }
  const Counts counts = counters.Read();
  EXPECT_EQ(counts.rules.size(), Counters::kMostNames + 1);
  EXPECT_EQ(counts.rules.at("other").findings.Sum(), 5u);
  EXPECT_EQ(counts.rules.at("rule-0").findings.Sum(), 1u);
}

TEST(Counters, EveryStageOfAnEventIsKnown) {
  for (std::size_t i = 0; i < kWorkStageCount; ++i) {
    WorkStage stage{};
    const auto word = ToString(static_cast<WorkStage>(i));
    ASSERT_TRUE(FromString(word, &stage)) << i;
    EXPECT_EQ(static_cast<std::size_t>(stage), i);
  }
  EXPECT_EQ(AllChecks().size(), kCheckCount);
}

TEST(Histogram, QuantilesAreTheEndsOfTheirBuckets) {
  Histogram histogram;
  EXPECT_EQ(histogram.Quantile(0.99), 0u);
  for (int i = 0; i < 99; ++i) histogram.Add(60);
  histogram.Add(70'000'000);
  EXPECT_EQ(histogram.Quantile(0.5), 100u);
  EXPECT_EQ(histogram.Quantile(0.99), 100u);
  EXPECT_EQ(histogram.Quantile(1), 60'000'000u);
  EXPECT_EQ(histogram.count(), 100u);
  EXPECT_EQ(histogram.sum(), 70'005'940u);
  EXPECT_EQ(histogram.bucket(Histogram::kBuckets - 1), 1u);
}

}  // namespace
}  // namespace warifu::app
