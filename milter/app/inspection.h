// Inspection: one message on its way through the gateway, from MAIL to its event.
//
// Threads: see inspector.h. What the context points to outlives the inspection, but for the
// snapshot and the event log, which it shares.
#pragma once

#include <memory>

#include "app/counters.h"
#include "app/inspector.h"
#include "app/snapshot.h"
#include "incident/event_log.h"

namespace warifu::app {

struct InspectionContext {
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<incident::EventLog> events;
  incident::Log* log = nullptr;
  const Clock* clock = nullptr;
  Counters* counters = nullptr;
};

std::unique_ptr<MessageInspection> NewInspection(InspectionContext context);

}  // namespace warifu::app
