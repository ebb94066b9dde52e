// Service: what stands behind the daemon: the current snapshot, its reload, the counters.
//
// Create() builds the first snapshot and opens the event log; any error of any file refuses the
// start. Reload() reads the same configuration file anew, builds a whole new snapshot and swaps the
// pointer; when anything in it is wrong the old one stays and the errors come back. Log and event
// files are reopened by a reload (log rotation).
//
// Settings that only a restart can change (socket, user, control socket, pid file, store) are named
// in the report when they differ, and stay as they are.
//
// The store is opened once and shared by all inspections and by the commands of people. One that
// does not answer yet keeps nothing from starting: each mail gets the outcome of `faults.store`
// until it does, and it is opened by itself then. One that a person must mend (a newer schema, a
// file that is no store, no right to open it) refuses the start. A thread settles announced changes
// and ends disputes without waiting for mail (binding/settle.h), every pin.recheck and after a
// reload.
//
// Where metrics are served, another thread looks at the store every 15 seconds, and counts what
// waits in it every minute: a reader of metrics never waits for the store.
//
// Guarantees: Begin() never blocks on a reload. Status() is cheap, but for the store's rows.
// Threads: all members may be called from any thread; reloads are done one after the other.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/archive_memory.h"
#include "app/counters.h"
#include "app/feeding.h"
#include "app/inspector.h"
#include "app/process_facts.h"
#include "app/settings.h"
#include "app/snapshot.h"
#include "app/transport.h"
#include "base/clock.h"
#include "base/error.h"
#include "binding/live.h"
#include "incident/event_log.h"
#include "store/store.h"

namespace warifu::app {

struct ReloadReport {
  std::string rules_version;
  std::size_t rules = 0;
  std::vector<std::string> rules_added, rules_removed, rules_changed;  // ids
  bool has_directory = false;
  std::optional<std::size_t> directory_rows;  // of a table that is kept in memory
  std::vector<std::string> settings_changed;  // "scan.budget: 60s -> 30s"
  std::vector<std::string> restart_needed;    // names of settings that wait for a restart
  std::vector<std::string> notes, warnings;
  bool changed() const {
    return !rules_added.empty() || !rules_removed.empty() || !rules_changed.empty() ||
           !settings_changed.empty();
  }
};

struct Status {
  std::string version;  // of the program
  std::string config_path;
  WallTime started = {};
  std::chrono::seconds uptime{};
  Mode mode = Mode::kObserve;
  incident::Level log_level = incident::Level::kInfo;
  std::string rules_version;
  std::size_t rules = 0;
  std::chrono::seconds rules_age{};
  WallTime reloaded = {};  // when the snapshot was made
  std::uint64_t reloads = 0;
  std::uint64_t reload_failures = 0;
  bool last_reload_ok = true;
  bool has_directory = false;
  std::optional<std::size_t> directory_rows;  // of a table that is kept in memory
  std::string directory;                      // for people: "PostgreSQL, up to 4 connections"
  std::optional<LaneCounts> directory_lanes, lease_lanes, changes_lanes;  // of those on servers
  std::string changes;                                                    // their source
  FeedingStatus feeding;
  Counts counts;
  std::vector<std::string> listeners;  // of the configuration, and what a session of none is called
  struct RuleLabels {
    std::string id;
    Severity severity = Severity::kMedium;
    Mode mode = Mode::kEnforce;
  };
  std::vector<RuleLabels> rule_labels;  // of the rules in force
  scan::ScratchUse scratch;
  ArchiveMemory::Counts ppap;  // what is remembered for the rule ppap-password
  bool has_store = false;
  Histogram store_latency;
  std::optional<bool> store_up;                  // when it was last looked at
  std::optional<store::Store::Waiting> waiting;  // likewise
  std::optional<store::Store::Health> store;     // nothing where there is none, or not asked
  std::string store_error;                       // why it could not be asked
  std::vector<store::Breaker> breakers;          // open ones
  std::uint64_t incidents_lost = 0;
  std::chrono::seconds directory_silent{};  // for so long
  std::uint64_t sessions_open = 0;
  std::uint64_t sessions_total = 0;
  std::uint64_t messages_open = 0;
  std::uint64_t shed = 0;
  ProcessFacts process;
};

// Whether a Status counts the store's rows now, or says what was seen when it was last looked at.
enum class Look : std::uint8_t { kAskStore, kRemembered };

class Service : public Inspector {
 public:
  // `log` and `clock` outlive the service.
  static std::expected<std::unique_ptr<Service>, Errors> Create(Settings settings,
                                                                incident::Log& log,
                                                                const Clock& clock);
  // The errors in full, where a reload fails.
  virtual std::expected<ReloadReport, Errors> Reload() = 0;
  virtual app::Status Status(Look look) const = 0;
  app::Status Status() const { return Status(Look::kAskStore); }
  // Of the log, until the next reload brings back what is configured. Returns the one before.
  virtual incident::Level SetLogLevel(incident::Level level) = 0;
  virtual SessionCounters& sessions() = 0;
  virtual std::shared_ptr<const Snapshot> snapshot() const = 0;
  // Null where store.url is "".
  virtual std::shared_ptr<store::Store> store() const = 0;
  // Of the directory, for LiveDirectory.
  virtual binding::Outage& outage() = 0;
  // What Postfix's transport_maps is answered for a recipient, by the current snapshot.
  virtual TransportAnswer Transport(std::string_view key) = 0;
  // Looks at open changes and disputes now, as after an announcement.
  virtual void SettleSoon() = 0;
};

}  // namespace warifu::app
