#include "app/service.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>

#include "app/inspection.h"
#include "app/upkeep.h"
#include "binding/settle.h"

namespace warifu::app {
namespace {

// Only a restart takes these over.
constexpr std::string_view kRestart[] = {
    "metrics.address", "metrics.mode",    "metrics.group",  "socketmap.address",
    "socketmap.mode",  "socketmap.group", "socket.address", "socket.mode",
    "socket.group",    "control.socket",  "control.group",  "user",
    "pid_file",        "log.target",      "store.url",      "store.timeout"};

constexpr std::chrono::milliseconds kLookAtStore{15'000};
constexpr std::chrono::seconds kCountStore{55};  // with every fourth look

using SnapshotPtr = std::shared_ptr<const Snapshot>;
using EventLogPtr = std::shared_ptr<incident::EventLog>;

bool SameRule(const scan::RuleInfo& a, const scan::RuleInfo& b) {
  return a.version == b.version && a.description == b.description && a.tags == b.tags &&
         a.foreign == b.foreign;
}

std::map<std::string, const scan::RuleInfo*> ById(const Snapshot& snapshot) {
  std::map<std::string, const scan::RuleInfo*> by_id;
  for (const scan::RuleInfo& rule : snapshot.rules->rules()) by_id[rule.id] = &rule;
  return by_id;
}

void CompareRules(const Snapshot& before, const Snapshot& after, ReloadReport* report) {
  const auto old_rules = ById(before), new_rules = ById(after);
  for (const auto& [id, rule] : new_rules) {
    const auto it = old_rules.find(id);
    if (it == old_rules.end()) {
      report->rules_added.push_back(id);
    } else if (!SameRule(*it->second, *rule)) {
      report->rules_changed.push_back(id);
    }
  }
  for (const auto& [id, rule] : old_rules) {
    if (!new_rules.contains(id)) report->rules_removed.push_back(id);
  }
  const bool named = !report->rules_added.empty() || !report->rules_changed.empty() ||
                     !report->rules_removed.empty();
  if (!named && before.rules->version() != after.rules->version()) {
    report->notes.emplace_back("the rules stand in another order");
  }
}

void CompareSettings(const Settings& before, const Settings& after, ReloadReport* report) {
  std::map<std::string, const EffectiveSetting*> old_values;
  for (const EffectiveSetting& setting : before.effective) old_values[setting.name] = &setting;
  const auto changed = [report](const std::string& name, const std::string& text) {
    report->settings_changed.push_back(name + ": " + text);
    if (std::ranges::find(kRestart, name) != std::end(kRestart)) {
      report->restart_needed.push_back(name);
    }
  };
  for (const EffectiveSetting& setting : after.effective) {
    const auto node = old_values.extract(setting.name);
    if (node.empty()) {
      changed(setting.name, "new, " + setting.Shown());
    } else if (node.mapped()->value != setting.value) {
      const std::string from = node.mapped()->Shown(), to = setting.Shown();
      changed(setting.name, from == to ? to + ", with another password" : from + " -> " + to);
    }
  }
  for (const auto& [name, old] : old_values) changed(name, old->Shown() + " -> gone");
}

std::string Summary(const ReloadReport& report) {
  return "reloaded: " + std::to_string(report.rules) + " rules (" +
         std::to_string(report.rules_added.size()) + " added, " +
         std::to_string(report.rules_removed.size()) + " removed, " +
         std::to_string(report.rules_changed.size()) + " changed), version " +
         report.rules_version + "; " + std::to_string(report.settings_changed.size()) +
         " settings changed" +
         (report.directory_rows
              ? "; " + std::to_string(*report.directory_rows) + " rows of the directory"
              : "");
}

// Of a text table: other directories are not kept in memory.
std::optional<std::size_t> RowsOf(const Snapshot& snapshot) {
  using Type = binding::DirectoryOptions::Type;
  if (snapshot.directory == nullptr || snapshot.settings.directory.type != Type::kTable) {
    return std::nullopt;
  }
  return snapshot.directory->size();
}

void AddSources(const Snapshot& snapshot, app::Status* status) {
  using Type = binding::DirectoryOptions::Type;
  const Settings& settings = snapshot.settings;
  status->has_directory = snapshot.directory != nullptr;
  status->directory_rows = RowsOf(snapshot);
  if (snapshot.directory != nullptr) {
    status->directory = snapshot.directory->Describe();
    const Type type = settings.directory.type;
    if (type == Type::kSql || type == Type::kLdap) {
      status->directory_lanes = snapshot.directory->lanes();
    }
  }
  if (!settings.identity.lease.sql.url.empty()) {
    status->lease_lanes = snapshot.identities->lanes();
  }
  if (snapshot.changes != nullptr) {
    status->changes = snapshot.changes->Describe();
    status->changes_lanes = snapshot.changes->lanes();
  }
}

// Name of this host, by which people find the queue that a mail stands in.
std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

// What a person must know of sources that do not answer.
std::vector<std::string> SourceLines(const Snapshot& snapshot) {
  std::vector<std::string> lines;
  for (const SourceState& state : ProbeSources(snapshot)) {
    lines.push_back("the " + state.name +
                    (state.lasting ? " is misconfigured: " : " does not answer now: ") +
                    state.error.ToString());
  }
  return lines;
}

class SharedService final : public Service {
 public:
  SharedService(SnapshotPtr snapshot, EventLogPtr events, std::shared_ptr<store::Store> store,
                incident::Log& log, const Clock& clock, bool store_complained)
      : log_(log),
        clock_(clock),
        started_(clock.Now()),
        started_steady_(clock.Steady()),
        gateway_(HostName()),
        store_(std::move(store)),
        store_complained_(store_complained),
        log_level_(snapshot->settings.log.level),
        snapshot_(std::move(snapshot)),
        events_(std::move(events)) {
    summing_ = std::make_unique<Upkeep>([this](const Upkeep&) {
      if (std::exchange(summed_, true)) log_.Info("since the start, " + Summary(counters_.Read()));
      return std::chrono::hours(24);
    });
    if (!store_) return;
    incidents_ = std::make_unique<incident::IncidentWriter>(*store_, log_);
    upkeep_ = std::make_unique<Upkeep>([this](const Upkeep& upkeep) { return Settle(upkeep); });
    feeding_ = std::make_unique<Feeding>(
        *store_, log_, clock_, [this] { return this->snapshot(); }, [this] { SettleSoon(); });
    pruning_ = std::make_unique<Upkeep>([this](const Upkeep&) { return Prune(); });
    if (this->snapshot()->settings.metrics.address.empty()) return;
    looking_ = std::make_unique<Upkeep>([this](const Upkeep&) { return LookAtStore(); });
  }

  ~SharedService() override { log_.Info("since the start, " + Summary(counters_.Read())); }

  std::unique_ptr<MessageInspection> Begin() override { return NewInspection(Context()); }

  TransportAnswer Transport(std::string_view key) override { return AskTransport(Context(), key); }

  std::expected<ReloadReport, Errors> Reload() override {
    const std::lock_guard one_at_a_time(reload_mutex_);
    auto report = TryReload();
    const std::lock_guard lock(mutex_);
    last_reload_ok_ = report.has_value();
    if (report) {
      ++reloads_;
      log_.Info(Summary(*report));
      for (const std::string& note : report->notes) log_.Info(note);
      for (const std::string& warning : report->warnings) log_.Warning(warning);
      for (const std::string& name : report->restart_needed) {
        log_.Warning(name + " has changed; only a restart takes it over");
      }
      SettleSoon();
      if (feeding_) feeding_->Wake();
    } else {
      ++reload_failures_;
      log_.Error("not reloaded, the old settings and rules stay:");
      for (const Error& error : report.error()) log_.Error(error.ToString());
    }
    return report;
  }

  using Service::Status;
  app::Status Status(Look look) const override;
  incident::Level SetLogLevel(incident::Level level) override {
    log_.SetLevel(level);
    return log_level_.exchange(level);
  }
  SessionCounters& sessions() override { return sessions_; }

  SnapshotPtr snapshot() const override {
    const std::lock_guard lock(mutex_);
    return snapshot_;
  }
  std::shared_ptr<store::Store> store() const override { return store_; }
  binding::Outage& outage() override { return outage_; }
  void SettleSoon() override {
    if (upkeep_) upkeep_->Wake();
  }

 private:
  InspectionContext Context() {
    const std::lock_guard lock(mutex_);
    InspectionContext context{snapshot_, events_, &log_, &clock_, &counters_};
    context.store = store_.get();
    context.outage = &outage_;
    context.incidents = incidents_.get();
    context.archives = &archives_;
    context.gateway = gateway_;
    return context;
  }
  // One line for the beginning and one for the end of an outage; true when it has answered.
  bool NoteStore(const Result<void>& answer);
  // A round of upkeep; returns how long to rest.
  std::chrono::milliseconds Settle(const Upkeep& upkeep);
  std::chrono::milliseconds Prune();
  // What metrics say of the store.
  std::chrono::milliseconds LookAtStore();
  void AddStore(Look look, app::Status* status) const;
  std::expected<ReloadReport, Errors> TryReload();
  EventLogPtr events() const;

  incident::Log& log_;
  const Clock& clock_;
  const WallTime started_;
  const SteadyTime started_steady_;
  const std::string gateway_;
  const std::shared_ptr<store::Store> store_;
  // The upkeep's: one line for each outage, and one for its end.
  bool store_complained_;
  bool directory_complained_ = false;
  binding::Outage outage_;
  Counters counters_;
  ArchiveMemory archives_;
  SessionCounters sessions_;
  std::atomic<incident::Level> log_level_;
  std::mutex reload_mutex_;
  mutable std::mutex mutex_;  // guards what follows, for no longer than a copy takes
  SnapshotPtr snapshot_;
  EventLogPtr events_;
  std::uint64_t reloads_ = 0;
  std::uint64_t reload_failures_ = 0;
  bool last_reload_ok_ = true;
  std::optional<bool> store_up_;
  std::optional<store::Store::Waiting> waiting_;
  std::vector<store::Breaker> breakers_;
  // Of the upkeep's threads.
  SteadyTime counted_ = {};
  bool summed_ = false;
  // Last: they stop first.
  std::unique_ptr<incident::IncidentWriter> incidents_;
  std::unique_ptr<Upkeep> upkeep_;
  std::unique_ptr<Feeding> feeding_;  // wakes it
  std::unique_ptr<Upkeep> pruning_;
  std::unique_ptr<Upkeep> looking_;
  std::unique_ptr<Upkeep> summing_;
};

bool SharedService::NoteStore(const Result<void>& answer) {
  if (!answer && !std::exchange(store_complained_, true)) {
    log_.Error("the store does not answer, mail gets the outcome of faults.store: " +
               answer.error().ToString());
  } else if (answer && std::exchange(store_complained_, false)) {
    log_.Info("the store answers again");
  }
  return answer.has_value();
}

std::chrono::milliseconds SharedService::Settle(const Upkeep& upkeep) {
  const SnapshotPtr now = snapshot();
  const Settings& settings = now->settings;
  if (!NoteStore(store_->Refresh()) || now->directory == nullptr) return settings.pin_recheck;
  const WallTime time = clock_.Now();
  const binding::LiveDirectory live(*now->directory, outage_, {}, time);
  const binding::Ledger ledger(*store_, settings.pin, settings.binding.realm);
  const auto settled =
      binding::Settle(*store_, ledger, live, time, [&upkeep] { return upkeep.stopping(); });
  if (settled) {
    for (const std::string& line : settled->lines) log_.Info(line);
  } else {
    NoteStore(std::unexpected(settled.error()));
  }
  const bool silent = outage_.Age(time).count() > 0;
  if (silent && !std::exchange(directory_complained_, true)) {
    log_.Warning(
        "the directory does not answer: proven owners stand in for it (directory.stale_for)");
  } else if (!silent && std::exchange(directory_complained_, false)) {
    log_.Info("the directory answers again");
  }
  return settings.pin_recheck;
}

// What is older than store.retention, once a day.
std::chrono::milliseconds SharedService::Prune() {
  const WallTime time = clock_.Now();
  const store::Act act{.who = "warifu", .at = time, .reference = "", .why = "store.retention"};
  const auto gone = store_->Prune(time - snapshot()->settings.store_retention, time, act);
  if (!gone) {
    log_.Warning("what is older than store.retention stays for another hour: " +
                 gone.error().ToString());
    return std::chrono::hours(1);
  }
  if (gone->history + gone->incidents + gone->changes > 0) {
    log_.Info("removed as older than store.retention: " + std::to_string(gone->history) +
              " of history, " + std::to_string(gone->incidents) + " incidents, " +
              std::to_string(gone->changes) + " changes");
  }
  return std::chrono::hours(24);
}

std::chrono::milliseconds SharedService::LookAtStore() {
  const bool up = store_->Refresh().has_value();
  std::optional<std::vector<store::Breaker>> breakers;
  std::optional<store::Store::Waiting> waiting;
  if (auto open = store_->Breakers(clock_.Now())) breakers = *std::move(open);
  const bool count = clock_.Steady() - counted_ >= kCountStore || counted_ == SteadyTime{};
  if (up && count) {
    if (auto counted = store_->CountWaiting()) waiting = *counted;
    counted_ = clock_.Steady();
  }
  const std::lock_guard lock(mutex_);
  store_up_ = up;
  if (breakers) breakers_ = *std::move(breakers);
  if (waiting) waiting_ = waiting;
  return kLookAtStore;
}

std::expected<ReloadReport, Errors> SharedService::TryReload() {
  // First of all: who rotates files packs the old ones soon, however wrong the settings are.
  EventLogPtr events = this->events();
  const Result<void> events_reopened = events->Reopen();
  const Result<void> log_reopened = log_.Reopen();
  const SnapshotPtr before = snapshot();
  auto settings = LoadSettings(before->settings.path);
  if (!settings) return std::unexpected(settings.error());
  auto after = BuildSnapshot(*std::move(settings), clock_, KeyUse::kCreate);
  if (!after) return std::unexpected(after.error());
  const Settings& was = before->settings;
  const Settings& is = (*after)->settings;
  if (was.events_target != is.events_target || was.events_all != is.events_all) {
    auto opened = incident::OpenEventLog(is.events_target, is.events_all);
    if (!opened) return std::unexpected(Errors{opened.error()});
    events = *std::move(opened);
  } else if (!events_reopened) {
    return std::unexpected(Errors{events_reopened.error()});
  }

  ReloadReport report;
  report.rules_version = (*after)->rules->version();
  report.rules = (*after)->rules->rules().size();
  report.has_directory = (*after)->directory != nullptr;
  report.directory_rows = RowsOf(**after);
  CompareRules(*before, **after, &report);
  CompareSettings(before->settings, (*after)->settings, &report);
  std::ranges::copy((*after)->notes, std::back_inserter(report.notes));
  report.warnings = (*after)->warnings;
  std::ranges::move(SourceLines(**after), std::back_inserter(report.warnings));
  std::ignore = SetLogLevel((*after)->settings.log.level);
  if (!log_reopened) {
    report.warnings.push_back("the log was not reopened: " + log_reopened.error().ToString());
  }
  const std::lock_guard lock(mutex_);
  snapshot_ = *std::move(after);
  events_ = std::move(events);
  return report;
}

EventLogPtr SharedService::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

void SharedService::AddStore(Look look, app::Status* status) const {
  status->has_store = store_ != nullptr;
  if (!store_) return;
  status->incidents_lost = incidents_->lost();
  status->store_latency = store_->latency();
  if (look == Look::kRemembered) {
    const std::lock_guard lock(mutex_);
    status->store_up = store_up_;
    status->waiting = waiting_;
    status->breakers = breakers_;
    return;
  }
  Result<store::Store::Health> health = store_->Check(false);
  if (health) {
    status->store = *std::move(health);
  } else {
    status->store_error = health.error().ToString();
  }
  if (auto breakers = store_->Breakers(clock_.Now())) status->breakers = *std::move(breakers);
}

// The words that label counters, and how the rules in force do.
void AddLabels(const Snapshot& snapshot, app::Status* status) {
  status->listeners = {ListenerFor(snapshot.settings, "").name};
  for (const Listener& listener : snapshot.settings.listeners) {
    status->listeners.push_back(listener.name);
  }
  for (const scan::RuleInfo& rule : snapshot.rules->rules()) {
    const bool observed = snapshot.settings.observed_rules.contains(rule.id);
    status->rule_labels.push_back({rule.id, rule.severity, observed ? Mode::kObserve : rule.mode});
  }
  status->scratch = snapshot.rules->scratch();
}

Status SharedService::Status(Look look) const {
  app::Status status;
  SnapshotPtr snapshot;
  {
    const std::lock_guard lock(mutex_);
    snapshot = snapshot_;
    status.reloads = reloads_;
    status.reload_failures = reload_failures_;
    status.last_reload_ok = last_reload_ok_;
  }
  status.config_path = snapshot->settings.path;
  status.mode = snapshot->settings.policy.mode;
  status.rules_version = snapshot->rules->version();
  status.rules = snapshot->rules->rules().size();
  status.reloaded = snapshot->made;
  AddSources(*snapshot, &status);
  AddLabels(*snapshot, &status);
  status.log_level = log_level_;
  status.version = WARIFU_VERSION;
  status.started = started_;
  status.uptime =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.Steady() - started_steady_);
  status.rules_age =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.Now() - status.reloaded);
  status.counts = counters_.Read();
  status.ppap = archives_.counts();
  status.directory_silent =
      std::chrono::duration_cast<std::chrono::seconds>(outage_.Age(clock_.Now()));
  AddStore(look, &status);
  if (feeding_) status.feeding = feeding_->status();
  status.sessions_open = sessions_.open;
  status.sessions_total = sessions_.total;
  status.messages_open = sessions_.messages;
  status.shed = sessions_.shed;
  status.process = ReadProcessFacts();
  return status;
}

}  // namespace

