#include "app/metrics.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>
#include <set>
#include <utility>

namespace warifu::app {
namespace {

// clang-format off
constexpr Metric kMetrics[] = {
  {"warifu_build_info", "gauge", "version", "Version of the running program; always 1."},
  {"warifu_enforcing", "gauge", "", "1 in mode enforce, 0 in mode observe."},
  {"warifu_messages_total", "counter", "listener direction action",
   "Messages that came to a verdict, by what was done with them."},
  {"warifu_messages_would_total", "counter", "listener direction action",
   "The same messages, by what would have been done had all been enforced."},
  {"warifu_messages_not_done_total", "counter", "",
   "Messages whose verdict could not be carried out; they were deferred."},
  {"warifu_messages_stale_total", "counter", "",
   "Messages that the ledger answered for while the directory was silent."},
  {"warifu_messages_in_progress", "gauge", "", "Messages under way."},
  {"warifu_message_duration_seconds", "histogram", "",
   "Time that the end of a message took as a whole."},
  {"warifu_stage_duration_seconds", "histogram", "stage",
   "Time that one stage of the work on a message took."},
  {"warifu_recipients_total", "counter", "action",
   "Recipients that were answered by themselves at RCPT, by what was done."},
  {"warifu_checks_total", "counter", "check outcome", "Results of the binding checks."},
  {"warifu_findings_total", "counter", "rule severity mode",
   "Findings by the rule, its severity, and whether it was enforced."},
  {"warifu_findings_ignored_total", "counter", "", "Findings that an ignore list let pass."},
  {"warifu_faults_total", "counter", "cause", "What kept a message from being judged whole."},
  {"warifu_sessions_open", "gauge", "", "Open sessions of the MTA."},
  {"warifu_sessions_total", "counter", "", "Sessions of the MTA."},
  {"warifu_shed_total", "counter", "",
   "Sessions and messages that were deferred because too many were there."},
  {"warifu_rules", "gauge", "", "Rules that are in force."},
  {"warifu_rules_info", "gauge", "version", "Version of the rules in force; always 1."},
  {"warifu_rules_loaded_timestamp_seconds", "gauge", "",
   "When configuration and rules were last taken over."},
  {"warifu_reloads_total", "counter", "result", "Reloads, taken over (ok) or refused (failed)."},
  {"warifu_last_reload_successful", "gauge", "", "0 when the last reload was refused."},
  {"warifu_scan_scratch_spaces", "gauge", "",
   "Working memories of the pattern engine: the most scans that ran at one time."},
  {"warifu_scan_scratch_bytes", "gauge", "", "Memory that these take."},
  {"warifu_source_duration_seconds", "histogram", "source",
   "Time that callers waited for the store, the directory, the leases or the announced changes."},
  {"warifu_source_connections", "gauge", "source state",
   "Connections to a server: idle, busy, or stuck beyond their time-out."},
  {"warifu_source_timeouts_total", "counter", "source", "Lookups that ended at their deadline."},
  {"warifu_source_refused_total", "counter", "source",
   "Lookups that were refused at once because the server was known to hang."},
  {"warifu_store_up", "gauge", "", "1 while the store answers; looked at every 15 seconds."},
  {"warifu_directory_rows", "gauge", "", "Rows of a directory that is a text table."},
  {"warifu_directory_silent_seconds", "gauge", "",
   "Time for which the directory has not answered; 0 while it does."},
  {"warifu_changes_read_timestamp_seconds", "gauge", "",
   "When announced changes were last read; 0 for never."},
  {"warifu_changes_failures_total", "counter", "", "Readings of announced changes that failed."},
  {"warifu_waiting", "gauge", "kind",
   "What waits in the store for a person or a date; counted every minute."},
  {"warifu_breakers_open", "gauge", "scope", "Open breakers."},
  {"warifu_events_lost_total", "counter", "", "Events that could not be written."},
  {"warifu_incidents_lost_total", "counter", "", "Incidents that could not be recorded."},
  {"warifu_ppap_remembered", "gauge", "",
   "Pairs of sender and recipient that are remembered for ppap-password."},
  {"warifu_ppap_forgotten_total", "counter", "", "Such pairs that were forgotten for want of room."},
  {"process_start_time_seconds", "gauge", "", "When the daemon was started."},
  {"process_cpu_seconds_total", "counter", "", "Processor time, user and system."},
  {"process_resident_memory_bytes", "gauge", "", "Resident memory."},
  {"process_open_fds", "gauge", "", "Open file descriptors."},
  {"process_max_fds", "gauge", "", "File descriptors that the process may open."},
  {"process_threads", "gauge", "", "Threads."},
};
// clang-format on

using Label = std::pair<std::string_view, std::string_view>;

std::string Seconds(std::uint64_t microseconds) {
  char text[40];
  std::snprintf(text, sizeof text, "%llu.%06llu",
                static_cast<unsigned long long>(microseconds / 1'000'000),
                static_cast<unsigned long long>(microseconds % 1'000'000));
  return text;
}

std::string Seconds(WallTime time) {
  const auto ticks = time.time_since_epoch().count();
  return Seconds(static_cast<std::uint64_t>(std::max<std::int64_t>(ticks, 0)));
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
  return out;
}

// Writes families that have a series; a name that is not in the table is not written.
class Writer {
 public:
  void Begin(std::string_view name) {
    const auto* it = std::ranges::find(kMetrics, name, &Metric::name);
    family_ = it == std::end(kMetrics) ? nullptr : it;
    begun_ = false;
  }
  void Sample(std::initializer_list<Label> labels, const std::string& value) {
    Line("", labels, {}, value);
  }
  void Sample(std::initializer_list<Label> labels, std::uint64_t value) {
    Line("", labels, {}, std::to_string(value));
  }
  void Sample(std::initializer_list<Label> labels, const Histogram& histogram) {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < Histogram::kBuckets; ++i) {
      count += histogram.bucket(i);
      char end[32] = "+Inf";
      if (i < Histogram::kEnds.size()) {
        std::snprintf(end, sizeof end, "%g", static_cast<double>(Histogram::kEnds[i]) / 1e6);
      }
      Line("_bucket", labels, {"le", end}, std::to_string(count));
    }
    Line("_sum", labels, {}, Seconds(histogram.sum()));
    // Not histogram.count(): it must be that of the last bucket, while others count on.
    Line("_count", labels, {}, std::to_string(count));
  }
  // A family of one series.
  template <typename Value>
  void One(std::string_view name, const Value& value) {
    Begin(name);
    Sample({}, value);
  }
  std::string Take() { return std::move(out_); }

