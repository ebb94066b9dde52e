// Inspection: one message on its way through the gateway, from MAIL to its event.
//
// Threads: see inspector.h. What the context points to outlives the inspection, but for the
// snapshot and the event log, which it shares.
#pragma once

#include <memory>
#include <string>

#include "app/archive_memory.h"
#include "app/bindings.h"
#include "app/counters.h"
#include "app/inspector.h"
#include "app/snapshot.h"
#include "incident/event_log.h"
#include "incident/incident_writer.h"

namespace warifu::app {

struct InspectionContext {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<incident::EventLog> events;
  incident::Log* log = nullptr;
  const Clock* clock = nullptr;
  Counters* counters = nullptr;
  store::Store* store = nullptr;      // null: none, and no incidents either
  binding::Outage* outage = nullptr;  // of the directory
  incident::IncidentWriter* incidents = nullptr;
  ArchiveMemory* archives = nullptr;  // null: mails are not tied to each other
  std::string gateway = {};           // this host, for incidents
};

std::unique_ptr<MessageInspection> NewInspection(InspectionContext context);

}  // namespace warifu::app
