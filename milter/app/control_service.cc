#include "app/control_service.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/iso_time.h"

namespace warifu::app {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Who(const ControlPeer& peer) {
  return "uid " + std::to_string(peer.uid) + ", process " + std::to_string(peer.pid);
}

ControlAnswer AnswerLogLevel(Service& service, incident::Log& log, const ControlCall& call) {
  const Json arguments = Json::parse(call.arguments, nullptr, /*allow_exceptions=*/false);
  incident::Level level{};
  const auto it = arguments.is_object() ? arguments.find("level") : arguments.end();
  if (it == arguments.end() || !it->is_string() ||
      !incident::FromString(it->get<std::string>(), &level)) {
    return std::unexpected(
        Errors{{ErrorKind::kInvalid, "level is one of debug, info, warning and error", {}}});
  }
  // Said while the more talkative of the two levels holds.
  const std::string text =
      "log level " + std::string(ToString(level)) + " set by " + Who(call.peer);
  const bool quieter = level >= incident::Level::kWarning;
  if (quieter) log.Warning(text);
  const std::string_view before = ToString(service.SetLogLevel(level));
  if (!quieter) log.Warning(text);
  return Dump({{"before", before}, {"log_level", ToString(level)}});
}

ControlAnswer AnswerReload(Service& service, incident::Log& log, const ControlPeer& peer) {
  log.Info("reload asked for by " + Who(peer));
  const std::expected<ReloadReport, Errors> report = service.Reload();
  if (!report) return std::unexpected(report.error());
  return ToJson(*report);
}

Json LanesJson(const LaneCounts& lanes) {
  return {{"open", lanes.lanes},         {"busy", lanes.busy},
          {"stuck", lanes.stuck},        {"abandoned", lanes.abandoned},
          {"timed_out", lanes.timeouts}, {"refused", lanes.refused}};
}

// Directory, leases and announced changes; of servers how their connections do.
void AddSources(const Status& status, Json* out) {
  Json& json = *out;
  if (status.has_directory) json["directory"] = status.directory;
  if (status.directory_rows) json["directory_rows"] = *status.directory_rows;
  if (status.directory_lanes) json["directory_connections"] = LanesJson(*status.directory_lanes);
  if (status.lease_lanes) json["lease_connections"] = LanesJson(*status.lease_lanes);
  if (!status.changes_lanes) return;
  const FeedingStatus& feeding = status.feeding;
  json["changes_source"] = status.changes;
  json["changes_connections"] = LanesJson(*status.changes_lanes);
  json["changes_read"] = feeding.read ? IsoTime(*feeding.read) : "never";
  json["changes_rows"] = {
      {"read", feeding.rows}, {"ahead", feeding.ahead}, {"wrong", feeding.wrong}};
  json["changes_announced"] = feeding.announced;
  json["changes_failures"] = feeding.failures;
  if (!feeding.error.empty()) json["changes_error"] = feeding.error;
}

void AddStore(const Status& status, Json* out) {
  Json& json = *out;
  json["store"] = status.store ? status.store->kind : status.store_error.empty() ? "none" : "down";
  if (!status.store_error.empty()) json["store_error"] = status.store_error;
  if (status.store) {
    json["addresses"] = status.store->addresses;
    json["disputes"] = status.store->disputes;
    json["open_changes"] = status.store->open_changes;
    json["locks"] = status.store->locks;
    json["open_incidents"] = status.store->open_incidents;
  }
  Json breakers = Json::array();
  for (const store::Breaker& breaker : status.breakers) breakers.push_back(breaker.scope);
  json["breakers"] = std::move(breakers);
  json["incidents_lost"] = status.incidents_lost;
}

// What of the time of a mail each stage takes, the dearest first.
Json StagesJson(const Counts& counts) {
  std::vector<WorkStage> stages;
  for (std::size_t i = 0; i < kWorkStageCount; ++i) {
    if (counts.stages[i].count() > 0) stages.push_back(static_cast<WorkStage>(i));
  }
  std::ranges::stable_sort(stages, std::greater(),
                           [&](WorkStage stage) { return counts.stage(stage).sum(); });
  Json out = Json::object();
  for (const WorkStage stage : stages) {
    const Histogram& times = counts.stage(stage);
    out[std::string(ToString(stage))] = {{"times", times.count()},
                                         {"mean_us", times.sum() / times.count()},
                                         {"p50_us", times.Quantile(0.5)},
                                         {"p99_us", times.Quantile(0.99)}};
  }
  return out;
}

void AddCounts(const Status& status, Json* out) {
  Json& json = *out;
  const Counts& counts = status.counts;
  json["messages"] = counts.Messages();
  json["verdicts"] = counts.Verdicts();
  json["would"] = counts.Would();
  json["not_done"] = counts.not_done.value();
  json["findings"] = counts.Findings();
  json["findings_ignored"] = counts.ignored.value();
  json["ppap_remembered"] = status.ppap.pairs;
  json["ppap_forgotten"] = status.ppap.forgotten;
  json["faults"] = counts.Faults();
  json["recipients"] = counts.Recipients();
  json["stages"] = StagesJson(counts);
  json["event_failures"] = counts.event_failures.value();
  if (status.directory_silent.count() > 0) {
    json["directory_silent_seconds"] = status.directory_silent.count();
  }
  json["stale"] = counts.stale.value();
}

}  // namespace

std::string ToJson(const Status& status) {
  Json out = {{"version", status.version},
              {"config", status.config_path},
              {"mode", ToString(status.mode)},
              {"log_level", ToString(status.log_level)},
              {"started", IsoTime(status.started)},
              {"uptime_seconds", status.uptime.count()},
              {"rules", status.rules},
              {"rules_version", status.rules_version},
              {"rules_age_seconds", status.rules_age.count()},
              {"reloaded", IsoTime(status.reloaded)},
              {"reloads", status.reloads},
              {"reload_failures", status.reload_failures}};
  AddSources(status, &out);
  out["sessions_open"] = status.sessions_open;
  out["sessions_total"] = status.sessions_total;
  out["messages_open"] = status.messages_open;
  out["shed"] = status.shed;
  AddCounts(status, &out);
  AddStore(status, &out);
  out["memory_bytes"] = status.process.resident_bytes;
  out["descriptors"] = {{"open", status.process.open_fds}, {"most", status.process.max_fds}};
  out["threads"] = status.process.threads;
  return Dump(out);
}

std::string ToJson(const ReloadReport& report) {
  Json out = {{"changed", report.changed()},           {"rules", report.rules},
              {"rules_version", report.rules_version}, {"rules_added", report.rules_added},
              {"rules_removed", report.rules_removed}, {"rules_changed", report.rules_changed}};
  if (report.directory_rows) out["directory_rows"] = *report.directory_rows;
  out["settings_changed"] = report.settings_changed;
  out["restart_needed"] = report.restart_needed;
  out["notes"] = report.warnings;
  for (const std::string& note : report.notes) out["notes"].push_back(note);
  return Dump(out);
}

std::map<std::string, ControlHandler> ServiceHandlers(Service& service, incident::Log& log) {
  return {
      {"status", [&service](const ControlCall&) { return ToJson(service.Status()); }},
      {"log-level",
       [&service, &log](const ControlCall& call) { return AnswerLogLevel(service, log, call); }},
      {"reload", [&service, &log](const ControlCall& call) {
         return AnswerReload(service, log, call.peer);
       }}};
}

}  // namespace warifu::app
