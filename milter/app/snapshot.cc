#include "app/snapshot.h"

#include <algorithm>

#include "base/iso_time.h"
#include "scan/rule_mode.h"

namespace warifu::app {
namespace {

bool HasRule(const scan::PatternSet& rules, const std::string& id) {
  return std::ranges::find(rules.rules(), id, &scan::RuleInfo::id) != rules.rules().end();
}

// Why the rule ppap-password, which is loaded, finds less than is asked for.
void AddTieNotes(const Snapshot& snapshot, std::vector<std::string>* notes) {
  const PpapSettings& ppap = snapshot.settings.ppap;
  if (!HasRule(*snapshot.rules, std::string(scan::kPpapRule))) return;
  if (ppap.window.count() == 0) {
    notes->push_back("ppap.window is \"0s\": the rule ppap-password finds nothing");
    return;
  }
  for (const std::string& id : ppap.rules) {
    if (HasRule(*snapshot.rules, id)) continue;
    notes->push_back("ppap.rules: no rule '" + id + "' is loaded");
  }
}

// What loads, and would let mail pass unseen or refuse what it should not.
void AddWarnings(const Snapshot& snapshot, WallTime now, std::vector<std::string>* warnings) {
  const Settings& settings = snapshot.settings;
  if (snapshot.rules->rules().empty()) {
    warnings->push_back("no rule is loaded: nothing is looked for in mail");
  }
  if (settings.directory.type == binding::DirectoryOptions::Type::kTable &&
      snapshot.directory != nullptr && snapshot.directory->size() == 0) {
    warnings->push_back(
        settings.directory.path +
        ": the table is empty: no account owns an address, so sender and author pass nobody");
  }
  for (const scan::RuleInfo& rule : snapshot.rules->rules()) {
    if (rule.until && *rule.until <= now && rule.mode == Mode::kEnforce) {
      warnings->push_back("rule '" + rule.id + "' only observes since " +
                          IsoTime(*rule.until).substr(0, 10) + ", its until");
    }
  }
  for (const std::string& id : settings.observed_rules) {
    const std::vector<std::string> indexes = snapshot.records->Ids();
    if (!HasRule(*snapshot.rules, id) && std::ranges::find(indexes, id) == indexes.end()) {
      warnings->push_back("rules.observed: no rule '" + id + "' is loaded");
    }
  }
}

// Fingerprints of a random key differ after every start, which is a nuisance and no danger.
Result<FingerprintKey> GetKey(const std::string& path, KeyUse use, bool* lasting,
                              std::vector<std::string>* notes) {
  constexpr std::string_view kApart = "fingerprints shown here compare only with one another";
  if (path.empty()) return FingerprintKey::Random();
  Result<FingerprintKey> key = FingerprintKey::FromFile(path);
  *lasting = key.has_value();
  if (key) return key;
  if (key.error().kind == ErrorKind::kInvalid) return key;
  if (key.error().kind == ErrorKind::kNotFound && use == KeyUse::kCreate) {
    key = FingerprintKey::CreateFile(path);
    if (key) {
      *lasting = true;
      notes->push_back("made a new fingerprint key: " + path);
      return key;
    }
  }
  if (use == KeyUse::kCreate) {
    notes->push_back(key.error().ToString() + "; fingerprints will differ after the next start");
  } else if (key.error().kind == ErrorKind::kNotFound) {
    notes->push_back(path + ": no fingerprint key yet, the daemon makes it at its start; " +
                     std::string(kApart));
  } else {
    notes->push_back(key.error().ToString() + "; " + std::string(kApart));
  }
  return FingerprintKey::Random();
}

template <typename T>
void Collect(const std::expected<T, Errors>& result, Errors* errors) {
  if (!result) errors->insert(errors->end(), result.error().begin(), result.error().end());
}

// Errors without a file are of the settings of a group: the first of these that stands in one.
void Name(std::string_view group, const Settings& settings, Errors* errors) {
  const auto of_group = [&](const EffectiveSetting& setting) {
    return setting.name.starts_with(std::string(group) + ".") && setting.place.line > 0;
  };
  const auto it = std::ranges::find_if(settings.effective, of_group);
  for (Error& error : *errors) {
    error.text = std::string(group) + ": " + error.text;
    if (error.place.file.empty() && it != settings.effective.end()) error.place = it->place;
  }
}

}  // namespace

std::expected<std::shared_ptr<const Snapshot>, Errors> BuildSnapshot(Settings settings,
                                                                     const Clock& clock,
                                                                     KeyUse key_use) {
  Errors errors;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->made = clock.Now();

  auto rules = scan::Load(settings.rules);
  Collect(rules, &errors);
  if (rules) snapshot->rules = *std::move(rules);

  // Without a file there are no settings of the operator's that could lack something.
  const bool configured = !settings.path.empty();
  if (configured && settings.store.url.empty()) {
    snapshot->notes.emplace_back(
        "no store.url is set: the checks lock, pin and breaker are not made, no grant holds, and "
        "incidents stand in the events alone");
  }
  if (configured && settings.binding.local_domains.empty()) {
    snapshot->notes.emplace_back(
        "no domains are set: no recipient is local, so none is asked about by lock and pin");
  }
  auto directory = binding::OpenDirectory(settings.directory, settings.binding.local_domains);
  if (!directory) Name("directory", settings, &directory.error());
  Collect(directory, &errors);
  if (directory) snapshot->directory = *std::move(directory);
  if (settings.directory.none() && configured) {
    snapshot->notes.emplace_back(
        "no directory is set: the checks sender, author and display are not made");
  }
  auto identities = binding::Identities::Open(settings.identity);
  if (!identities) Name("lease", settings, &identities.error());
  Collect(identities, &errors);
  if (identities) snapshot->identities = *std::move(identities);

  auto changes = binding::OpenChangeSource(settings.changes);
  if (changes) {
    snapshot->changes = *std::move(changes);
  } else {
    Errors wrong = {changes.error()};
    Name("changes", settings, &wrong);
    errors.insert(errors.end(), wrong.begin(), wrong.end());
  }

  auto notices = LoadDeclaredNotices(settings, &snapshot->notes);
  Collect(notices, &errors);
  if (notices) snapshot->notices = *std::move(notices);
  if (errors.empty() && snapshot->directory == nullptr && snapshot->notices->active() > 0) {
    errors.push_back({ErrorKind::kInvalid,
                      "notices.paths: notices are declared, and there is no directory to compare "
                      "them with",
                      {settings.path}});
  }

  auto records =
      Records::Open(settings.records, settings.rules.actions, settings.rules.disabled_rules);
  Collect(records, &errors);
  if (records) {
    snapshot->records = *std::move(records);
    for (const std::string& id : snapshot->records->Ids()) {
      if (snapshot->rules != nullptr && HasRule(*snapshot->rules, id)) {
        errors.push_back({ErrorKind::kInvalid,
                          "records.indexes: a rule '" + id + "' is loaded already",
                          {settings.path}});
      }
    }
    std::ranges::copy(snapshot->records->Describe(), std::back_inserter(snapshot->notes));
  }

  auto typer = extract::OpenFileTyper();
  if (typer) {
    snapshot->typer = *std::move(typer);
  } else {
    errors.push_back(typer.error());
  }

  auto key = GetKey(configured ? settings.fingerprint_key_file : "", key_use,
                    &snapshot->key_lasting, &snapshot->notes);
  if (key) {
    snapshot->key = *key;
    auto ignored =
        scan::LoadIgnoreLists(settings.ignore_paths, *key, clock.Now(), &snapshot->warnings);
    Collect(ignored, &errors);
    if (ignored) snapshot->ignored = *std::move(ignored);
  } else {
    errors.push_back(key.error());
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));

  snapshot->settings = std::move(settings);
  std::ranges::copy(snapshot->rules->notes(), std::back_inserter(snapshot->notes));
  AddTieNotes(*snapshot, &snapshot->notes);
  AddWarnings(*snapshot, clock.Now(), &snapshot->warnings);
  return snapshot;
}

std::vector<SourceState> ProbeSources(const Snapshot& snapshot) {
  std::vector<SourceState> states;
  const auto add = [&states](std::string name, const Result<void>& answer) {
    if (answer) return;
    const ErrorKind kind = answer.error().kind;
    const bool lasting = kind == ErrorKind::kInvalid || kind == ErrorKind::kNotFound;
    states.push_back({std::move(name), lasting, answer.error()});
  };
  if (snapshot.directory != nullptr) add("directory", snapshot.directory->Probe());
  if (snapshot.identities != nullptr) add("lease", snapshot.identities->Probe());
  return states;
}

}  // namespace warifu::app
