// Aftermath: what follows from a verdict beside its event: incident rows, alarms, lessons.
//
// A held mail has its row before the MTA hears of it; all other rows are queued. A mail that is
// held, deferred or refused has one row under the reference that its sender was told; where it
// brought swapped addresses to light, that row is the dispute's. A dispute behind a mail that
// passes (observe) has a row of its own.
//
// Guarantees: but for RecordHeld(), nothing here changes what is done with the mail; what fails is
// counted and logged.
// Threads: belongs to one inspection.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/bindings.h"
#include "app/inspection.h"
#include "incident/event.h"

namespace warifu::app {

using Disputes = std::vector<binding::Look>;

class Aftermath {
 public:
  // It outlives this.
  explicit Aftermath(const InspectionContext& context) : context_(context) {}

  Result<void> RecordHeld(const incident::Event& event, const Disputes& disputes) const;
  // The reference that a refusal is told under: that of the first time where its client tries
  // again.
  std::string ReferenceOf(const incident::Event& event, const Disputes& disputes) const;
  // Rows of what was not held, and the alarms of all. `again`: the event has the reference of an
  // earlier one.
  void Record(const incident::Event& event, const Disputes& disputes, bool again = false) const;
  // Marks the addresses that a flow has put in doubt, where that check is in force.
  void MarkFlow(const incident::Event& event, const std::vector<std::string>& addresses,
                const std::string& detail) const;
  // Of an accepted mail of an account.
  void Teach(const incident::Event& event, const Envelope& envelope, Bindings* bindings) const;
  // A mail that was to be held and was not: its row sends nobody to look for it.
  void NotHeld(const std::string& reference, WallTime now, std::string_view why) const;
  void CountStoreFault(const Error& error, std::string_view what) const;

 private:
  void Raise(const incident::Event& event, std::string account, std::string domain,
             std::string mark, std::string what) const;
  void Report(const incident::Event& event, const std::vector<incident::Tripped>& tripped) const;

  const InspectionContext& context_;
};

}  // namespace warifu::app