 private:
  void Line(std::string_view suffix, std::initializer_list<Label> labels, Label last,
            const std::string& value) {
    if (family_ == nullptr) return;
    const std::string_view name = family_->name;
    if (!std::exchange(begun_, true)) {
      out_.append("# HELP ").append(name).append(" ").append(family_->help).append("\n");
      out_.append("# TYPE ").append(name).append(" ").append(family_->type).append("\n");
    }
    out_.append(name).append(suffix);
    char before = '{';
    const auto add = [&](const Label& label) {
      out_ += std::exchange(before, ',');
      out_.append(label.first).append("=\"").append(Escaped(label.second)).append("\"");
    };
    for (const Label& label : labels) add(label);
    if (!last.first.empty()) add(last);
    if (before == ',') out_ += '}';
    out_.append(" ").append(value).append("\n");
  }

  const Metric* family_ = nullptr;
  bool begun_ = false;  // its head has been written
  std::string out_;
};

template <typename Enum, typename Each>
void ForAll(std::size_t values, const Each& each) {
  for (std::size_t i = 0; i < values; ++i) each(static_cast<Enum>(i));
}

using DirectionTable = CounterTable<incident::kDirectionCount, kActionCount>;

void AddMessages(const Status& status, std::string_view name,
                 DirectionTable ListenerCounts::* table, Writer* out) {
  out->Begin(name);
  std::set<std::string, std::less<>> listeners(status.listeners.begin(), status.listeners.end());
  for (const auto& [listener, unused] : status.counts.listeners) listeners.insert(listener);
  for (const std::string& listener : listeners) {
    const auto it = status.counts.listeners.find(listener);
    ForAll<incident::Direction>(incident::kDirectionCount, [&](incident::Direction direction) {
      ForAll<Action>(kActionCount, [&](Action action) {
        const bool counted = it != status.counts.listeners.end();
        out->Sample({{"listener", listener},
                     {"direction", ToString(direction)},
                     {"action", ToString(action)}},
                    counted ? (it->second.*table).At(direction, action) : 0);
      });
    });
  }
}

void AddFindings(const Status& status, Writer* out) {
  out->Begin("warifu_findings_total");
  RuleCounts none;
  std::map<std::string_view, std::pair<const RuleCounts*, const Status::RuleLabels*>> rules;
  for (const auto& [id, counts] : status.counts.rules) rules[id].first = &counts;
  for (const Status::RuleLabels& rule : status.rule_labels) rules[rule.id].second = &rule;
  for (const auto& [id, known] : rules) {
    const RuleCounts& counts = known.first != nullptr ? *known.first : none;
    ForAll<Severity>(kSeverityCount, [&](Severity severity) {
      ForAll<Mode>(kModeCount, [&](Mode mode) {
        const std::uint64_t count = counts.findings.At(severity, mode);
        const bool in_force = known.second != nullptr && known.second->severity == severity &&
                              known.second->mode == mode;
        if (count == 0 && !in_force) return;
        out->Sample({{"rule", id}, {"severity", ToString(severity)}, {"mode", ToString(mode)}},
                    count);
      });
    });
  }
}

void AddMail(const Status& status, Writer* out) {
  const Counts& counts = status.counts;
  AddMessages(status, "warifu_messages_total", &ListenerCounts::verdicts, out);
  AddMessages(status, "warifu_messages_would_total", &ListenerCounts::would, out);
  out->One("warifu_messages_not_done_total", counts.not_done.value());
  out->One("warifu_messages_stale_total", counts.stale.value());
  out->One("warifu_messages_in_progress", status.messages_open);
  out->One("warifu_message_duration_seconds", counts.stage(WorkStage::kTotal));
  out->Begin("warifu_stage_duration_seconds");
  ForAll<WorkStage>(kWorkStageCount, [&](WorkStage stage) {
    if (stage == WorkStage::kTotal) return;
    out->Sample({{"stage", ToString(stage)}}, counts.stage(stage));
  });
  out->Begin("warifu_recipients_total");
  ForAll<Action>(kActionCount, [&](Action action) {
    if (action == Action::kAccept) return;
    out->Sample({{"action", ToString(action)}}, counts.recipients.At(action));
  });
  out->Begin("warifu_checks_total");
  for (const Check check : AllChecks()) {
    ForAll<Outcome>(kOutcomeCount, [&](Outcome outcome) {
      out->Sample({{"check", ToString(check)}, {"outcome", ToString(outcome)}},
                  counts.checks.At(check, outcome));
    });
    out->Sample({{"check", ToString(check)}, {"outcome", "exempt"}},
                counts.checks.At(check, kExemptOutcome));
  }
  AddFindings(status, out);
  out->One("warifu_findings_ignored_total", counts.ignored.value());
  out->Begin("warifu_faults_total");
  for (const FaultCause cause : kAllFaultCauses) {
    out->Sample({{"cause", ToString(cause)}}, counts.faults.At(cause));
  }
  out->One("warifu_sessions_open", status.sessions_open);
  out->One("warifu_sessions_total", status.sessions_total);
  out->One("warifu_shed_total", status.shed);
}

void AddRules(const Status& status, Writer* out) {
  out->One("warifu_rules", status.rules);
  out->Begin("warifu_rules_info");
  out->Sample({{"version", status.rules_version}}, 1);
  out->One("warifu_rules_loaded_timestamp_seconds", Seconds(status.reloaded));
  out->Begin("warifu_reloads_total");
  out->Sample({{"result", "ok"}}, status.reloads);
  out->Sample({{"result", "failed"}}, status.reload_failures);
  out->One("warifu_last_reload_successful", std::uint64_t{status.last_reload_ok ? 1u : 0u});
  out->One("warifu_scan_scratch_spaces", status.scratch.spaces);
  out->One("warifu_scan_scratch_bytes", status.scratch.bytes);
}

void AddSources(const Status& status, Writer* out) {
  const std::array<std::pair<std::string_view, const std::optional<LaneCounts>*>, 3> servers = {
      {{"directory", &status.directory_lanes},
       {"lease", &status.lease_lanes},
       {"changes", &status.changes_lanes}}};
  const auto each = [&](const auto& sample) {
    for (const auto& [source, lanes] : servers) {
      if (*lanes) sample(source, **lanes);
    }
  };
  out->Begin("warifu_source_duration_seconds");
  if (status.has_store) out->Sample({{"source", "store"}}, status.store_latency);
  each([&](std::string_view source, const LaneCounts& lanes) {
    out->Sample({{"source", source}}, lanes.waited);
  });
  out->Begin("warifu_source_connections");
  each([&](std::string_view source, const LaneCounts& lanes) {
    out->Sample({{"source", source}, {"state", "idle"}}, lanes.lanes - lanes.busy);
    out->Sample({{"source", source}, {"state", "busy"}}, lanes.busy);
    out->Sample({{"source", source}, {"state", "stuck"}}, lanes.stuck);
  });
  out->Begin("warifu_source_timeouts_total");
  each([&](std::string_view source, const LaneCounts& lanes) {
    out->Sample({{"source", source}}, lanes.timeouts);
  });
  out->Begin("warifu_source_refused_total");
  each([&](std::string_view source, const LaneCounts& lanes) {
    out->Sample({{"source", source}}, lanes.refused);
  });
  if (status.store_up) out->One("warifu_store_up", std::uint64_t{*status.store_up ? 1u : 0u});
  if (status.directory_rows) out->One("warifu_directory_rows", *status.directory_rows);
  if (status.has_directory) {
    const auto silent = static_cast<std::uint64_t>(status.directory_silent.count());
    out->One("warifu_directory_silent_seconds", silent);
  }
  if (status.changes_lanes) {
    out->One("warifu_changes_read_timestamp_seconds",
             Seconds(status.feeding.read.value_or(WallTime{})));
    out->One("warifu_changes_failures_total", status.feeding.failures);
  }
}

void AddIncidents(const Status& status, Writer* out) {
  if (status.waiting) {
    out->Begin("warifu_waiting");
    out->Sample({{"kind", "held"}}, status.waiting->held);
    out->Sample({{"kind", "incident"}}, status.waiting->open_incidents);
    out->Sample({{"kind", "dispute"}}, status.waiting->disputes);
    out->Sample({{"kind", "change"}}, status.waiting->open_changes);
    out->Sample({{"kind", "lock"}}, status.waiting->locks);
  }
  if (status.has_store) {
    out->Begin("warifu_breakers_open");
    for (const incident::Scope scope :
         {incident::Scope::kAccount, incident::Scope::kDomain, incident::Scope::kAll}) {
      const std::string_view word = ToString(scope);
      const auto open = std::ranges::count_if(status.breakers, [&](const store::Breaker& breaker) {
        return std::string_view(breaker.scope).substr(0, breaker.scope.find(':')) == word;
      });
      out->Sample({{"scope", word}}, static_cast<std::uint64_t>(open));
    }
    out->One("warifu_incidents_lost_total", status.incidents_lost);
  }
  out->One("warifu_events_lost_total", status.counts.event_failures.value());
  out->One("warifu_ppap_remembered", std::uint64_t{status.ppap.pairs});
  out->One("warifu_ppap_forgotten_total", std::uint64_t{status.ppap.forgotten});
}

void AddProcess(const Status& status, Writer* out) {
  out->One("process_start_time_seconds", Seconds(status.started));
  out->One("process_cpu_seconds_total", Seconds(status.process.cpu_microseconds));
  out->One("process_resident_memory_bytes", status.process.resident_bytes);
  out->One("process_open_fds", status.process.open_fds);
  out->One("process_max_fds", status.process.max_fds);
  out->One("process_threads", status.process.threads);
}

}  // namespace

std::span<const Metric> Metrics() {
  return kMetrics;
}

std::string MetricsText(const Status& status) {
  Writer out;
  out.Begin("warifu_build_info");
  out.Sample({{"version", status.version}}, 1);
  out.One("warifu_enforcing", std::uint64_t{status.mode == Mode::kEnforce ? 1u : 0u});
  AddMail(status, &out);
  AddRules(status, &out);
  AddSources(status, &out);
  AddIncidents(status, &out);
  AddProcess(status, &out);
  return out.Take();
}

}  // namespace warifu::app
