// Control service: the commands of the control socket that a Service answers.
//
//   status  no arguments. Result: what Service::Status() holds, times as ISO 8601 in UTC, spans in
//           seconds.
//   log-level  level: debug, info, warning or error. Holds until the next reload.
//           Result: log_level, and the one before.
//   reload  no arguments. Result: what Service::Reload() reports; every error where it failed.
//
// The log says who asked for a reload or another level, by uid and process.
// Threads: the handlers may run on any thread; `service` and `log` outlive them.
#pragma once

#include <map>
#include <string>

#include "app/control.h"
#include "app/service.h"
#include "incident/event_log.h"

namespace warifu::app {

std::map<std::string, ControlHandler> ServiceHandlers(Service& service, incident::Log& log);

// One JSON object each.
std::string ToJson(const Status& status);
std::string ToJson(const ReloadReport& report);

}  // namespace warifu::app
