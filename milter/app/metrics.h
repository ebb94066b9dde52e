// Metrics: what the daemon counts and measures, as Prometheus reads it (text format 0.0.4).
//
// One table lists every metric with its type, its labels and its help; warifu-metrics(7), the
// dashboard and the alert rules are tested against it. Values come from a Status alone, the same
// that `warifu status` shows. Labels hold words of warifu's own, rules' ids and listeners' names,
// never an address or an account. Every series that can be known beforehand is there from the
// start, at 0, so that the first event of a kind is seen as an increase.
//
// What is about a source (store, directory, leases, changes) that is not configured is left out.
// Threads: pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "app/service.h"

namespace warifu::app {

struct Metric {
  std::string_view name;
  std::string_view type;    // "counter", "gauge", "histogram"
  std::string_view labels;  // "listener direction action"; "" for none
  std::string_view help;
};

// In the order in which they are written.
std::span<const Metric> Metrics();

std::string MetricsText(const Status& status);

}  // namespace warifu::app
