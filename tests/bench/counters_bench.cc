// What counting costs a mail, and a reading of metrics the daemon.
//
// usage: build/release/tests/bench/counters_bench
#include <benchmark/benchmark.h>

#include <string>

#include "app/counters.h"
#include "app/metrics.h"

namespace warifu::app {
namespace {

constexpr int kRules = 400;

incident::Event Typical(int findings) {
  incident::Event event;
  event.listener = "submission";
  for (const Check check : {Check::kSession, Check::kSender, Check::kAuthor, Check::kDisplay,
                            Check::kLock, Check::kPin, Check::kBreaker}) {
    event.checks.push_back({.check = check});
  }
  for (int i = 0; i < findings; ++i) {
    Finding finding;
    finding.rule = "a-rule-of-some-length-" + std::to_string(i * 37 % kRules);
    event.findings.push_back(finding);
  }
  for (const char* stage : {"parse", "attachments", "scan", "first_pass", "second_pass", "records",
                            "checks", "decide", "total"}) {
    event.microseconds[stage] = 700;
  }
  return event;
}

Counters& Used() {
  static Counters counters;
  static const bool filled = [] {
    counters.Add(Typical(kRules));
    return true;
  }();
  static_cast<void>(filled);
  return counters;
}

void CountAMail(benchmark::State& state) {
  Counters& counters = Used();
  const incident::Event event = Typical(static_cast<int>(state.range(0)));
  for (auto _ : state) counters.Add(event);
}
BENCHMARK(CountAMail)->Arg(0)->Arg(1)->Arg(10)->Threads(1)->Threads(2)->UseRealTime();

void WriteMetrics(benchmark::State& state) {
  Status status;
  status.counts = Used().Read();
  for (auto _ : state) benchmark::DoNotOptimize(MetricsText(status));
}
BENCHMARK(WriteMetrics);

}  // namespace
}  // namespace warifu::app
