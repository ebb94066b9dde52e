#include "app/control_service.h"

#include <nlohmann/json.hpp>

#include "base/iso_time.h"

namespace warifu::app {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

ControlAnswer AnswerReload(Service& service, incident::Log& log, const ControlPeer& peer) {
  const std::string who =
      "uid " + std::to_string(peer.uid) + ", process " + std::to_string(peer.pid);
  log.Info("reload asked for by " + who);
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

}  // namespace

std::string ToJson(const Status& status) {
  Json out = {{"version", status.version},
              {"config", status.config_path},
              {"mode", ToString(status.mode)},
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
  out["messages"] = status.messages;
  out["verdicts"] = status.verdicts;
  out["would"] = status.would;
  out["findings"] = status.findings;
  out["findings_ignored"] = status.ignored;
  out["ppap_remembered"] = status.ppap.pairs;
  out["ppap_forgotten"] = status.ppap.forgotten;
  out["faults"] = status.faults;
  out["recipients"] = status.recipients;
  out["event_failures"] = status.event_failures;
  if (status.directory_silent.count() > 0) {
    out["directory_silent_seconds"] = status.directory_silent.count();
  }
  out["stale"] = status.stale;
  AddStore(status, &out);
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
  return {{"status", [&service](const ControlCall&) { return ToJson(service.Status()); }},
          {"reload", [&service, &log](const ControlCall& call) {
             return AnswerReload(service, log, call.peer);
           }}};
}

}  // namespace warifu::app
