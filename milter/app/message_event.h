// MessageEvent: what an event says of a mail, from its session, its envelope and its judgement.
//
// Guarantees: an address that is none is told as it was handed over; no string holds a secret that
// the judgement does not hold. Threads: pure.
#pragma once

#include <string_view>

#include "app/envelope.h"
#include "app/inspector.h"
#include "app/judge.h"
#include "app/snapshot.h"
#include "base/clock.h"
#include "incident/event.h"

namespace warifu::app {

// Without checks, findings, faults and verdict.
incident::Event EventOf(const Snapshot& snapshot, const Listener& listener,
                        const Envelope& envelope, const Transaction& transaction,
                        std::string_view reference, WallTime now, std::string_view stage);

// These, with what else the judgement knows.
void FillEvent(const Judgement& judgement, incident::Event* event);

}  // namespace warifu::app