std::expected<std::unique_ptr<Service>, Errors> Service::Create(Settings settings,
                                                                incident::Log& log,
                                                                const Clock& clock) {
  Errors errors;
  std::shared_ptr<store::Store> store;
  std::optional<Error> late;
  if (!settings.store.url.empty()) {
    auto opened = store::OpenSoon(settings.store, &late);
    if (opened) {
      store = *std::move(opened);
    } else {
      errors.push_back(opened.error());
    }
  }
  auto snapshot = BuildSnapshot(std::move(settings), clock, KeyUse::kCreate);
  if (!snapshot) errors.insert(errors.end(), snapshot.error().begin(), snapshot.error().end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  const Settings& now = (*snapshot)->settings;
  auto events = incident::OpenEventLog(now.events_target, now.events_all);
  if (!events) return std::unexpected(Errors{events.error()});
  for (const std::string& note : (*snapshot)->notes) log.Info(note);
  for (const std::string& warning : (*snapshot)->warnings) log.Warning(warning);
  for (const std::string& line : SourceLines(**snapshot)) log.Warning(line);
  if (late) {
    log.Error("the store does not answer, mail gets the outcome of faults.store until it does: " +
              late->ToString());
  }
  return std::make_unique<SharedService>(*snapshot, EventLogPtr(*std::move(events)),
                                         std::move(store), log, clock, late.has_value());
}

}  // namespace warifu::app
